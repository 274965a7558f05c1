import type { DataSource, QueryRunner } from 'typeorm';
import { SystemClock } from '../../../clock.js';
import { StoreUnavailableError, TransactionIsolationError, TransactionStoreMismatchError } from '../../store-errors.js';
import type { TransactionManager } from '../../store-transaction.js';
import {
  follow,
  type Query,
  type Row,
  type RowsQuery,
  type Script,
  type ScriptFactory,
  type SqlParams,
} from '../script.js';
import { CallerTransaction } from '../transactions/caller-transaction.js';
import { callerError, ServerTransaction } from '../transactions/server-transaction.js';
import { PositionalSql, type PositionalValue } from './positional-sql.js';
import type { Fault, ServerClient, ServerProtocol } from './server-client.js';
import type {
  ConnectionContext,
  OneOptions,
  ScriptTransaction,
  StoreConnection,
  WriteOptions,
} from './store-connection.js';

/** So many rows go in one statement at most: some megabytes of JSON. */
const ROWS_AT_ONCE = 2_000;

/** Transactions that met others are repeated: the work of each is short, so this many suffice by far. */
const LONGEST_CONFLICT = 20;
/** Somebody, an application in a transaction of its own perhaps, may hold what is wanted for longer than that. */
const LONGEST_CONFLICT_MS = 15_000;
const CONFLICT_PAUSE_MS = 5;

/** A pool may hold a connection that the server closed while it was idle, or several. */
const LONGEST_DISCONNECT = 12;

/** A connection that sat idle for longer may be closed by now: a question that does no harm finds out. */
const LONGEST_IDLE_MS = 500;

const realTime = new SystemClock();

/** What a session needs besides its DataSource. */
export interface ServerParts {
  readonly dataSource: DataSource;
  readonly protocol: ServerProtocol;
  readonly context: ConnectionContext;
  /** TypeORM's names of this kind of database. */
  readonly types: readonly string[];
  /** Asks which database a connection leads to. */
  readonly identity: string;
  /** Told to the other sessions with each change that they must know of at once. */
  readonly sender: string | null;
  /** A DataSource that nobody but the store takes connections from. */
  outside(): Promise<DataSource>;
  pollIntervalMs(): number;
  release(): Promise<void>;
}

