import type { RunRecord, RunState } from '../../../jobs/run-record.js';
import type { PrunedSlots, Retention, RunFilter, RunList, UnreadableRun } from '../../job-store.js';
import { decodeRun, tryDecodeRun } from '../codec/run-codec.js';
import { MAX_TAGS } from '../../../jobs/job-labels.js';
import { tagsOf } from '../codec/job-texts.js';
import { RUN_STATES } from '../codec/words.js';
import { tagName } from '../dialects/run-lists.js';
import { ask, askEach, askInPieces, askOne, type Row, type Script, type SqlValue } from '../script.js';
import { lockRows, tryLockJobs } from './lock-jobs.js';
import { retireIdle } from './retire.js';
import type { ScriptContext } from './script-context.js';
import { pruneTallies, tallyForgotten } from './tally-history.js';
import { unreadableRun } from './unreadable.js';

/** @throws {UnreadableRunError} */
export function* getRun({ sql }: ScriptContext, runId: string): Script<RunRecord | null> {
  const row = yield* askOne<Row>(sql.history.run, { run_id: runId });
  return row && decodeRun(row);
}

/** Slot and `seq` of a run, as the database has them: they need not be of any run that can be read. */
type Position = readonly [SqlValue, SqlValue];

export function* listRuns(context: ScriptContext, filter: RunFilter): Script<RunList> {
  const { limit } = filter;
  if (filter.states?.length === 0 || (filter.tags?.length ?? 0) > MAX_TAGS) return { runs: [], unreadable: [] };
  const runs: RunRecord[] = [];
  const unreadable: UnreadableRun[] = [];
  let before: Position | undefined = filter.before && [filter.before.scheduledAt, filter.before.seq];
  for (;;) {
    const missing = limit - runs.length;
    const rows = yield* listRows(context, { ...filter, limit: missing }, before);
    for (const row of rows) {
      const run = tryDecodeRun(row);
      if (run instanceof Error) unreadable.push(unreadableRun(row, run));
      else runs.push(run);
    }
    // Only what can't be read leaves room on a full page.
    if (rows.length < missing || runs.length >= limit) return { runs, unreadable };
    const last = rows.at(-1) as Row;
    before = [last['scheduled_at'] as SqlValue, last['seq'] as SqlValue];
  }
}

function listRows(
  { sql }: ScriptContext,
  { jobId, states, tags = [], from, to, limit }: RunFilter,
  before: Position | undefined,
): Script<readonly Row[]> {
  // Two bounds for where it begins would leave the choice to the database: all that one of them lets in would be gone through.
  const isToFirst = to !== undefined && (before === undefined || to < Number(before[0]));
  const text = sql.history.list({
    hasJobId: jobId !== undefined,
    states: states ? numbersOf(states) : null,
    tags: tags.length,
    hasFrom: from !== undefined,
    hasTo: isToFirst,
    hasBefore: before !== undefined && !isToFirst,
  });
  const params: Record<string, SqlValue> = { limit };
  if (jobId !== undefined) params['job_id'] = jobId;
  for (const [i, tag] of tags.entries()) params[tagName(i)] = tag;
  if (from !== undefined) params['from'] = from;
  if (isToFirst) params['to'] = to;
  else if (before) [params['before_at'], params['before_seq']] = before as [SqlValue, SqlValue];
  return ask<Row>(text, params);
}

function numbersOf(states: readonly RunState[]): number[] {
  return [...new Set(states.map((state) => RUN_STATES.indexOf(state)))].toSorted((one, other) => one - other);
}

interface PrunableRow {
  readonly seq: number;
  readonly job_id: string;
  readonly scheduled_at: number;
  readonly tags: string | null;
}

/**
 * Deletes a small batch of ended runs that the retention does not cover, and notes how far each job is pruned. Nothing while
 * somebody else is at it: what he is about to delete would count among those that are too many.
 */
