import type { JobRecord } from '../../../jobs/job-record.js';
import type { RunRecord } from '../../../jobs/run-record.js';
import type {
  ChangedJob,
  JobChange,
  JobFilter,
  JobList,
  Need,
  PutDecision,
  PutResult,
  RemovedJob,
  StoreSummary,
  UnreadableJob,
} from '../../job-store.js';
import { integerOrNull } from '../codec/read-column.js';
import { tryDecodeRun } from '../codec/run-codec.js';
import { JOB_ORIGINS, JOB_STATES, QUEUED, RUN_STATES, RUNNING } from '../codec/words.js';
import { ask, askEach, askForEach, askInPieces, askOne, type Row, type Script, type SqlValue } from '../script.js';
import { changeOpenRuns, type JobChangePair } from './change-open-runs.js';
import { lockJobs, readJobs, type StoredJobs } from './lock-jobs.js';
import { recordDroppedFires, takeDropped } from './record-dropped-fires.js';
import { retireIdle } from './retire.js';
import { unique, type ScriptContext } from './script-context.js';
import { unfinishedRuns } from './unfinished-runs.js';

/**
 * Inserts or replaces: see `JobStoreSession.putJobs`.
 *
 * @throws {UnreadableJobError}
 */
export function* putJobs(
  context: ScriptContext,
  ids: readonly string[],
  decide: PutDecision,
  now: number,
): Script<PutResult[]> {
  const distinct = unique(ids);
  return yield* putLocked(context, { ids, distinct }, yield* lockJobs(context, distinct), decide, now);
}

function* putLocked(
  context: ScriptContext,
  { ids, distinct }: { readonly ids: readonly string[]; readonly distinct: readonly string[] },
  { jobs, unreadable }: StoredJobs,
  decide: PutDecision,
  now: number,
): Script<PutResult[]> {
  if (unreadable.size > 0) for (const id of ids) throwIfUnreadable(unreadable, id);
  const seriesRows = yield* askInPieces<{ job_id: string; last_series: unknown }>(
    context.sql.jobs.lastSeries,
    'ids',
    distinct,
  );
  const lastSeries = new Map(seriesRows.map((row) => [row.job_id, Number(row.last_series)]));

  const changed = new Map<string, JobRecord>();
  const results = ids.map((id): PutResult => {
    const before = changed.get(id) ?? jobs.get(id) ?? null;
    const decided = decide(id, before, { now, lastSeries: lastSeries.get(id) ?? 0 });
    if (!decided) return { id, before, after: before, dropped: null };
    const after = before ? decided : context.stamps.raise(decided);
    changed.set(id, after);
    return { id, before, after, dropped: null };
  });
  const pairs: JobChangePair[] = [];
  const added: JobRecord[] = [];
  for (const [id, after] of changed) {
    const before = jobs.get(id);
    if (before) pairs.push({ before, after });
    else added.push(after);
  }
  yield* changeOpenRuns(context, pairs);
  const dropped = yield* recordDroppedFires(context, pairs, now);
  const replaced = pairs.map(({ after }) => after);
  yield* storeJobs(context, context.sql.jobs.replace, replaced);
  // As rows are locked: two that insert the same ids at the same moment must not wait for each other.
  yield* storeJobs(context, context.sql.jobs.insert, added.toSorted(byId));
  if (dropped.size === 0) return results;
  return results.map((result) => ({ ...result, dropped: takeDropped(dropped, result.id) }));
}

/**
 * As {@link putJobs}, but locks only rows that are there. In a transaction that began with another isolation level than
 * ours, MySQL would lock for a missing id the gap it belongs in, and two that insert into one gap would wait for each
 * other. Somebody else may insert an id meanwhile: then the insertion fails.
 */
export function* putNewJobs(
  context: ScriptContext,
  ids: readonly string[],
  decide: PutDecision,
  now: number,
): Script<PutResult[]> {
  const distinct = unique(ids);
  const { jobs, unreadable } = yield* readJobs(context, distinct);
  const present = distinct.filter((id) => jobs.has(id) || unreadable.has(id));
  return yield* putLocked(context, { ids, distinct }, yield* lockJobs(context, present), decide, now);
}

/** Changes by id: see `JobStoreSession.changeJobs`. Unreadable rows are left out, as unknown ids are. */
export function* changeJobs(
  context: ScriptContext,
  ids: readonly string[],
  change: JobChange,
  now: number,
): Script<ChangedJob[]> {
  const { jobs, unreadable } = yield* lockJobs(context, unique(ids));
  if (ids.length === 1) throwIfUnreadable(unreadable, ids[0] as string);
  const running = yield* idsByJob(context, [...jobs.keys()], RUNNING);
  // In a caller's transaction asked for all: what a change may finish is not known yet.
  const finished = [...jobs.values()]
    .filter((job) => context.isWithin || job.state === 'finished')
    .map((job) => job.id);
  const queued = yield* idsByJob(context, finished, QUEUED);
  const changed = new Map<string, JobRecord>();
  const results: Omit<ChangedJob, 'isRetired' | 'dropped'>[] = [];
  for (const id of ids) {
    const before = changed.get(id) ?? jobs.get(id);
    if (!before) continue;
    const after = change(before, now, running.has(id) || queued.has(id));
    if (after) changed.set(id, after);
    results.push({ before, after: after ?? before, running: running.get(id) ?? [] });
  }
  const pairs = pairsOf(jobs, changed);
  yield* changeOpenRuns(context, pairs);
  const dropped = yield* recordDroppedFires(context, pairs, now);
  yield* storeJobs(context, context.sql.jobs.replace, [...changed.values()]);
  // The statement that retires them goes by the runs that the transaction sees, which may be fewer.
  const isBusy = (id: string) => context.isWithin && (running.has(id) || queued.has(id));
  const ended = [...changed.values()].filter((job) => job.state === 'finished' && !isBusy(job.id)).map((job) => job.id);
  const retired = ended.length > 0 ? yield* retireIdle(context, ended) : [];
  return results.map((result) => ({
    ...result,
    isRetired: retired.some((job) => job.id === result.after.id),
    dropped: takeDropped(dropped, result.after.id),
  }));
}

