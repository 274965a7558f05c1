import { randomUUID } from 'node:crypto';
import { DataSource, DriverPackageNotInstalledError, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { SchedulerError } from '../../../errors/scheduler-error.js';
import { StoreUnavailableError } from '../../store-errors.js';
import type { DialectFactory } from '../dialects/dialect.js';
import { schedulerEntities } from '../entities/scheduler-entities.js';
import { schedulerMigrations } from '../migrations/scheduler-migrations.js';
import type { ResolvedStoreOptions } from '../resolved-options.js';
import type { TableNames } from '../table-names.js';
import { InvalidStoreOptionError, StoreDriverMissingError, StoreSchemaMissingError } from '../typeorm-errors.js';
import { PositionalSql } from './positional-sql.js';
import { ServerConnection } from './server-connection.js';
import type { ServerProtocol } from './server-client.js';
import type { ConnectionContext, StoreConnection } from './store-connection.js';

/** Tells of changes between the sessions of one database, where that can be done. */
export interface News {
  pollIntervalMs(): number;
  stop(): Promise<void>;
}

/** What one kind of database server does in its own way. */
export interface ServerKind {
  /** `npm i` of what it needs. */
  readonly install: string;
  readonly dialect: DialectFactory;
  /** TypeORM's names of it. */
  readonly types: readonly string[];
  /** Keeps the process alive only while something is under way. */
  extraOptions(context: ConnectionContext): Readonly<Record<string, unknown>>;
  /** Called once the connections of a DataSource may be used. */
  opened?(dataSource: DataSource): void;
  /** Refuses servers that are too old, or that can't be written to. */
  assertUsable(runner: QueryRunner, alias: string): Promise<void>;
  /** Runs `work` while no other session does the same. */
  locked(dataSource: DataSource, tables: TableNames, work: () => Promise<void>): Promise<void>;
  /** Before the migrations: what they can't do. */
  prepare(dataSource: DataSource, tables: TableNames): Promise<void>;
  /** @param isOwn whether the connections are the store's own, and may keep settings */
  protocol(dataSource: DataSource, tables: TableNames, isOwn: boolean): Promise<ServerProtocol>;
  listen(protocol: ServerProtocol, dataSource: DataSource, sender: string, context: ConnectionContext): Promise<News>;
}

/** @throws {StoreUnavailableError | StoreDriverMissingError | StoreSchemaMissingError} */
export async function connectServer(
  kind: ServerKind,
  options: ResolvedStoreOptions,
  tables: TableNames,
  context: ConnectionContext,
): Promise<StoreConnection> {
  const live = options.dataSource;
  if (live && !live.isInitialized) {
    throw new StoreUnavailableError(
      `Store "${context.alias}": its dataSource is not initialized. Open it first, or take it from @nestjs/typeorm.`,
    );
  }
  const dataSource = live ?? newDataSource(kind, options, tables, context);
  let outside = live ? null : Promise.resolve(dataSource);
  const release = async (): Promise<void> => {
    const own = await outside?.catch(() => null);
    if (own?.isInitialized) await own.destroy();
  };
  try {
    if (!live) await dataSource.initialize();
    kind.opened?.(dataSource);
    await onRunner(dataSource, (runner) => kind.assertUsable(runner, context.alias));
    if (options.migrate) await migrate(kind, options, dataSource, tables, context);
    const protocol = await kind.protocol(dataSource, tables, !live);
    await assertTablesExist(kind, protocol, dataSource, tables, context.alias);
    const sender = randomUUID();
    const news = await kind.listen(protocol, dataSource, sender, context);
    return new ServerConnection({
      dataSource,
      protocol,
      context,
      outside: () => {
        outside ??= besides(kind, dataSource, options, tables);
        outside.catch(() => (outside = null));
        return outside;
      },
      types: kind.types,
      identity: kind.dialect(tables).schema.identity,
      sender,
      pollIntervalMs: () => news.pollIntervalMs(),
      release: async () => {
        await news.stop();
        await release();
      },
    });
  } catch (error) {
    await release();
    throw asStartError(error, context.alias);
  }
}

export async function onRunner<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner('master');
  try {
    return await work(runner);
  } finally {
    await runner.release();
  }
}