export function* pruneRuns(
  context: ScriptContext,
  surplus: SurplusCursor,
  retention: Retention,
  limit: number,
  now: number,
): Script<number> {
  const { history } = context.sql;
  if (history.lockPruning !== null) {
    const answer = yield* askOne<{ locked: number }>(history.lockPruning);
    if (Number(answer?.locked) !== 1) return 0;
  }
  const tooOld = { before: now - retention.maxAge };
  let pruned = yield* prune(context, yield* ask<PrunableRow>(history.endedBefore, { ...tooOld, limit }));
  // Before all runs together: of what goes for the sake of its job, others need not make room.
  if (pruned < limit) {
    const rows = yield* findSurplus(context, surplus, retention.maxRunsPerJob, limit - pruned);
    pruned += yield* prune(context, rows);
  }
  if (pruned < limit && retention.maxRuns !== null) {
    const beyond = { keep: retention.maxRuns, limit: limit - pruned };
    pruned += yield* prune(context, yield* ask<PrunableRow>(history.endedBeyond, beyond));
  }
  if (pruned < limit) {
    yield* retireForgotten(context, limit);
    yield* pruneTallies(context, retention.maxAge, now);
  }
  return pruned;
}

/** Two processes that end the last two runs of a finished job at the same time each take the other's for unfinished. */
function* retireForgotten(context: ScriptContext, limit: number): Script<void> {
  const rows = yield* ask<{ id: string }>(context.sql.fires.unretired, { limit });
  if (rows.length === 0) return;
  const { jobs } = yield* tryLockJobs(
    context,
    rows.map(({ id }) => id),
  );
  yield* retireIdle(context, [...jobs.keys()]);
}

/** Where the search for jobs with too many runs goes on: it looks at a part of the history in each call. */
export interface SurplusCursor {
  jobId: string;
}

/** How many runs one call counts at most, give or take a page: some milliseconds. */
const COUNTED = 20_000;
const PAGE = 100;

interface JobCount {
  readonly job_id: string;
  readonly runs: number;
  readonly unfinished: number;
}

function* findSurplus(
  { sql }: ScriptContext,
  cursor: SurplusCursor,
  keep: number,
  limit: number,
): Script<readonly PrunableRow[]> {
  const { history } = sql;
  const start = cursor.jobId;
  const found: PrunableRow[] = [];
  let counted = 0;
  let hasWrapped = false;
  while (counted < COUNTED) {
    const page = yield* ask<JobCount>(history.countByJob, { after: cursor.jobId, limit: PAGE });
    for (const { job_id, runs, unfinished } of page) {
      if (hasWrapped && job_id > start) return found;
      const surplus = Math.min(runs - unfinished - keep, limit - found.length);
      if (surplus > 0) {
        const params = { job_id, keep, limit: surplus };
        for (const row of yield* ask<PrunableRow>(history.earliestOfJob, params)) found.push(row);
      }
      if (found.length >= limit) return found;
      cursor.jobId = job_id;
      counted += runs;
    }
    if (page.length === PAGE) continue;
    if (hasWrapped) return found;
    // The end of the table: go on at its beginning, up to where this call began.
    cursor.jobId = '';
    if (start === '') return found;
    hasWrapped = true;
  }
  return found;
}

/** All of them at once: the mark of the tallies is locked from here to the commit. */
function* prune(context: ScriptContext, rows: readonly PrunableRow[]): Script<number> {
  if (rows.length === 0) return 0;
  const { sql } = context;
  const seqs = rows.map(({ seq }) => Number(seq));
  yield* tallyForgotten(context, seqs);
  yield* askInPieces(sql.history.delete, 'seqs', seqs);
  yield* askEach(sql.history.untagRuns, rows.flatMap(tagsOfRow));
  const slots = new Map<string, PrunedSlots>();
  for (const { job_id, scheduled_at } of rows) {
    const slot = Number(scheduled_at);
    const { from, until } = slots.get(job_id) ?? { from: slot, until: slot };
    slots.set(job_id, { from: Math.min(from, slot), until: Math.max(until, slot) });
  }
  // Else what is noted would miss a job that is carried by its last run.
  if (sql.carried) yield* lockRows(context, sql.fires.jobStates, [...slots.keys()]);
  yield* askEach(
    sql.history.notePruned,
    [...slots].map(([id, { from, until }]) => ({ id, since: from, until })),
  );
  return rows.length;
}

/** What stands in the table of tags for a run. */
function tagsOfRow({ tags, scheduled_at, seq }: PrunableRow): { tag: string; scheduled_at: number; seq: number }[] {
  if (tags === null) return [];
  try {
    return tagsOf(tags).map((tag) => ({ tag, scheduled_at: Number(scheduled_at), seq: Number(seq) }));
  } catch {
    // Somebody has written into the row: it goes all the same, and what is left in the other table finds nothing.
    return [];
  }
}
