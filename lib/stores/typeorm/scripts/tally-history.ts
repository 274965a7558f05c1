import { RunTally } from '../../../jobs/run-tally.js';
import {
  decodeMark,
  decodeTally,
  encodeMark,
  encodeTally,
  tryDecodeEnded,
  type EndedRun,
  type TallyMark,
} from '../codec/tally-codec.js';
import { ask, askEach, askInPieces, askOne, type Row, type Script } from '../script.js';
import { DAY, DAY_MS, HOUR, hoursKeptFrom, QUARTER, spansOf } from '../tally-spans.js';
import type { ScriptContext } from './script-context.js';

/**
 * The figures of `stats`: runs are added up by the hour, the quarter of a day and the day in the background, each once, in the order in which
 * they ended; a mark says how far.
 *
 * No run must come to lie behind the mark unseen. Most are on record within moments of their end, and the mark keeps its
 * distance; whoever records an older end, after an outage say, adds it up as well, and so does whoever deletes a run that
 * the mark has not reached. Whoever adds to a tally holds the mark's row, which is locked after those of runs.
 */

/** How long a run has ended before it is added up. */
const DISTANCE_MS = 60_000;

/** An end that is older than this when it is recorded may be behind the mark before the transaction is over. */
export const LATE_MS = DISTANCE_MS / 2;

/** How long the first of a few may wait for more, so that each node's turn does not add up a handful. */
const PATIENCE_MS = 60_000;

/** How many runs are added up at a time, in some milliseconds. */
const BATCH = 500;

/** Adds up what has ended meanwhile; answers whether there may be more. */
export function* sumUp(context: ScriptContext, now: number): Script<boolean> {
  const { tallies } = context.sql;
  const row = yield* askOne<Row>(tallies.tryLockMark);
  if (!row) return false;
  const mark = decodeMark(row);
  const rows = yield* endedSince(context, mark, now - DISTANCE_MS, BATCH);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return false;
  const isFull = rows.length === BATCH;
  if (!isFull && Number(first['finished_at']) > now - DISTANCE_MS - PATIENCE_MS) return false;
  const reached = { ...mark, finishedAt: Number(last['finished_at']), seq: Number(last['seq']) };
  yield* addUp(context, rows.map(tryDecodeEnded), reached);
  return isFull;
}

/** Runs whose end is recorded long after it: those that `sumUp` has passed already are added up. */
export function* tallyLate(context: ScriptContext, seqs: readonly number[]): Script<void> {
  yield* tallyThose(context, seqs, (run, mark) => !isBeyond(run, mark));
}

/** Runs that are about to be deleted: those that `sumUp` has not reached are added up. */
export function* tallyForgotten(context: ScriptContext, seqs: readonly number[]): Script<void> {
  yield* tallyThose(context, seqs, isBeyond);
}

/** Deletes the earliest span of each kind that is not to be kept. */
export function* pruneTallies({ sql }: ScriptContext, maxAge: number, now: number): Script<void> {
  for (const [span, before] of [
    [HOUR, hoursKeptFrom(now)],
    [QUARTER, hoursKeptFrom(now)],
    [DAY, now - maxAge - DAY_MS],
  ] as const) {
    const earliest = yield* askOne<{ since: number | null }>(sql.tallies.earliest, { span });
    const since = earliest?.since ?? null;
    if (since !== null && Number(since) < before) yield* ask(sql.tallies.delete, { span, since: Number(since) });
  }
}

/** Runs that ended after those of the mark, in that order. */
export function endedSince(
  { sql }: ScriptContext,
  mark: TallyMark,
  until: number,
  limit: number,
): Script<readonly Row[]> {
  return ask<Row>(sql.tallies.ended, { at: mark.finishedAt, after: mark.seq, until, limit });
}

function* tallyThose(
  context: ScriptContext,
  seqs: readonly number[],
  isLeft: (run: EndedRun, mark: TallyMark) => boolean,
): Script<void> {
  if (seqs.length === 0) return;
  const row = yield* askOne<Row>(context.sql.tallies.lockMark);
  if (!row) return;
  const mark = decodeMark(row);
  const rows = yield* askInPieces<Row>(context.sql.tallies.runs, 'seqs', seqs);
  const left = rows.map(tryDecodeEnded).filter((run) => run !== null && isLeft(run, mark));
  if (left.length > 0) yield* addUp(context, left, mark);
}

function isBeyond({ finishedAt, seq }: EndedRun, mark: TallyMark): boolean {
  return finishedAt > mark.finishedAt || (finishedAt === mark.finishedAt && seq > mark.seq);
}

interface TallyKey {
  readonly span: number;
  readonly since: number;
  readonly task: string;
  readonly job_id: string;
}

/** @param reached where the mark is now */
function* addUp({ sql }: ScriptContext, runs: readonly (EndedRun | null)[], reached: TallyMark): Script<void> {
  const tallies = new Map<string, TallyKey & { readonly tally: RunTally }>();
  const tallyOf = (key: TallyKey): RunTally => {
    const name = [key.span, key.since, key.task, key.job_id].join(' ');
    const { tally } = tallies.get(name) ?? { tally: new RunTally() };
    tallies.set(name, { ...key, tally });
    return tally;
  };
  for (const run of runs) {
    if (!run) continue;
    for (const span of spansOf(run.finishedAt)) {
      tallyOf({ ...span, task: run.task, job_id: '' }).count(run);
      if (run.hasJob) tallyOf({ ...span, task: run.task, job_id: run.jobId }).count(run);
    }
  }
  const keys = [...tallies.values()].map(({ span, since, task, job_id }) => [span, since, task, job_id]);
  const stored = yield* ask<TallyKey & { tally: string }>(sql.tallies.stored, { keys: JSON.stringify(keys) });
  for (const { span, since, task, job_id, tally } of stored) {
    tallyOf({ span: Number(span), since: Number(since), task, job_id }).add(decodeTally(tally));
  }
  yield* askEach(
    sql.tallies.put,
    [...tallies.values()].map((row) => ({ ...row, tally: encodeTally(row.tally) })),
  );
  yield* ask(sql.tallies.setMark, { tally: encodeMark({ ...reached, changes: reached.changes + 1 }) });
}
