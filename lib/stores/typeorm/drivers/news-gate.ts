import type { Clock, ClockTimer } from '../../../clock.js';

/** What comes in so short a time after another is one change to look at. */
const CROWD_MS = 5;

/**
 * Passes news on. Those that come after a quiet time are passed on at once, as somebody waits for them; changes come in
 * crowds, so those that follow within a few milliseconds are one look at their end, which sees them all.
 */
export class NewsGate {
  readonly #clock: Clock;
  readonly #keepAlive: boolean;
  readonly #pass: () => void;
  #closed: ClockTimer | null = null;
  #hasMore = false;
  #isStopped = false;

  constructor(clock: Clock, keepAlive: boolean, pass: () => void) {
    this.#clock = clock;
    this.#keepAlive = keepAlive;
    this.#pass = pass;
  }

  tell(): void {
    if (this.#isStopped) return;
    if (this.#closed) this.#hasMore = true;
    else this.#passOn();
  }

  stop(): void {
    this.#isStopped = true;
    this.#closed?.cancel();
  }

  #passOn(): void {
    this.#hasMore = false;
    const open = (): void => {
      this.#closed = null;
      if (this.#hasMore) this.#passOn();
    };
    this.#closed = this.#clock.setTimer(open, CROWD_MS, { keepAlive: this.#keepAlive });
    this.#pass();
  }
}
