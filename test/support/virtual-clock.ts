import type { Clock, ClockTimer } from '../../lib/clock.js';

interface PendingTimer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until a test moves it. Timers fire in order while it is moved; after each one the
 * microtasks and I/O callbacks that it set off are let through, so that code under test has settled.
 */
export class VirtualClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<PendingTimer>();

  constructor(start: Date | string = '2030-01-01T00:00:00Z') {
    this.#wall = new Date(start).getTime();
  }

  /** How many timers are pending. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimer(callback: () => void, delayMs: number): ClockTimer {
    const timer = { at: this.#monotonic + Math.max(delayMs, 0), order: this.#order++, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Moves both clocks forward by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settle();
    for (let timer = this.#firstUntil(end); timer; timer = this.#firstUntil(end)) {
      this.#moveTo(timer.at);
      this.#timers.delete(timer);
      timer.callback();
      await settle();
    }
    this.#moveTo(end);
    await settle();
  }

  /** Moves to a wall-clock instant ahead. */
  async advanceTo(instant: Date | string): Promise<void> {
    await this.advance(new Date(instant).getTime() - this.#wall);
  }

  /** Steps the wall clock alone, as NTP or an operator would. */
  step(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }

  #firstUntil(end: number): PendingTimer | null {
    let first: PendingTimer | null = null;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Lets pending microtasks and immediates run until the code under test waits for a timer again. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
