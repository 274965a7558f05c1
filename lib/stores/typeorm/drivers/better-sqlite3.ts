import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DataSource, DriverPackageNotInstalledError } from 'typeorm';
import { showError, showValue } from '../../../errors/show-value.js';
import { StoreBusyError, StoreUnavailableError } from '../../store-errors.js';
import { sqliteDialect } from '../dialects/sqlite.js';
import { schedulerEntities } from '../entities/scheduler-entities.js';
import { schedulerMigrations } from '../migrations/scheduler-migrations.js';
import type { ResolvedStoreOptions } from '../resolved-options.js';
import type { TableNames } from '../table-names.js';
import { InvalidStoreOptionError, StoreDriverMissingError, StoreSchemaMissingError } from '../typeorm-errors.js';
import { BusyRetry } from './busy-retry.js';
import { DatabaseFile } from './database-file.js';
import { SqliteConnection } from './sqlite-connection.js';
import type { SqliteHandle } from './sqlite-handle.js';
import type { ConnectionContext, StoreConnection, StoreDriver } from './store-connection.js';

const MEMORY = ':memory:';

/** How long a start waits while others migrate or write. */
const LONGEST_START_MS = 30_000;

export const betterSqlite3: StoreDriver = {
  types: ['better-sqlite3'],
  optionKeys: ['database', 'driver', 'nativeBinding', 'key', 'prepareDatabase', 'fileMustExist', 'verbose'],
  dialect: sqliteDialect,
  // Up to five milliseconds of the event loop. Each commit waits for the disk, which a burst feels most.
  maxBatch: 200,
  checkOptions({ database }) {
    if (typeof database === 'string' && database.trim() !== '') return;
    throw new InvalidStoreOptionError(`database must be the path of a file or ':memory:', got ${showValue(database)}.`);
  },
  connect,
};

async function connect(
  options: ResolvedStoreOptions,
  tables: TableNames,
  context: ConnectionContext,
): Promise<StoreConnection> {
  const database = options.driverOptions['database'] as string;
  if (database !== MEMORY) assertFolderExists(database, context.alias);
  const dataSource = newDataSource(options, tables, context.alias);
  try {
    await dataSource.initialize();
    const handle = (dataSource.driver as unknown as { databaseConnection: SqliteHandle }).databaseConnection;
    const retry = new BusyRetry(context.alias, context.clock, LONGEST_START_MS);
    await retry.run(() => prepare(handle, database, context.alias));
    if (options.migrate) await migrate(dataSource, handle, retry);
    await retry.run(() => assertTablesExist(handle, tables, context.alias));
    const file = database === MEMORY ? null : new DatabaseFile(resolve(database), context.alias, context.clock);
    return new SqliteConnection(handle, sqliteDialect(tables), file, context, () => dataSource.destroy());
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw asStartError(error, database, context.alias);
  }
}

/** TypeORM would make the folder, and a typing error in the path would start with an empty database. */
function assertFolderExists(database: string, alias: string): void {
  const folder = dirname(resolve(database));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new StoreUnavailableError(
    `Store "${alias}": the folder ${folder} of database "${database}" does not exist. Create it, or correct the path.`,
  );
}

function newDataSource(
  { driverOptions, tablePrefix }: ResolvedStoreOptions,
  tables: TableNames,
  alias: string,
): DataSource {
  const { job, run, runTag, node, tally } = schedulerEntities({ tablePrefix });
  try {
    return new DataSource({
      ...(driverOptions as { readonly database: string }),
      type: 'better-sqlite3',
      // SQLite must never wait by itself: see BusyRetry.
      timeout: 0,
      entities: [job, run, runTag, node, tally],
      migrations: schedulerMigrations({ tablePrefix }),
      migrationsTableName: tables.migrations,
      synchronize: false,
    });
  } catch (error) {
    if (!(error instanceof DriverPackageNotInstalledError)) throw error;
    throw new StoreDriverMissingError(alias, 'better-sqlite3', 'npm i typeorm better-sqlite3', { cause: error });
  }
}

function prepare(handle: SqliteHandle, database: string, alias: string): void {
  handle.exec('PRAGMA busy_timeout = 0');
  const { journal_mode } = handle.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string };
  handle.exec('PRAGMA synchronous = FULL');
  if (journal_mode === 'wal' || database === MEMORY) return;
  throw new StoreUnavailableError(
    `Store "${alias}": SQLite can't use a write-ahead log for ${database} (journal mode "${journal_mode}"): ` +
      `the file system does not allow it. Put the file on a local disk.`,
  );
}

/**
 * TypeORM takes no lock for migrations, so two processes that start on an empty file would both run them. Here the
 * second waits at BEGIN EXCLUSIVE, and then finds them done.
 */
async function migrate(dataSource: DataSource, handle: SqliteHandle, retry: BusyRetry): Promise<void> {
  await retry.run(() => handle.exec('BEGIN EXCLUSIVE'));
  // Should it fail, the handle is closed, which rolls back.
  await dataSource.runMigrations({ transaction: 'none' });
  handle.exec('COMMIT');
}

function assertTablesExist(handle: SqliteHandle, tables: TableNames, alias: string): void {
  const names = [tables.job, tables.run, tables.runTag, tables.node, tables.tally];
  const statement = handle.prepare(sqliteDialect(tables).schema.existingTables);
  const found = new Set(
    (statement.all({ names: JSON.stringify(names) }) as { name: string }[]).map(({ name }) => name),
  );
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw new StoreSchemaMissingError(alias, missing);
}

function asStartError(error: unknown, database: string, alias: string): unknown {
  const isOurs =
    error instanceof StoreUnavailableError ||
    error instanceof StoreBusyError ||
    error instanceof StoreSchemaMissingError;
  if (isOurs) return error;
  const detail = showError(error);
  return new StoreUnavailableError(`Store "${alias}": can't open database "${database}": ${detail}`, { cause: error });
}
