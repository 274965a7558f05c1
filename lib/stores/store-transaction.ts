import type { JobStoreSession } from './job-store.js';

/**
 * A database transaction of the caller's own: the `EntityManager` that TypeORM gives to the callback of
 * `dataSource.transaction`, or that of a query runner whose transaction has been started.
 *
 * @publicApi
 */
export interface TransactionManager {
  readonly queryRunner?: { readonly isTransactionActive: boolean } | undefined;
}

/**
 * An option of the calls that change jobs.
 *
 * @publicApi
 */
export interface InTransaction {
  /**
   * Makes the change part of this transaction: it is committed and rolled back with the caller's own writes. The store has
   * to keep its jobs in the same database. Nothing fires, and no event tells of the change, before the commit.
   *
   * @example
   * await dataSource.transaction(async (manager) => {
   *   await manager.save(order);
   *   await scheduler.addJob({ task: 'ship', args: [order.id], trigger: at(order.shipAt) }, { manager });
   * });
   */
  readonly manager?: TransactionManager | undefined;
}

/**
 * What can be done with a store inside a transaction of the caller's own. Each call happens as a whole or not at all, and
 * for others only with the caller's commit. Calls wait for one another.
 *
 * @publicApi
 */
export interface StoreTransaction extends Pick<
  JobStoreSession,
  'nodes' | 'getJob' | 'putJobs' | 'changeJobs' | 'removeJobs' | 'addRuns'
> {
  /**
   * Has `then` called once what was done up to now is committed; never when it is rolled back, be it with an inner
   * transaction alone. Other sessions learn of the changes by the store, as of any others.
   */
  whenCommitted(then: () => void): void;
}
