import { Logger } from '@nestjs/common';
import type { Executor } from '../executors/executor.js';
import { outsideRuns, runInProgress } from '../executors/run-context.js';
import { describeError } from '../jobs/outcome.js';
import type { JobStore } from '../stores/job-store.js';
import { assertAlias, LOCAL_STORE } from './alias.js';
import { DrainDeadline } from './drain.js';
import { InvalidAliasError } from './engine-errors.js';
import { ManagedStore } from './managed-store.js';
import { assertOpens } from './openable.js';
import type { DeclaredDraft } from './reconciler.js';
import type { RunnerSurroundings } from './runner-surroundings.js';
import type { SchedulerState } from './scheduler-state.js';
import type { StoreSet } from './store-set.js';
import type { WaitingRuns } from './waiting-runs.js';

/** What the equipment needs to know of its scheduler. */
export interface EquipmentHost {
  readonly around: RunnerSurroundings;
  readonly stores: StoreSet;
  readonly waitingRuns: WaitingRuns;
  state(): SchedulerState;
  /** Ends when no start is under way, however that ended. */
  whenSettled(): Promise<void>;
  /** The declared jobs of a store. */
  draftsOf(alias: string): readonly DeclaredDraft[];
  onAbilitiesChanged(): void;
}

/** Adds and removes stores and executors, also while the scheduler runs. */
export class Equipment {
  readonly #host: EquipmentHost;

  constructor(host: EquipmentHost) {
    this.#host = host;
  }

  /** @throws {InvalidAliasError | InvalidOptionError | StoreUnavailableError} */
  async addStore(alias: string, store: JobStore): Promise<void> {
    const { around, stores } = this.#host;
    assertAlias(alias, 'addStore');
    assertOpens(store, `addStore('${alias}'): the second argument`, 'job store');
    await this.#host.whenSettled();
    stores.assertNew(store, alias);
    const managed = new ManagedStore(alias, store, around);
    stores.add(managed);
    try {
      if (this.#isStarted) {
        await managed.prepare(this.#host.draftsOf(alias));
        outsideRuns(() => managed.fire(this.#host.state() === 'paused'));
      } else if (!stores.isClosed) await managed.session();
      // After a shutdown nobody would close it: the next start opens it.
    } catch (error) {
      stores.remove(managed);
      await managed.drain(new DrainDeadline(around.options.clock, 0));
      await managed.close();
      throw error;
    }
    around.bus.emit({ type: 'store.added', ...this.#stamp(), store: alias });
  }

  /** Drains the store's runs and closes it. @throws {UnknownStoreError | InvalidAliasError} */
  async removeStore(alias: string, timeoutMs = this.#host.around.options.shutdownTimeout): Promise<void> {
    if (alias === LOCAL_STORE)
      throw new InvalidAliasError(`The store "${LOCAL_STORE}" always exists and can't be removed.`);
    const managed = this.#host.stores.known(alias, 'removeStore');
    await this.#host.waitingRuns.untilDrained(this.#drainStore(managed, timeoutMs), [managed]);
  }

  /** @throws {InvalidAliasError | InvalidOptionError} */
  async addExecutor(alias: string, executor: Executor): Promise<void> {
    assertAlias(alias, 'addExecutor');
    assertOpens(executor, `addExecutor('${alias}'): the second argument`, 'executor');
    await this.#host.whenSettled();
    await this.#host.around.executors.add(alias, executor, this.#isStarted);
    // Jobs that name it may have been due for long.
    this.#host.onAbilitiesChanged();
    this.#host.around.bus.emit({ type: 'executor.added', ...this.#stamp(), executor: alias });
  }

  /**
   * Gives it no more runs, and waits for those it has. From inside a run it does not wait: that may be one of them.
   *
   * @throws {UnknownExecutorError}
   */
  async removeExecutor(alias: string, timeoutMs = this.#host.around.options.shutdownTimeout): Promise<void> {
    this.#host.around.executors.assertKnown(alias, 'removeExecutor');
    const removed = this.#drainExecutor(alias, timeoutMs);
    if (!runInProgress()) return removed;
    removed.catch((error: unknown) =>
      new Logger('Scheduler').warn(`removeExecutor('${alias}'): ${describeError(error).message}`),
    );
  }

  async #drainStore(managed: ManagedStore, timeoutMs: number): Promise<void> {
    const deadline = new DrainDeadline(this.#host.around.options.clock, timeoutMs);
    await managed.drain(deadline);
    deadline.dispose();
    // Until here its own handlers could still use it. Two calls for one store are one removal.
    if (!this.#host.stores.remove(managed)) return;
    await managed.close();
    this.#host.around.bus.emit({ type: 'store.removed', ...this.#stamp(), store: managed.alias });
  }

  async #drainExecutor(alias: string, timeoutMs: number): Promise<void> {
    await this.#host.around.executors.remove(alias, timeoutMs);
    this.#host.onAbilitiesChanged();
    this.#host.around.bus.emit({ type: 'executor.removed', ...this.#stamp(), executor: alias });
  }

  get #isStarted(): boolean {
    const state = this.#host.state();
    return state === 'running' || state === 'paused';
  }

  #stamp(): { readonly time: Date; readonly node: string } {
    return { time: new Date(this.#host.around.options.clock.now()), node: this.#host.around.nodeId() };
  }
}