/** Deletes by id: see `JobStoreSession.removeJobs`. What can't be read is never deleted. */
export function* removeJobs(context: ScriptContext, ids: readonly string[], now: number): Script<RemovedJob[]> {
  const { sql, stamps } = context;
  const { jobs, unreadable } = yield* lockJobs(context, unique(ids));
  if (ids.length === 1) throwIfUnreadable(unreadable, ids[0] as string);
  const removed = unique(ids).filter((id) => jobs.has(id));
  const rows = yield* unfinishedRuns(context, removed, QUEUED);
  const state = RUN_STATES.indexOf('cancelled');
  yield* askEach(
    sql.fires.endRuns,
    rows.map((row) => ({ seq: Number(row['seq']), state, reason: 'removed', finished_at: now, outcome: null })),
  );
  yield* askInPieces(sql.jobs.delete, 'ids', removed);
  const cancelled = new Map<string, RunRecord[]>();
  for (const row of rows) {
    const run = tryDecodeRun(row);
    if (!(run instanceof Error))
      push(cancelled, run.jobId, { ...run, state: 'cancelled', reason: 'removed', finishedAt: now });
  }
  const results = removed.map((id) => ({ job: jobs.get(id) as JobRecord, cancelled: cancelled.get(id) ?? [] }));
  stamps.noteRemoved(results.map(({ job }) => job));
  return results;
}

/** @throws {UnreadableJobError} */
export function* getJob(context: ScriptContext, id: string): Script<JobRecord | null> {
  const { jobs, unreadable } = yield* readJobs(context, [id]);
  throwIfUnreadable(unreadable, id);
  return jobs.get(id) ?? null;
}

export function* listJobs({ sql, codec }: ScriptContext, filter: JobFilter): Script<JobList> {
  const { ids, tasks, executor, tags, states, origin } = filter;
  const text = sql.jobs.list({
    hasIds: ids !== undefined,
    hasTasks: tasks !== undefined,
    hasExecutor: executor !== undefined,
    hasStatuses: states !== undefined,
    hasOrigin: origin !== undefined,
  });
  const params: Record<string, SqlValue> = {};
  if (ids) params['ids'] = JSON.stringify(ids);
  if (tasks) params['tasks'] = JSON.stringify(tasks);
  if (executor !== undefined) params['executor'] = executor;
  if (states) params['statuses'] = JSON.stringify(states.map((state) => JOB_STATES.indexOf(state)));
  if (origin) params['origin'] = JOB_ORIGINS.indexOf(origin);

  const jobs: JobRecord[] = [];
  const unreadable: UnreadableJob[] = [];
  for (const row of yield* ask<Row>(text, params)) {
    const job = codec.tryDecode(row);
    if (job instanceof Error) unreadable.push({ id: String(row['id']), error: job });
    // Tags are compared here: in SQL one row with broken JSON would fail the list of all.
    else if (!tags || tags.every((tag) => job.tags.includes(tag))) jobs.push(job);
  }
  return { jobs, unreadable };
}

export function* findJobsInNeed(
  { sql }: ScriptContext,
  { kind, name }: Need,
  after: string,
  limit: number,
): Script<string[]> {
  const text = kind === 'task' ? sql.jobs.idsOfTask : sql.jobs.idsOfExecutor;
  return (yield* ask<{ id: string }>(text, { name, after, limit })).map(({ id }) => id);
}

export function* summarize({ sql }: ScriptContext): Script<StoreSummary> {
  const byTask = yield* ask<{ task: string; jobs: unknown }>(sql.jobs.countByTask);
  const next = yield* askOne<{ next_fire_at: unknown }>(sql.jobs.nextFire);
  const lanes = yield* ask<{ executor: string }>(sql.jobs.executors);
  const unfinished = yield* askOne<{ runs: unknown }>(sql.history.anyUnfinished);
  return {
    jobs: byTask.reduce((sum, row) => sum + Number(row.jobs), 0),
    nextFireAt: integerOrNull(next?.next_fire_at),
    hasUnfinishedRuns: Number(unfinished?.runs ?? 0) > 0,
    tasks: byTask.map((row) => row.task),
    executors: lanes.map((row) => row.executor),
  };
}

/** The ids of the jobs' runs in this unfinished state, by job. */
function* idsByJob(
  context: ScriptContext,
  ids: readonly string[],
  state: number,
): Script<ReadonlyMap<string, string[]>> {
  const found = new Map<string, string[]>();
  const rows = yield* unfinishedRuns(context, ids, state);
  for (const row of rows) push(found, String(row['job_id']), String(row['run_id']));
  return found;
}

function byId(one: JobRecord, other: JobRecord): number {
  return one.id < other.id ? -1 : 1;
}

function storeJobs({ codec }: ScriptContext, sql: string, jobs: readonly JobRecord[]): Script<void> {
  return askForEach(sql, jobs, (job) => codec.encode(job));
}

function pairsOf(before: ReadonlyMap<string, JobRecord>, changed: ReadonlyMap<string, JobRecord>): JobChangePair[] {
  return [...changed].flatMap(([id, after]) => {
    const stored = before.get(id);
    return stored ? [{ before: stored, after }] : [];
  });
}

function throwIfUnreadable(unreadable: ReadonlyMap<string, Error>, id: string): void {
  const error = unreadable.get(id);
  if (error) throw error;
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
