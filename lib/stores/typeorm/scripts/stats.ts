import type { StatsQuery, StoreStats, Tallied } from '../../job-store.js';
import { RunTally } from '../../../jobs/run-tally.js';
import { addLines, tryDecodeEnded, type TallyMark } from '../codec/tally-codec.js';
import { BOUNDS } from '../dialects/tally-lists.js';
import { ask, type Script, type SqlParams } from '../script.js';
import { rangeOf, type TallyRange } from '../tally-spans.js';
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

/** What the tallies of a time come to. */
class TallySums {
  readonly #byName = new Map<string, RunTally>();

  /** @param name task and job, or a task and nothing, with a space between */
  of(name: string): RunTally {
    const known = this.#byName.get(name);
    if (known) return known;
    const sum = new RunTally();
    this.#byName.set(name, sum);
    return sum;
  }

  all(from: number): readonly Tallied[] {
    return Array.from(this.#byName, ([name, tally]) => {
      const [task = '', jobId = ''] = name.split(' ');
      return { task, jobId: jobId === '' ? null : jobId, from, tally };
    });
  }
}

function* addTallies(
  { sql }: ScriptContext,
  { jobId }: StatsQuery,
  { bounds }: TallyRange,
  sums: TallySums,
): Script<void> {
  const spans: SqlParams = Object.fromEntries(BOUNDS.map((name, i) => [name, bounds[i] as number]));
  const params = jobId === undefined ? spans : { ...spans, job_id: jobId };
  const shape = { hasJobId: jobId !== undefined };
  let rows = yield* ask<TallyLines>(sql.tallies.list(shape), params);
  if (sql.tallies.listUncut && rows.some(isCut)) rows = yield* ask<TallyLines>(sql.tallies.listUncut(shape), params);
  for (const { tallies } of rows) addLines(tallies, (name) => sums.of(name));
}

interface TallyLines {
  readonly tallies: string;
  readonly length?: unknown;
}

function isCut({ tallies, length }: TallyLines): boolean {
  return Number(length) > tallies.length;
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
      if (jobId === undefined) sums.of(`${run.task} `).count(run);
      if (run.hasJob && (jobId ?? run.jobId) === run.jobId) {
        sums.of(`${run.task} ${run.jobId}`).count(run);
      }
    }
    if (rows.length < PAGE) return;
    reached = markAfter(reached, rows);
  }
}
