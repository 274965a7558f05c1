import type { Clock, ClockTimer } from '../clock.js';
import { parseDuration, type DurationInput } from '../triggers/duration.js';
import { parseInstant, type InstantInput } from '../triggers/instant.js';
import { InvalidInstantError } from '../triggers/trigger-errors.js';
import { settle } from './settle.js';

interface PendingTimer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

const DEFAULT_START = '2030-01-01T00:00:00Z';

/**
 * A clock that stands still until a test moves it. Timers fire in order while it is moved; after each one the
 * microtasks and I/O callbacks that it set off are let through, so that code under test has settled.
 *
 * It knows nothing of handlers: those that do real I/O may still be at it when the time moves on. `ManualScheduler` waits
 * for them.
 *
 * @example
 * const clock = new VirtualClock('2030-03-31T00:00:00Z');
 * SchedulerModule.forRoot({ clock });
 * await clock.advance({ hours: 3 });
 * @publicApi
 */
export class VirtualClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<PendingTimer>();

  /**
   * @param start what it shows at first; a text without an offset is in UTC. Default: the beginning of 2030, in UTC
   * @throws {InvalidInstantError}
   */
  constructor(start: InstantInput = DEFAULT_START) {
    this.#wall = instantOf(start, 'VirtualClock');
  }

  /** How many timers are pending. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** How long until the next timer is due, in milliseconds; `null` when none is pending. */
  get untilNextTimer(): number | null {
    // One that was set for ever is never due.
    const first = this.#firstUntil(Number.MAX_VALUE);
    return first && first.at - this.#monotonic;
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

  /**
   * Moves both clocks forward, firing what falls due on the way.
   *
   * @throws {InvalidDurationError}
   */
  async advance(duration: DurationInput): Promise<void> {
    const end = this.#monotonic + parseDuration(duration, 'advance()');
    await this.settle();
    for (let timer = this.#firstUntil(end); timer; timer = this.#firstUntil(end)) {
      this.#moveTo(timer.at);
      this.#timers.delete(timer);
      timer.callback();
      await this.settle();
    }
    this.#moveTo(end);
    await this.settle();
  }

  /**
   * Moves to a wall-clock instant ahead.
   *
   * @throws {InvalidInstantError} also for one that is past
   */
  async advanceTo(instant: InstantInput): Promise<void> {
    const target = instantOf(instant, 'advanceTo()');
    if (target < this.#wall) {
      const [asked, now] = [target, this.#wall].map((ms) => new Date(ms).toISOString());
      throw new InvalidInstantError(
        'advanceTo()',
        `${asked} is past: it is ${now}. Time only goes on here; step() sets the clock back.`,
      );
    }
    await this.advance(target - this.#wall);
  }

  /** Steps the wall clock alone, as NTP or an operator would; `ms` may be negative. No timer fires by that. */
  step(ms: number): void {
    this.#wall += ms;
  }

  /** Waits until what a timer has set off is over. */
  protected async settle(): Promise<void> {
    await settle();
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

function instantOf(input: InstantInput, what: string): number {
  return parseInstant(input, { timeZone: 'UTC', what });
}
