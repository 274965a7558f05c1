import type { Clock, ClockTimer } from '../clock.js';

/** The time that running handlers still have. A later call may shorten it, never lengthen it. */
export class DrainDeadline {
  readonly #clock: Clock;
  readonly #over: Promise<void>;
  #end!: () => void;
  #endsAt = Infinity;
  #timer: ClockTimer | null = null;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#over = new Promise((resolve) => (this.#end = resolve));
    this.shorten(timeoutMs);
  }

  get remainingMs(): number {
    return Math.max(this.#endsAt - this.#clock.monotonic(), 0);
  }

  shorten(timeoutMs: number): void {
    const endsAt = this.#clock.monotonic() + timeoutMs;
    if (endsAt >= this.#endsAt) return;
    this.#endsAt = endsAt;
    this.#timer?.cancel();
    if (timeoutMs <= 0) return this.#end();
    this.#timer = this.#clock.setTimer(() => this.#end(), timeoutMs, { keepAlive: true });
  }

  /** Waits for `work`, until the deadline at most; answers whether it was done in time. */
  async wait(work: Promise<unknown>): Promise<boolean> {
    return Promise.race([work.then(() => true), this.#over.then(() => false)]);
  }

  dispose(): void {
    this.#timer?.cancel();
  }
}

/**
 * While it drains, a second SIGTERM or SIGINT means "at once". Nest itself swallows it.
 *
 * @returns a function that stops listening. A signal that came meanwhile and that nobody else listens to is passed on
 * then, as if it had not been caught here.
 */
export function onSecondSignal(callback: () => void): () => void {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  let received: NodeJS.Signals | null = null;
  const listener = (signal: NodeJS.Signals): void => {
    received = signal;
    callback();
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.removeListener(signal, listener);
    if (received && process.listenerCount(received) === 0) process.kill(process.pid, received);
  };
}
