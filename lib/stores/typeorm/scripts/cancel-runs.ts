import type { RunRecord } from '../../../jobs/run-record.js';
import type { CancelledRun, CancelRequest } from '../../job-store.js';
import { decodeRun } from '../codec/run-codec.js';
import { RUN_STATES, RUNNING } from '../codec/words.js';
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

/** Of each of the jobs, which are locked, marks the run that runs for longest. */
export function* supersedeRuns(context: ScriptContext, jobIds: readonly string[]): Script<CancelRequest[]> {
  if (jobIds.length === 0) return [];
  const longest = new Map<string, Row>();
  for (const row of yield* unfinishedRuns(context, jobIds, RUNNING)) {
    const id = String(row['job_id']);
    const other = longest.get(id);
    if (row['cancel_reason'] === null && (!other || Number(row['fence']) < Number(other['fence'])))
      longest.set(id, row);
  }
  const rows = [...longest.values()];
  yield* askEach(
    context.sql.fires.markRuns,
    rows.map((row) => ({ seq: Number(row['seq']), cancel_reason: 'superseded' })),
  );
  return rows.map((row) => ({ runId: String(row['run_id']), reason: 'superseded' }));
}

export function* runsToCancel({ sql }: ScriptContext, node: string): Script<CancelRequest[]> {
  const rows = yield* ask<{ run_id: string; cancel_reason: CancelRequest['reason'] }>(sql.fires.markedRuns, { node });
  return rows.map((row) => ({ runId: row.run_id, reason: row.cancel_reason }));
}
