import type { RunDecision, TakenRun } from '../../job-store.js';
import { decodeRun } from '../codec/run-codec.js';
import { askOne, type Row, type Script } from '../script.js';
import { lockJobs } from './lock-jobs.js';
import { insertRuns, newRun } from './new-runs.js';
import type { ScriptContext } from './script-context.js';
import { occupancyWithin } from './unfinished-runs.js';

/** Adds one run beside the schedule. A run id that is on record already answers that run. */
export function* addRun(
  context: ScriptContext,
  jobId: string,
  decide: RunDecision,
  now: number,
): Script<TakenRun | null> {
  const { jobs, unreadable } = yield* lockJobs(context, [jobId]);
  const job = jobs.get(jobId);
  if (!job) {
    const error = unreadable.get(jobId);
    if (error) throw error;
    return null;
  }
  const occupancy = yield* occupancyWithin(context, jobId, now);
  const { runId, scheduledAt, availableAt, state, reason, origin, args } = decide(job, occupancy, now);
  const known = yield* askOne<Row>(context.sql.history.run, { run_id: runId });
  if (known) return { run: decodeRun(known), job };

  const asked = { state, availableAt, origin, args, reason };
  const details = state === 'queued' ? asked : { ...asked, untilAt: scheduledAt, count: 1, finishedAt: now };
  const [taken] = yield* insertRuns(context, [{ run: newRun(job, runId, scheduledAt, details), job }]);
  return taken ?? null;
}
