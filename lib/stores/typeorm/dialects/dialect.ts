import type { TableNames } from '../table-names.js';
import type { FreeRowStatements } from './free-rows.js';
import type { RunListShape } from './run-lists.js';
import type { CarriedStatements, DirectStatements, LatestStatements, PlainStatements } from './shortcut-statements.js';

/**
 * The SQL of one kind of database, and nothing else. Values are named (`:now`), lists are JSON text. A statement that
 * takes `rows` takes them one by one or all as JSON, as its database likes it and its connection gives them.
 * What each statement takes and answers is the same everywhere, so that the scripts never ask which database it is.
 *
 * A statement that reads rows "under lock" keeps them as they are until the transaction ends. Locks are taken in one
 * order: nodes, jobs, runs. A takeover learns by the runs which jobs it needs, and looks at them without a lock first.
 */
export interface Dialect {
  readonly tables: TableNames;
  readonly schema: SchemaStatements;
  readonly nodes: NodeStatements;
  readonly jobs: JobStatements;
  readonly fires: FireStatements;
  readonly history: HistoryStatements;
  readonly tallies: TallyStatements;
  /** Where the common case can be done at once; `null`: nothing is gained by it. */
  readonly plain: PlainStatements | null;
  /** The same for the scripts, where rows are written one by one; `null`: where all rows of a statement go together. */
  readonly direct: DirectStatements | null;
  /** Where the last run of a job may carry it: see {@link CarriedStatements}; `null`: jobs are always in their table. */
  readonly carried: CarriedStatements | null;
  /** How to take only what nobody else has locked; `null`: a transaction that writes is alone. */
  readonly free: FreeRowStatements | null;
  /**
   * Where a transaction of the caller's own, under the isolation that is usual there, shows the database as it was when
   * it began to read; `null`: there it shows what is committed.
   */
  readonly latest: LatestStatements | null;
}

export type DialectFactory = (tables: TableNames) => Dialect;

export interface SchemaStatements {
  /** What the first migration did; never changed afterwards. May meet tables that are there already. */
  readonly create: readonly string[];
  readonly drop: readonly string[];
  /** `names` (JSON) → `name` of those tables that exist. */
  readonly existingTables: string;
  /**
   * → `identity`: which database this is, the same on every connection to it and on none to another. Of SQLite: `name`,
   * `file` of the databases that the connection has open, ours being `main`.
   */
  readonly identity: string;
  /** Changes nothing, but is let through only with the right to write; where there is one such right for all. */
  readonly takeWriteLock: string | null;
}

export interface NodeStatements {
  /** Every column by its name. Replaces a row of the same id. */
  readonly put: string;
  /** `id` → `lease_until`, under lock. */
  readonly lock: string;
  /** `id` → `lease_until`, under a lock that others may hold at the same time, so that nobody takes the node over. */
  readonly share: string;
  /** `id`, `now`, `lease_until`. */
  readonly renew: string;
  /** `id`. */
  readonly delete: string;
  /** → every row, by `started_at`. */
  readonly all: string;
}

export interface JobStatements {
  /** `ids` → whole rows, those of jobs that are carried included. */
  readonly read: string;
  /** `ids` → whole rows, under lock. */
  readonly lock: string;
  /** `ids` → whole rows, under lock, without those that somebody else has locked. */
  readonly tryLock: string;
  /** The same of `id`, `status`, `next_fire_at`, `due_at`, `gen`, `fence` and `failures` only. */
  readonly tryLockStamps: string;
  /** `ids` → `job_id`, `last_series`. */
  readonly lastSeries: string;
  /** `rows`: every column but `retired`, `pruned_from` and `pruned_until`. Fails on an id that is there. */
  readonly insert: string;
  /**
   * `rows`: the same → `stored`: how many of them, and their `ids`, with blanks between them. Left out are ids that are
   * there, or have runs on record. `null`: it would not be faster.
   */
  readonly insertNew: string | null;
  /** `rows`: the same. Replaces what is there, and lets the fence only rise. */
  readonly replace: string;
  /** `ids`. */
  readonly delete: string;
  /** Takes what the shape names: `ids`, `tasks`, `executor`, `statuses`, `origin` → whole rows, by `id`, those of jobs that are carried included. */
  list(shape: JobListShape): string;
  /** `after`, `limit` → whole rows of the next jobs, by `id`. */
  readonly page: string;
  /** `name`, `after`, `limit` → the next `id` of those that are not finished. */
  readonly idsOfTask: string;
  readonly idsOfExecutor: string;
  /** → `task`, `jobs`: how many that are not finished. */
  readonly countByTask: string;
  /** → `next_fire_at`, of jobs that somebody declares or that were added. */
  readonly nextFire: string;
  /** The executors of active jobs. */
  readonly executors: string;
}

