import { StoreUnavailableError } from '../../store-errors.js';
import type { Query, Row, RowsQuery, Script, ScriptFactory } from '../script.js';
import { BusyRetry } from './busy-retry.js';
import { DataVersionWatch } from './data-version-watch.js';
import { isBusy, isFromSqlite, type SqliteHandle, type SqliteStatement } from './sqlite-handle.js';
import type { ConnectionContext, StoreConnection } from './store-connection.js';

/** How long a call waits for the lock before it gives up: far longer than any transaction of ours takes. */
const LONGEST_WAIT_MS = 5_000;

/** Statements kept prepared; ours are fewer, but for the shapes of lists. */
const PREPARED = 200;

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
  readonly #context: ConnectionContext;
  readonly #release: () => Promise<void>;
  readonly #writes: BusyRetry;
  /** Apart from the writes: a write-ahead log can be read while somebody else writes. */
  readonly #reads: BusyRetry;
  readonly #prepared = new Map<string, PreparedStatement>();
  readonly #watch: DataVersionWatch | null;
  #isClosed = false;

  /** @param release closes the handle */
  constructor(handle: SqliteHandle, isShared: boolean, context: ConnectionContext, release: () => Promise<void>) {
    this.#handle = handle;
    this.isShared = isShared;
    this.#context = context;
    this.#release = release;
    this.#writes = new BusyRetry(context.alias, context.clock, LONGEST_WAIT_MS);
    this.#reads = new BusyRetry(context.alias, context.clock, LONGEST_WAIT_MS);
    this.#watch = isShared ? new DataVersionWatch(handle, context) : null;
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

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch?.stop();
    this.#writes.abandon(this.#closedError());
    this.#reads.abandon(this.#closedError());
    this.#prepared.clear();
    await this.#release();
  }

  async #transact<T>(begin: Begin, script: ScriptFactory<T>): Promise<T> {
    if (this.#isClosed) throw this.#closedError();
    try {
      const retry = begin === 'BEGIN' ? this.#reads : this.#writes;
      return await retry.run(() => this.#inTransaction(begin, script));
    } catch (error) {
      if (!isFromSqlite(error)) throw error;
      throw new StoreUnavailableError(`Store "${this.#context.alias}": ${(error as Error).message}.`, { cause: error });
    }
  }

  #inTransaction<T>(begin: Begin, script: ScriptFactory<T>): T {
    this.#prepare(begin).statement.run();
    try {
      const result = this.#follow(script(this.#now()));
      this.#prepare('COMMIT').statement.run();
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #follow<T>(script: Script<T>): T {
    let step = script.next([]);
    while (!step.done) step = script.next(this.#ask(step.value));
    return step.value;
  }

  #ask(query: Query | RowsQuery): readonly Row[] {
    if ('rows' in query) return this.#askEach(query);
    const { statement } = this.#prepare(query.sql);
    if (statement.reader) return statement.all(query.params) as Row[];
    statement.run(query.params);
    return [];
  }

  #askEach({ sql, rows }: RowsQuery): readonly Row[] {
    const { statement, names } = this.#prepare(sql, 'by position');
    const answers: Row[] = [];
    for (const row of rows) {
      const values = names.map((name) => row[name]);
      if (statement.reader) answers.push(statement.get(values) as Row);
      else statement.run(values);
    }
    return answers;
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

  /** Binding many values by name costs as much as writing them: for statements that run often they go by position. */
  #prepare(sql: string, binding: 'by name' | 'by position' = 'by name'): PreparedStatement {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const names: string[] = [];
    const mark = (_: string, name: string) => (names.push(name), '?');
    const text = binding === 'by name' ? sql : sql.replaceAll(/:(\w+)/g, mark);
    const prepared = { statement: this.#handle.prepare(text), names };
    if (this.#prepared.size >= PREPARED) this.#prepared.clear();
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #closedError(): StoreUnavailableError {
    return new StoreUnavailableError(`Store "${this.#context.alias}" has been closed. Start the scheduler again.`);
  }
}

interface PreparedStatement {
  readonly statement: SqliteStatement;
  /** In the order of their positions. */
  readonly names: readonly string[];
}
