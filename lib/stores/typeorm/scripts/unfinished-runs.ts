import type { JobRecord } from '../../../jobs/job-record.js';
import { BACKFILL, QUEUED, RUNNING } from '../codec/words.js';
import { askInPieces, outside, type Row, type Script } from '../script.js';
import type { Occupancy } from '../../job-store.js';
import { occupancyOf } from './lock-jobs.js';
import type { ScriptContext } from './script-context.js';

/** Whole rows of the unfinished runs in this state of jobs that are locked, by `seq`. */
export function* unfinishedRuns(context: ScriptContext, ids: readonly string[], state: number): Script<readonly Row[]> {
  const { sql, isWithin } = context;
  if (!isWithin || !sql.latest) return yield* askInPieces<Row>(sql.fires.unfinishedRuns, 'ids', ids, { state });
  const rows = yield* latestRuns(context, ids);
  return rows.filter((row) => Number(row['state']) === state);
}

/** How busy a job is that is locked. Of a paused job only those runs wait that were made after the pause. */
export function* occupancyWithin(context: ScriptContext, job: JobRecord, now: number): Script<Occupancy> {
  const { id } = job;
  const hasLatest = context.isWithin && context.sql.latest !== null;
  if (!hasLatest && job.state !== 'paused') return (yield* occupancyOf(context, [id], now))(id);
  const running = yield* unfinishedRuns(context, [id], RUNNING);
  const queued = yield* unfinishedRuns(context, [id], QUEUED);
  const isBackfill = (row: Row) => Number(row['origin']) === BACKFILL;
  const waits = (row: Row) =>
    !isBackfill(row) &&
    Number(row['available_at']) <= now &&
    (job.state !== 'paused' || Number(row['gen']) === job.gen);
  return {
    running: running.length,
    runningBackfills: running.filter(isBackfill).length,
    queuedDue: queued.filter(waits).length,
  };
}

/**
 * The transaction may show the runs as they were when it began to read. Another connection knows those that others have
 * recorded since, and what it names is then read under lock, which shows it as it is. As the jobs are locked, nobody can
 * queue or start more.
 */
function* latestRuns({ sql }: ScriptContext, ids: readonly string[]): Script<readonly Row[]> {
  const seqs = new Set<number>();
  for (const state of [QUEUED, RUNNING]) {
    const own = yield* askInPieces<Row>(sql.fires.unfinishedRuns, 'ids', ids, { state });
    const others = yield* outside(askInPieces<Row>(sql.fires.unfinishedRuns, 'ids', ids, { state }));
    for (const row of [...own, ...others]) seqs.add(Number(row['seq']));
  }
  const sorted = [...seqs].sort((one, other) => one - other);
  return sql.latest ? yield* askInPieces<Row>(sql.latest.unfinished, 'seqs', sorted) : [];
}
