import type { Clock, ClockTimer } from '../clock.js';

/**
 * The longest single timer. The wall clock is looked at again at the end of each, so a suspend, an NTP step or the
 * 2^31 ms limit of `setTimeout` (beyond it a timer fires at once) makes the alarm late by this much at most.
 */
const MAX_TIMER_MS = 30_000;

/** Waits for an instant of the wall clock, or to be woken. */
export class Alarm {
  readonly #clock: Clock;
  readonly #keepAlive: boolean;
  #timer: ClockTimer | null = null;
  #resolve: (() => void) | null = null;
  #isWoken = false;

  constructor(clock: Clock, keepAlive: boolean) {
    this.#clock = clock;
    this.#keepAlive = keepAlive;
  }

  /** Ends the wait that is on, or the next one at once. */
  wake(): void {
    this.#isWoken = true;
    this.#finish();
  }

  /** Forgets a wake-up that came since the last wait: whoever calls it is about to look for himself. */
  reset(): void {
    this.#isWoken = false;
  }

  /** Resolves at `instant` (epoch ms of this host's clock; `null`: never), or when woken. Never early. */
  wait(instant: number | null): Promise<void> {
    if (this.#isWoken) return Promise.resolve();
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#arm(instant);
    });
  }

  #arm(instant: number | null): void {
    const left = instant === null ? MAX_TIMER_MS : Math.min(instant - this.#clock.now(), MAX_TIMER_MS);
    if (left <= 0) return this.#finish();
    this.#timer = this.#clock.setTimer(() => this.#ring(instant), Math.ceil(left), { keepAlive: this.#keepAlive });
  }

  #ring(instant: number | null): void {
    this.#timer = null;
    this.#arm(instant);
  }

  #finish(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const resolve = this.#resolve;
    this.#resolve = null;
    resolve?.();
  }
}
