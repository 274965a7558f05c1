import { pauseJob } from './job-changes.js';
import type { JobRecord } from './job-record.js';
import type { RunRecord } from './run-record.js';

/**
 * `failures` of a job when a run of it has ended: failed and lost ones count, one that has succeeded sets the count back.
 * One that was given up says nothing about the job, and neither does a run of the job as it was before a change or pause.
 */
export function failuresAfter(
  { gen, failures }: Pick<JobRecord, 'gen' | 'failures'>,
  run: Pick<RunRecord, 'gen' | 'state'>,
): number {
  if (run.gen !== gen) return failures;
  if (run.state === 'succeeded') return 0;
  return run.state === 'failed' || run.state === 'lost' ? failures + 1 : failures;
}

/**
 * The job as it pauses itself, with the failure counted that is one too many; `null`: it goes on. As by a call, what was
 * planned for it can't be claimed any more, and its queued runs wait until it is resumed.
 *
 * @param hasUnfinishedRun whether another run of it is queued or running
 */
export function pauseForFailures(job: JobRecord, now: number, hasUnfinishedRun: boolean): JobRecord | null {
  const limit = job.policy.pauseAfterFailures;
  if (limit === undefined || job.failures < limit) return null;
  return pauseJob(job, now, hasUnfinishedRun, 'failures');
}
