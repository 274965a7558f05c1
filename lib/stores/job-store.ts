import type { Clock } from '../clock.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { RunRecord } from '../jobs/run-record.js';
import type { Retention, RunFilter, RunList, StatsQuery, StoreStats } from './history-records.js';
import type {
  AddedRuns,
  CancelledRun,
  CancelRequest,
  ChangedJob,
  ClaimEntry,
  ClaimResult,
  Completion,
  CompletionResult,
  JobFilter,
  JobList,
  NodeDraft,
  NodeRecord,
  Need,
  NodesSeen,
  PeekQuery,
  PeekResult,
  ProgressReport,
  PutFacts,
  PutResult,
  RemovedJob,
  RunDraft,
  RunFacts,
  StoreSummary,
  TakeOver,
  TakeQuery,
  TakenRun,
  Unreadable,
} from './store-records.js';
import type { StoreTransaction, TransactionManager } from './store-transaction.js';

export type * from './history-records.js';
export type * from './store-records.js';

/**
 * Where jobs, runs and nodes live. The object holds configuration only: `open` gives a session per application and
 * may be called again, at once or after a close.
 *
 * Every store passes one suite, `describeJobStore` of `nestjs-advanced-scheduler/testing`; the rules of
 * {@link JobStoreSession} hold for all of them.
 *
 * @example
 * // Tells who opens it, and keeps the jobs in memory.
 * class ToldStore implements JobStore {
 *   readonly kind = 'told';
 *   readonly #kept = new MemoryJobStore();
 *
 *   open(context: StoreContext): Promise<JobStoreSession> {
 *     console.log(`The store "${context.alias}" is opened`);
 *     return this.#kept.open(context);
 *   }
 * }
 * @publicApi
 */
export interface JobStore {
  /** Such as `'memory'` or `'better-sqlite3'`: for logs. */
  readonly kind: string;
  /** @throws {StoreUnavailableError} when the store can't be reached or prepared. */
  open(context: StoreContext): Promise<JobStoreSession>;
}

/** What a store may know of the scheduler that opens it. @publicApi */
export interface StoreContext {
  /** The alias the store is known by in this scheduler. */
  readonly alias: string;
  /** For every timer of the store, and for its own clock where it has no other. */
  readonly clock: Clock;
  /** Whether the store's timers and sockets keep the process alive. */
  readonly keepAlive: boolean;
  /** Called when another session may have changed what is due: the engine looks again at once. */
  readonly onChange: () => void;
}

/**
 * One application's open store. Every method is atomic: it happens as a whole and on record, or not at all.
 *
 * A method that takes a callback calls it while it holds the job's lock (or inside the write transaction), so the
 * rule that the callback implements sees the truth. Callbacks are pure, synchronous and may be called again when the
 * transaction has to be repeated; when one throws, nothing is written and the error is passed on. A store may also call one
 * with what is most likely the truth, and write what it answers only if that holds: it is the last call that counts.
 *
 * @publicApi
 */
export interface JobStoreSession {
  /** How far ahead of time `peek` should look: 0 for a store that answers at once. Milliseconds. */
  readonly peekHorizonMs: number;
  /** The longest time between two peeks, when nothing else wakes the engine. Milliseconds. */
  readonly pollIntervalMs: number;
  /** The largest sensible batch for `claim` and `complete`. */
  readonly maxBatch: number;
  /** Whether other processes may work on the same jobs, and jobs outlive this one. */
  readonly isShared: boolean;

  /** The store's clock, epoch ms: it alone decides what is due and which lease lives. */
  now(): Promise<number>;

  // Nodes -------------------------------------------------------------------------------------------------------
  /** Writes the node's row with a lease of `leaseMs`. Again: what it says of itself has changed, not when it started. */
  joinNode(node: NodeDraft, leaseMs: number): Promise<void>;
  /** Renews the lease. `false`: the row is gone, this node was taken over. */
  renewLease(nodeId: string, leaseMs: number): Promise<{ readonly renewed: boolean; readonly now: number }>;
  /** All of them, those whose lease is over included, and the time by the store's clock. */
  nodes(): Promise<NodesSeen>;
  /**
   * Deletes the node's row and ends what it left running: its death is a failed attempt. A run with attempts left is
   * queued again as by `complete`, after the delay of `retryDelayOf` (none for a job that can't be read); the others, those
   * marked by `cancelRun`, and those whose job is gone, become `lost`, which counts as a failed run of the job as in
   * `complete`. Does nothing unless the row still carries this `leaseUntil`
   * (a node that renewed meanwhile is alive). The attempt is kept with the run as in `complete`; `lossOf` in `jobs/attempts.ts`
   * says what it has failed of.
   * Finished jobs whose last run this was are retired as in `complete`.
   */
  takeOverNode(node: Pick<NodeRecord, 'id' | 'leaseUntil'>): Promise<TakeOver>;
  /** The orderly end: deletes the node's row. Runs still marked running on it are treated as in `takeOverNode`. */
  leaveNode(nodeId: string): Promise<TakeOver>;

