import type { RunContext } from '../executors/run-context.js';
import type { ExemptRuns } from './run-dispatcher.js';
import type { StoreRunner } from './store-runner.js';
import type { StoreSet } from './store-set.js';

/** What goes on in a scheduler at the moment, for whoever moves its clock. */
export class Activity {
  readonly #stores: StoreSet;

  constructor(stores: StoreSet) {
    this.#stores = stores;
  }

  /** Whether nothing goes on but handlers, until a timer rings. */
  get isAtRest(): boolean {
    return this.#runners.every((runner) => runner.isAtRest);
  }

  /** The runs whose handlers have not ended. */
  get runs(): readonly RunContext[] {
    return this.#runners.flatMap((runner) => [...runner.parts.dispatcher.active]);
  }

  /** Resolves when none of them is left but those in `exempt`; see {@link lookAgain}. */
  async whenRunsEnd(exempt: ExemptRuns): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.parts.dispatcher.whenEmpty(exempt)));
  }

  /** Those who wait in {@link whenRunsEnd} exempt more than before. */
  lookAgain(): void {
    for (const runner of this.#runners) runner.parts.dispatcher.lookAgain();
  }

  /** Looks at every store at once. */
  wake(): void {
    for (const runner of this.#runners) runner.wake();
  }

  /** Whether a run is running or queued, in any store. */
  async hasUnfinishedRuns(): Promise<boolean> {
    const opened = this.#stores.all.filter((store) => store.isOpen);
    const summaries = await Promise.all(opened.map((store) => store.summarize()));
    return summaries.some(({ hasUnfinishedRuns }) => hasUnfinishedRuns);
  }

  get #runners(): readonly StoreRunner[] {
    return this.#stores.all.flatMap(({ runner }) => (runner ? [runner] : []));
  }
}
