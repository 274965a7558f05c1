import { QUEUED, RUNNING, SUCCEEDED } from '../codec/words.js';
import type { TableNames } from '../table-names.js';
import type { SchemaStatements } from './dialect.js';

/** How far a run is, in the column `phase`: it waits for another attempt, waits, waits as a backfill, runs, or has ended. */
export const PHASES = { retry: 0, waiting: 1, backfill: 2, running: 3, ended: 4 } as const;

export const ENDED = `phase = ${PHASES.ended} AND phase_node IS NULL`;

/** The phases in which a run may be that is in one of the states. */
export function phasesOf(states: readonly number[] | null): readonly number[] {
  if (states === null) return Object.values(PHASES);
  const has = (isOne: (state: number) => boolean, phases: readonly number[]) => (states.some(isOne) ? phases : []);
  return [
    ...has((state) => state === QUEUED, [PHASES.retry, PHASES.waiting, PHASES.backfill]),
    ...has((state) => state === RUNNING, [PHASES.running]),
    ...has((state) => state >= SUCCEEDED, [PHASES.ended]),
  ];
}

/**
 * Ids compare byte by byte. There are no partial indexes, and each index that holds the state is written anew when a run
 * ends. So two serve for all that is asked of runs by how far they are: see {@link PHASES}. `phase_node` is the node of a
 * running one, and `phase_at` says when it may run, or when it has ended. That of all runs by their slots begins with
 * what changes only for few of them at their end.
 */
