import { Logger } from '@nestjs/common';
import { LONGEST_TIMER_MS, type Clock, type ClockTimer } from '../clock.js';
import { describeError } from '../jobs/outcome.js';

/** How long each of the last steps of a shutdown may take. */
const FAREWELL_MS = 1000;

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
    this.#arm();
  }

  /** Waits for `work`, until the deadline at most; answers whether it was done in time. */
  async wait(work: Promise<unknown>): Promise<boolean> {
    return Promise.race([work.then(() => true), this.#over.then(() => false)]);
  }

  dispose(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    const left = this.remainingMs;
    if (left <= 0) return this.#end();
    const delayMs = Math.min(Math.ceil(left), LONGEST_TIMER_MS);
    this.#timer = this.#clock.setTimer(() => this.#arm(), delayMs, { keepAlive: true });
  }
}

/** Does one of the last things, for a while at most. Its failure is logged: the rest has to end all the same. */
export async function farewell(
  clock: Clock,
  what: string,
  work: () => Promise<unknown>,
  limitMs: number = FAREWELL_MS,
): Promise<void> {
  const deadline = new DrainDeadline(clock, limitMs);
  try {
    const isDone = await deadline.wait(work());
    if (!isDone) new Logger('Scheduler').warn(`Gave up at shutdown: ${what} takes more than ${limitMs} ms.`);
  } catch (error) {
    const { name, message } = describeError(error);
    new Logger('Scheduler').warn(`Failed at shutdown: ${what}: ${name}: ${message}`);
  } finally {
    deadline.dispose();
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
