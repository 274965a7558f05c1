import type { JobRecord } from '../../../jobs/job-record.js';
import { hasToMakeRoom } from '../../../jobs/overlap.js';
import type { RunRecord } from '../../../jobs/run-record.js';
import type { CancelledRun, CancelRequest } from '../../job-store.js';
import { decodeRun } from '../codec/run-codec.js';
import { BACKFILL, RUN_STATES, RUNNING } from '../codec/words.js';
import { ask, askEach, askOne, type Row, type Script } from '../script.js';
import { lockJobs } from './lock-jobs.js';
import { retireIdle } from './retire.js';
import type { ScriptContext } from './script-context.js';
import { unfinishedRuns } from './unfinished-runs.js';

/** Cancels a queued run, or marks a running one: see `JobStoreSession.cancelRun`. */
export function* cancelRun(context: ScriptContext, runId: string, now: number): Script<CancelledRun | null> {
  const { sql } = context;
  const seen = yield* askOne<Row>(sql.history.run, { run_id: runId });
  if (!seen) return null;
  const jobId = String(seen['job_id']);
  // Whoever takes, ends or requeues a run of the job waits from here on.
  yield* lockJobs(context, [jobId]);
  const row = yield* askOne<Row>(sql.history.run, { run_id: runId });
  if (!row) return null;
  const run = decodeRun(row);
  if (run.state === 'running') yield* askEach(sql.fires.markRuns, [{ seq: run.seq, cancel_reason: 'cancelled' }]);
  if (run.state !== 'queued') return { run, hasEnded: false, finished: [] };
  const cancelled: RunRecord = { ...run, state: 'cancelled', reason: 'cancelled', finishedAt: now };
  const ended = { seq: run.seq, state: RUN_STATES.indexOf('cancelled'), reason: 'cancelled' };
  yield* askEach(sql.fires.endRuns, [{ ...ended, finished_at: now, outcome: null }]);
  return { run: cancelled, hasEnded: true, finished: yield* retireIdle(context, [jobId]) };
}

/** A job of which a fire waits for those that run to make room. */
export interface CrowdedJob {
  readonly job: Pick<JobRecord, 'id' | 'maxInstances'>;
  /** How many of its runs wait. */
  readonly waiting: number;
}

/** Of each of the jobs, which are locked, marks the run that runs for longest, if it has to make room. */
export function* supersedeRuns(context: ScriptContext, crowded: readonly CrowdedJob[]): Script<CancelRequest[]> {
  if (crowded.length === 0) return [];
  const ids = crowded.map(({ job }) => job.id);
  const staying = new Map<string, Row[]>(ids.map((id) => [id, []]));
  for (const row of yield* unfinishedRuns(context, ids, RUNNING)) {
    if (row['cancel_reason'] === null && Number(row['origin']) !== BACKFILL)
      staying.get(String(row['job_id']))?.push(row);
  }
  const rows = crowded.flatMap(({ job, waiting }) => {
    const running = staying.get(job.id) ?? [];
    return hasToMakeRoom(running.length, waiting, job.maxInstances) ? running.toSorted(byFence).slice(0, 1) : [];
  });
  yield* askEach(
    context.sql.fires.markRuns,
    rows.map((row) => ({ seq: Number(row['seq']), cancel_reason: 'superseded' })),
  );
  return rows.map((row) => ({ runId: String(row['run_id']), reason: 'superseded' }));
}

function byFence(one: Row, other: Row): number {
  return Number(one['fence']) - Number(other['fence']);
}

export function* runsToCancel({ sql }: ScriptContext, node: string): Script<CancelRequest[]> {
  const rows = yield* ask<{ run_id: string; cancel_reason: CancelRequest['reason'] }>(sql.fires.markedRuns, { node });
  return rows.map((row) => ({ runId: row.run_id, reason: row.cancel_reason }));
}
