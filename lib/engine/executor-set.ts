import type { Clock } from '../clock.js';
import type { Executor, ExecutorSession } from '../executors/executor.js';
import type { Lane } from '../stores/job-store.js';
import { farewell } from './drain.js';
import { InvalidAliasError, UnknownExecutorError } from './engine-errors.js';

/** An open executor and the slots that claims under way have set aside. */
class OpenExecutor {
  reserved = 0;

  constructor(readonly session: ExecutorSession) {}

  get free(): number {
    return this.session.freeSlots() - this.reserved;
  }
}

/** The executors of this scheduler, by alias. Several stores draw on their free slots. */
export class ExecutorSet {
  readonly #configured: Map<string, Executor>;
  readonly #open = new Map<string, OpenExecutor>();
  readonly #starved = new Set<() => void>();
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

  /** The executors that can take a run now, each with how many, at most `most`. */
  lanes(most: number): Lane[] {
    const lanes: Lane[] = [];
    for (const [executor, opened] of this.#open) {
      const limit = Math.min(opened.free, most);
      if (limit > 0) lanes.push({ executor, limit });
    }
    return lanes;
  }

  /** Sets one slot aside for a claim under way, if there is one. */
  reserve(alias: string): boolean {
    const opened = this.#open.get(alias);
    if (!opened || opened.free <= 0) return false;
    opened.reserved++;
    return true;
  }

  /** Gives back a slot that `reserve` set aside: the claim is over, its runs take their slots by themselves. */
  unreserve(alias: string): void {
    const opened = this.#open.get(alias);
    // It may have been removed and added anew meanwhile.
    if (opened && opened.reserved > 0) opened.reserved--;
  }

  /** Sets as many slots aside as are still free of those given. */
  reserveLanes(lanes: readonly Lane[]): Lane[] {
    const reserved: Lane[] = [];
    for (const { executor, limit } of lanes) {
      const opened = this.#open.get(executor);
      const slots = Math.min(opened?.free ?? 0, limit);
      if (!opened || slots <= 0) continue;
      opened.reserved += slots;
      reserved.push({ executor, limit: slots });
    }
    return reserved;
  }

  unreserveLanes(lanes: readonly Lane[]): void {
    for (const { executor, limit } of lanes) {
      const opened = this.#open.get(executor);
      if (opened) opened.reserved = Math.max(opened.reserved - limit, 0);
    }
    this.slotFreed();
  }

  /** Calls `wake` once, as soon as any slot is free again. */
  onceFree(wake: () => void): void {
    this.#starved.add(wake);
  }

  /** A run has left its slot. */
  slotFreed(): void {
    if (this.#starved.size === 0) return;
    const waiting = [...this.#starved];
    this.#starved.clear();
    for (const wake of waiting) wake();
  }

  async #openOne(alias: string, executor: Executor): Promise<void> {
    this.#open.set(alias, new OpenExecutor(await executor.open({ alias, clock: this.#clock })));
    this.slotFreed();
  }
}