/** The pool of a DataSource, on which each transaction has a connection of its own. */
export class ServerConnection implements StoreConnection {
  readonly isShared = true;
  readonly #parts: ServerParts;
  readonly #sql: PositionalSql;
  /** Those whose connections lead to the store's tables. */
  readonly #sameDatabase = new WeakSet<DataSource>();
  #identity: string | null = null;
  #isClosed = false;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#sql = new PositionalSql(parts.protocol.placeholders);
  }

  get pollIntervalMs(): number {
    return this.#parts.pollIntervalMs();
  }

  now(): Promise<number> {
    return this.#connected((client) => client.now());
  }

  /**
   * Each statement sees what is committed by then: whoever only reads does not rely on more. A script that takes no time
   * does not cost the question for it.
   */
  read<T>(script: ScriptFactory<T>): Promise<T> {
    const takesTime = script.length > 0;
    return this.#connected(async (client) => this.#follow(client, script(takesTime ? await client.now() : NaN)));
  }

  one({ sql, params }: Query, { isRepeatable = false, isPrepared = false }: OneOptions = {}): Promise<readonly Row[]> {
    const { text, values } = this.#sql.of(sql, params);
    return this.#connected((client, sent) =>
      isRepeatable ? client.query(text, values, isPrepared) : this.#askOnce(client, sent, text, values, isPrepared),
    );
  }

  oneUnlessMet({ sql, params }: Query): Promise<readonly Row[] | null> {
    const { text, values } = this.#sql.of(sql, params);
    return this.#connected((client, sent) =>
      this.#unless(['conflict'], this.#askOnce(client, sent, text, values, true)),
    );
  }

  oneWithNews({ sql, params }: Query): Promise<readonly Row[] | null> {
    const { protocol, sender } = this.#parts;
    const { text, values } = this.#sql.of(sql, { ...params, channel: protocol.channel, sender });
    return this.#connected((client, sent) =>
      this.#unless(['refused', 'conflict'], this.#askOnce(client, sent, text, values, true)),
    );
  }

  write<T>(script: ScriptFactory<T>, { isNews = () => false }: WriteOptions<T> = {}): Promise<T> {
    return this.#connected(async (client, sent) => {
      const result = await this.#inTransaction(client, script);
      sent();
      await client.commit(isNews(result) ? this.#parts.sender : null);
      return result;
    });
  }

  async within(manager: TransactionManager): Promise<ScriptTransaction> {
    const { context, protocol, types } = this.#parts;
    if (this.#isClosed) throw this.#closedError();
    const transaction = new CallerTransaction(manager, context.alias, types);
    const client = await protocol.guest(transaction.runner);
    try {
      await this.#assertSameDatabase(transaction, client);
      const level = await transaction.inTurn(() => client.hidingIsolation());
      if (level !== null) throw new TransactionIsolationError(context.alias, level);
    } catch (error) {
      throw callerError(context.alias, protocol, error);
    }
    const ask = (query: Query | RowsQuery): Promise<readonly Row[]> =>
      'isOutside' in query ? this.#askOutside(query) : this.#ask(client, query);
    return new ServerTransaction({ alias: context.alias, client, protocol, transaction, ask });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#parts.release();
  }

  /** Once for each DataSource. */
  async #assertSameDatabase(transaction: CallerTransaction, client: ServerClient): Promise<void> {
    const { dataSource } = transaction;
    if (dataSource === this.#parts.dataSource || this.#sameDatabase.has(dataSource)) return;
    const identityOf = async (asked: ServerClient): Promise<string> =>
      String((await asked.query(this.#parts.identity, []))[0]?.['identity']);
    const other = await transaction.inTurn(() => identityOf(client));
    // Another one than at the start, when the server has been started anew.
    if (other !== this.#identity) this.#identity = await this.#connected(identityOf);
    if (other !== this.#identity) {
      throw new TransactionStoreMismatchError(
        this.#parts.context.alias,
        `its connection leads to other tables or another server`,
      );
    }
    this.#sameDatabase.add(dataSource);
  }

  async #inTransaction<T>(client: ServerClient, script: ScriptFactory<T>): Promise<T> {
    const now = await client.begin();
    try {
      return await this.#follow(client, script(now));
    } catch (error) {
      if (this.#parts.protocol.faultOf(error) !== 'disconnected') await client.rollback();
      throw error;
    }
  }

  /**
   * Repeats what did not come to pass. A commit whose answer was lost is not repeated: it may have happened, and only
   * whoever asked can find out.
   */
  async #connected<T>(
    work: (client: ServerClient, sent: () => void) => Promise<T>,
    dataSource = this.#parts.dataSource,
  ): Promise<T> {
    let conflicts = 0;
    let disconnects = 0;
    const askedAt = realTime.monotonic();
    for (;;) {
      if (this.#isClosed) throw this.#closedError();
      let isCommitSent = false;
      try {
        return await this.#onRunner(dataSource, (client) => work(client, () => (isCommitSent = true)));
      } catch (error) {
        const fault = this.#parts.protocol.faultOf(error);
        if (fault === null) throw error;
        const isRepeatable =
          (fault === 'conflict' &&
            ++conflicts < LONGEST_CONFLICT &&
            realTime.monotonic() - askedAt < LONGEST_CONFLICT_MS) ||
          (fault === 'disconnected' && !isCommitSent && ++disconnects < LONGEST_DISCONNECT);
        if (!isRepeatable) throw this.#unavailable(error);
        if (fault === 'conflict') await this.#pause(Math.random() * CONFLICT_PAUSE_MS * conflicts);
      }
    }
  }

  async #onRunner<T>(dataSource: DataSource, work: (client: ServerClient) => Promise<T>): Promise<T> {
    const { protocol } = this.#parts;
    const runner = dataSource.createQueryRunner('master');
    try {
      const result = await work(await protocol.client(runner));
      await runner.release();
      return result;
    } catch (error) {
      await this.#giveBack(runner, error);
      throw error;
    }
  }

  async #giveBack(runner: QueryRunner, error: unknown): Promise<void> {
    const { protocol } = this.#parts;
    if (protocol.faultOf(error) === 'disconnected') await protocol.destroy(runner, error as Error);
    else await runner.release();
  }

  /** Asks what must not happen twice. */
  async #askOnce(
    client: ServerClient,
    sent: () => void,
    text: string,
    values: readonly PositionalValue[],
    isPrepared: boolean,
  ): Promise<readonly Row[]> {
    if (client.idleMs > LONGEST_IDLE_MS) await client.now();
    sent();
    return await client.query(text, values, isPrepared);
  }

  /** `null`: it was for one of these reasons that nothing came of it. */
  async #unless<T>(faults: readonly Fault[], asked: Promise<T>): Promise<T | null> {
    try {
      return await asked;
    } catch (error) {
      if (!faults.includes(this.#parts.protocol.faultOf(error))) throw error;
      return null;
    }
  }

  #follow<T>(client: ServerClient, script: Script<T>): Promise<T> {
    return follow(script, (query) => this.#ask(client, query));
  }

  /** Not on a connection that callers' transactions may all hold, waiting for this one. */
  async #askOutside(query: Query): Promise<readonly Row[]> {
    return await this.#connected((client) => this.#ask(client, query), await this.#parts.outside());
  }

  async #ask(client: ServerClient, query: Query | RowsQuery): Promise<readonly Row[]> {
    if (!('rows' in query)) {
      const { text, values } = this.#sql.of(query.sql, query.params);
      return await client.query(text, values);
    }
    const answers: Row[] = [];
    let asked: Promise<readonly Row[]> = Promise.resolve([]);
    for (const piece of piecesOf(query.rows)) {
      const { text, values } = this.#sql.ofRows(query.sql, piece);
      for (const row of await asked) answers.push(row);
      asked = client.query(text, values);
      // Making the next rows may throw, and then nobody waits for these.
      asked.catch(() => {});
    }
    for (const row of await asked) answers.push(row);
    return answers;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      // Other processes go by real time, whatever clock the scheduler was given.
      realTime.setTimer(resolve, Math.ceil(ms), { keepAlive: true });
    });
  }

  #unavailable(error: unknown): StoreUnavailableError {
    const { message } = error as Error;
    return new StoreUnavailableError(`Store "${this.#parts.context.alias}": ${message}.`, { cause: error });
  }

  #closedError(): StoreUnavailableError {
    return new StoreUnavailableError(
      `Store "${this.#parts.context.alias}" has been closed. Start the scheduler again.`,
    );
  }
}

function* piecesOf(rows: Iterable<SqlParams>): Iterable<readonly SqlParams[]> {
  let piece: SqlParams[] = [];
  for (const row of rows) {
    if (piece.push(row) < ROWS_AT_ONCE) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
