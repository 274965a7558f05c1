import { StoreUnavailableError, TransactionUnsupportedError } from '../../store-errors.js';
import type { TransactionManager } from '../../store-transaction.js';
import type { Dialect } from '../dialects/dialect.js';
import type { ScriptFactory } from '../script.js';
import { SqliteCallers } from '../transactions/sqlite-callers.js';
import { BusyRetry } from './busy-retry.js';
import type { DatabaseFile } from './database-file.js';
import { DataVersionWatch } from './data-version-watch.js';
import { isBusy, isFromSqlite, type SqliteHandle } from './sqlite-handle.js';
import { SqliteScripts } from './sqlite-scripts.js';
import type { ConnectionContext, ScriptTransaction, StoreConnection } from './store-connection.js';

/** How long a call waits for the lock before it gives up: far longer than any transaction of ours takes. */
const LONGEST_WAIT_MS = 5_000;

/** What others write is noticed without a peek. */
const POLL_MS = 5_000;

type Begin = 'BEGIN' | 'BEGIN IMMEDIATE';

/**
 * One native handle, on which each transaction runs from BEGIN to COMMIT within one tick. TypeORM's query runner is
 * shared by all flows of a DataSource, so their transactions would merge; and it begins them deferred, which fails
 * instead of waiting when another process writes first.
 */
export class SqliteConnection implements StoreConnection {
  readonly isShared: boolean;
  readonly pollIntervalMs = POLL_MS;
  readonly #handle: SqliteHandle;
  readonly #file: DatabaseFile | null;
  readonly #context: ConnectionContext;
  readonly #release: () => Promise<void>;
  readonly #writes: BusyRetry;
  /** Apart from the writes: a write-ahead log can be read while somebody else writes. */
  readonly #reads: BusyRetry;
  readonly #scripts: SqliteScripts;
  readonly #callers: SqliteCallers;
  readonly #watch: DataVersionWatch | null;
  #isClosed = false;

  /**
   * @param file `null`: the database is in memory
   * @param release closes the handle
   */
  constructor(
    handle: SqliteHandle,
    dialect: Dialect,
    file: DatabaseFile | null,
    context: ConnectionContext,
    release: () => Promise<void>,
  ) {
    this.#handle = handle;
    this.#scripts = new SqliteScripts(handle);
    this.#file = file;
    this.isShared = file !== null;
    this.#context = context;
    this.#release = release;
    this.#writes = new BusyRetry(context.alias, context.clock, LONGEST_WAIT_MS);
    this.#reads = new BusyRetry(context.alias, context.clock, LONGEST_WAIT_MS);
    this.#callers = new SqliteCallers(handle, dialect, context);
    this.#watch = this.isShared ? new DataVersionWatch(handle, context) : null;
  }

  /** SQLite has no clock of its own, and all its users are on this host. */
  async now(): Promise<number> {
    return this.#now();
  }

  write<T>(script: ScriptFactory<T>): Promise<T> {
    return this.#transact('BEGIN IMMEDIATE', script);
  }

  read<T>(script: ScriptFactory<T>): Promise<T> {
    return this.#transact('BEGIN', script);
  }

  async within(manager: TransactionManager): Promise<ScriptTransaction> {
    if (this.#isClosed) throw this.#closedError();
    if (!this.isShared) throw new TransactionUnsupportedError(this.#context.alias);
    this.#file?.assertInPlace();
    return this.#callers.transaction(manager);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch?.stop();
    this.#writes.abandon(this.#closedError());
    this.#reads.abandon(this.#closedError());
    this.#callers.abandon(this.#closedError());
    this.#scripts.forget();
    await this.#release();
  }

  async #transact<T>(begin: Begin, script: ScriptFactory<T>): Promise<T> {
    if (this.#isClosed) throw this.#closedError();
    this.#file?.assertInPlace();
    try {
      const retry = begin === 'BEGIN' ? this.#reads : this.#writes;
      return await retry.run(() => this.#inTransaction(begin, script));
    } catch (error) {
      if (!isFromSqlite(error)) throw error;
      throw new StoreUnavailableError(`Store "${this.#context.alias}": ${(error as Error).message}.`, { cause: error });
    }
  }

  #inTransaction<T>(begin: Begin, script: ScriptFactory<T>): T {
    this.#scripts.run(begin);
    try {
      const result = this.#scripts.follow(script(this.#now()));
      this.#scripts.run('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Whole milliseconds, whatever clock was given: the columns hold nothing else. */
  #now(): number {
    return Math.floor(this.#context.clock.now());
  }

  /** Some errors have ended the transaction already; what matters is the error that brought us here. */
  #rollBack(): void {
    try {
      this.#handle.exec('ROLLBACK');
    } catch (error) {
      if (isBusy(error)) throw error;
    }
  }

  #closedError(): StoreUnavailableError {
    return new StoreUnavailableError(`Store "${this.#context.alias}" has been closed. Start the scheduler again.`);
  }
}
