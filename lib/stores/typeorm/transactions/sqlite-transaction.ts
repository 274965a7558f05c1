import { StoreBusyError, StoreUnavailableError } from '../../store-errors.js';
import type { BusyRetry } from '../drivers/busy-retry.js';
import { isFromSqlite, isOutdated, type SqliteHandle } from '../drivers/sqlite-handle.js';
import type { SqliteScripts } from '../drivers/sqlite-scripts.js';
import type { ScriptTransaction } from '../drivers/store-connection.js';
import type { Script, ScriptFactory } from '../script.js';
import type { CallerTransaction } from './caller-transaction.js';

const SAVEPOINT = 'scheduler_change';

export interface SqliteTransactionParts {
  readonly alias: string;
  /** The native handle of the caller's DataSource. */
  readonly handle: SqliteHandle;
  readonly scripts: SqliteScripts;
  readonly transaction: CallerTransaction;
  readonly retry: BusyRetry;
  /** Changes nothing, but needs the right to write. */
  readonly takeWriteLock: string;
  readonly now: () => number;
}

/** Scripts in a transaction of the caller's on a SQLite file, each in one tick and in a savepoint of its own. */
export class SqliteTransaction implements ScriptTransaction {
  readonly #parts: SqliteTransactionParts;

  constructor(parts: SqliteTransactionParts) {
    this.#parts = parts;
  }

  read<T>(script: ScriptFactory<T>): Promise<T> {
    const { scripts, now } = this.#parts;
    return this.#inTurn(() => scripts.follow(script(now())));
  }

  write<T>(script: (now: number, attempt: number) => Script<T>): Promise<T> {
    const { scripts, takeWriteLock, now } = this.#parts;
    return this.#inTurn(() =>
      this.#inSavepoint(() => {
        // TypeORM begins without it. Had the script read before it asked, it would have to begin anew after each writer.
        scripts.run(takeWriteLock);
        return scripts.follow(script(now(), 0));
      }),
    );
  }

  whenCommitted(then: () => void): void {
    this.#parts.transaction.whenCommitted(then);
  }

  #inSavepoint<T>(work: () => T): T {
    const { scripts } = this.#parts;
    scripts.run(`SAVEPOINT ${SAVEPOINT}`);
    try {
      return work();
    } catch (error) {
      scripts.run(`ROLLBACK TO ${SAVEPOINT}`);
      throw error;
    } finally {
      scripts.run(`RELEASE ${SAVEPOINT}`);
    }
  }

  async #inTurn<T>(work: () => T): Promise<T> {
    const { transaction, retry, alias } = this.#parts;
    try {
      return await transaction.inTurn(() => retry.run(() => this.#withoutWaiting(work)));
    } catch (error) {
      if (!isFromSqlite(error)) throw error;
      throw new StoreUnavailableError(`Store "${alias}": ${(error as Error).message}. Roll the transaction back.`, {
        cause: error,
      });
    }
  }

  /** Waiting does not help: what the transaction has read stays what it was. */
  #outdated(cause: unknown): StoreBusyError {
    return new StoreBusyError(
      `Store "${this.#parts.alias}": the transaction has read before it wrote, and others have written since. ` +
        `Roll it back and repeat all of it, with the call of the scheduler or another write first.`,
      { cause },
    );
  }

  /** The caller's connection may be told to wait for locks, which would hold up the event loop. */
  #withoutWaiting<T>(work: () => T): T {
    const { handle, transaction } = this.#parts;
    transaction.assertActive();
    const { timeout } = handle.prepare('PRAGMA busy_timeout').get() as { timeout: number };
    handle.exec('PRAGMA busy_timeout = 0');
    try {
      return work();
    } catch (error) {
      throw isOutdated(error) ? this.#outdated(error) : error;
    } finally {
      handle.exec(`PRAGMA busy_timeout = ${timeout}`);
    }
  }
}