export interface JobListShape {
  readonly hasIds: boolean;
  readonly hasTasks: boolean;
  readonly hasExecutor: boolean;
  readonly hasStatuses: boolean;
  readonly hasOrigin: boolean;
}

/** Scope in all of these: `executor`, `tasks`, `declared`, `excluded` (JSON), `version`. */
export interface FireStatements {
  /** Scope, `until`, `limit` → whole rows of jobs, by `due_at`, `id`. No locks. */
  readonly due: string;
  /** Scope, `after` → the first `due_at` beyond. */
  readonly nextDue: string;
  /** Scope → `available_at` of the first queued run that neither a pause nor a lack of instances holds back. */
  readonly nextQueued: string;
  /** `ids`, `executors`, `until`, `version` → whole rows of jobs that are due. */
  readonly dueAmong: string;
  /**
   * Scope, `now`, `limit`, `full` (ids of jobs without a free instance), `settled` (`seq`s to leave out), `backfills`
   * (0: none of them) → whole rows of available queued runs of jobs with a free instance: retries (`attempt` above 1)
   * before the others, and backfills last, each by `available_at`, `seq`.
   */
  readonly takeable: string;
  /** `seqs` → `seq`, `fence` of those runs that are queued. */
  readonly stillQueued: string;
  /** `ids`, `now` → `job_id`, `running`, `running_backfills`, `queued_due`, of jobs with unfinished runs. */
  readonly occupancy: string;
  /** `ids` → `run_id`s that exist. */
  readonly existingRuns: string;
  /** `rows`: `id`, `next_fire_at`, `due_at`, `last_fire_at`, `fence`, `run_count`, `status`. */
  readonly advanceJobs: string;
  /** `rows`: `id`, `fence`. */
  readonly setFences: string;
  /** `rows`: every column but `seq` and `claim_id` → `seq`, `run_id`, or `rowid` one by one. Recorded in the order of `rows`. */
  readonly insertRuns: string;
  /** Where `insertRuns` can't answer: `ids` → `rowid` (the `seq`) of each, in their order. */
  readonly insertedRuns: string | null;
  /** `rows`: `seq`, `gen`, `args` of unfinished runs. */
  readonly changeOpenRuns: string;
  /** `rows`: `seq`, `node`, `fence`, `started_at`: queued runs begin to run. */
  readonly startRuns: string;
  /**
   * `ids` → `seq`, `run_id`, `job_id`, `gen`, `fence`, `state`, `cancel_reason`, under lock, without what somebody else has
   * locked; where runs may carry jobs `carries`: 1 if it does.
   */
  readonly lockRuns: string;
  /** `rows`: `seq`, `state`, `reason`, `finished_at`, `outcome`. */
  readonly endRuns: string;
  /** `rows`: `seq`, `fence`, `progress`; of those that are running under this fence. */
  readonly noteProgress: string;
  /** `rows`: `seq`, `cancel_reason` of running runs. */
  readonly markRuns: string;
  /** `node` → `run_id`, `cancel_reason` of its running runs that are marked. */
  readonly markedRuns: string;
  /** `rows`: `seq`, `available_at`, `attempts`: running runs wait for their next attempt: queued, without node and start. */
  readonly requeueRuns: string;
  /** `node` → `id` of the jobs of which it has running runs. */
  readonly jobsOfNode: string;
  /** `node` → whole rows of its running runs, by `seq`, under lock. */
  readonly runsOfNode: string;
  /** `ids` (of jobs), `state` → whole rows of their runs in this unfinished state, by `seq`. */
  readonly unfinishedRuns: string;
  /** `ids` → `id`, `gen`, `status`, `retired`, `failures`, `created_at` of jobs, under lock. */
  readonly jobStates: string;
  /** `rows`: `id`, `failures`. */
  readonly setFailures: string;
  /** `rows`: `id`, `status`, `gen`, `failures`, `pause_reason`, `updated_at`. */
  readonly pauseJobs: string;
  /** `ids` → whole rows of finished jobs without unfinished runs whose end has not been told, by `id`. */
  readonly retirable: string;
  /** Of the same jobs `id`, `gen`, `fence`, `origin`, where it is dear to read their whole rows. */
  readonly retirableStamps?: string;
  /** `limit` → `id` of finished jobs whose end has not been told. */
  readonly unretired: string;
  /** `ids`: their end has been told. */
  readonly markRetired: string;
}

