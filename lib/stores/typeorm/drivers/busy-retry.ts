import type { Clock } from '../../../clock.js';
import { StoreBusyError } from '../../store-errors.js';
import { isBusy } from './sqlite-handle.js';

/** The longest pause between two attempts, ms. Random, so that processes that collide once do not keep in step. */
const JITTER_MS = 3;

interface Waiting {
  readonly attempt: () => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
}

/**
 * Runs work that may find the database locked: at once when it can, and otherwise again after a pause, in the order of
 * the calls. SQLite's own `busy_timeout` sleeps inside the call and would hold up the event loop for as long as
 * another process writes.
 */
export class BusyRetry {
  readonly #alias: string;
  readonly #clock: Clock;
  readonly #longestWaitMs: number;
  readonly #waiting: Waiting[] = [];
  #isPumping = false;

  constructor(alias: string, clock: Clock, longestWaitMs: number) {
    this.#alias = alias;
    this.#clock = clock;
    this.#longestWaitMs = longestWaitMs;
  }

  /** @throws {StoreBusyError} when the lock is not to be had in time, and whatever `work` throws. */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = { attempt: () => resolve(work()), reject, since: this.#clock.monotonic() };
      if (this.#waiting.length === 0 && this.#isSettledBy(waiting)) return;
      this.#waiting.push(waiting);
      if (!this.#isPumping) void this.#pump();
    });
  }

  /** Ends all waiting. */
  abandon(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    while (this.#waiting.length > 0) {
      await this.#pause();
      while (this.#waiting[0] && this.#isSettledBy(this.#waiting[0])) this.#waiting.shift();
    }
    this.#isPumping = false;
  }

  /** Tries; answers whether the call is over, one way or the other. */
  #isSettledBy({ attempt, reject, since }: Waiting): boolean {
    try {
      attempt();
      return true;
    } catch (error) {
      const waited = this.#clock.monotonic() - since;
      if (isBusy(error) && waited < this.#longestWaitMs) return false;
      reject(isBusy(error) ? this.#busyError(waited, error) : error);
      return true;
    }
  }

  #busyError(waitedMs: number, cause: unknown): StoreBusyError {
    return new StoreBusyError(
      `Store "${this.#alias}": the database has been locked by others for ${Math.round(waitedMs)} ms. ` +
        `Nothing was written. Try again, and look for a long transaction elsewhere.`,
      { cause },
    );
  }

  /** Keeps the process alive whatever the store's timers do: somebody awaits the call, and it ends soon. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(resolve, Math.floor(Math.random() * (JITTER_MS + 1)), { keepAlive: true });
    });
  }
}
