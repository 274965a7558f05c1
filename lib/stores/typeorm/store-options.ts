import type { DataSource, DataSourceOptions } from 'typeorm';
import { showValue } from '../../errors/show-value.js';
import { nearestWord } from '../../jobs/known-keys.js';
import type { ResolvedStoreOptions } from './resolved-options.js';
import { driverFor, SUPPORTED_TYPES } from './supported-drivers.js';
import { DEFAULT_TABLE_PREFIX } from './table-names.js';
import { InvalidStoreOptionError } from './typeorm-errors.js';

/** Which tables the store uses, and who makes them. */
interface StoreTableOptions {
  /** What the names of our tables and indexes begin with. Default `'scheduler_'`. */
  readonly tablePrefix?: string;
  /** Whether `open` makes and updates the tables. Default `true`. */
  readonly migrate?: boolean;
}

/** Jobs in a file. @publicApi */
export interface SqliteStoreOptions extends StoreTableOptions {
  readonly type: 'better-sqlite3';
  /** Path of the file; its folder has to exist. `':memory:'` is forgotten with the session and never shared. */
  readonly database: string;
  /** The driver, such as `libsql`. Default: the package `better-sqlite3`. */
  readonly driver?: unknown;
  /** Path to the driver's native addon. */
  readonly nativeBinding?: string;
  /** Key of an encrypted database, where the driver knows such. */
  readonly key?: string;
  /** Called with the driver's database before anything else is done with it. */
  readonly prepareDatabase?: (database: never) => void | Promise<void>;
  /** Whether a missing file is an error instead of made. Default `false`. */
  readonly fileMustExist?: boolean;
  /** Called with every SQL text that is executed. */
  readonly verbose?: (sql: string) => void;
}

/** Where a database server is: TypeORM's options. */
interface ServerOptions extends StoreTableOptions {
  /** `postgres://user:password@host:5432/database` or `mysql://…`. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string | (() => string) | (() => Promise<string>);
  readonly database?: string;
  readonly ssl?: unknown;
  /** Connections at the most, 2 or more. Default 10. */
  readonly poolSize?: number;
  /** What the driver's pool is given beside these. */
  readonly extra?: object;
  /** The driver's module. Default: the package `pg` or `mysql2`. */
  readonly driver?: unknown;
  readonly logging?: DataSourceOptions['logging'];
  readonly logger?: DataSourceOptions['logger'];
  /** Milliseconds. */
  readonly maxQueryExecutionTime?: number;
}

/** Jobs in PostgreSQL, 12 or newer. @publicApi */
export interface PostgresStoreOptions extends ServerOptions {
  readonly type: 'postgres';
  /** Made if it is not there. Default: where the connection's `search_path` leads. */
  readonly schema?: string;
  readonly applicationName?: string;
  /** Milliseconds. */
  readonly connectTimeoutMS?: number;
}

/** Jobs in MySQL 8 or MariaDB 10.6, or newer. @publicApi */
export interface MysqlStoreOptions extends ServerOptions {
  readonly type: 'mysql' | 'mariadb';
  readonly socketPath?: string;
  readonly charset?: string;
  /** Milliseconds. */
  readonly connectTimeout?: number;
}

/**
 * Jobs in a database that the application has open: its DataSource, such as `@nestjs/typeorm` injects, for PostgreSQL
 * and MySQL. It is used and never closed.
 *
 * @publicApi
 */
export interface SharedDataSourceOptions extends StoreTableOptions {
  /** Initialized before the scheduler starts. */
  readonly dataSource: DataSource;
  /** Of PostgreSQL. Made if it is not there. Default: where the connection's `search_path` leads. */
  readonly schema?: string;
}

/** What a {@link TypeOrmJobStore} needs to know: TypeORM's options for the database, and our own. @publicApi */
export type TypeOrmJobStoreOptions =
  SqliteStoreOptions | PostgresStoreOptions | MysqlStoreOptions | SharedDataSourceOptions;

const OWN_KEYS = ['type', 'tablePrefix', 'migrate'];
/** Beside an application's own DataSource. */
const SHARED_KEYS = ['dataSource', 'tablePrefix', 'schema', 'migrate'];

