import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { StoreUnavailableError, TransactionNotActiveError, TransactionStoreMismatchError } from '../../store-errors.js';
import type { TransactionManager } from '../../store-transaction.js';
import { CommitWatch } from './commit-watch.js';

/** The last call in each transaction: the next one waits for it, as their savepoints would get mixed up. */
const lastCalls = new WeakMap<QueryRunner, Promise<unknown>>();

/** A transaction that a caller has begun with TypeORM. */
export class CallerTransaction {
  readonly dataSource: DataSource;
  readonly runner: QueryRunner;
  readonly #alias: string;

  /**
   * @param types TypeORM's names of the store's kind of database
   * @throws {TransactionNotActiveError | TransactionStoreMismatchError | StoreUnavailableError}
   */
  constructor(manager: TransactionManager, alias: string, types: readonly string[]) {
    const { queryRunner, dataSource } = (manager ?? {}) as Partial<EntityManager>;
    if (!queryRunner || !dataSource) throw new TransactionNotActiveError(alias);
    this.#alias = alias;
    this.dataSource = dataSource;
    this.runner = queryRunner;
    this.assertActive();
    const { type } = dataSource.options;
    if (!types.includes(type)) {
      throw new TransactionStoreMismatchError(alias, `its type is ${type}, and the store's is ${types[0]}`);
    }
  }

  /**
   * @throws {TransactionNotActiveError} when it has ended
   * @throws {StoreUnavailableError} when its connection is gone before that: TypeORM releases one that breaks
   */
  assertActive(): void {
    if (!this.runner.isTransactionActive) throw new TransactionNotActiveError(this.#alias);
    if (!this.runner.isReleased) return;
    throw new StoreUnavailableError(
      `Store "${this.#alias}": the connection of the transaction was lost, or released, before its end. ` +
        `Run the transaction again.`,
    );
  }

  whenCommitted(then: () => void): void {
    this.assertActive();
    CommitWatch.of(this.dataSource).whenCommitted(this.runner, then);
  }

  /** Calls of one transaction happen one after another. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = lastCalls.get(this.runner);
    const turn = (async () => {
      await before?.catch(() => undefined);
      this.assertActive();
      return await work();
    })();
    lastCalls.set(this.runner, turn);
    return await turn;
  }
}
