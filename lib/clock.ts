/** What a single timer can hold: `setTimeout` fires at once when it is given more. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Before a test puts another one in its place. */
const nodeSetTimeout = globalThis.setTimeout;

/** A timer that a {@link Clock} has set. @publicApi */
export interface ClockTimer {
  /** Stops the timer; harmless when it has fired or was cancelled before. */
  cancel(): void;
}

/** How a timer is set. @publicApi */
export interface TimerOptions {
  /** Whether the timer keeps the process alive while it is pending. */
  readonly keepAlive: boolean;
}

/**
 * Everything the scheduler knows of time. Replace it to test without waiting: `VirtualClock` of
 * `nestjs-advanced-scheduler/testing` is moved by hand.
 *
 * @example
 * // As if it were New Year's Eve.
 * class OnNewYearsEve extends SystemClock {
 *   readonly #ahead = Date.parse('2029-12-31T23:59:50Z') - Date.now();
 *
 *   override now(): number {
 *     return super.now() + this.#ahead;
 *   }
 * }
 * SchedulerModule.forRoot({ clock: new OnNewYearsEve() });
 * @publicApi
 */
export interface Clock {
  /** Wall-clock time, epoch milliseconds. May step either way. */
  now(): number;
  /** Milliseconds since some fixed instant; never goes back, not tied to the wall clock. */
  monotonic(): number;
  /** Calls `callback` once, `delayMs` milliseconds from now. `delayMs` is at most 2^31 − 1, or `longestTimerMs`. */
  setTimer(callback: () => void, delayMs: number, options: TimerOptions): ClockTimer;
  /**
   * Calls `callback` once, in the next turn of the event loop. A clock whose timers ring late by up to a millisecond or two
   * has this: the last millisecond before a fire is waited out with it. Without it timers do all the waiting. It keeps the
   * process alive for that long, whatever `keepAlive` of the timers says.
   */
  nextTurn?(callback: () => void): ClockTimer;
  /**
   * For how long a timer may be left alone, in milliseconds: after it, the wall clock is looked at again. Default 30,000.
   * A clock whose wall-clock time moves only with its timers has no need of that, and may say `Infinity`.
   */
  readonly longestTimerMs?: number;
}

/**
 * The host's own clock: `Date.now`, `performance.now`, `setTimeout` and `setImmediate`.
 *
 * @example SchedulerModule.forRoot({ clock: new SystemClock() }); // the default
 * @publicApi
 */
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

  /** `undefined` while something else stands in for `setTimeout`, as in a test: turns would not keep step with it. */
  get nextTurn(): Clock['nextTurn'] {
    return setTimeout === nodeSetTimeout ? nextTurn : undefined;
  }
}

function nextTurn(callback: () => void): ClockTimer {
  // Not unref'd: the event loop does not wait for such an immediate, but sleeps until something else wakes it.
  const handle = setImmediate(callback);
  return { cancel: () => clearImmediate(handle) };
}
