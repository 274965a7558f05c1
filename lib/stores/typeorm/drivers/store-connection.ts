import type { Clock } from '../../../clock.js';
import type { ResolvedStoreOptions } from '../resolved-options.js';
import type { DialectFactory } from '../dialects/dialect.js';
import type { TransactionManager } from '../../store-transaction.js';
import type { Query, Row, Script, ScriptFactory } from '../script.js';
import type { TableNames } from '../table-names.js';

/** A session's own way into the database. */
export interface StoreConnection {
  /** Whether other processes can reach the same data. */
  readonly isShared: boolean;
  /** The longest time between two looks at what is due: short where nobody tells of changes. */
  readonly pollIntervalMs: number;
  /** Runs a script in a transaction that may write; it is made anew when the transaction has to be repeated. */
  write<T>(script: ScriptFactory<T>, options?: WriteOptions<T>): Promise<T>;
  /** Asks one statement that is a transaction of its own; where the driver can do that. */
  one?(query: Query, options?: OneOptions): Promise<readonly Row[]>;
  /** As `one` of what must not be asked twice, prepared. Answers `null` when somebody was in the way: nothing is written then. */
  oneUnlessMet?(query: Query): Promise<readonly Row[] | null>;
  /**
   * As `one`, for a statement that tells the other sessions: it is given `channel` and `sender`. Answers `null` when it was
   * refused, or somebody was in the way: nothing is written then.
   */
  oneWithNews?(query: Query): Promise<readonly Row[] | null>;
  /** Runs a script that only reads. */
  read<T>(script: ScriptFactory<T>): Promise<T>;
  /**
   * The caller's own transaction, to run scripts in.
   *
   * @throws {TransactionUnsupportedError | TransactionNotActiveError | TransactionStoreMismatchError}
   */
  within(manager: TransactionManager): Promise<ScriptTransaction>;
  /** The store's clock. */
  now(): Promise<number>;
  close(): Promise<void>;
}

export interface OneOptions {
  /** Whether it does no harm to ask it again when its answer was lost. */
  readonly isRepeatable?: boolean;
  /** Whether the database is to keep what it has understood of it, where it can: it has a column `size` in its answer then. */
  readonly isPrepared?: boolean;
}

/** Runs scripts one after another in a transaction that somebody else begins and ends. */
export interface ScriptTransaction {
  /**
   * Does all that the script does or nothing, and leaves the transaction usable when it throws. The script is made anew,
   * with the number of the attempt from 0 on, when somebody else has inserted what it wanted to insert.
   */
  write<T>(script: (now: number, attempt: number) => Script<T>, options?: WriteOptions<T>): Promise<T>;
  read<T>(script: ScriptFactory<T>): Promise<T>;
  whenCommitted(then: () => void): void;
}

export interface WriteOptions<T> {
  /** Whether the other sessions should look at once. Default: they need not. */
  readonly isNews?: (result: T) => boolean;
}

export interface ConnectionContext {
  readonly alias: string;
  readonly clock: Clock;
  readonly keepAlive: boolean;
  /** Another connection has written. */
  readonly onForeignWrite: () => void;
}

/** One kind of database: how it is reached, and its SQL. */
export interface StoreDriver {
  /** TypeORM's names of it. */
  readonly types: readonly string[];
  /** The options of it that a user may set beside `type`. */
  readonly optionKeys: readonly string[];
  readonly dialect: DialectFactory;
  readonly maxBatch: number;
  /** @throws {InvalidStoreOptionError} */
  checkOptions(options: Readonly<Record<string, unknown>>): void;
  /**
   * Connects, and migrates unless told not to.
   *
   * @throws {StoreUnavailableError | StoreDriverMissingError | StoreSchemaMissingError}
   */
  connect(options: ResolvedStoreOptions, tables: TableNames, context: ConnectionContext): Promise<StoreConnection>;
}
