import type { StoreSet } from './store-set.js';

/** Answers those who wait until there is nothing left to do. */
export class IdleWatch {
  readonly #stores: StoreSet;
  #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #isLooking = false;
  #lookAgain = false;

  constructor(stores: StoreSet) {
    this.#stores = stores;
  }

  untilIdle(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
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
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    } finally {
      this.#isLooking = false;
    }
  }

  async #isIdle(): Promise<boolean> {
    for (const store of this.#stores.all) {
      if (!store.isOpen) continue;
      if (store.runner && !store.runner.isQuiet) return false;
      const { nextFireAt, unfinishedRuns } = await store.summarize();
      if (nextFireAt !== null || unfinishedRuns > 0) return false;
    }
    return true;
  }
}
