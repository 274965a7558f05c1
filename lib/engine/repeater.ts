import { LONGEST_TIMER_MS, type Clock, type ClockTimer } from '../clock.js';

/** Does something again and again, each time a while after the last has ended, until it is stopped. */
export class Repeater {
  readonly #clock: Clock;
  readonly #work: () => Promise<void>;
  readonly #pauseMs: () => number;
  #timer: ClockTimer | null = null;
  #current: Promise<void> = Promise.resolve();
  #isRunning = false;

  /**
   * @param work must not reject
   * @param pauseMs asked before each pause
   */
  constructor(clock: Clock, work: () => Promise<void>, pauseMs: () => number) {
    this.#clock = clock;
    this.#work = work;
    this.#pauseMs = pauseMs;
  }

  start(): void {
    this.#isRunning = true;
    this.#schedule();
  }

  /** Resolves when the work under way has ended. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#timer?.cancel();
    this.#timer = null;
    await this.#current;
  }

  #schedule(): void {
    // The alarm keeps the process alive; these never have to.
    const delayMs = Math.min(Math.ceil(this.#pauseMs()), LONGEST_TIMER_MS);
    this.#timer = this.#clock.setTimer(() => this.#turn(), delayMs, { keepAlive: false });
  }

  #turn(): void {
    this.#current = this.#work().finally(() => {
      if (this.#isRunning) this.#schedule();
    });
  }
}
