import { statSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { TransactionStoreMismatchError } from '../../store-errors.js';
import type { TransactionManager } from '../../store-transaction.js';
import type { Dialect } from '../dialects/dialect.js';
import { BusyRetry } from '../drivers/busy-retry.js';
import type { SqliteHandle } from '../drivers/sqlite-handle.js';
import { SqliteScripts } from '../drivers/sqlite-scripts.js';
import type { ConnectionContext } from '../drivers/store-connection.js';
import { CallerTransaction } from './caller-transaction.js';
import { SqliteTransaction } from './sqlite-transaction.js';

/** How long a call waits for the right to write. */
const LONGEST_WAIT_MS = 5_000;

interface Caller {
  readonly handle: SqliteHandle;
  readonly scripts: SqliteScripts;
  /** Of its own: whoever has the right to write must not wait behind those who wait for it. */
  readonly retry: BusyRetry;
}

/** The connections of callers to the store's file, each beside the store's own. */
export class SqliteCallers {
  readonly #own: SqliteHandle;
  readonly #dialect: Dialect;
  readonly #context: ConnectionContext;
  readonly #known = new WeakMap<SqliteHandle, Caller>();
  readonly #retries = new Set<WeakRef<BusyRetry>>();

  constructor(own: SqliteHandle, dialect: Dialect, context: ConnectionContext) {
    this.#own = own;
    this.#dialect = dialect;
    this.#context = context;
  }

  /** @throws {TransactionNotActiveError | TransactionStoreMismatchError} */
  transaction(manager: TransactionManager): SqliteTransaction {
    const { alias, clock } = this.#context;
    const transaction = new CallerTransaction(manager, alias, ['better-sqlite3']);
    return new SqliteTransaction({
      ...this.#callerOf(transaction.dataSource),
      alias,
      transaction,
      takeWriteLock: this.#dialect.schema.takeWriteLock as string,
      // Whole milliseconds: the columns hold nothing else.
      now: () => Math.floor(clock.now()),
    });
  }

  /** Ends all waiting. */
  abandon(error: unknown): void {
    for (const retry of this.#retries) retry.deref()?.abandon(error);
    this.#retries.clear();
  }

  #callerOf({ driver }: DataSource): Caller {
    const { databaseConnection: handle } = driver as unknown as { readonly databaseConnection: SqliteHandle };
    const known = this.#known.get(handle);
    if (known) return known;
    this.#assertSameFile(handle);
    const retry = new BusyRetry(this.#context.alias, this.#context.clock, LONGEST_WAIT_MS);
    const caller = { handle, scripts: new SqliteScripts(handle), retry };
    this.#known.set(handle, caller);
    this.#retries.add(new WeakRef(retry));
    return caller;
  }

  /** Paths may differ by links, the file does not. */
  #assertSameFile(handle: SqliteHandle): void {
    const [own, other] = [this.#fileOf(this.#own), this.#fileOf(handle)];
    const [one, two] = [own, other].map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }));
    if (own === other || (one && two && one.dev === two.dev && one.ino === two.ino)) return;
    throw new TransactionStoreMismatchError(
      this.#context.alias,
      `it is in ${other || 'memory'}, and the store is in ${own}`,
    );
  }

  #fileOf(handle: SqliteHandle): string {
    const files = handle.prepare(this.#dialect.schema.identity).all() as { name: string; file: string }[];
    return files.find(({ name }) => name === 'main')?.file ?? '';
  }
}
