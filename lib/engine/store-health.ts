/** Who works on a store: each finds out by itself whether it answers. */
export type StorePart = 'loop' | 'outcomes' | 'lease' | 'sweep' | 'history' | 'search';

/** What the health of a store tells its owner. */
export interface StoreHealthEvents {
  /** The first part has failed. */
  unavailable(error: unknown): void;
  /** No part fails any more. */
  recovered(): void;
}

/**
 * Whether a store answers. One part may fail while another works, such as writing on a full disk: the store counts as
 * unavailable, once, until all that have failed work again.
 */
export class StoreHealth {
  readonly #events: StoreHealthEvents;
  readonly #failing = new Set<StorePart>();
  #isEnded = false;

  constructor(events: StoreHealthEvents) {
    this.#events = events;
  }

  get isUnavailable(): boolean {
    return this.#failing.size > 0;
  }

  failed(part: StorePart, error: unknown): void {
    if (this.#isEnded) return;
    const isNews = this.#failing.size === 0;
    this.#failing.add(part);
    if (isNews) this.#events.unavailable(error);
  }

  /** The store is about to be closed: what fails from here on fails for that. */
  end(): void {
    this.#isEnded = true;
  }

  /** Answers whether the part had failed before. */
  worked(part: StorePart): boolean {
    if (!this.#failing.delete(part)) return false;
    if (this.#failing.size === 0) this.#events.recovered();
    return true;
  }
}
