import type { FirePlan } from '../jobs/fire-plan.js';
import type { JobOrigin, JobRecord, JobState } from '../jobs/job-record.js';
import type { JsonValue } from '../jobs/json.js';
import type { Occupancy } from '../jobs/overlap.js';
import type { RunOrigin, RunOutcome, RunReason, RunRecord } from '../jobs/run-record.js';
import type { PrunedSlots, UnreadableRun } from './history-records.js';

// What goes into a store and comes out of it: plain data.

export interface NodeDraft {
  readonly id: string;
  /** Name for people: the host name unless configured. */
  readonly host: string;
  readonly pid: number;
  /** Identifies the operating-system instance, so that pids can be compared. Empty: unknown. */
  readonly machine: string;
  /** Identifies this life of the pid, so that a reused pid is not mistaken for it. Empty: unknown. */
  readonly incarnation: string;
  readonly version: string;
  readonly executors: readonly string[];
  readonly tasks: readonly string[];
  /**
   * A digest of which jobs its decorators declare in this store: nodes that declare the same have the same. At most 64
   * characters; empty: unknown.
   */
  readonly declares: string;
}

export interface NodeRecord extends NodeDraft {
  readonly startedAt: number;
  readonly heartbeatAt: number;
  readonly leaseUntil: number;
}

/** The nodes of a store, and its clock when it was asked: it alone says whose lease is over. */
export interface NodesSeen {
  readonly nodes: readonly NodeRecord[];
  readonly now: number;
  /** What its jobs need of them, as `summarize` says, where that comes with the same answer. */
  readonly needs?: Needs;
}

/** What jobs need of the nodes, each once. */
export interface Needs {
  /** The tasks of jobs that are not finished. */
  readonly tasks: readonly string[];
  /** The executors of active jobs. */
  readonly executors: readonly string[];
}

export interface Need {
  readonly kind: 'task' | 'executor';
  readonly name: string;
}

/** A job that was retired: its end is to be told. */
export type FinishedJob = Pick<JobRecord, 'id' | 'gen' | 'fence'>;

/** A job that has paused itself: that is to be told. */
export type PausedJob = Pick<JobRecord, 'id' | 'failures'>;

export interface TakeOver {
  /** Whether this call deleted the row. */
  readonly taken: boolean;
  readonly lost: readonly RunRecord[];
  readonly requeued: readonly RunRecord[];
  readonly paused: readonly PausedJob[];
  readonly finished: readonly FinishedJob[];
}

export interface PutFacts {
  /** The store's clock. */
  readonly now: number;
  /** The highest series among the stored runs of this id, 0 without any. */
  readonly lastSeries: number;
}

export interface PutResult {
  readonly id: string;
  readonly before: JobRecord | null;
  /** What is stored now: the new record, or the old one if the decision was `null`. */
  readonly after: JobRecord | null;
  /** The overdue fires of a trigger that was replaced, as they were put on record; `null`: there were none. */
  readonly dropped: RunRecord | null;
}

export interface ChangedJob {
  readonly before: JobRecord;
  readonly after: JobRecord;
  /** Runs of the job that are running now. */
  readonly running: readonly string[];
  /** Whether the change has retired it: its end is to be told. */
  readonly isRetired: boolean;
  /** The overdue fires of a trigger that was replaced, as they were put on record; `null`: there were none. */
  readonly dropped: RunRecord | null;
}

export interface RemovedJob {
  readonly job: JobRecord;
  readonly cancelled: readonly RunRecord[];
}

export interface JobFilter {
  readonly ids?: readonly string[];
  /** Any of these. */
  readonly tasks?: readonly string[];
  readonly executor?: string;
  /** Jobs that carry all of these. */
  readonly tags?: readonly string[];
  readonly states?: readonly JobState[];
  readonly origin?: JobOrigin;
}

export interface JobList {
  readonly jobs: readonly JobRecord[];
  readonly unreadable: readonly UnreadableJob[];
}

/** A stored row that can't be understood: left in place, reported, never run. */
export interface UnreadableJob {
  readonly id: string;
  readonly error: Error;
}

export interface Unreadable {
  readonly jobs: readonly UnreadableJob[];
  readonly runs: readonly UnreadableRun[];
  /** The end has been reached: the next call begins anew. */
  readonly hasSeenAll: boolean;
}

/** Free slots of one executor. */
export interface Lane {
  readonly executor: string;
  readonly limit: number;
}

/** What a node may claim: added jobs whose task it knows; declared jobs that it declares itself. */
export interface ClaimScope {
  /** Changes whenever one of the sets does, so that a store may cache what it derives from them. */
  readonly version: number;
  readonly tasks: ReadonlySet<string>;
  readonly declaredJobs: ReadonlySet<string>;
  /** Ids that are left alone until their row changes: unreadable rows. */
  readonly excludedJobs: ReadonlySet<string>;
}

export interface PeekQuery {
  readonly horizonMs: number;
  readonly lanes: readonly Lane[];
  readonly scope: ClaimScope;
}

