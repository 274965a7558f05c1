import type { TableNames } from '../table-names.js';
import type { SchemaStatements } from './dialect.js';
import { quoted, tablesOf } from './postgres-names.js';

/**
 * `bigint` milliseconds everywhere: no driver or session time zone can touch them. Rows of jobs change with each fire,
 * hence the room left in their pages and the early vacuum. Ids compare byte by byte, as they do everywhere else.
 */
export function postgresSchema(names: TableNames): SchemaStatements {
  const t = tablesOf(names);
  const index = (name: string, on: string, unique = '') =>
    `CREATE ${unique}INDEX IF NOT EXISTS ${quoted(name)} ON ${on}`;
  return {
    create: [
      `CREATE TABLE IF NOT EXISTS ${t.job} ("id" character varying(191) COLLATE "C" PRIMARY KEY, "name" text NOT NULL,
        "task" character varying(191) COLLATE "C" NOT NULL, "trigger_def" text NOT NULL, "args" text NOT NULL, "metadata" text,
        "tags" text NOT NULL, "executor" character varying(64) COLLATE "C" NOT NULL, "origin" smallint NOT NULL,
        "status" smallint NOT NULL, "next_fire_at" bigint, "due_at" bigint, "last_fire_at" bigint, "gen" bigint NOT NULL,
        "fence" bigint NOT NULL, "series" integer NOT NULL DEFAULT 1, "max_instances" integer NOT NULL DEFAULT 1,
        "policy" text NOT NULL, "run_count" integer NOT NULL DEFAULT 0, "failures" integer NOT NULL DEFAULT 0,
        "pause_reason" character varying(32), "definition" character varying(64) NOT NULL, "def_version" smallint NOT NULL DEFAULT 1,
        "retired" smallint NOT NULL DEFAULT 0, "pruned_from" bigint, "pruned_until" bigint, "created_at" bigint NOT NULL,
        "updated_at" bigint NOT NULL)
        WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)`,
      `${index(names.jobDueIndex, t.job)} ("executor", "due_at", "id", "origin", "task") WHERE status = 1`,
      `${index(names.jobTaskIndex, t.job)} ("task", "status")`,
      `${index(names.jobFinishedIndex, t.job)} ("id") WHERE status = 2 AND retired = 0`,
      `CREATE TABLE IF NOT EXISTS ${t.run} ("seq" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        "run_id" character varying(255) COLLATE "C" NOT NULL, "job_id" character varying(191) COLLATE "C" NOT NULL,
        "task" character varying(191) COLLATE "C" NOT NULL, "tags" text, "gen" bigint NOT NULL, "scheduled_at" bigint NOT NULL, "until_at" bigint,
        "count" integer, "reason" character varying(32), "available_at" bigint NOT NULL, "state" smallint NOT NULL,
        "node" character varying(64) COLLATE "C", "claim_id" character varying(36), "fence" bigint NOT NULL,
        "attempt" smallint NOT NULL DEFAULT 1, "max_attempts" smallint NOT NULL DEFAULT 1, "attempts" text,
        "origin" smallint NOT NULL DEFAULT 0, "args" text, "started_at" bigint, "finished_at" bigint, "outcome" text,
        "cancel_reason" character varying(32), "progress" smallint, "carried_job" text[])`,
      `${index(names.runIdIndex, t.run, 'UNIQUE ')} ("run_id")`,
      `${index(names.runQueuedIndex, t.run)} ("available_at", "seq") WHERE state = 0 AND origin <> 3`,
      `${index(names.runRetryIndex, t.run)} ("available_at", "seq") WHERE state = 0 AND origin <> 3 AND attempt > 1`,
      `${index(names.runBackfillIndex, t.run)} ("available_at", "seq") WHERE state = 0 AND origin = 3`,
      `${index(names.runUnfinishedIndex, t.run)} ("job_id", "state") WHERE state <= 1`,
      `${index(names.runNodeIndex, t.run)} ("node") WHERE state = 1`,
      `${index(names.runJobIndex, t.run)} ("job_id", "scheduled_at")`,
      `${index(names.runSlotIndex, t.run)} ("scheduled_at", "seq")`,
      `${index(names.runRareIndex, t.run)} ("state", "scheduled_at", "seq") WHERE state > 2`,
      `${index(names.runFinishedIndex, t.run)} ("finished_at") WHERE finished_at IS NOT NULL`,
      `CREATE TABLE IF NOT EXISTS ${t.runTag} ("tag" character varying(191) COLLATE "C" NOT NULL,
        "scheduled_at" bigint NOT NULL, "seq" bigint NOT NULL, PRIMARY KEY ("tag", "scheduled_at", "seq"))`,
      `CREATE TABLE IF NOT EXISTS ${t.node} ("id" character varying(64) COLLATE "C" PRIMARY KEY,
        "host" character varying(255) NOT NULL, "pid" integer NOT NULL, "machine" character varying(255) NOT NULL,
        "incarnation" character varying(255) NOT NULL, "version" character varying(64) NOT NULL,
        "executors" text NOT NULL, "tasks" text NOT NULL, "declares" character varying(64) NOT NULL,
        "started_at" bigint NOT NULL, "heartbeat_at" bigint NOT NULL, "lease_until" bigint NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS ${t.tally} ("span" smallint NOT NULL, "since" bigint NOT NULL,
        "shard" smallint NOT NULL, "tally" text NOT NULL, PRIMARY KEY ("span", "since", "shard"))`,
      `INSERT INTO ${t.tally} ("span", "since", "shard", "tally") VALUES (0, 0, 0, '[0,0,0]')
        ON CONFLICT DO NOTHING`,
    ],
    drop: [
      `DROP TABLE ${t.tally}`,
      `DROP TABLE ${t.node}`,
      `DROP TABLE ${t.runTag}`,
      `DROP TABLE ${t.run}`,
      `DROP TABLE ${t.job}`,
    ],
    existingTables: `SELECT tablename AS name FROM pg_catalog.pg_tables
      WHERE schemaname = ${names.schema === null ? 'current_schema()' : `'${names.schema}'`}
        AND tablename = ANY(ARRAY(SELECT json_array_elements_text(:names::json)))`,
    // Where a name of ours leads depends on the connection's search_path.
    identity: `SELECT concat_ws('/', (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, d.oid,
        to_regclass('${t.job}')::oid) AS identity
      FROM pg_catalog.pg_database AS d WHERE d.datname = current_database()`,
    takeWriteLock: null,
  };
}
