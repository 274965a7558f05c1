import { runInProgress, type RunContext } from '../executors/run-context.js';
import type { ManagedStore } from './managed-store.js';

/** The runs whose handlers wait for a draining: it can't wait for them in turn. */
export class WaitingRuns {
  readonly #runs = new Set<RunContext>();

  /** Awaits `draining`; from inside a run, only until the other runs of the stores have ended. */
  async untilDrained(draining: Promise<void>, stores: readonly ManagedStore[]): Promise<void> {
    const own = runInProgress();
    if (!own) return draining;
    this.#runs.add(own);
    // Two runs that both shut down would wait for each other.
    for (const { runner } of stores) runner?.parts.dispatcher.lookAgain();
    await Promise.race([draining, Promise.all(stores.map((store) => store.whenDrained(this.#runs)))]);
  }
}
