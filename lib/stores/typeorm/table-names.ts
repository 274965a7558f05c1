/** How our tables and indexes are called in a database, given the prefix. */
export interface TableNames {
  readonly prefix: string;
  /** Where the tables are, in databases that have schemas; `null`: where the connection looks by itself. */
  readonly schema: string | null;
  readonly job: string;
  readonly run: string;
  readonly runTag: string;
  readonly node: string;
  readonly tally: string;
  readonly migrations: string;
  readonly jobDueIndex: string;
  readonly jobTaskIndex: string;
  readonly jobFinishedIndex: string;
  readonly runIdIndex: string;
  readonly runPhaseIndex: string;
  readonly runQueuedIndex: string;
  readonly runRetryIndex: string;
  readonly runBackfillIndex: string;
  readonly runUnfinishedIndex: string;
  readonly runNodeIndex: string;
  readonly runJobIndex: string;
  readonly runSlotIndex: string;
  readonly runRareIndex: string;
  readonly runFinishedIndex: string;
}

/** Which tables are meant, where an application has more than one set of them. @publicApi */
export interface TableOptions {
  /** What the names of tables and indexes begin with. Default `'scheduler_'`. */
  readonly tablePrefix?: string | undefined;
  /** Of PostgreSQL. Default: where the connection's `search_path` leads. */
  readonly schema?: string | undefined;
}

export const DEFAULT_TABLE_PREFIX = 'scheduler_';

/** Index names carry the prefix too: in some databases they share one name space. */
export function tableNames(prefix: string = DEFAULT_TABLE_PREFIX, schema: string | null = null): TableNames {
  return {
    prefix,
    schema,
    job: `${prefix}job`,
    run: `${prefix}run`,
    runTag: `${prefix}run_tag`,
    node: `${prefix}node`,
    tally: `${prefix}tally`,
    migrations: `${prefix}migrations`,
    jobDueIndex: `${prefix}job_due`,
    jobTaskIndex: `${prefix}job_task`,
    jobFinishedIndex: `${prefix}job_finished`,
    runIdIndex: `${prefix}run_id`,
    runPhaseIndex: `${prefix}run_phase`,
    runQueuedIndex: `${prefix}run_queued`,
    runRetryIndex: `${prefix}run_retry`,
    runBackfillIndex: `${prefix}run_backfill`,
    runUnfinishedIndex: `${prefix}run_unfinished`,
    runNodeIndex: `${prefix}run_node`,
    runJobIndex: `${prefix}run_job`,
    runSlotIndex: `${prefix}run_slot`,
    runRareIndex: `${prefix}run_rare`,
    runFinishedIndex: `${prefix}run_finished`,
  };
}