export function mysqlSchema(t: TableNames): SchemaStatements {
  const id = (length: number) => `varchar(${length}) CHARACTER SET ascii COLLATE ascii_bin`;
  const options = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ROW_FORMAT=DYNAMIC';
  return {
    // Indexes stand in the tables: a statement of MySQL can't be rolled back, and one for each would leave halves.
    create: [
      `CREATE TABLE IF NOT EXISTS \`${t.job}\` (\`id\` ${id(191)} NOT NULL PRIMARY KEY, \`name\` text NOT NULL,
        \`task\` ${id(191)} NOT NULL, \`trigger_def\` mediumtext NOT NULL, \`args\` mediumtext NOT NULL,
        \`metadata\` mediumtext NULL, \`tags\` text NOT NULL, \`executor\` varchar(64) NOT NULL,
        \`origin\` smallint NOT NULL, \`status\` smallint NOT NULL, \`next_fire_at\` bigint NULL, \`due_at\` bigint NULL,
        \`last_fire_at\` bigint NULL, \`gen\` bigint NOT NULL, \`fence\` bigint NOT NULL, \`series\` int NOT NULL DEFAULT 1,
        \`max_instances\` int NOT NULL DEFAULT 1, \`policy\` mediumtext NOT NULL, \`run_count\` int NOT NULL DEFAULT 0,
        \`failures\` int NOT NULL DEFAULT 0, \`pause_reason\` varchar(32) NULL, \`definition\` varchar(64) NOT NULL, \`def_version\` smallint NOT NULL DEFAULT 1,
        \`retired\` smallint NOT NULL DEFAULT 0, \`pruned_from\` bigint NULL, \`pruned_until\` bigint NULL, \`created_at\` bigint NOT NULL,
        \`updated_at\` bigint NOT NULL,
        KEY \`${t.jobDueIndex}\` (\`status\`, \`executor\`, \`due_at\`, \`id\`, \`origin\`, \`task\`),
        KEY \`${t.jobTaskIndex}\` (\`task\`)) ${options}`,
      `CREATE TABLE IF NOT EXISTS \`${t.run}\` (\`seq\` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
        \`run_id\` ${id(255)} NOT NULL, \`job_id\` ${id(191)} NOT NULL, \`task\` ${id(191)} NOT NULL, \`tags\` text NULL, \`gen\` bigint NOT NULL,
        \`scheduled_at\` bigint NOT NULL, \`until_at\` bigint NULL, \`count\` int NULL, \`reason\` varchar(32) NULL,
        \`available_at\` bigint NOT NULL, \`state\` smallint NOT NULL, \`node\` ${id(64)} NULL,
        \`claim_id\` varchar(36) NULL, \`fence\` bigint NOT NULL, \`attempt\` smallint NOT NULL DEFAULT 1,
        \`max_attempts\` smallint NOT NULL DEFAULT 1, \`attempts\` mediumtext NULL, \`origin\` smallint NOT NULL DEFAULT 0, \`args\` mediumtext NULL,
        \`started_at\` bigint NULL, \`finished_at\` bigint NULL, \`outcome\` mediumtext NULL,
        \`cancel_reason\` varchar(32) NULL, \`progress\` smallint NULL,
        \`rare_state\` smallint GENERATED ALWAYS AS (CASE WHEN \`state\` > 2 THEN \`state\` ELSE 0 END) STORED,
        \`phase\` smallint GENERATED ALWAYS AS (CASE WHEN \`state\` > 1 THEN ${PHASES.ended}
          WHEN \`state\` = 1 THEN ${PHASES.running} WHEN \`origin\` = 3 THEN ${PHASES.backfill}
          WHEN \`attempt\` > 1 THEN ${PHASES.retry} ELSE ${PHASES.waiting} END) STORED,
        \`phase_node\` ${id(64)} GENERATED ALWAYS AS (CASE WHEN \`state\` = 1 THEN \`node\` ELSE NULL END) STORED,
        \`phase_at\` bigint GENERATED ALWAYS AS (CASE WHEN \`state\` > 1 THEN \`finished_at\` ELSE \`available_at\` END) STORED,
        UNIQUE KEY \`${t.runIdIndex}\` (\`run_id\`),
        KEY \`${t.runPhaseIndex}\` (\`phase\`, \`phase_node\`, \`phase_at\`, \`seq\`, \`job_id\`),
        KEY \`${t.runJobIndex}\` (\`job_id\`, \`phase\`, \`scheduled_at\`, \`seq\`),
        KEY \`${t.runSlotIndex}\` (\`rare_state\`, \`scheduled_at\`, \`seq\`)) ${options}`,
      // Tags as bytes: as texts, one with a blank behind it would be the same as one without.
      `CREATE TABLE IF NOT EXISTS \`${t.runTag}\` (\`tag\` varbinary(764) NOT NULL, \`scheduled_at\` bigint NOT NULL,
        \`seq\` bigint NOT NULL, PRIMARY KEY (\`tag\`, \`scheduled_at\`, \`seq\`)) ${options}`,
      `CREATE TABLE IF NOT EXISTS \`${t.node}\` (\`id\` ${id(64)} NOT NULL PRIMARY KEY, \`host\` varchar(255) NOT NULL,
        \`pid\` int NOT NULL, \`machine\` varchar(255) NOT NULL, \`incarnation\` varchar(255) NOT NULL,
        \`version\` varchar(64) NOT NULL, \`executors\` mediumtext NOT NULL, \`tasks\` mediumtext NOT NULL,
        \`declares\` varchar(64) NOT NULL, \`started_at\` bigint NOT NULL, \`heartbeat_at\` bigint NOT NULL,
        \`lease_until\` bigint NOT NULL) ${options}`,
      `CREATE TABLE IF NOT EXISTS \`${t.tally}\` (\`span\` smallint NOT NULL, \`since\` bigint NOT NULL,
        \`shard\` smallint NOT NULL, \`tally\` mediumtext NOT NULL,
        PRIMARY KEY (\`span\`, \`since\`, \`shard\`)) ${options}`,
      `INSERT INTO \`${t.tally}\` (\`span\`, \`since\`, \`shard\`, \`tally\`) VALUES (0, 0, 0, '[0,0,0]')
        ON DUPLICATE KEY UPDATE \`span\` = 0`,
    ],
    drop: [
      `DROP TABLE \`${t.tally}\``,
      `DROP TABLE \`${t.node}\``,
      `DROP TABLE \`${t.runTag}\``,
      `DROP TABLE \`${t.run}\``,
      `DROP TABLE \`${t.job}\``,
    ],
    existingTables: `SELECT t.table_name AS name FROM information_schema.tables AS t
      WHERE t.table_schema = DATABASE() AND JSON_CONTAINS(:names, JSON_QUOTE(t.table_name))`,
    identity: `SELECT concat_ws('/', @@hostname, @@port, @@datadir, DATABASE()) AS identity`,
    takeWriteLock: null,
  };
}
