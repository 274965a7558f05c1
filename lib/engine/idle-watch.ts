import type { EventBus } from '../events/event-bus.js';
import type { SchedulerEventType } from '../events/scheduler-event.js';
import type { StoreSet } from './store-set.js';

/** What may leave nothing to do although no run has ended here. */
const ENDS: readonly SchedulerEventType[] = ['job.paused', 'job.removed', 'jobs.removed', 'store.removed', 'run.lost'];

/** Answers those who wait until there is nothing left to do. */
export class IdleWatch {
  readonly #stores: StoreSet;
  readonly #bus: EventBus;
  #stopListening: (() => void) | null = null;
  #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #isLooking = false;
  #lookAgain = false;

  constructor(stores: StoreSet, bus: EventBus) {
    this.#stores = stores;
    this.#bus = bus;
  }

  untilIdle(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#stopListening ??= this.#bus.addListener(ENDS, () => this.look(), 'untilIdle()');
      this.look();
    });
  }

  /** Something may have come to an end. */
  look(): void {
    if (this.#waiting.length === 0) return;
    this.#lookAgain = true;
    if (!this.#isLooking) void this.#lookNow();
  }

  async #lookNow(): Promise<void> {
    this.#isLooking = true;
    try {
      while (this.#lookAgain && this.#waiting.length > 0) {
        this.#lookAgain = false;
        if (await this.#isIdle()) for (const { resolve } of this.#waiting.splice(0)) resolve();
      }
    } catch (error) {
      // Where a loop runs, it looks again by itself when the store works again.
      const isLoopRunning = this.#stores.all.some((store) => store.runner);
      if (!isLoopRunning) for (const { reject } of this.#waiting.splice(0)) reject(error);
    } finally {
      this.#isLooking = false;
      if (this.#waiting.length === 0) this.#endListening();
    }
  }

  #endListening(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  async #isIdle(): Promise<boolean> {
    for (const store of this.#stores.all) {
      if (!store.isOpen) continue;
      if (store.runner && !store.runner.isQuiet) return false;
      const { nextFireAt, hasUnfinishedRuns } = await store.summarize();
      if (nextFireAt !== null || hasUnfinishedRuns) return false;
    }
    return true;
  }
}
