import { Logger } from '@nestjs/common';
import type { Clock } from '../clock.js';
import type { Executor, ExecutorSession } from '../executors/executor.js';
import { describeError } from '../jobs/outcome.js';
import type { Lane } from '../stores/job-store.js';
import { assertAlias } from './alias.js';
import { farewell } from './drain.js';
import { InvalidAliasError, UnknownExecutorError } from './engine-errors.js';
import { openExecutor } from './openable.js';

/** An open executor, the slots that claims under way have set aside, and who waits for one. */
class OpenExecutor {
  reserved = 0;
  readonly starved = new Set<() => void>();
  readonly #alias: string;
  #hasFailed = false;

  constructor(
    alias: string,
    readonly session: ExecutorSession,
  ) {
    this.#alias = alias;
  }

  get free(): number {
    try {
      return this.session.freeSlots() - this.reserved;
    } catch (error) {
      this.#complain(error);
      return 0;
    }
  }

  #complain(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const { name, message } = describeError(error);
    new Logger('Scheduler').error(`The executor "${this.#alias}" gets no runs, freeSlots() fails: ${name}: ${message}`);
  }
}

/** The executors of this scheduler, by alias. Several stores draw on their free slots. */
export class ExecutorSet {
  readonly #configured: Map<string, Executor>;
  readonly #open = new Map<string, OpenExecutor>();
  readonly #clock: Clock;

  constructor(executors: ReadonlyMap<string, Executor>, clock: Clock) {
    this.#configured = new Map(executors);
    this.#clock = clock;
  }

  get aliases(): readonly string[] {
    return [...this.#configured.keys()];
  }

  /** @throws {UnknownExecutorError} */
  assertKnown(alias: string, what: string): void {
    if (typeof alias !== 'string') assertAlias(alias, what);
    if (!this.#configured.has(alias)) throw new UnknownExecutorError(alias, this.aliases, what);
  }

  async open(): Promise<void> {
    for (const [alias, executor] of this.#configured) await this.#openOne(alias, executor);
  }

  /** @throws {InvalidAliasError} when the alias is taken. */
  async add(alias: string, executor: Executor, isOpen: boolean): Promise<void> {
    if (this.#configured.has(alias)) {
      throw new InvalidAliasError(`There is an executor "${alias}" already. Remove it first, or choose another alias.`);
    }
    this.#configured.set(alias, executor);
    try {
      if (isOpen) await this.#openOne(alias, executor);
    } catch (error) {
      this.#configured.delete(alias);
      throw error;
    }
  }

  /** No run is given to it any more; resolves when its running ones have ended, or at the end of `timeoutMs`. */
  async remove(alias: string, timeoutMs: number): Promise<void> {
    this.assertKnown(alias, 'removeExecutor');
    this.#configured.delete(alias);
    const opened = this.#open.get(alias);
    this.#open.delete(alias);
    await opened?.session.shutdown({ timeoutMs });
  }

  /** Lets go of all that runs; what fails on the way is logged. */
  async close(): Promise<void> {
    const opened = [...this.#open];
    this.#open.clear();
    const closing = opened.map(([alias, { session }]) =>
      farewell(this.#clock, `shutting down the executor "${alias}"`, () => session.shutdown({ timeoutMs: 0 })),
    );
    await Promise.all(closing);
  }

  session(alias: string): ExecutorSession | undefined {
    return this.#open.get(alias)?.session;
  }

  /**
   * The executors that can take a run now, each with how many, at most `most`. As soon as one of the others can,
   * `whenFree` is called, once.
   */
  lanes(most: number, whenFree: () => void): Lane[] {
    const lanes: Lane[] = [];
    for (const [executor, opened] of this.#open) {
      const limit = Math.min(opened.free, most);
      if (limit > 0) lanes.push({ executor, limit });
      else opened.starved.add(whenFree);
    }
    return lanes;
  }

  /** Sets one slot aside for a claim under way. If there is none, `whenFree` is called once as soon as there is. */
  reserve(alias: string, whenFree: () => void): boolean {
    const opened = this.#open.get(alias);
    if (!opened) return false;
    if (opened.free <= 0) {
      opened.starved.add(whenFree);
      return false;
    }
    opened.reserved++;
    return true;
  }

  /** Gives back slots that were set aside: the claim is over, its runs take their slots by themselves. */
  unreserve(alias: string, slots = 1): void {
    const opened = this.#open.get(alias);
    // It may have been removed and added anew meanwhile.
    if (opened) opened.reserved = Math.max(opened.reserved - slots, 0);
  }

  /** Sets as many slots aside as are still free of those given. */
  reserveLanes(lanes: readonly Lane[], whenFree: () => void): Lane[] {
    const reserved: Lane[] = [];
    for (const { executor, limit } of lanes) {
      let slots = 0;
      while (slots < limit && this.reserve(executor, whenFree)) slots++;
      if (slots > 0) reserved.push({ executor, limit: slots });
    }
    return reserved;
  }

  /** Wakes those who wait for a slot of this executor, in the order in which they came, if there is one. */
  slotFreed(alias: string): void {
    const opened = this.#open.get(alias);
    if (!opened || opened.starved.size === 0 || opened.free <= 0) return;
    const waiting = [...opened.starved];
    opened.starved.clear();
    for (const wake of waiting) wake();
  }

  async #openOne(alias: string, executor: Executor): Promise<void> {
    this.#open.set(alias, new OpenExecutor(alias, await openExecutor(executor, { alias, clock: this.#clock })));
  }
}
