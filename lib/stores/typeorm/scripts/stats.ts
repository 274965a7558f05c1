import type { StatsQuery, StoreStats } from '../../job-store.js';
import { addLines, tryDecodeEnded, type TallyMark } from '../codec/tally-codec.js';
import { BOUNDS } from '../dialects/tally-lists.js';
import { ask, type Row, type Script, type SqlParams } from '../script.js';
import { shardOf } from '../tallies.js';
import { rangeOf, type TallyRange } from '../tally-spans.js';
import { nameOf, TallySums } from '../tally-sums.js';
import type { ScriptContext } from './script-context.js';
import { endedSince, markAfter, readMark } from './tally-history.js';

/** Runs read at a time of those that are not added up yet. */
const PAGE = 2_000;

/** See `JobStoreSession.stats`, and `history-tally.ts` for where the figures come from. */
export function* stats(context: ScriptContext, query: StatsQuery, now: number): Script<StoreStats> {
  const range = rangeOf(query, now);
  for (;;) {
    const mark = yield* readMark(context);
    const sums = new TallySums();
    yield* addTallies(context, query, range, sums);
    yield* countRest(context, query, range, mark, sums);
    // What was added up in between would be counted twice, or not at all.
    const { changes } = yield* readMark(context);
    if (changes === mark.changes) return { from: range.from, to: range.to, tallies: sums.all(range.from) };
  }
}

function* addTallies(
  { sql }: ScriptContext,
  { jobId }: StatsQuery,
  { bounds }: TallyRange,
  sums: TallySums,
): Script<void> {
  // The lines of a task as a whole have no id.
  if (jobId === '') return;
  const spans: SqlParams = Object.fromEntries(BOUNDS.map((name, i) => [name, bounds[i] as number]));
  const params = jobId === undefined ? spans : { ...spans, shard: shardOf(jobId) };
  const rows = yield* ask<Row>(sql.tallies.list({ isOfShard: jobId !== undefined }), params);
  for (const row of rows) addLines(row, sums, jobId);
}

/** Counts what is not added up yet: the runs of the last minutes, but a few thousand at most. */
function* countRest(
  context: ScriptContext,
  { jobId }: StatsQuery,
  { from, until }: TallyRange,
  mark: TallyMark,
  sums: TallySums,
): Script<void> {
  let reached = mark;
  for (;;) {
    const rows = yield* endedSince(context, reached, until, PAGE);
    for (const row of rows) {
      const run = tryDecodeEnded(row);
      if (!run || run.finishedAt < from) continue;
      if (jobId === undefined) sums.of(nameOf(run.task)).count(run);
      if (run.hasJob && (jobId ?? run.jobId) === run.jobId) {
        sums.of(nameOf(run.task, run.jobId)).count(run);
      }
    }
    if (rows.length < PAGE) return;
    reached = markAfter(reached, rows);
  }
}
