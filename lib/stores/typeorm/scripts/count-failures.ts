import { failuresAfter, pauseForFailures } from '../../../jobs/failures.js';
import type { JobRecord } from '../../../jobs/job-record.js';
import type { RunRecord } from '../../../jobs/run-record.js';
import { JOB_STATES, QUEUED, RUNNING } from '../codec/words.js';
import { askEach, type Script } from '../script.js';
import { lockJobs } from './lock-jobs.js';
import { unique, type ScriptContext } from './script-context.js';
import { unfinishedRuns } from './unfinished-runs.js';

/** A run that is on record as ended by now. */
export type EndedRun = Pick<RunRecord, 'jobId' | 'gen' | 'state'>;

/** What counts in a job that is locked. */
type Count = Pick<JobRecord, 'gen' | 'failures'>;

/**
 * Counts how runs have ended, in this order, and pauses the jobs that have failed too often: see
 * `JobStoreSession.complete`. A job row is written only when that changes it, and its options are read only when one of
 * its runs has failed.
 */
export function* countFailures(
  context: ScriptContext,
  before: ReadonlyMap<string, Count>,
  ended: readonly EndedRun[],
  now: number,
): Script<JobRecord[]> {
  const candidates = yield* jobsThatMayPause(context, before, ended);
  const isBusy = yield* busyAmong(context, [...candidates.values()]);
  const counts = new Map(before);
  const paused: JobRecord[] = [];
  for (const run of ended) {
    const count = counts.get(run.jobId);
    if (!count) continue;
    const failures = failuresAfter(count, run);
    if (failures === count.failures) continue;
    const job = candidates.get(run.jobId);
    const after = job && failures > 0 ? pauseForFailures({ ...job, failures }, now, isBusy(job.id)) : null;
    if (after) paused.push(after);
    counts.set(run.jobId, { gen: after?.gen ?? count.gen, failures });
  }
  const isPaused = (id: string) => paused.some((job) => job.id === id);
  const changed = [...counts].filter(([id, { failures }]) => failures !== before.get(id)?.failures && !isPaused(id));
  yield* askEach(
    context.sql.fires.setFailures,
    changed.map(([id, { failures }]) => ({ id, failures })),
  );
  yield* askEach(context.sql.fires.pauseJobs, paused.map(pausedRow));
  return paused;
}

/** Those with a failed run that pause themselves some time. A job that can't be read goes on as it is. */
function* jobsThatMayPause(
  context: ScriptContext,
  before: ReadonlyMap<string, Count>,
  ended: readonly EndedRun[],
): Script<ReadonlyMap<string, JobRecord>> {
  const failed = ended.filter((run) => {
    const count = before.get(run.jobId);
    return count !== undefined && failuresAfter(count, run) > count.failures;
  });
  if (failed.length === 0) return new Map();
  const { jobs } = yield* lockJobs(context, unique(failed.map(({ jobId }) => jobId)));
  return new Map([...jobs].filter(([, { policy }]) => policy.pauseAfterFailures !== undefined));
}

/** Only of a job without a fire left it matters whether a run of it waits or runs. */
function* busyAmong(context: ScriptContext, jobs: readonly JobRecord[]): Script<(id: string) => boolean> {
  const finished = jobs.filter(({ state }) => state === 'finished').map(({ id }) => id);
  const busy = new Set<string>();
  for (const state of finished.length > 0 ? [QUEUED, RUNNING] : []) {
    for (const row of yield* unfinishedRuns(context, finished, state)) busy.add(String(row['job_id']));
  }
  return (id) => busy.has(id);
}

function pausedRow({ id, state, gen, failures, pauseReason, updatedAt }: JobRecord) {
  return { id, status: JOB_STATES.indexOf(state), gen, failures, pause_reason: pauseReason, updated_at: updatedAt };
}
