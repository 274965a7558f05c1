import type { JobRecord } from '../jobs/job-record.js';
import { AmbiguousJobIdError, JobNotFoundError } from '../jobs/job-errors.js';
import type { JobStore } from '../stores/job-store.js';
import { assertAlias, sameStoreError } from './alias.js';
import { InvalidAliasError, SchedulerStoppedError, UnknownStoreError } from './engine-errors.js';
import type { ManagedStore } from './managed-store.js';
import { accessTo, accessToAny, type StoreAccess } from './store-access.js';
import type { ChangeOptions } from './verb-options.js';

/** A job and the store that holds it. */
export interface LocatedJob {
  readonly access: StoreAccess;
  readonly job: JobRecord;
}

/** The stores of this scheduler, by alias. */
export class StoreSet {
  readonly #stores = new Map<string, ManagedStore>();
  /** Set from the end of a shutdown to the next start: the sessions are closed. */
  isClosed = false;

  get all(): readonly ManagedStore[] {
    return [...this.#stores.values()];
  }

  get aliases(): readonly string[] {
    return [...this.#stores.keys()];
  }

  /** @throws {InvalidAliasError} when a store has another alias already: its jobs would all be there twice */
  assertNew(store: JobStore, alias: string): void {
    const other = this.all.find((one) => one.isOf(store));
    if (other) throw sameStoreError(other.alias, alias);
  }

  /** @throws {InvalidAliasError} when the alias is taken. */
  add(store: ManagedStore): void {
    if (this.#stores.has(store.alias)) {
      throw new InvalidAliasError(
        `There is a store "${store.alias}" already. Remove it first, or choose another alias.`,
      );
    }
    this.#stores.set(store.alias, store);
  }

  /** Answers whether it was there. */
  remove(store: ManagedStore): boolean {
    return this.#stores.get(store.alias) === store && this.#stores.delete(store.alias);
  }

  has(alias: string): boolean {
    return this.#stores.has(alias);
  }

  /** @throws {SchedulerStoppedError} */
  assertOpen(what: string): void {
    if (this.isClosed) throw new SchedulerStoppedError(what);
  }

  /** @throws {UnknownStoreError | SchedulerStoppedError} */
  get(alias: string, what: string): ManagedStore {
    this.assertOpen(what);
    return this.known(alias, what);
  }

  /** Also after a shutdown. @throws {UnknownStoreError} */
  known(alias: string, what: string): ManagedStore {
    if (typeof alias !== 'string') assertAlias(alias, what);
    const store = this.#stores.get(alias);
    if (!store) throw new UnknownStoreError(alias, this.aliases, what);
    return store;
  }

  /** The named store, or all of them. */
  select(alias: string | undefined, what: string): readonly ManagedStore[] {
    this.assertOpen(what);
    return alias === undefined ? this.all : [this.get(alias, what)];
  }

  /** @throws {AmbiguousJobIdError} when several stores hold the id and none is named. */
  async find(id: string, where: ChangeOptions, what: string): Promise<LocatedJob | null> {
    return await findIn(await this.#accesses(where, what), id);
  }

  /**
   * @throws {JobNotFoundError | AmbiguousJobIdError}
   * @throws what `accessTo` throws, when the transaction of `where.manager` can't reach the store
   */
  async locate(id: string, where: ChangeOptions, what: string): Promise<LocatedJob> {
    const accesses = await this.#accesses(where, what);
    const located = await findIn(accesses, id);
    if (located) return located;
    throw new JobNotFoundError(
      id,
      accesses.map(({ store }) => store.alias),
    );
  }

  async #accesses({ store, manager }: ChangeOptions, what: string): Promise<StoreAccess[]> {
    if (store !== undefined) return [await accessTo(this.get(store, what), manager)];
    return await accessToAny(this.select(undefined, what), manager);
  }
}

/** @throws {AmbiguousJobIdError} */
async function findIn(accesses: readonly StoreAccess[], id: string): Promise<LocatedJob | null> {
  const found: LocatedJob[] = [];
  for (const access of accesses) {
    const job = await access.jobs.getJob(id);
    if (job) found.push({ access, job });
  }
  if (found.length < 2) return found[0] ?? null;
  throw new AmbiguousJobIdError(
    id,
    found.map(({ access }) => access.store.alias),
  );
}
