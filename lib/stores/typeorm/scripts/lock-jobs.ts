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
export function lockJobs(context: ScriptContext, ids: readonly string[]): Script<StoredJobs> {
  return jobsBy(context.sql.jobs.lock, context, ids.toSorted());
}

/** Leaves out what somebody else has locked: he is about to change it. */
export function tryLockJobs(context: ScriptContext, ids: readonly string[]): Script<StoredJobs> {
  return jobsBy(context.sql.jobs.tryLock, context, ids);
}

function* jobsBy(sql: string, { codec }: ScriptContext, ids: readonly string[]): Script<StoredJobs> {
  const jobs = new Map<string, JobRecord>();
  const unreadable = new Map<string, UnreadableJobError>();
  const pruned = new Map<string, PrunedSlots>();
  for (const row of yield* askInPieces<Row>(sql, 'ids', ids)) {
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