export interface PeekResult {
  readonly now: number;
  /**
   * Due until `now + horizonMs`, in order of `dueAt`, at most `limit` for each lane. A store may show live objects: copy
   * what is to outlast the turn.
   */
  readonly jobs: readonly JobRecord[];
  /** The first due instant of a lane's jobs beyond those in `jobs`. */
  readonly nextDueAt: number | null;
  /**
   * When the first queued run of a lane that `takeQueued` would take becomes, or became, available. Runs that wait for
   * a free instance, for the end of a pause, or for another node are left out: they must not wake the engine in vain.
   */
  readonly nextQueuedAt: number | null;
  readonly unreadable: readonly UnreadableJob[];
}

/** One job's fires, computed by `planFires` in `jobs/fire-plan.ts`. */
export interface ClaimEntry {
  readonly jobId: string;
  /** As it was peeked. With the same `gen` and `fence` it still is what is stored, but for its failures. */
  readonly job: JobRecord;
  /** Compare-and-set: `nextFireAt`, `gen`, `fence` as peeked. */
  readonly expectedFireAt: number;
  readonly gen: number;
  readonly fence: number;
  /** What becomes of the due fires: see `planFires` in `jobs/fire-plan.ts`. */
  readonly plan: FirePlan;
  /** How many dispatches are left by `maxRuns`; the job is finished when they are used up. `null`: no limit. */
  readonly dispatchesLeft: number | null;
}

export interface TakenRun {
  readonly run: RunRecord;
  /** The job after the change. */
  readonly job: JobRecord;
}

export interface ClaimResult {
  /** Every record that was inserted, per job in the order roll-ups, backlog, run. */
  readonly records: readonly TakenRun[];
  /** Ids that lost; peek them again. */
  readonly lost: readonly string[];
  /** Jobs that were retired at once, no run of theirs being left. */
  readonly finished: readonly FinishedJob[];
  /** Running runs that were marked, to make room for fires. */
  readonly toCancel: readonly CancelRequest[];
}

export type { Occupancy };

/** What is to be known when runs are added to a job. */
export interface RunFacts extends Occupancy {
  /** `null`: no run of the job has left the history. */
  readonly pruned: PrunedSlots | null;
}

export interface RunDraft {
  readonly runId: string;
  readonly scheduledAt: number;
  readonly availableAt: number;
  readonly state: 'queued' | 'skipped';
  readonly reason: RunReason | null;
  readonly origin: RunOrigin;
  readonly args: readonly JsonValue[] | null;
  /**
   * Whether the run of the job that runs for longest is to be marked if it has to make room: see `hasToMakeRoom`. Default
   * `false`.
   */
  readonly supersedes?: boolean;
}

/** A running run that its node is to cancel. */
export interface CancelRequest {
  readonly runId: string;
  readonly reason: RunReason;
}

/** How far a running run is. */
export interface ProgressReport {
  /** As `claim` or `takeQueued` gave it. */
  readonly run: RunRecord;
  /** 0 to 1. */
  readonly progress: number;
}

/** What `cancelRun` has done. */
export interface CancelledRun {
  /** As it is now: `cancelled`, still `running` and marked, or as it had ended. */
  readonly run: RunRecord;
  /** Whether this call has ended it: that is to be told. */
  readonly hasEnded: boolean;
  readonly finished: readonly FinishedJob[];
}

/** What `addRuns` has done. */
export interface AddedRuns {
  readonly job: JobRecord;
  /** What this call has recorded, in the order of the drafts. */
  readonly added: readonly RunRecord[];
  /** What had the id of a draft already, as it is. */
  readonly known: readonly RunRecord[];
  /** Running runs that were marked, as a draft asked for it. */
  readonly toCancel: readonly CancelRequest[];
}

export interface TakeQuery {
  readonly node: string;
  readonly lanes: readonly Lane[];
  readonly scope: ClaimScope;
}

export interface Completion {
  /** As `claim` or `takeQueued` gave it. */
  readonly run: RunRecord;
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly finishedAt: number;
  readonly outcome: RunOutcome | null;
  /** How long a failed run waits for its next attempt, in milliseconds; `null`: it has none. See `retryDelayOf`. */
  readonly retryDelayMs: number | null;
  /** Why it was cancelled. */
  readonly reason?: RunReason;
}

export interface CompletionResult {
  /** Those that were not this node's to complete any more. */
  readonly fenced: readonly RunRecord[];
  /** Those that wait for their next attempt: queued, with the number of that attempt. */
  readonly retrying: readonly RunRecord[];
  /** Those that would wait for their next attempt, but are marked: they are `cancelled` in its place. */
  readonly cancelled: readonly RunRecord[];
  readonly paused: readonly PausedJob[];
  readonly finished: readonly FinishedJob[];
  /**
   * Those of which nothing is written, as somebody else has locked the run or its job, an application in a transaction of its
   * own perhaps. They are given again after a while; all others of the call are written. A store in which a write waits for
   * nobody, or that makes all wait, answers none. Absent: none.
   */
  readonly busy?: readonly RunRecord[];
}

export interface StoreSummary extends Needs {
  /** Jobs that are not finished. */
  readonly jobs: number;
  /** The earliest next fire of an active job. One that no node runs (`runsNowhere` in `jobs/`) has none. */
  readonly nextFireAt: number | null;
  /** Whether a run is queued or running, queued ones of jobs that no node runs apart: they don't start. */
  readonly hasUnfinishedRuns: boolean;
}
