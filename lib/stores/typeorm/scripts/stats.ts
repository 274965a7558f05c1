import type { StatsQuery, StoreStats, Tallied } from '../../job-store.js';
import type { RunTally } from '../../../jobs/run-tally.js';
import { addEncoded, tryDecodeEnded, type TallyMark } from '../codec/tally-codec.js';
import { BOUNDS } from '../dialects/tally-lists.js';
import { ask, type Script, type SqlParams } from '../script.js';
import { Tallies } from '../tallies.js';
import { rangeOf, type TallyRange } from '../tally-spans.js';
import type { ScriptContext } from './script-context.js';
import { endedSince, markAfter, readMark } from './tally-history.js';

/** Runs read at a time of those that are not added up yet. */
const PAGE = 2_000;

/** The spans that are asked for come to one tally. */
const WHOLE_TIME = { span: 0, since: 0 };

/** See `JobStoreSession.stats`, and `history-tally.ts` for where the figures come from. */
export function* stats(context: ScriptContext, query: StatsQuery, now: number): Script<StoreStats> {
  const range = rangeOf(query, now);
  for (;;) {
    const mark = yield* readMark(context);
    const tallies = new Tallies();
    yield* addTallies(context, query, range, tallies);
    yield* countRest(context, query, range, mark, tallies);
    // What was added up in between would be counted twice, or not at all.
    const { changes } = yield* readMark(context);
    if (changes === mark.changes) return { from: range.from, to: range.to, tallies: tallied(tallies, range) };
  }
}

function tallied(tallies: Tallies, { from }: TallyRange): Tallied[] {
  return tallies.all.map(({ task, job_id, tally }) => ({ task, jobId: job_id === '' ? null : job_id, from, tally }));
}

function* addTallies(
  { sql }: ScriptContext,
  { jobId }: StatsQuery,
  { bounds }: TallyRange,
  tallies: Tallies,
): Script<void> {
  const spans: SqlParams = Object.fromEntries(BOUNDS.map((name, i) => [name, bounds[i] as number]));
  const rows = yield* ask<{ tallies: string }>(
    sql.tallies.list({ hasJobId: jobId !== undefined }),
    jobId === undefined ? spans : { ...spans, job_id: jobId },
  );
  const lines = rows.flatMap(({ tallies: text }) => text.split('\n'));
  addLines(lines, (task, job_id) => tallies.of({ ...WHOLE_TIME, task, job_id }));
}

/** There are thousands of them: each name is taken apart once. */
function addLines(lines: readonly string[], sumOf: (task: string, jobId: string) => RunTally): void {
  const sums = new Map<string, RunTally>();
  for (const line of lines) {
    const end = line.lastIndexOf(' ');
    const name = line.slice(0, end);
    let sum = sums.get(name);
    if (!sum) {
      const [task = '', jobId = ''] = name.split(' ');
      sum = sumOf(task, jobId);
      sums.set(name, sum);
    }
    addEncoded(line.slice(end + 1), sum);
  }
}

/** Counts what is not added up yet: the runs of the last minutes, but a few thousand at most. */
function* countRest(
  context: ScriptContext,
  { jobId }: StatsQuery,
  { from, until }: TallyRange,
  mark: TallyMark,
  tallies: Tallies,
): Script<void> {
  let reached = mark;
  for (;;) {
    const rows = yield* endedSince(context, reached, until, PAGE);
    for (const row of rows) {
      const run = tryDecodeEnded(row);
      if (!run || run.finishedAt < from) continue;
      if (jobId === undefined) tallies.of({ ...WHOLE_TIME, task: run.task, job_id: '' }).count(run);
      if (run.hasJob && (jobId ?? run.jobId) === run.jobId) {
        tallies.of({ ...WHOLE_TIME, task: run.task, job_id: run.jobId }).count(run);
      }
    }
    if (rows.length < PAGE) return;
    reached = markAfter(reached, rows);
  }
}
