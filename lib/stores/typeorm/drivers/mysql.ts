import { createHash } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import { StoreBusyError, StoreUnavailableError } from '../../store-errors.js';
import { mysqlDialect } from '../dialects/mysql.js';
import type { TableNames } from '../table-names.js';
import { MysqlProtocol, NUMBERS_AS_NUMBERS } from './mysql-protocol.js';
import type { ServerProtocol } from './server-client.js';
import { connectServer, onRunner, type News, type ServerKind } from './server-driver.js';
import { checkServerOptions, SERVER_OPTION_KEYS } from './server-options.js';
import type { StoreDriver } from './store-connection.js';

/** MySQL tells nobody of changes. */
const POLL_MS = 250;
const LONGEST_MIGRATION_S = 120;

const TYPES = ['mysql', 'mariadb'] as const;

export const mysql: StoreDriver = {
  types: TYPES,
  optionKeys: [...SERVER_OPTION_KEYS, 'connectTimeout', 'socketPath', 'charset'],
  dialect: mysqlDialect,
  maxBatch: 500,
  checkOptions: checkServerOptions,
  connect: (options, tables, context) => connectServer(kind, options, tables, context),
};

const kind: ServerKind = {
  install: 'npm i typeorm mysql2',
  types: TYPES,
  dialect: mysqlDialect,

  extraOptions: () => ({ enableKeepAlive: true, ...NUMBERS_AS_NUMBERS }),

  async assertUsable(runner: QueryRunner, alias: string): Promise<void> {
    const [row] = (await runner.query(
      'SELECT VERSION() AS version, @@global.read_only AS read_only, @@sql_mode AS sql_mode',
    )) as { version: string; read_only: number; sql_mode: string }[];
    const { version = '', read_only, sql_mode = '' } = row ?? {};
    if (!isRecent(version)) {
      throw new StoreUnavailableError(
        `Store "${alias}": MySQL 8.0 or MariaDB 10.6, or newer, is needed, not ${version}.`,
      );
    }
    if (Number(read_only) !== 0) {
      throw new StoreUnavailableError(
        `Store "${alias}": the database can't be written to: it is read-only, perhaps a replica. ` +
          `Give the store the address of the primary server.`,
      );
    }
    // The driver escapes values with backslashes.
    if (!sql_mode.includes('NO_BACKSLASH_ESCAPES')) return;
    throw new StoreUnavailableError(
      `Store "${alias}": the SQL mode NO_BACKSLASH_ESCAPES does not go with the driver mysql2. Leave it out of sql_mode.`,
    );
  },

  async locked(dataSource: DataSource, tables: TableNames, work: () => Promise<void>): Promise<void> {
    await onRunner(dataSource, async (runner) => {
      const [place] = (await runner.query('SELECT DATABASE() AS name')) as { name: string }[];
      const name = lockName(`${place?.name}.${tables.job}`);
      const [row] = (await runner.query('SELECT GET_LOCK(?, ?) AS got', [name, LONGEST_MIGRATION_S])) as {
        got: number | string | null;
      }[];
      if (Number(row?.got) !== 1) {
        throw new StoreBusyError(`Another process has been migrating the tables for ${LONGEST_MIGRATION_S} s.`);
      }
      try {
        await work();
      } finally {
        await runner.query('SELECT RELEASE_LOCK(?)', [name]);
      }
    });
  },

  async prepare(): Promise<void> {},

  async protocol(dataSource: DataSource, _tables: TableNames, isOwn: boolean): Promise<ServerProtocol> {
    if (!isOwn) return MysqlProtocol.foreign();
    const [row] = (await dataSource.query('SELECT VERSION() AS version')) as { version: string }[];
    return MysqlProtocol.own(isMariaDb(row?.version ?? ''));
  },

  async listen(): Promise<News> {
    return { pollIntervalMs: () => POLL_MS, stop: async () => {} };
  },
};

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return isMariaDb(version) ? major > 10 || (major === 10 && minor >= 6) : major >= 8;
}

function isMariaDb(version: string): boolean {
  return /mariadb/i.test(version);
}

/** Names of locks belong to the whole server and have at most 64 characters. */
function lockName(what: string): string {
  return `scheduler_${createHash('sha256').update(what).digest('hex').slice(0, 40)}`;
}
