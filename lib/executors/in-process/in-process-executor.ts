import { isObservable } from 'rxjs';
import type { Clock } from '../../clock.js';
import type { Executor, ExecutorContext, ExecutorSession, Work, WorkResult } from '../executor.js';
import { isObject } from '../../errors/object-kinds.js';
import { InvalidInProcessOptionError } from './in-process-errors.js';
import { settleValue } from './last-value.js';
import { untilTimeout } from './until-timeout.js';

/** How much an {@link InProcessExecutor} does at a time. @publicApi */
export interface InProcessExecutorOptions {
  /** How many asynchronous runs may be in flight at the same time, 1 or more. Default 100. */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 100;
const OPTION_NAMES: readonly string[] = ['concurrency'] satisfies (keyof InProcessExecutorOptions)[];
/** What most handlers end with. */
const DONE: WorkResult = Object.freeze({ state: 'succeeded', value: undefined });
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs handlers in this process, on the event loop: the right place for work that waits for I/O. A handler may be
 * synchronous, or return a promise or an Observable, whose last value is then the result.
 *
 * @example
 * SchedulerModule.forRoot({ executors: { default: new InProcessExecutor({ concurrency: 20 }) } });
 * @throws {InvalidInProcessOptionError}
 * @publicApi
 */
export class InProcessExecutor implements Executor {
  readonly kind = 'in-process';
  readonly #concurrency: number;

  constructor(options: InProcessExecutorOptions = {}) {
    this.#concurrency = validate(options).concurrency ?? DEFAULT_CONCURRENCY;
  }

  async open({ clock }: ExecutorContext): Promise<ExecutorSession> {
    return new InProcessSession(this.#concurrency, clock);
  }
}

class InProcessSession implements ExecutorSession {
  readonly #concurrency: number;
  readonly #clock: Clock;
  /** Synchronous handlers are over before anybody could count them. */
  #inFlight = 0;
  #isShutDown = false;
  readonly #waiting = new Set<() => void>();

  constructor(concurrency: number, clock: Clock) {
    this.#concurrency = concurrency;
    this.#clock = clock;
  }

  freeSlots(): number {
    return this.#isShutDown ? 0 : Math.max(this.#concurrency - this.#inFlight, 0);
  }

  submit(work: Work): WorkResult | Promise<WorkResult> {
    try {
      const value = work.call();
      if (isPending(value)) return this.#settle(value, work);
      return value === undefined ? DONE : { state: 'succeeded', value };
    } catch (error) {
      return { state: 'failed', error };
    }
  }

  async shutdown({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    this.#isShutDown = true;
    if (timeoutMs <= 0) return this.#letGo();
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      // What was asked for is seen through, whatever else keeps the process alive or doesn't.
      const delayMs = Math.min(timeoutMs, LONGEST_TIMER_MS);
      const timer = this.#clock.setTimer(() => this.#letGo(), delayMs, { keepAlive: true });
      this.#waiting.add(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  async #settle(value: unknown, work: Work): Promise<WorkResult> {
    this.#inFlight++;
    try {
      const settled = settleValue(value, work);
      return {
        state: 'succeeded',
        value: await (work.timeout === null ? settled : untilTimeout(settled, work.signal)),
      };
    } catch (error) {
      return { state: 'failed', error };
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#letGo();
    }
  }

  /** Ends every wait for what is running: a second, shorter shutdown shortens the first. */
  #letGo(): void {
    for (const proceed of this.#waiting) proceed();
    this.#waiting.clear();
  }
}

function isPending(value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof (value as { then?: unknown }).then === 'function' || isObservable(value);
}

function validate(options: InProcessExecutorOptions): InProcessExecutorOptions {
  const given: unknown = options;
  if (!isObject(given)) throw InvalidInProcessOptionError.notAnObject(given);
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.includes(name));
  if (unknown !== undefined) throw InvalidInProcessOptionError.unknown(unknown, OPTION_NAMES);
  const { concurrency } = options;
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency >= 1)) {
    throw InvalidInProcessOptionError.concurrency(concurrency);
  }
  return options;
}
