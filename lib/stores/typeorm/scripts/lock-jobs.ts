import type { JobRecord } from '../../../jobs/job-record.js';
import type { UnreadableJobError } from '../../store-errors.js';
import type { Occupancy, PrunedSlots } from '../../job-store.js';
import { integerOrNull } from '../codec/read-column.js';
import { JOB_STATES } from '../codec/words.js';
import { askInPieces, askOne, type Row, type Script } from '../script.js';
import type { ScriptContext } from './script-context.js';

/** Stored jobs by id. */
export interface StoredJobs {
  readonly jobs: Map<string, JobRecord>;
  readonly unreadable: ReadonlyMap<string, UnreadableJobError>;
  /** Of those jobs of which runs have been pruned. */
  readonly pruned: ReadonlyMap<string, PrunedSlots>;
}

/** Without a lock: nobody may rely on what was read once the transaction is over. */
export function readJobs(context: ScriptContext, ids: readonly string[]): Script<StoredJobs> {
  return jobsBy(context.sql.jobs.read, context, ids);
}

/** In the order of their ids, also where they are too many for one statement. */
export function* lockJobs(context: ScriptContext, ids: readonly string[]): Script<StoredJobs> {
  return storedJobs(context, yield* lockRows<Row>(context, context.sql.jobs.lock, ids.toSorted()));
}

/**
 * The rows of jobs, each with its `id`, that a statement locks by `ids`. A job that is carried by its last run is brought back
 * to its table first: only then it is there to be locked. Of several, before any is locked: who brings one back may have to wait
 * for somebody who waits for another of them.
 */
export function* lockRows<R extends { readonly id?: unknown }>(
  context: ScriptContext,
  statement: string,
  ids: readonly string[],
): Script<readonly R[]> {
  if (context.sql.carried && ids.length > 1) yield* bringBack(context, ids);
  const rows = yield* askInPieces<R>(statement, 'ids', ids);
  if (!context.sql.carried || rows.length === ids.length) return rows;
  const found = new Set(rows.map(({ id }) => id));
  const missing = ids.filter((id) => !found.has(id));
  const back = yield* askInPieces<R>(statement, 'ids', yield* bringBack(context, missing));
  return back.length === 0 ? rows : [...rows, ...back];
}

/** Answers which of the jobs may be in their table by now. */
function* bringBack({ sql }: ScriptContext, ids: readonly string[]): Script<readonly string[]> {
  if (!sql.carried) return [];
  const rows = yield* askInPieces<{ id: string; has_ended: number }>(sql.carried.bringBack, 'ids', ids);
  const ended = rows.filter((row) => row.has_ended === 1).map(({ id }) => id);
  yield* askInPieces(sql.jobs.delete, 'ids', ended);
  return rows.filter((row) => row.has_ended === 0).map(({ id }) => id);
}

/** Leaves out what somebody else has locked: he is about to change it. */
export function tryLockJobs(context: ScriptContext, ids: readonly string[]): Script<StoredJobs> {
  return jobsBy(context.sql.jobs.tryLock, context, ids);
}

function* jobsBy(sql: string, context: ScriptContext, ids: readonly string[]): Script<StoredJobs> {
  return storedJobs(context, yield* askInPieces<Row>(sql, 'ids', ids));
}

function storedJobs({ codec }: ScriptContext, rows: readonly Row[]): StoredJobs {
  const jobs = new Map<string, JobRecord>();
  const unreadable = new Map<string, UnreadableJobError>();
  const pruned = new Map<string, PrunedSlots>();
  for (const row of rows) {
    const [from, until] = [integerOrNull(row['pruned_from']), integerOrNull(row['pruned_until'])];
    if (from !== null && until !== null) pruned.set(String(row['id']), { from, until });
    const job = codec.tryDecode(row);
    if (job instanceof Error) unreadable.set(String(row['id']), job);
    else jobs.set(job.id, job);
  }
  return { jobs, unreadable, pruned };
}

interface StampsRow {
  readonly id: string;
  readonly status: number;
  readonly next_fire_at: unknown;
  readonly due_at: unknown;
  readonly gen: unknown;
  readonly fence: unknown;
  readonly failures: unknown;
}

/**
 * Those of the peeked jobs that are stored as they were peeked, under lock, without those that somebody else has locked.
 * Their rows need not be read once more.
 */
export function* tryLockPeeked({ sql }: ScriptContext, peeked: readonly JobRecord[]): Script<Map<string, JobRecord>> {
  const jobs = new Map<string, JobRecord>();
  const byId = new Map(peeked.map((job) => [job.id, job]));
  for (const row of yield* askInPieces<StampsRow>(sql.jobs.tryLockStamps, 'ids', [...byId.keys()])) {
    const job = byId.get(row.id) as JobRecord;
    if (isAsPeeked(row, job)) jobs.set(job.id, { ...job, failures: integerOrNull(row.failures) ?? job.failures });
  }
  return jobs;
}

function isAsPeeked(row: StampsRow, { nextFireAt, dueAt, gen, fence, state }: JobRecord): boolean {
  return (
    JOB_STATES[Number(row.status)] === state &&
    integerOrNull(row.next_fire_at) === nextFireAt &&
    integerOrNull(row.due_at) === dueAt &&
    integerOrNull(row.gen) === gen &&
    integerOrNull(row.fence) === fence
  );
}

interface OccupancyRow {
  readonly job_id: string;
  readonly running: number;
  readonly running_backfills: number;
  readonly queued_due: number;
}

export const IDLE: Occupancy = { running: 0, runningBackfills: 0, queuedDue: 0 };

/** How busy each job is; one that is not in the answer is idle. */
export function* occupancyOf(
  { sql }: ScriptContext,
  ids: readonly string[],
  now: number,
): Script<(id: string) => Occupancy> {
  const rows = yield* askInPieces<OccupancyRow>(sql.fires.occupancy, 'ids', ids, { now });
  if (rows.length === 0) return () => IDLE;
  const busy = new Map(rows.map((row) => [row.job_id, readOccupancy(row)]));
  return (id) => busy.get(id) ?? IDLE;
}

function readOccupancy({
  running,
  running_backfills: runningBackfills,
  queued_due: queuedDue,
}: OccupancyRow): Occupancy {
  return { running: Number(running), runningBackfills: Number(runningBackfills), queuedDue: Number(queuedDue) };
}

/** Whether the node may take anything: those presumed dead get nothing. */
export function* holdsLease({ sql }: ScriptContext, node: string, now: number): Script<boolean> {
  const row = yield* askOne<{ lease_until: unknown }>(sql.nodes.share, { id: node });
  return row !== null && Number(row.lease_until) > now;
}
