import { SystemClock } from '../../../../lib/index.js';

/**
 * A wall clock that stands still until the test moves it, so that hours of downtime cost nothing. Timers go by real
 * time.
 */
export class HeldClock extends SystemClock {
  #now: number;

  constructor(now: string) {
    super();
    this.#now = Date.parse(now);
  }

  override now(): number {
    return this.#now;
  }

  moveTo(instant: string): void {
    this.#now = Date.parse(instant);
  }
}
