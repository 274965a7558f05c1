import {
  addToLines,
  decodeMark,
  encodeMark,
  NO_MARK,
  tryDecodeEnded,
  type EndedRun,
  type TallyMark,
} from '../codec/tally-codec.js';
import type { TallyStatements } from '../dialects/dialect.js';
import { ask, askEach, askInPieces, askOne, type Row, type Script, type SqlParams } from '../script.js';
import { Tallies, type ShardKey, type TallyShard } from '../tallies.js';
import { DAY, DAY_MS, HOUR, hoursKeptFrom, QUARTER } from '../tally-spans.js';
import type { ScriptContext } from './script-context.js';

/** How long a run has ended before it is added up: see `history-tally.ts`. */
export const DISTANCE_MS = 60_000;

/** An end that is older than this when it is recorded may be behind the mark before the transaction is over. */
export const LATE_MS = DISTANCE_MS / 2;

/** Rows of tallies that are read at a time. */
const ROWS = 32;

/** Of tallies that are written at a time, in characters: far below the longest statement that a server takes. */
const LENGTH = 500_000;

export function* readMark({ sql }: ScriptContext): Script<TallyMark> {
  const row = yield* askOne<Row>(sql.tallies.mark);
  return row ? decodeMark(row) : NO_MARK;
}

/** Runs that ended after those of the mark and until then, in that order. */
export function endedSince(
  { sql }: ScriptContext,
  mark: TallyMark,
  until: number,
  limit: number,
): Script<readonly Row[]> {
  return ask<Row>(sql.tallies.ended, { at: mark.finishedAt, after: mark.seq, until, limit });
}

/** Where the mark is once these rows of {@link endedSince} have been added up. */
export function markAfter(mark: TallyMark, rows: readonly Row[]): TallyMark {
  const last = rows.at(-1);
  return last ? { ...mark, finishedAt: Number(last['finished_at']), seq: Number(last['seq']) } : mark;
}

/** Adds what the runs between the two marks come to; `false`: somebody else has changed a tally meanwhile, nothing is done. */
export function* moveMark(context: ScriptContext, from: TallyMark, to: TallyMark, tallies: Tallies): Script<boolean> {
  const row = yield* askOne<Row>(context.sql.tallies.lockMark);
  if (!row || decodeMark(row).changes !== from.changes) return false;
  yield* addTo(context, tallies, to);
  return true;
}

/** Runs whose end is recorded long after it: those that the mark has passed already are added up. */
export function* tallyLate(context: ScriptContext, seqs: readonly number[]): Script<void> {
  if (seqs.length === 0) return;
  const { mark, runs } = yield* lockMarkAndRead(context, seqs);
  const tallies = new Tallies();
  for (const run of runs) if (!isBeyond(run, mark)) tallies.count(run);
  // Even if there are none: somebody may be adding up what ended then, and has not seen them.
  yield* addTo(context, tallies, mark);
}

/** Runs that are about to be deleted: those that the mark has not reached are added up. */
export function* tallyForgotten(context: ScriptContext, seqs: readonly number[]): Script<void> {
  if (seqs.length === 0) return;
  const { mark, runs } = yield* lockMarkAndRead(context, seqs);
  const left = runs.filter((run) => isBeyond(run, mark));
  if (left.length === 0) return;
  const tallies = new Tallies();
  for (const run of left) tallies.count(run);
  yield* addTo(context, tallies, mark);
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

function* lockMarkAndRead(
  { sql }: ScriptContext,
  seqs: readonly number[],
): Script<{ readonly mark: TallyMark; readonly runs: readonly EndedRun[] }> {
  const row = yield* askOne<Row>(sql.tallies.lockMark);
  const rows = yield* askInPieces<Row>(sql.tallies.runs, 'seqs', seqs);
  return { mark: row ? decodeMark(row) : NO_MARK, runs: rows.map(tryDecodeEnded).filter((run) => run !== null) };
}

function isBeyond({ finishedAt, seq }: EndedRun, mark: TallyMark): boolean {
  return finishedAt > mark.finishedAt || (finishedAt === mark.finishedAt && seq > mark.seq);
}

/** @param mark where it is to be */
function* addTo({ sql }: ScriptContext, tallies: Tallies, mark: TallyMark): Script<void> {
  const { shards } = tallies;
  for (let start = 0; start < shards.length; start += ROWS) {
    yield* addToRows(sql.tallies, shards.slice(start, start + ROWS));
  }
  yield* ask(sql.tallies.setMark, { tally: encodeMark({ ...mark, changes: mark.changes + 1 }) });
}

function* addToRows({ stored, put }: TallyStatements, shards: readonly TallyShard[]): Script<void> {
  const keys = shards.map(({ span, since, shard }) => [span, since, shard]);
  const rows = yield* ask<Row>(stored, { keys: JSON.stringify(keys) });
  const known = new Map(rows.map((row) => [placeOf(row), row]));
  let changed: SqlParams[] = [];
  let length = 0;
  for (const { tallies, ...key } of shards) {
    const tally = addToLines(known.get(placeOf(key)) ?? {}, tallies);
    changed.push({ ...key, tally });
    length += tally.length;
    if (length < LENGTH) continue;
    yield* askEach(put, changed);
    changed = [];
    length = 0;
  }
  yield* askEach(put, changed);
}

function placeOf({ span, since, shard }: Row | ShardKey): string {
  return `${span} ${since} ${shard}`;
}
