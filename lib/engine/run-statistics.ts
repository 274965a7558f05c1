import { assertKnownKeys } from '../jobs/known-keys.js';
import { InvalidJobOptionError } from '../jobs/job-errors.js';
import { assertIsId } from '../jobs/job-id.js';
import type { InStore } from '../jobs/job-input.js';
import { NO_RUNS, type RunCounts } from '../jobs/run-tally.js';
import type { DurationHistogram } from '../jobs/duration-histogram.js';
import type { StoreStats, Tallied } from '../stores/job-store.js';
import { parseInstant, type InstantInput } from '../triggers/instant.js';
import { emptySpan } from './empty-span.js';
import type { ManagedStore } from './managed-store.js';
import type { StoreSet } from './store-set.js';

/** Which runs `stats` counts. @publicApi */
export interface StatsFilter extends InStore {
  /** Runs that have ended since. Default: 24 hours before `to`. */
  readonly from?: InstantInput;
  /** Runs that have ended before; of a date alone, before that day is over. Default: now. */
  readonly to?: InstantInput;
  /** Of this job alone. */
  readonly jobId?: string;
}

/** Milliseconds that half of the runs, and 95 of 100, did not exceed: within a tenth. @publicApi */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

/** How the runs of a task have ended. @publicApi */
export interface TaskStats {
  readonly task: string;
  /** Alias of the store. */
  readonly store: string;
  /**
   * Since when all of its runs are counted. In memory that may be later than asked for: of the runs that ended before, only
   * those are counted that the history still has.
   */
  readonly from: Date;
  /** Of a record that stands for several fires, each counts. */
  readonly counts: RunCounts;
  /** From start to end, of the last attempt of each; lost ones apart. `null`: nothing has run. */
  readonly duration: Percentiles | null;
  /** From due (the fire and its jitter, or the end of a retry delay) to start. `null`: nothing has run. */
  readonly lateness: Percentiles | null;
}

/** How the runs of a job have ended. @publicApi */
export interface JobStats extends TaskStats {
  readonly jobId: string;
}

/** What has ended within a time, in figures. @publicApi */
export interface Stats {
  /**
   * What is counted. A database keeps figures of whole hours since the beginning of yesterday (UTC), and of whole days before
   * that: the time asked for is widened to these.
   */
  readonly from: Date;
  readonly to: Date;
  readonly total: RunCounts;
  /** By task and store; empty when one job is asked for. */
  readonly tasks: readonly TaskStats[];
  /** By id and store. A one-shot job that is gone after its run is counted under its task alone. */
  readonly jobs: readonly JobStats[];
}

const DAY_MS = 86_400_000;

/** Adds up the figures of all stores. */
export class RunStatistics {
  readonly #stores: StoreSet;
  readonly #timeZone: string;

  constructor(stores: StoreSet, timeZone: string) {
    this.#stores = stores;
    this.#timeZone = timeZone;
  }

  async of(filter: StatsFilter = {}): Promise<Stats> {
    assertKnownKeys(filter, ['from', 'to', 'jobId', 'store'], 'stats');
    if (filter.jobId !== undefined) assertIsId(filter.jobId, 'stats');
    const from = this.#instant(filter.from, 'from', 'start');
    const to = this.#end(filter.to);
    if (from !== undefined && to !== undefined && from >= to) throw emptySpan('stats', from, to);
    const stores = this.#stores.select(filter.store, 'stats');
    const parts = await Promise.all(stores.map((store) => statsOf(store, from, to, filter.jobId)));
    const tasks: TaskStats[] = [];
    const jobs: JobStats[] = [];
    for (const { alias, stats } of parts) {
      for (const tallied of stats.tallies) {
        const { jobId } = tallied;
        if (jobId === null) tasks.push(taskStats(tallied, alias));
        else jobs.push({ jobId, ...taskStats(tallied, alias) });
      }
    }
    return {
      from: new Date(Math.min(...parts.map(({ stats }) => stats.from))),
      to: new Date(Math.max(...parts.map(({ stats }) => stats.to))),
      total: sumOf((filter.jobId === undefined ? tasks : jobs).map(({ counts }) => counts)),
      tasks: tasks.toSorted((one, other) => compare(one.task, other.task)),
      jobs: jobs.toSorted((one, other) => compare(one.jobId, other.jobId)),
    };
  }

  #end(input: InstantInput | undefined): number | undefined {
    const first = this.#instant(input, 'to', 'start');
    const last = this.#instant(input, 'to', 'end');
    // Of a date alone it is the last millisecond.
    return last === undefined || last === first ? last : last + 1;
  }

  #instant(input: InstantInput | undefined, what: string, bareDateMeans: 'start' | 'end'): number | undefined {
    if (input === undefined) return undefined;
    return parseInstant(input, { timeZone: this.#timeZone, what: `stats: ${what}`, bareDateMeans });
  }
}

/** By the store's own clock, ahead of which a process may be that has just recorded an end. */
async function statsOf(
  store: ManagedStore,
  from: number | undefined,
  to: number | undefined,
  jobId: string | undefined,
): Promise<{ readonly alias: string; readonly stats: StoreStats }> {
  const session = await store.session();
  const now = await session.now();
  if (from !== undefined && to === undefined && from > now) {
    throw new InvalidJobOptionError('stats: from must not be after now. It counts what has ended.');
  }
  const query = { from: from ?? (to ?? now) - DAY_MS, to: to ?? now + DAY_MS, jobId };
  const stats = await session.stats(query);
  return { alias: store.alias, stats: to === undefined ? { ...stats, to: now } : stats };
}

function taskStats({ task, from, tally }: Tallied, store: string): TaskStats {
  const { counts, durations, lateness } = tally;
  return {
    task,
    store,
    from: new Date(from),
    counts,
    duration: percentilesOf(durations),
    lateness: percentilesOf(lateness),
  };
}

function percentilesOf(histogram: DurationHistogram): Percentiles | null {
  const [p50, p95] = [histogram.percentile(0.5), histogram.percentile(0.95)];
  return p50 === null || p95 === null ? null : { p50, p95 };
}

function sumOf(all: readonly RunCounts[]): RunCounts {
  const sum: Record<keyof RunCounts, number> = { ...NO_RUNS };
  for (const counts of all) for (const state of Object.keys(sum) as (keyof RunCounts)[]) sum[state] += counts[state];
  return sum;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