/** TypeORM's options that the store decides itself, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  synchronize: 'the tables are made by migrations, which keep the rows; see migrate',
  dropSchema: 'it would delete every job at each start',
  entities: 'the store has its own DataSource; use schedulerEntities() to query its tables from yours',
  subscribers: 'the store has its own DataSource and does not write through entities; subscribe to scheduler.events$',
  migrations: 'the store runs its own; add schedulerMigrations() to yours and set migrate: false to run them yourself',
  migrationsRun: 'it is called migrate here',
  migrationsTableName: 'it follows from tablePrefix',
  migrationsTransactionMode: 'the store runs its migrations under a lock, in one transaction',
  entityPrefix: 'it is called tablePrefix here',
  namingStrategy: 'the names of tables and columns are fixed; see tablePrefix',
  timeout: 'the store never lets SQLite wait, because that stops the event loop; it tries again by itself',
  enableWAL: 'the store always uses a write-ahead log',
  readonly: 'the store has to write',
  isolationLevel: 'the store chooses it for each transaction',
};

/** @throws {InvalidStoreOptionError} */
export function resolveStoreOptions(options: TypeOrmJobStoreOptions): ResolvedStoreOptions {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidStoreOptionError(`give it options such as { type: 'better-sqlite3', database: 'jobs.sqlite' }.`);
  }
  const { dataSource = null } = options as Partial<SharedDataSourceOptions>;
  return dataSource === null
    ? resolveOwn(options as PostgresStoreOptions)
    : resolveShared(options as SharedDataSourceOptions);
}

function resolveOwn(options: Exclude<TypeOrmJobStoreOptions, SharedDataSourceOptions>): ResolvedStoreOptions {
  const { type, tablePrefix = DEFAULT_TABLE_PREFIX, migrate = true, ...driverOptions } = options;
  const driver = driverFor(type);
  if (!driver) {
    throw new InvalidStoreOptionError(
      `the type ${showValue(type)} is not supported. Supported: ${SUPPORTED_TYPES.map((name) => `'${name}'`).join(', ')}.`,
    );
  }
  assertKnownOptions(options, [...OWN_KEYS, ...driver.optionKeys]);
  driver.checkOptions(driverOptions);
  const { schema = null, ...given } = driverOptions as { schema?: string };
  assertTableOptions(tablePrefix, schema, migrate);
  return { type, tablePrefix, schema, migrate, dataSource: null, driverOptions: given };
}

function resolveShared(options: SharedDataSourceOptions): ResolvedStoreOptions {
  assertKnownOptions(options, SHARED_KEYS);
  const { dataSource, tablePrefix = DEFAULT_TABLE_PREFIX, schema = null, migrate = true } = options;
  const type: unknown = dataSource?.options?.type;
  if (typeof dataSource !== 'object' || typeof dataSource.createQueryRunner !== 'function') {
    throw new InvalidStoreOptionError(`dataSource must be a DataSource of TypeORM.`);
  }
  if (type === 'better-sqlite3' || type === 'sqlite') {
    throw new InvalidStoreOptionError(
      `a DataSource of SQLite can't be shared: it has one connection, on which the transactions of different flows ` +
        `merge. Give the store the file instead: { type: 'better-sqlite3', database: … }.`,
    );
  }
  if (!driverFor(type)) throw new InvalidStoreOptionError(`a DataSource of type ${showValue(type)} is not supported.`);
  assertTableOptions(tablePrefix, schema, migrate);
  return { type: type as string, tablePrefix, schema, migrate, dataSource, driverOptions: {} };
}

function assertTableOptions(tablePrefix: unknown, schema: unknown, migrate: unknown): void {
  if (typeof tablePrefix !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,39}$/.test(tablePrefix)) {
    throw new InvalidStoreOptionError(
      `tablePrefix must be 1 to 40 letters, digits and underscores, not beginning with a digit, got ${showValue(tablePrefix)}.`,
    );
  }
  if (schema !== null && (typeof schema !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema))) {
    throw new InvalidStoreOptionError(
      `schema must be 1 to 63 letters, digits and underscores, not beginning with a digit, got ${showValue(schema)}.`,
    );
  }
  if (typeof migrate !== 'boolean') {
    throw new InvalidStoreOptionError(`migrate must be true or false, got ${showValue(migrate)}.`);
  }
}

function assertKnownOptions(options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const reason = Object.hasOwn(REFUSED, key) ? REFUSED[key] : null;
    if (reason) throw new InvalidStoreOptionError(`the option "${key}" can't be set: ${reason}.`);
    const nearest = nearestWord(key, known);
    throw new InvalidStoreOptionError(
      `unknown option "${key}". ${nearest ? `Did you mean "${nearest}"?` : `Known: ${known.join(', ')}.`}`,
    );
  }
}