function newDataSource(
  kind: ServerKind,
  { type, driverOptions, tablePrefix, schema }: ResolvedStoreOptions,
  tables: TableNames,
  context: ConnectionContext,
): DataSource {
  const { extra = {}, ...given } = driverOptions as { extra?: object };
  const options = { ...given, type, extra: { ...kind.extraOptions(context), ...extra } };
  try {
    return new DataSource({ ...options, ...ownParts(tablePrefix, schema, tables) } as DataSourceOptions);
  } catch (error) {
    if (!(error instanceof DriverPackageNotInstalledError)) throw error;
    throw new StoreDriverMissingError(context.alias, type, kind.install, { cause: error });
  }
}

/** Our entities and migrations, whatever else the options say. */
function ownParts(tablePrefix: string, schema: string | null, tables: TableNames): object {
  const { job, run, runTag, node, tally } = schedulerEntities({ tablePrefix, schema: schema ?? undefined });
  return {
    ...(schema === null ? {} : { schema }),
    entities: [job, run, runTag, node, tally],
    subscribers: [],
    migrations: schedulerMigrations({ tablePrefix, schema: schema ?? undefined }),
    migrationsTableName: tables.migrations,
    migrationsRun: false,
    synchronize: false,
    dropSchema: false,
  };
}

/** A single connection beside those of an application. */
async function besides(
  kind: ServerKind,
  live: DataSource,
  { tablePrefix, schema }: ResolvedStoreOptions,
  tables: TableNames,
): Promise<DataSource> {
  const options = { ...live.options, ...ownParts(tablePrefix, schema, tables), poolSize: 1 };
  const dataSource = await new DataSource(options as DataSourceOptions).initialize();
  kind.opened?.(dataSource);
  return dataSource;
}

/**
 * TypeORM takes no lock for migrations, so two processes that start on an empty database would both run them. Those of
 * an application's own DataSource are its own business: ours run through another one beside it.
 */
async function migrate(
  kind: ServerKind,
  { tablePrefix, schema, dataSource: live }: ResolvedStoreOptions,
  dataSource: DataSource,
  tables: TableNames,
  { alias }: ConnectionContext,
): Promise<void> {
  const own = live ? new DataSource({ ...live.options, ...ownParts(tablePrefix, schema, tables) }) : dataSource;
  try {
    await kind.locked(dataSource, tables, async () => {
      await kind.prepare(dataSource, tables);
      if (live) await own.initialize();
      await own.runMigrations({ transaction: 'all' });
    });
  } catch (error) {
    throw new StoreUnavailableError(
      `Store "${alias}": its tables can't be made or updated: ${(error as Error).message}. ` +
        `Give the user the right to create tables, or set migrate: false and run schedulerMigrations() yourself.`,
      { cause: error },
    );
  } finally {
    if (live && own.isInitialized) await own.destroy();
  }
}

async function assertTablesExist(
  kind: ServerKind,
  protocol: ServerProtocol,
  dataSource: DataSource,
  tables: TableNames,
  alias: string,
): Promise<void> {
  const names = [tables.job, tables.run, tables.runTag, tables.node, tables.tally];
  const sql = new PositionalSql(protocol.placeholders);
  const { text, values } = sql.of(kind.dialect(tables).schema.existingTables, { names: JSON.stringify(names) });
  const rows = await onRunner(dataSource, async (runner) => (await protocol.client(runner)).query(text, values));
  const found = new Set(rows.map((row) => row['name']));
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) throw new StoreSchemaMissingError(alias, missing);
}

function asStartError(error: unknown, alias: string): unknown {
  if (error instanceof SchedulerError || error instanceof InvalidStoreOptionError) return error;
  const detail = error instanceof Error ? error.message || String((error as { code?: unknown }).code) : String(error);
  return new StoreUnavailableError(`Store "${alias}": can't use the database: ${detail}`, { cause: error });
}
