import { TransactionStoreMismatchError, TransactionUnsupportedError } from '../stores/store-errors.js';
import type { StoreTransaction, TransactionManager } from '../stores/store-transaction.js';
import type { ManagedStore } from './managed-store.js';

/**
 * The jobs of one store, to be changed by a call: each change in a transaction of its own, or all in the caller's. Who
 * changes them does not ask which.
 */
export interface StoreAccess {
  readonly store: ManagedStore;
  readonly jobs: Omit<StoreTransaction, 'whenCommitted'>;
  /** Has `effect` happen as soon as the changes up to now are certain: at once, with the caller's commit, or never. */
  readonly afterwards: (effect: () => void) => void;
}

/**
 * @param manager of the caller's transaction; `undefined`: there is none
 * @throws {TransactionUnsupportedError | TransactionNotActiveError | TransactionStoreMismatchError |
 * TransactionIsolationError} when the store can't be changed in that transaction
 */
export async function accessTo(store: ManagedStore, manager: TransactionManager | undefined): Promise<StoreAccess> {
  const session = await store.session();
  if (manager === undefined) return { store, jobs: session, afterwards: (effect) => effect() };
  const jobs = await session.within(manager);
  return { store, jobs, afterwards: (effect) => jobs.whenCommitted(effect) };
}

/**
 * Those of the stores that can be changed in the transaction: a job is looked for where it can be.
 *
 * @throws what {@link accessTo} throws, when there is none
 */
export async function accessToAny(
  stores: readonly ManagedStore[],
  manager: TransactionManager | undefined,
): Promise<StoreAccess[]> {
  const found: StoreAccess[] = [];
  let refusal: unknown = null;
  for (const store of stores) {
    try {
      found.push(await accessTo(store, manager));
    } catch (error) {
      if (error instanceof TransactionStoreMismatchError) refusal = error;
      else if (error instanceof TransactionUnsupportedError) refusal ??= error;
      else throw error;
    }
  }
  if (found.length === 0 && refusal !== null) throw refusal as Error;
  return found;
}
