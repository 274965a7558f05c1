import type { Clock, ClockTimer } from '../clock.js';
import type { JobStoreSession } from '../stores/job-store.js';
import { StoreUnavailableError } from '../stores/store-errors.js';

/** How long the engine waits for an answer before it takes the store for unavailable. */
const PATIENCE_MS = 20_000;

export interface PatienceOptions {
  readonly alias: string;
  readonly clock: Clock;
  readonly keepAlive: boolean;
  /** A lease is renewed so often that no attempt may take longer than this. */
  readonly renewalMs: number;
  /** A call has been answered after all. */
  readonly onLateAnswer: () => void;
}

/**
 * Limits how long the engine's own services wait for a store. A connection that died silently never answers: whoever
 * waited for it would wait for ever, and the jobs with him.
 */
export class Patience {
  readonly #options: PatienceOptions;
  readonly #timers = new Set<ClockTimer>();
  #isEnded = false;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** A view of `session` whose calls fail in time. One that no other process shares answers out of this one's memory. */
  limit(session: JobStoreSession): JobStoreSession {
    if (!session.isShared) return session;
    return new Proxy(session, {
      get: (target, name: keyof JobStoreSession) => {
        const value: unknown = target[name];
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => this.#limited(value.apply(target, args) as Promise<unknown>, name);
      },
    });
  }

  /** Nobody waits any more for what has not been answered yet. */
  end(): void {
    this.#isEnded = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #limited(call: Promise<unknown>, name: string): Promise<unknown> {
    if (this.#isEnded) return call;
    const { alias, clock, keepAlive, renewalMs, onLateAnswer } = this.#options;
    const limitMs = name === 'renewLease' ? Math.min(Math.ceil(renewalMs), PATIENCE_MS) : PATIENCE_MS;
    return new Promise((resolve, reject) => {
      let isLate = false;
      const giveUp = (): void => {
        isLate = true;
        this.#timers.delete(timer);
        reject(new StoreUnavailableError(`The store "${alias}" has not answered ${name}() within ${limitMs} ms.`));
      };
      const timer = clock.setTimer(giveUp, limitMs, { keepAlive });
      this.#timers.add(timer);
      const answered = (settle: () => void): void => {
        if (isLate) return onLateAnswer();
        this.#timers.delete(timer);
        timer.cancel();
        settle();
      };
      call.then(
        (result) => answered(() => resolve(result)),
        (error: Error) => answered(() => reject(error)),
      );
    });
  }
}
