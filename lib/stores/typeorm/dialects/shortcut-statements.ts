// What some databases can do in fewer statements, or without writing as much.

/**
 * The common case of a claim, of an ending and of a new job, and what an idle node does again and again, each in one statement that is
 * a transaction of its own. What the first three do not take, the scripts decide.
 */
export interface PlainStatements {
  /**
   * As arrays, see `arrayTexts`: `id`, `expected` (next fire), `gen`, `fence`, and the one slot that runs: `slot`, `slot_due`,
   * `run_id`, `attempts` (at most), and what comes after it: `next_fire_at`, `due_at`, `status`; `node`.
   * → `now`, and as JSON `locked`: the jobs that are as expected, are due, and belong to nobody else at the moment; in the
   * same order, for those whose slot has been started, `failures` and `seqs`, of the run.
   */
  readonly claim: string;
  /**
   * As arrays: `run_id`, `job_id`, `fence`, `finished_at`, `outcome` of runs that have succeeded, one for a job; `late_ms`:
   * those that ended longer ago are left.
   * Fails rather than wait for more than a moment for what somebody has locked.
   * → as JSON `ended`: the runs that were ended, and in the same order `retired`: whether their jobs were, with them.
   */
  readonly complete: string;
  /**
   * Scope, `horizon` (ms), `limit` → `now`, `peeked_due_at` (the first `due_at` beyond), `queued_at` (of the first queued
   * run that waits for nothing else), with the whole rows of the jobs due within the horizon, by `due_at`, `id`: one row
   * at least, that of no job if there is none.
   */
  readonly peek: string;
  /** `id`, `lease_ms` → `now`, `renewed`: how many rows. */
  readonly renew: string;
  /**
   * `rows`: every column but `retired`, `pruned_from` and `pruned_until`, of jobs without runs; `now`, which they were decided for; `channel`,
   * `sender`. Stores those whose ids are not there, if `now` is not ahead of the clock and no more than a second behind, with
   * a `gen` and a `fence` that are not below the clock if they were not below `now`; then the other sessions are told. Waits only a moment for somebody who is about
   * to store the same id.
   * → `now`, with `id`, `gen`, `fence` of each job that was stored: one row at least, that of no job if there is none.
   */
  readonly put: string;
  /**
   * → `now`, `needed_tasks` and `needed_executors` (JSON: the names that `countByTask` and `executors` answer), with the whole
   * rows of the nodes, by `started_at`: one row at least, that of no node if there is none.
   */
  readonly nodes: string;
  /** → `kind`, `name`, `value`: what `countByTask`, `executors`, `nextFire` and `anyUnfinished` answer. */
  readonly summary: string;
}

/**
 * The common case of a claim and of an ending, decided by the statements that write it, so that nothing is read before.
 * They answer where it was the common case; otherwise nothing is written.
 */
export interface DirectStatements {
  /**
   * `rows`: as those of `advanceJobs`; `expected_at`, `expected_due_at`, `expected_fence`, `gen` and `failures` as they were
   * peeked; `run_id` of the one slot that is to run. → `changes` 1: the job is as expected, no run of it is unfinished, and
   * the slot is not on record.
   */
  readonly advanceIdle: string;
  /**
   * `rows`: `seq`, `run_id`, `gen`, `fence`, `version`, `finished_at`, `outcome` of runs that have succeeded. → `seq`
   * of those that were still running as they were handed out, and whose jobs, if they are there, need no change, or only
   * `deleteFinished`.
   */
  readonly endSucceeded: string;
  /** `rows`: `id`, `gen`, `fence` of the runs that `endSucceeded` has ended. → `changes` 1: the job was finished. */
  readonly deleteFinished: string;
}

/**
 * The last run of an added job that nothing else waits for takes the job along when it starts, so that its end writes one
 * row instead of two. Whoever looks for the job finds it nevertheless; before anybody changes it, it is brought back.
 */
export interface CarriedStatements {
  /**
   * `ids` of jobs that were not in their table → `id` of those that may be by now: what a running run has carried is there,
   * unless somebody else has been faster, and so is what somebody else has brought back meanwhile. `has_ended`: 1 where the run
   * has ended while its job was brought back: that has to go again.
   */
  readonly bringBack: string;
  /**
   * The same for runs that are locked already, which fails rather than wait: who is bringing the job back at this moment
   * waits for the run.
   */
  readonly bringBackNow: string;
}

export interface LatestStatements {
  /** `seqs` → whole rows of those runs that are unfinished, as they are now, by `seq`, under lock. */
  readonly unfinished: string;
}