export interface HistoryStatements {
  /** `run_id` → whole row. */
  readonly run: string;
  /** `ids` (of runs) → whole rows. */
  readonly runs: string;
  /** Takes what the shape names: `job_id`, the tags (`tagName`), `from`, `to`, `before_at` and `before_seq`; `limit` → whole rows, the latest slot first. */
  list(shape: RunListShape): string;
  /** `job_id`, `state`, `seq`, `limit` → whole rows of the next unfinished runs, by these three. */
  readonly unfinishedPage: string;
  /** → `runs`: 1 if there is an unfinished run, queued ones of jobs that nobody declares any more apart; else 0. */
  readonly anyUnfinished: string;
  /**
   * → `locked`: 1 if nobody else is pruning, or will before the commit; else 0. `null`: whoever comes second meets the same rows
   * as the first, and waits for him.
   */
  readonly lockPruning: string | null;
  /** `before`, `limit` → `seq`, `job_id`, `scheduled_at`, `tags` of ended runs, the earliest ended first. */
  readonly endedBefore: string;
  /** `keep`, `limit` → the same of those beyond the latest `keep` ended. */
  readonly endedBeyond: string;
  /** `after`, `limit` → `job_id`, `runs`, `unfinished` of the next jobs with runs, by id. */
  readonly countByJob: string;
  /**
   * `job_id`, `keep`, `limit` → the same of its ended runs beyond the latest `keep` slots, the earliest first: never
   * others in place of those that somebody else is deleting.
   */
  readonly earliestOfJob: string;
  /** `seqs`. */
  readonly delete: string;
  /** `rows`: `tag`, `scheduled_at`, `seq`: runs are found by these tags. */
  readonly tagRuns: string;
  /** `rows`: the same: they are found no more. */
  readonly untagRuns: string;
  /** `rows`: `id`, `since`, `until`. */
  readonly notePruned: string;
}

/** The mark is the one row whose `span` is 0: see `history-tally.ts`. */
export interface TallyStatements {
  /** → `tally`. */
  readonly mark: string;
  /** The same, under lock. */
  readonly lockMark: string;
  /** `tally`. */
  readonly setMark: string;
  /**
   * `at`, `after`, `until`, `limit` → `seq`, `task`, `job_id`, `state`, `count`, `available_at`, `started_at`, `finished_at`, `has_job`
   * (1: its job is there) of the runs that ended until `until`, and after `at` or then with a higher `seq` than `after`, by
   * `finished_at`, `seq`.
   */
  readonly ended: string;
  /** `seqs` → the same of those runs. */
  readonly runs: string;
  /** `keys`, each `[span, since, shard]` → whole rows. */
  readonly stored: string;
  /** `rows`: every column. Replaces what is there. */
  readonly put: string;
  /** The `BOUNDS` of `tally-lists.ts`, perhaps `shard` → `tally` of each row. */
  list(shape: TallyListShape): string;
  /** `span` → `since` of the earliest rows. */
  readonly earliest: string;
  /** `span`, `since`. */
  readonly delete: string;
}

export interface TallyListShape {
  readonly isOfShard: boolean;
}
