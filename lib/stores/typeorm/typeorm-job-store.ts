import type { JobStore, JobStoreSession, StoreContext } from '../job-store.js';
import type { StoreDriver } from './drivers/store-connection.js';
import type { ResolvedStoreOptions } from './resolved-options.js';
import { resolveStoreOptions, type TypeOrmJobStoreOptions } from './store-options.js';
import { driverFor } from './supported-drivers.js';
import { tableNames } from './table-names.js';
import { TypeOrmSession } from './typeorm-session.js';

/**
 * Keeps jobs in PostgreSQL, MySQL, MariaDB or SQLite (through `better-sqlite3`), so that they survive restarts and any
 * number of processes may share them.
 *
 * Each `open` has a DataSource and a connection of its own, beside those of your application.
 *
 * @example
 * SchedulerModule.forRoot({
 *   store: new TypeOrmJobStore({ type: 'better-sqlite3', database: 'jobs.sqlite' }),
 * });
 * @publicApi
 */
export class TypeOrmJobStore implements JobStore {
  readonly kind: string;
  readonly #options: ResolvedStoreOptions;
  readonly #driver: StoreDriver;

  /** @throws {InvalidStoreOptionError} for an option that is unknown, misplaced or wrong. */
  constructor(options: TypeOrmJobStoreOptions) {
    this.#options = resolveStoreOptions(options);
    this.#driver = driverFor(this.#options.type) as StoreDriver;
    this.kind = this.#options.type;
  }

  /**
   * @throws {StoreUnavailableError} when the database can't be opened or prepared.
   * @throws {StoreDriverMissingError} when the driver's package is not installed.
   * @throws {StoreSchemaMissingError} with `migrate: false`, when the tables are not there.
   */
  async open({ alias, clock, keepAlive, onChange }: StoreContext): Promise<JobStoreSession> {
    const tables = tableNames(this.#options.tablePrefix, this.#options.schema);
    const context = { alias, clock, keepAlive, onForeignWrite: onChange };
    const connection = await this.#driver.connect(this.#options, tables, context);
    return new TypeOrmSession(connection, this.#driver.dialect(tables), this.#driver);
  }
}
