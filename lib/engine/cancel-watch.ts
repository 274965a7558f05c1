import type { Clock } from '../clock.js';
import type { JobStoreSession } from '../stores/job-store.js';
import type { RunDispatcher } from './run-dispatcher.js';

/** Finds out which runs of this node others have asked to end. */
export class CancelWatch {
  readonly #session: JobStoreSession;
  readonly #dispatcher: RunDispatcher;
  readonly #clock: Clock;
  readonly #nodeId: () => string;
  #hasNews = false;
  #lookedAt = -Infinity;

  constructor(session: JobStoreSession, dispatcher: RunDispatcher, clock: Clock, nodeId: () => string) {
    this.#session = session;
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#nodeId = nodeId;
  }

  /** Something has changed in the store. */
  noteNews(): void {
    this.#hasNews = true;
  }

  /** Whether runs are out and there are news; and now and then, as news may be lost. */
  get isDue(): boolean {
    if (!this.#session.isShared || this.#dispatcher.active.size === 0) return false;
    return this.#hasNews || this.#clock.monotonic() - this.#lookedAt >= this.#session.pollIntervalMs;
  }

  async look(): Promise<void> {
    // What comes meanwhile asks for another look.
    this.#hasNews = false;
    this.#lookedAt = this.#clock.monotonic();
    this.#dispatcher.cancel(await this.#session.runsToCancel(this.#nodeId()));
  }
}
