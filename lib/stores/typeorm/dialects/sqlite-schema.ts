import type { TableNames } from '../table-names.js';
import type { SchemaStatements } from './dialect.js';

/** The tables as TypeORM would write them for our entities: it compares these texts' results with its own. */
export function sqliteSchema(t: TableNames): SchemaStatements {
  return {
    create: [
      `CREATE TABLE IF NOT EXISTS "${t.job}" ("id" varchar(191) PRIMARY KEY NOT NULL, "name" text NOT NULL,
        "task" varchar(191) NOT NULL, "trigger_def" text NOT NULL, "args" text NOT NULL, "metadata" text,
        "tags" text NOT NULL, "executor" varchar(64) NOT NULL, "origin" smallint NOT NULL, "status" smallint NOT NULL,
        "next_fire_at" bigint, "due_at" bigint, "last_fire_at" bigint, "gen" bigint NOT NULL, "fence" bigint NOT NULL,
        "series" integer NOT NULL DEFAULT (1), "max_instances" integer NOT NULL DEFAULT (1), "policy" text NOT NULL,
        "run_count" integer NOT NULL DEFAULT (0), "failures" integer NOT NULL DEFAULT (0),
        "pause_reason" varchar(32), "definition" varchar(64) NOT NULL, "def_version" smallint NOT NULL DEFAULT (1),
        "retired" smallint NOT NULL DEFAULT (0), "pruned_from" bigint, "pruned_until" bigint, "created_at" bigint NOT NULL,
        "updated_at" bigint NOT NULL)`,
      `CREATE INDEX IF NOT EXISTS "${t.jobDueIndex}" ON "${t.job}" ("executor", "due_at", "id", "origin", "task")
        WHERE status = 1`,
      `CREATE INDEX IF NOT EXISTS "${t.jobTaskIndex}" ON "${t.job}" ("task", "status")`,
      `CREATE INDEX IF NOT EXISTS "${t.jobFinishedIndex}" ON "${t.job}" ("id") WHERE status = 2 AND retired = 0`,
      `CREATE TABLE IF NOT EXISTS "${t.run}" ("seq" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
        "run_id" varchar(255) NOT NULL, "job_id" varchar(191) NOT NULL, "task" varchar(191) NOT NULL,
        "tags" text, "gen" bigint NOT NULL, "scheduled_at" bigint NOT NULL, "until_at" bigint, "count" integer,
        "reason" varchar(32), "available_at" bigint NOT NULL, "state" smallint NOT NULL, "node" varchar(64),
        "claim_id" varchar(36), "fence" bigint NOT NULL, "attempt" smallint NOT NULL DEFAULT (1),
        "max_attempts" smallint NOT NULL DEFAULT (1), "attempts" text, "origin" smallint NOT NULL DEFAULT (0), "args" text,
        "started_at" bigint, "finished_at" bigint, "outcome" text, "cancel_reason" varchar(32), "progress" smallint)`,
      `CREATE UNIQUE INDEX IF NOT EXISTS "${t.runIdIndex}" ON "${t.run}" ("run_id")`,
      `CREATE INDEX IF NOT EXISTS "${t.runQueuedIndex}" ON "${t.run}" ("available_at", "seq")
        WHERE state = 0 AND origin <> 3`,
      `CREATE INDEX IF NOT EXISTS "${t.runRetryIndex}" ON "${t.run}" ("available_at", "seq")
        WHERE state = 0 AND origin <> 3 AND attempt > 1`,
      `CREATE INDEX IF NOT EXISTS "${t.runBackfillIndex}" ON "${t.run}" ("available_at", "seq")
        WHERE state = 0 AND origin = 3`,
      `CREATE INDEX IF NOT EXISTS "${t.runUnfinishedIndex}" ON "${t.run}" ("job_id", "state") WHERE state <= 1`,
      `CREATE INDEX IF NOT EXISTS "${t.runNodeIndex}" ON "${t.run}" ("node") WHERE state = 1`,
      `CREATE INDEX IF NOT EXISTS "${t.runJobIndex}" ON "${t.run}" ("job_id", "scheduled_at")`,
      `CREATE INDEX IF NOT EXISTS "${t.runSlotIndex}" ON "${t.run}" ("scheduled_at", "seq")`,
      `CREATE INDEX IF NOT EXISTS "${t.runRareIndex}" ON "${t.run}" ("state", "scheduled_at", "seq") WHERE state > 2`,
      `CREATE INDEX IF NOT EXISTS "${t.runFinishedIndex}" ON "${t.run}" ("finished_at") WHERE finished_at IS NOT NULL`,
      `CREATE TABLE IF NOT EXISTS "${t.runTag}" ("tag" varchar(191) NOT NULL, "scheduled_at" bigint NOT NULL,
        "seq" bigint NOT NULL, PRIMARY KEY ("tag", "scheduled_at", "seq"))`,
      `CREATE TABLE IF NOT EXISTS "${t.node}" ("id" varchar(64) PRIMARY KEY NOT NULL, "host" varchar(255) NOT NULL,
        "pid" integer NOT NULL, "machine" varchar(255) NOT NULL, "incarnation" varchar(255) NOT NULL,
        "version" varchar(64) NOT NULL, "executors" text NOT NULL, "tasks" text NOT NULL,
        "declares" varchar(64) NOT NULL, "started_at" bigint NOT NULL, "heartbeat_at" bigint NOT NULL,
        "lease_until" bigint NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS "${t.tally}" ("span" smallint NOT NULL, "since" bigint NOT NULL,
        "shard" smallint NOT NULL, "tally" text NOT NULL, PRIMARY KEY ("span", "since", "shard"))`,
      `INSERT INTO "${t.tally}" ("span", "since", "shard", "tally")
        SELECT 0, 0, 0, '[0,0,0]' WHERE NOT EXISTS (SELECT 1 FROM "${t.tally}" WHERE "span" = 0)`,
    ],
    drop: [
      `DROP TABLE "${t.tally}"`,
      `DROP TABLE "${t.node}"`,
      `DROP TABLE "${t.runTag}"`,
      `DROP TABLE "${t.run}"`,
      `DROP TABLE "${t.job}"`,
    ],
    existingTables: `SELECT name FROM sqlite_master WHERE type = 'table' AND name IN (SELECT value FROM json_each(:names))`,
    // As a table it would be read, and the caller's transaction would have begun to read.
    identity: `PRAGMA database_list`,
    takeWriteLock: `UPDATE "${t.job}" SET id = id WHERE 0`,
  };
}
