import { randomBytes } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Clock } from '../../../lib/clock.js';
import type { JobStoreSession, StoreContext } from '../../../lib/stores/job-store.js';
import type { MysqlStoreOptions, PostgresStoreOptions } from '../../../lib/stores/typeorm/store-options.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { tableNames } from '../../../lib/stores/typeorm/table-names.js';
import { MYSQL, POSTGRES } from '../../support/servers.js';
import type { OpenedStore } from '../../conformance/store-driver.js';
import { CallerConnections } from './caller-database.js';

export type ServerType = 'postgres' | 'mysql';

const URLS: Readonly<Record<ServerType, string>> = { postgres: POSTGRES.url, mysql: MYSQL.url };

interface ServerTablesOptions {
  readonly url?: string;
  readonly moreTables?: readonly string[];
  readonly [option: string]: unknown;
}

/** Tables of its own in a server's database for each file of tests, emptied before each test. */
export class ServerTables {
  readonly prefix = `t${randomBytes(5).toString('hex')}_`;
  readonly type: ServerType;
  readonly #moreTables: readonly string[];
  readonly url: string;
  readonly #more: object;
  #admin: DataSource | null = null;
  readonly #sessions: JobStoreSession[] = [];

  /**
   * @param url of a server of the test's own. Default: the one that tests share
   * @param moreTables others with the same prefix that are to be dropped in the end
   * @param more options of the store
   */
  constructor(type: ServerType, { url = URLS[type], moreTables = [], ...more }: ServerTablesOptions = {}) {
    this.type = type;
    this.#moreTables = moreTables;
    this.url = url;
    this.#more = more;
  }

  get options(): PostgresStoreOptions | MysqlStoreOptions {
    return { type: this.type, url: this.url, tablePrefix: this.prefix, poolSize: 4, ...this.#more };
  }

  get names(): Record<'job' | 'run' | 'runTag' | 'node' | 'tally', string> {
    const { job, run, runTag, node, tally } = tableNames(this.prefix);
    return { job, run, runTag, node, tally };
  }

  async admin(): Promise<DataSource> {
    this.#admin ??= await new DataSource({ type: this.type, url: this.url }).initialize();
    return this.#admin;
  }

  async query<T = unknown>(sql: string, values: readonly unknown[] = []): Promise<T> {
    return await (await this.admin()).query(sql, [...values]);
  }

  open(context: Partial<StoreContext> & { readonly clock: Clock }, more: object = {}): Promise<JobStoreSession> {
    const store = new TypeOrmJobStore({ ...this.options, ...more });
    return store.open({ alias: 'default', keepAlive: false, onChange: () => {}, ...context });
  }

  /** Resolves when a statement on these tables, one with this ending, waits for a lock that somebody has. */
  async untilSomebodyWaits(ending = ''): Promise<void> {
    while (!(await this.#doesSomebodyWait(`%${this.prefix}%${ending && `%${ending}`}`)));
  }

  async #doesSomebodyWait(statement: string): Promise<boolean> {
    if (this.type === 'postgres') {
      const isWaiting = `wait_event_type = 'Lock' AND query LIKE '${statement}'`;
      return (await this.query<unknown[]>(`SELECT 1 FROM pg_stat_activity WHERE ${isWaiting}`)).length > 0;
    }
    // innodb_trx would name the statement, but is not made anew while it is asked again and again.
    const [waits] = await this.query<{ Value: string }[]>(`SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'`);
    const isOurs = `id <> connection_id() AND info LIKE '${statement}'`;
    const ours = await this.query<unknown[]>(`SELECT 1 FROM information_schema.processlist WHERE ${isOurs}`);
    return Number(waits?.Value) > 0 && ours.length > 0;
  }

  /** An empty store, for the conformance suite. */
  async openEmpty(clock: Clock): Promise<OpenedStore> {
    const another = async (): Promise<JobStoreSession> => {
      const session = await this.open({ clock });
      this.#sessions.push(session);
      return session;
    };
    const session = await another();
    const { job, run, runTag, node, tally } = this.names;
    for (const table of [job, run, runTag, node]) await this.query(`DELETE FROM ${table}`);
    await this.query(`DELETE FROM ${tally} WHERE span > 0`);
    await this.query(`UPDATE ${tally} SET tally = '[0,0,0]'`);
    let connections: CallerConnections | null = null;
    const callers = async (): Promise<CallerConnections> => (connections = await this.openCallers());
    const dispose = async (): Promise<void> => {
      await connections?.close();
      for (const each of this.#sessions.splice(0)) await each.close();
    };
    return { session, another, callers, dispose };
  }

  /** Connections of an application to the same database. */
  openCallers(): Promise<CallerConnections> {
    return CallerConnections.open(this.#callerOptions, this.orders, [
      { type: 'better-sqlite3', database: ':memory:' },
      ...this.#otherDatabases,
    ]);
  }

  /** A table of an application's own. */
  get orders(): string {
    return `${this.prefix}orders`;
  }

  get #callerOptions(): DataSourceOptions {
    return { type: this.type, url: this.url };
  }

  /** The tables of another place on the same server, where there is one without making it. */
  get #otherDatabases(): DataSourceOptions[] {
    const url = new URL(this.url);
    url.pathname = this.type === 'postgres' ? '/postgres' : '/mysql';
    return [{ type: this.type, url: url.href }];
  }

  async drop(): Promise<void> {
    const tables = Object.values(this.names);
    const others = ['migrations', 'orders', ...this.#moreTables].map((name) => `${this.prefix}${name}`);
    for (const table of [...tables, ...others]) await this.query(`DROP TABLE IF EXISTS ${table}`);
    await this.#admin?.destroy();
    this.#admin = null;
  }
}
