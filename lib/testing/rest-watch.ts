import type { Activity } from '../engine/activity.js';
import { runInProgress, type RunContext } from '../executors/run-context.js';
import { settle } from './settle.js';

/** Taken before a test may replace them: how long a handler takes is a matter of real time. */
const { setTimeout: setRealTimer, clearTimeout: clearRealTimer } = globalThis;

/** So many turns of the event loop belong to each timer, for what it has set off beside runs. */
const TURNS = 2;

/** Waits until a scheduler has come to rest: nothing is left to do before the time moves on. */
export class RestWatch {
  readonly #patienceMs: number;
  #activity: Activity | null = null;
  /** Runs that were waited for in vain: they wait for the time to move, or for the test. */
  readonly #left = new Set<RunContext>();
  /** Runs that wait for the clock, and how many waits of each there are. */
  readonly #asleep = new Map<RunContext, number>();

  /** @param patienceMs how long handlers are waited for, in real time */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  watch(activity: Activity | null): void {
    this.#activity = activity;
    this.forgetLeft();
  }

  /** Runs that were left behind are waited for again. */
  forgetLeft(): void {
    this.#left.clear();
  }

  async untilRest(): Promise<void> {
    for (;;) {
      await settle(TURNS);
      const activity = this.#activity;
      if (!activity) return;
      if (!activity.isAtRest) continue;
      if (activity.runs.every((run) => this.#isExempt(run))) return;
      const exempt = { has: (run: RunContext) => this.#isExempt(run) };
      if (!(await this.#inTime(activity.whenRunsEnd(exempt)))) this.#leaveAll(activity);
    }
  }

  /** Waits for something that may need the time to move; answers whether it came without. */
  async comesByItself(work: Promise<unknown>): Promise<boolean> {
    const activity = this.#activity;
    const runs = activity?.runs ?? [];
    // Where all wait for the clock, there is nothing to be patient with.
    const isUseless = runs.length > 0 && runs.every((run) => this.#isExempt(run));
    const hasCome = await this.#inTime(work, isUseless ? 0 : this.#patienceMs);
    if (!hasCome && activity) this.#leaveAll(activity);
    return hasCome;
  }

  /** Waits for the clock, as `wait` does; the run that it is called in, if any, is not waited for meanwhile. */
  async asleep(wait: Promise<void>): Promise<void> {
    const run = runInProgress();
    if (!run) return wait;
    this.#asleep.set(run, (this.#asleep.get(run) ?? 0) + 1);
    this.#activity?.lookAgain();
    try {
      await wait;
    } finally {
      const waits = (this.#asleep.get(run) ?? 1) - 1;
      if (waits === 0) this.#asleep.delete(run);
      else this.#asleep.set(run, waits);
    }
  }

  async #inTime(work: Promise<unknown>, patienceMs: number = this.#patienceMs): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      if (patienceMs === 0) void settle().then(resolve);
      else timer = setRealTimer(resolve, patienceMs);
    });
    const isDone = await Promise.race([work.then(() => true), timeUp.then(() => false)]);
    clearRealTimer(timer);
    return isDone;
  }

  #leaveAll(activity: Activity): void {
    for (const run of activity.runs) this.#left.add(run);
    activity.lookAgain();
  }

  #isExempt(run: RunContext): boolean {
    return this.#left.has(run) || this.#asleep.has(run);
  }
}
