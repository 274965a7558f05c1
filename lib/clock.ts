/** What a single timer can hold: `setTimeout` fires at once when it is given more. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A timer that a {@link Clock} has set. */
export interface ClockTimer {
  /** Stops the timer; harmless when it has fired or was cancelled before. */
  cancel(): void;
}

/** How a timer is set. */
export interface TimerOptions {
  /** Whether the timer keeps the process alive while it is pending. */
  readonly keepAlive: boolean;
}

/**
 * Everything the scheduler knows of time. Replace it to test without waiting.
 *
 * @publicApi
 */
export interface Clock {
  /** Wall-clock time, epoch milliseconds. May step either way. */
  now(): number;
  /** Milliseconds since some fixed instant; never goes back, not tied to the wall clock. */
  monotonic(): number;
  /** Calls `callback` once, `delayMs` milliseconds from now. `delayMs` is at most 2^31 − 1. */
  setTimer(callback: () => void, delayMs: number, options: TimerOptions): ClockTimer;
}

/** The host's own clock: `Date.now`, `performance.now` and `setTimeout`. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(callback: () => void, delayMs: number, options: TimerOptions): ClockTimer {
    const handle = setTimeout(callback, delayMs);
    if (!options.keepAlive) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  }
}
