import { createHash } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import { Logger } from '@nestjs/common';
import { StoreUnavailableError } from '../../store-errors.js';
import { postgresDialect } from '../dialects/postgres.js';
import { quoted } from '../dialects/postgres-names.js';
import type { TableNames } from '../table-names.js';
import { PostgresListener } from './postgres-listener.js';
import { hearEveryError } from './postgres-pool.js';
import { PostgresProtocol } from './postgres-protocol.js';
import type { ServerProtocol } from './server-client.js';
import { connectServer, onRunner, type News, type ServerKind } from './server-driver.js';
import { checkServerOptions, SERVER_OPTION_KEYS } from './server-options.js';
import type { ConnectionContext, StoreDriver } from './store-connection.js';

const OLDEST_VERSION = 120_000;
/** With notifications a peek is only there to be sure. */
const POLL_NOTIFIED_MS = 10_000;
const POLL_ALONE_MS = 1_000;

const TYPES = ['postgres'] as const;

export const postgres: StoreDriver = {
  types: TYPES,
  optionKeys: [...SERVER_OPTION_KEYS, 'schema', 'applicationName', 'connectTimeoutMS'],
  dialect: postgresDialect,
  maxBatch: 500,
  checkOptions: checkServerOptions,
  connect: (options, tables, context) => connectServer(kind, options, tables, context),
};

const kind: ServerKind = {
  install: 'npm i typeorm pg',
  types: TYPES,
  dialect: postgresDialect,

  extraOptions: ({ keepAlive }: ConnectionContext) => ({ allowExitOnIdle: !keepAlive, keepAlive: true }),

  opened: hearEveryError,

  async assertUsable(runner: QueryRunner, alias: string): Promise<void> {
    const [row] = (await runner.query(
      `SELECT current_setting('server_version_num')::integer AS version, pg_is_in_recovery() AS replica,
        current_setting('transaction_read_only') AS read_only`,
    )) as { version: number; replica: boolean; read_only: string }[];
    if (!row || row.version < OLDEST_VERSION) {
      throw new StoreUnavailableError(`Store "${alias}": PostgreSQL 12 or newer is needed, not ${row?.version}.`);
    }
    if (!row.replica && row.read_only === 'off') return;
    throw new StoreUnavailableError(
      `Store "${alias}": the database can't be written to: ${row.replica ? 'it is a replica' : 'it is read-only'}. ` +
        `Give the store the address of the primary server.`,
    );
  },

  /** A lock of a transaction, because a pooler may give each statement of a session to another server process. */
  async locked(dataSource: DataSource, tables: TableNames, work: () => Promise<void>): Promise<void> {
    await onRunner(dataSource, async (runner) => {
      await runner.query('BEGIN');
      try {
        await runner.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`migrate ${tables.job}`]);
        await work();
      } finally {
        await runner.query('COMMIT');
      }
    });
  },

  async prepare(dataSource: DataSource, { schema }: TableNames): Promise<void> {
    if (schema === null) return;
    const [row] = (await dataSource.query('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1', [
      schema,
    ])) as object[];
    if (!row) await dataSource.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
  },

  async protocol(dataSource: DataSource, { schema, job }: TableNames): Promise<ServerProtocol> {
    const [row] = (await dataSource.query('SELECT current_schema() AS name')) as { name: string }[];
    return new PostgresProtocol(channelOf(schema ?? row?.name ?? 'public', job));
  },

  async listen(
    protocol: ServerProtocol,
    dataSource: DataSource,
    sender: string,
    context: ConnectionContext,
  ): Promise<News> {
    const { channel } = protocol as PostgresProtocol;
    const listener = new PostgresListener(dataSource, {
      context,
      channel,
      sender,
      notify: (payload) => dataSource.query('SELECT pg_notify($1, $2)', [channel, payload]),
      unheard: sayOnce(context.alias),
    });
    // Where notifications come through, no pooler is in between that deals out sessions.
    (protocol as PostgresProtocol).keepsSessions = () => listener.isHearing;
    await listener.start();
    return {
      pollIntervalMs: () => (listener.isHearing ? POLL_NOTIFIED_MS : POLL_ALONE_MS),
      stop: () => listener.stop(),
    };
  },
};

function sayOnce(alias: string): () => void {
  let isSaid = false;
  return () => {
    if (isSaid) return;
    isSaid = true;
    new Logger('Scheduler').warn(
      `Store "${alias}": notifications of the database don't come through, perhaps because of a pooler such as ` +
        `PgBouncer in transaction mode. Looking for changes every ${POLL_ALONE_MS} ms instead. ` +
        `To have them at once, give the store the address of the database itself.`,
    );
  };
}

/** Names of channels have at most 63 bytes. */
function channelOf(schema: string, table: string): string {
  return `scheduler_${createHash('sha256').update(`${schema}.${table}`).digest('hex').slice(0, 24)}`;
}
