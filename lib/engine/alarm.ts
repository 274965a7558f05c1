import type { Clock, ClockTimer } from '../clock.js';

/**
 * The longest single timer, unless the clock says otherwise. The wall clock is looked at again at the end of each, so a suspend, an NTP step or the
 * 2^31 ms limit of `setTimeout` (beyond it a timer fires at once) makes the alarm late by this much at most.
 */
const MAX_TIMER_MS = 30_000;

/**
 * Timers of Node.js ring up to a millisecond and a half late (0.9 at the median). So the last millisecond before an instant
 * is waited out turn by turn of the event loop, which is then late by hundredths; others have their turns meanwhile.
 */
const LAST_MS = 1;
/** That costs half a millisecond of CPU, so a shorter wait does without: fires that follow so close would keep a core busy. */
const WORTH_IT_MS = 10;
/** After that, the wall clock does not go on, as one that a test has replaced. */
const LONGEST_TURNING_MS = 2;

/** Waits for an instant of the wall clock, or to be woken. */
export class Alarm {
  readonly #clock: Clock;
  readonly #keepAlive: boolean;
  readonly #longestTimerMs: number;
  #timer: ClockTimer | null = null;
  #resolve: ((isTimeUp: boolean) => void) | null = null;
  #isWoken = false;
  #isResting = false;
  #mayTurn = false;
  /** Of the turns of this wait, by the monotonic clock. */
  #firstTurnAt = Infinity;
  #lastTurnAt = -Infinity;

  constructor(clock: Clock, keepAlive: boolean) {
    this.#clock = clock;
    this.#keepAlive = keepAlive;
    this.#longestTimerMs = clock.longestTimerMs ?? MAX_TIMER_MS;
  }

  /** Whether somebody waits for it, or rests. */
  get isWaiting(): boolean {
    return this.#resolve !== null;
  }

  /** Whether somebody has called {@link wake} since the last {@link reset}. */
  get isWoken(): boolean {
    return this.#isWoken;
  }

  /** Ends the wait that is on, or the next one at once. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isResting) this.#finish(false);
  }

  /** As `wake`, and ends a rest, too. */
  rouse(): void {
    this.#isResting = false;
    this.wake();
  }

  /** Forgets a wake-up that came since the last wait: whoever calls it is about to look for himself. */
  reset(): void {
    this.#isWoken = false;
  }

  /**
   * Resolves at `instant` (epoch ms of this host's clock; `null`: never), after `longestMs`, whatever the wall clock
   * does meanwhile, or when woken. Never early. Answers whether time has passed: not when there was no need to wait.
   */
  wait(instant: number | null, longestMs: number): Promise<boolean> {
    if (this.#isWoken) return Promise.resolve(false);
    const latest = this.#clock.monotonic() + longestMs;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#mayTurn = instant !== null && instant - this.#clock.now() >= WORTH_IT_MS;
      this.#firstTurnAt = Infinity;
      this.#lastTurnAt = -Infinity;
      if (!this.#arm(instant ?? Infinity, latest)) this.#finish(false);
    });
  }

  /** Waits for `ms` even when woken: who has just failed must not be driven to try again by all that goes on. */
  async rest(ms: number): Promise<void> {
    this.#isResting = true;
    this.#isWoken = false;
    await this.wait(null, ms);
    this.#isResting = false;
  }

  /** Sets the next timer; answers `false` when the time is up. */
  #arm(instant: number, latest: number): boolean {
    const untilInstant = instant - this.#clock.now();
    const left = Math.min(untilInstant, latest - this.#clock.monotonic(), this.#longestTimerMs);
    if (left <= 0) return false;
    const ring = (): void => {
      this.#timer = null;
      if (!this.#arm(instant, latest)) this.#finish(true);
    };
    const lastMs = this.#mayTurn && left === untilInstant && this.#clock.nextTurn ? LAST_MS : 0;
    if (left <= lastMs && this.#isTimeGoingOn()) this.#timer = this.#clock.nextTurn?.(ring) ?? null;
    else {
      const delayMs = Math.max(Math.ceil(left) - lastMs, LAST_MS);
      this.#timer = this.#clock.setTimer(ring, delayMs, { keepAlive: this.#keepAlive });
    }
    return true;
  }

  /** Turns of a clock that stands still would never end. */
  #isTimeGoingOn(): boolean {
    const now = this.#clock.monotonic();
    this.#firstTurnAt = Math.min(this.#firstTurnAt, now);
    this.#mayTurn = now > this.#lastTurnAt && now - this.#firstTurnAt <= LONGEST_TURNING_MS;
    this.#lastTurnAt = now;
    return this.#mayTurn;
  }

  #finish(isTimeUp: boolean): void {
    this.#timer?.cancel();
    this.#timer = null;
    const resolve = this.#resolve;
    this.#resolve = null;
    resolve?.(isTimeUp);
  }
}