  // Jobs --------------------------------------------------------------------------------------------------------
  /**
   * Inserts or replaces jobs, all or none. `decide` is asked for every id, with the stored job if there is one, and
   * answers the record to store, or `null` to leave things as they are. Overdue fires of a trigger that is replaced are
   * put on record as a roll-up, under `rollUpRunId` as in `claim`: see `droppedFires` in `jobs/dropped-fires.ts`.
   * The `gen` and `fence` of a new job are raised where a job that had its id before may have had them.
   *
   * @throws {UnreadableJobError} when one of the ids is that of a row that can't be read.
   */
  putJobs(ids: readonly string[], decide: PutDecision): Promise<readonly PutResult[]>;
  /**
   * Changes jobs by id, all or none. `change` answers the new record, or `null` for no change: the job is then answered
   * as it is. Unknown ids are left out. A job that is changed into a finished one without an unfinished run is retired as
   * in `complete`. Overdue fires of a trigger that is replaced are put on record as in `putJobs`.
   */
  changeJobs(ids: readonly string[], change: JobChange): Promise<readonly ChangedJob[]>;
  /**
   * Deletes jobs. Their queued runs, retries included, become `cancelled` (reason `removed`); running ones end normally,
   * and no retry follows. What can't be
   * read is never deleted.
   *
   * @throws {UnreadableJobError} when the only id is that of a row that can't be read.
   */
  removeJobs(ids: readonly string[]): Promise<readonly RemovedJob[]>;
  getJob(id: string): Promise<JobRecord | null>;
  /** By id, ascending. Rows that can't be read are not in the answer but reported beside it. */
  listJobs(filter: JobFilter): Promise<JobList>;
  /** Ids of the active and paused jobs that have this need, ascending: the first `limit` behind `after`. */
  findJobsInNeed(need: Need, after: string, limit: number): Promise<readonly string[]>;

  // The life of a fire ------------------------------------------------------------------------------------------
  /** What is due within the horizon, no locks taken. */
  peek(query: PeekQuery): Promise<PeekResult>;
  /**
   * Advances jobs and inserts the records of their fires, in one commit. An entry whose job has changed since the
   * peek (`nextFireAt`, `gen` or `fence` differ, not active), that is not due yet by the store's clock (the job, or the
   * slot in `plan.run`), or whose node holds no live lease, loses: nothing of it is written.
   *
   * `plan.run` starts (state `running`, the job's fence + 1) if the job has a free instance and no due run is queued
   * before it (the backlog of its own plan counts, backfills don't), and is otherwise queued or skipped: see `admitFire` in
   * `jobs/overlap.ts`. Under `cancelRunning` the run that runs for longest, backfills apart, is then marked as `cancelRun`
   * does, reason `superseded`, if it has to make room: see `hasToMakeRoom` there.
   *
   * A slot at or before the job's high-water mark, or whose run id exists, is recorded as `skipped`, reason `duplicate`, never
   * run. Every skip is a roll-up of one slot under `rollUpRunId`, so it holds no slot; a roll-up whose id exists is on record
   * already and is not written again.
   * The high-water mark and the fence never go back; `runCount` rises by the slots started or queued.
   * A job with no next fire becomes `finished`; without an unfinished run it is retired as in `complete`.
   */
  claim(node: string, entries: readonly ClaimEntry[]): Promise<ClaimResult>;
  /**
   * Adds runs to a job, beside its schedule (`runJob`, `rerun`, `backfill`). `decide` sees how busy the job is and answers
   * the drafts. A run that has the id of a draft already is answered as it is: asking again after a lost reply adds nothing.
   * `null` when the job does not exist.
   */
  addRuns(jobId: string, decide: RunDecision): Promise<AddedRuns | null>;
  /**
   * Takes queued runs that are available: retries (`attempt` above 1) first, then the oldest (by `availableAt`; those of
   * one job then in the order of recording), and backfills after all others, for half of a lane at most. As many as the
   * lanes allow, only while the job has a free instance, and none for a node without a live lease. A run's lane is that of
   * the executor its job has now. Of a paused job only those made after the pause (a forced `runJob`: its `gen` equals the job's).
   * Each becomes `running` with the job's fence + 1.
   */
  takeQueued(query: TakeQuery): Promise<readonly TakenRun[]>;
  /**
   * Writes outcomes. A run that is not `running` under the same fence any more is answered as `fenced`, untouched.
   * One with a `retryDelayMs` does not end if its job is still there (`isRunOf` in `jobs/retry.ts`): it is `queued`
   * again with the next attempt, available after the delay by the store's clock, and answered in `retrying`; one that
   * was marked by `cancelRun` is cancelled in its place. The attempt that has failed is kept in its `attempts`
   * (`withFailedAttempt` in `jobs/attempts.ts`).
   * Each ending changes `failures` of its job as `failuresAfter` in `jobs/failures.ts` says, in the order they are given. A job
   * that pauses itself over one (`pauseForFailures`) is answered in `paused`.
   * A `finished` job without another unfinished run is retired, whichever `gen` the run was made under: deleted if it was
   * added at run time, kept if it was declared; both are answered in `finished`, once: a run made by hand for a kept
   * job later does not answer it again.
   * It should not wait for those who have locked the run or the job of one of them, as all others would have to wait
   * with it: such outcomes may be answered in `busy`, nothing of them written, and come again. Those of one job are
   * answered so together.
   */
  complete(completions: readonly Completion[]): Promise<CompletionResult>;

