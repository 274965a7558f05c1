import { nearestWord } from '../../jobs/known-keys.js';
import type { ResolvedStoreOptions } from './resolved-options.js';
import { driverFor, SUPPORTED_TYPES } from './supported-drivers.js';
import { DEFAULT_TABLE_PREFIX } from './table-names.js';
import { InvalidStoreOptionError } from './typeorm-errors.js';

/**
 * What a {@link TypeOrmJobStore} needs to know: TypeORM's options for the database, and our own.
 *
 * @publicApi
 */
export interface TypeOrmJobStoreOptions {
  /** TypeORM's name of the database. */
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
  /** What the names of our tables and indexes begin with. Default `'scheduler_'`. */
  readonly tablePrefix?: string;
  /** Whether `open` makes and updates the tables. Default `true`. */
  readonly migrate?: boolean;
}

const OWN_KEYS = ['type', 'tablePrefix', 'migrate'];

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
  const { type, tablePrefix = DEFAULT_TABLE_PREFIX, migrate = true, ...driverOptions } = options;
  const driver = driverFor(type);
  if (!driver) {
    throw new InvalidStoreOptionError(
      `the type ${show(type)} is not supported. Supported now: ${SUPPORTED_TYPES.map((name) => `'${name}'`).join(', ')}.`,
    );
  }
  assertKnownOptions(options, [...OWN_KEYS, ...driver.optionKeys]);
  if (typeof options.database !== 'string' || options.database.trim() === '') {
    throw new InvalidStoreOptionError(
      `database must be the path of a file or ':memory:', got ${show(options.database)}.`,
    );
  }
  if (typeof tablePrefix !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,39}$/.test(tablePrefix)) {
    throw new InvalidStoreOptionError(
      `tablePrefix must be 1 to 40 letters, digits and underscores, not beginning with a digit, got ${show(tablePrefix)}.`,
    );
  }
  if (typeof migrate !== 'boolean')
    throw new InvalidStoreOptionError(`migrate must be true or false, got ${show(migrate)}.`);
  return { type, database: options.database, tablePrefix, migrate, driverOptions };
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

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
