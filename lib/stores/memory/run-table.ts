import type { Retention, RunFilter, StatsQuery, StoreStats } from '../job-store.js';
import type { RunRecord } from '../../jobs/run-record.js';
import { EndedRun } from './ended-run.js';
import type { JobEntry } from './job-entry.js';
import type { MemoryRun } from './memory-run.js';
import { RunList } from './run-list.js';
import { RunStats } from './run-stats.js';

/** How many ended runs are kept. */
export interface HistoryLimits {
  readonly maxRuns: number;
  readonly maxRunsPerJob: number;
}

/** A run as a reader of the history sees it. */
type StoredRun = Pick<EndedRun, 'seq' | 'job' | 'jobId' | 'series' | 'runId' | 'state' | 'scheduledAt' | 'toRecord'>;

/** Every run on record: those that are queued or running, and a ring of those that have ended. */
export class RunTable {
  readonly running = new RunList<MemoryRun>();
  readonly queued = new RunList<MemoryRun>();
  /** In the order in which they ended. */
  readonly #ended = new RunList<EndedRun>();
  readonly #stats = new RunStats();
  readonly #limits: HistoryLimits;
  readonly #forgotten: (entry: JobEntry) => void;
  #lastSeq = 0;

  /** @param forgotten called when a job's last ended run has left the history */
  constructor(limits: HistoryLimits, forgotten: (entry: JobEntry) => void) {
    this.#limits = limits;
    this.#forgotten = forgotten;
  }

  nextSeq(): number {
    return ++this.#lastSeq;
  }

  /** Keeps an ended run, which is in no list, in place of the oldest one if need be. */
  keep(run: MemoryRun): void {
    const { maxRuns, maxRunsPerJob } = this.#limits;
    const { entry } = run;
    if (maxRuns === 0 || maxRunsPerJob === 0) {
      this.#noteForgotten(entry, run);
      return this.#forgetIfGone(entry);
    }
    let oldest: EndedRun | null = null;
    if (entry.endedCount >= maxRunsPerJob) oldest = entry.endedFirst;
    else if (this.#ended.size >= maxRuns) oldest = this.#ended.first;
    if (!oldest) return this.#add(new EndedRun(run));

    const entryOfOldest = oldest.entry;
    this.#remove(oldest);
    this.#noteForgotten(entryOfOldest, oldest);
    oldest.become(run);
    this.#add(oldest);
    this.#forgetIfGone(entryOfOldest);
  }

  /** Every run of the job, in no particular order. */
  *ofJob(entry: JobEntry): Iterable<StoredRun> {
    if (entry.running > 0) for (const run of this.running) if (run.entry === entry) yield run;
    yield* entry.queued;
    yield* entry.ended();
  }

  find(entry: JobEntry, runId: string): StoredRun | null {
    for (const run of this.ofJob(entry)) if (run.runId === runId) return run;
    return null;
  }

  *#all(): Iterable<StoredRun> {
    yield* this.running;
    yield* this.queued;
    yield* this.#ended;
  }

  findAnywhere(runId: string): StoredRun | null {
    // The job id is compared first, so that the other runs need not make theirs.
    for (const run of this.#all()) if (runId.startsWith(run.jobId) && run.runId === runId) return run;
    return null;
  }

  /** The latest slot first. */
  list(filter: RunFilter, entry: JobEntry | null): RunRecord[] {
    const found: StoredRun[] = [];
    for (const run of entry ? this.ofJob(entry) : this.#all()) if (isMatch(run, filter)) found.push(run);
    found.sort((one, other) => other.scheduledAt - one.scheduledAt || other.seq - one.seq);
    return found.slice(0, filter.limit).map((run) => run.toRecord());
  }

  /** @param entry of the job, if one is asked for */
  stats(query: StatsQuery, entry: JobEntry | null): StoreStats {
    return this.#stats.of(entry ? entry.ended() : this.#ended, query);
  }

  prune({ maxAge, maxRunsPerJob, maxRuns }: Retention, now: number, limit: number): number {
    const endedBefore = now - maxAge;
    let left = limit;
    left -= this.#pruneOldest(left, (run) => run.finishedAt < endedBefore);
    // Nothing is to be found, by a look at each run, where no more is kept of a job anyway.
    if (this.#limits.maxRunsPerJob > maxRunsPerJob) left -= this.#pruneSurplus(left, maxRunsPerJob);
    // Last: what is beyond the share of its job takes nobody's place.
    if (maxRuns !== null) left -= this.#pruneOldest(left, () => this.#ended.size > maxRuns);
    return limit - left;
  }

  clear(): void {
    this.running.clear();
    this.queued.clear();
    this.#ended.clear();
  }

  /** Forgets the oldest run, as long as it is one too many; answers how many. */
  #pruneOldest(limit: number, isTooMany: (oldest: EndedRun) => boolean): number {
    let pruned = 0;
    for (let { first } = this.#ended; first && pruned < limit && isTooMany(first); first = this.#ended.first) {
      this.#forget(first);
      pruned++;
    }
    return pruned;
  }

  #pruneSurplus(limit: number, keep: number): number {
    let pruned = 0;
    for (const run of this.#ended) {
      if (pruned === limit) break;
      if (run.entry.endedCount <= keep) continue;
      this.#forget(run);
      pruned++;
    }
    return pruned;
  }

  #forget(run: EndedRun): void {
    this.#remove(run);
    this.#noteForgotten(run.entry, run);
    this.#forgetIfGone(run.entry);
  }

  #noteForgotten(entry: JobEntry, run: Pick<MemoryRun | EndedRun, 'job' | 'scheduledAt' | 'finishedAt'>): void {
    const finishedAt = run.finishedAt as number;
    entry.forget(run.scheduledAt, finishedAt);
    this.#stats.forget(run.job.task, finishedAt);
  }

  #forgetIfGone(entry: JobEntry): void {
    if (entry.endedCount === 0 && entry.job === null) this.#forgotten(entry);
  }

  #add(run: EndedRun): void {
    const { entry } = run;
    this.#ended.add(run);
    if (entry.endedLast) entry.endedLast.endedNext = run;
    else entry.endedFirst = run;
    entry.endedLast = run;
    entry.endedCount++;
  }

  #remove(run: EndedRun): void {
    const { entry } = run;
    this.#ended.remove(run);
    let previous: EndedRun | null = null;
    for (let other = entry.endedFirst; other !== run && other; other = other.endedNext) previous = other;
    if (previous) previous.endedNext = run.endedNext;
    else entry.endedFirst = run.endedNext;
    if (entry.endedLast === run) entry.endedLast = previous;
    run.endedNext = null;
    entry.endedCount--;
  }
}

function isMatch(run: StoredRun, { states, tags, from, to, before }: RunFilter): boolean {
  if (states && !states.includes(run.state)) return false;
  if (tags && !tags.every((tag) => run.job.tags.includes(tag))) return false;
  if (from !== undefined && run.scheduledAt < from) return false;
  if (to !== undefined && run.scheduledAt > to) return false;
  if (!before || run.scheduledAt < before.scheduledAt) return true;
  return run.scheduledAt === before.scheduledAt && run.seq < before.seq;
}