  /** Keeps how far runs are. Those that are not `running` under the same fence any more stay as they are. */
  noteProgress(reports: readonly ProgressReport[]): Promise<void>;
  /**
   * Cancels a run. A queued one is `cancelled` at once, reason `cancelled`, and its job retired as in `complete`. A running
   * one is marked: its node finds it by `runsToCancel`, and no attempt follows. What has ended stays as it is. `null`: there
   * is no such run.
   */
  cancelRun(runId: string): Promise<CancelledRun | null>;
  /** The runs that are running on this node and marked. */
  runsToCancel(nodeId: string): Promise<readonly CancelRequest[]>;

  // History -----------------------------------------------------------------------------------------------------
  getRun(runId: string): Promise<RunRecord | null>;
  /**
   * The latest slot first, of one slot the most recently recorded, and what comes after `before`; fewer than `limit` only
   * when there are no more. Rows that can't be read are not counted: those met on the way are reported beside the runs.
   */
  listRuns(filter: RunFilter): Promise<RunList>;
  /** Deletes at most `limit` ended runs that the retention no longer covers, oldest first; answers how many. */
  pruneRuns(retention: Retention, limit: number): Promise<number>;
  /**
   * What has ended within a time, in figures; what that costs does not grow with the history. Runs are counted under their task,
   * and under their job as well if that outlives them: those of one-shot jobs that are gone are not.
   */
  stats(query: StatsQuery): Promise<StoreStats>;

  /**
   * Looks for rows that can't be read among the next `limit` jobs and as many unfinished runs: most of them no other
   * call comes upon, as no index has them where they belong. A session remembers how far it has looked.
   */
  findUnreadable(limit: number): Promise<Unreadable>;

  /**
   * Looks at and changes jobs in the caller's own transaction.
   *
   * @throws {TransactionUnsupportedError} when the jobs are in no database that others could have a transaction of.
   * @throws {TransactionNotActiveError} when `manager` has not begun one.
   * @throws {TransactionStoreMismatchError} when it is one of another database.
   * @throws {TransactionIsolationError} when it can't see what others have committed since it began.
   */
  within(manager: TransactionManager): Promise<StoreTransaction>;

  /** What the store holds, in a few cheap statements. */
  summarize(): Promise<StoreSummary>;

  /** Releases everything the session opened; what the user made is left open. A second call does nothing. */
  close(): Promise<void>;
}

export type PutDecision = (id: string, stored: JobRecord | null, facts: PutFacts) => JobRecord | null;

/** @param hasUnfinishedRun whether a run of the job is queued or running */
export type JobChange = (stored: JobRecord, now: number, hasUnfinishedRun: boolean) => JobRecord | null;

export type RunDecision = (job: JobRecord, facts: RunFacts, now: number) => readonly RunDraft[];
