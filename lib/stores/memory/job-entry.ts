import type { JobRecord } from '../../jobs/job-record.js';
import type { Occupancy } from '../../jobs/overlap.js';
import type { PrunedSlots } from '../job-store.js';
import type { EndedRun } from './ended-run.js';
import type { ExecutorLane } from './executor-lane.js';
import type { MemoryJob } from './memory-job.js';
import type { MemoryRun } from './memory-run.js';

const NONE: readonly MemoryRun[] = Object.freeze([]);

/** Everything a store knows under one job id: the job, while there is one, and its runs, which may outlive it. */
export class JobEntry {
  job: MemoryJob | null = null;
  /** What is to be stored when all of a batch have been decided. */
  staged: JobRecord | null = null;
  /** Where its fires and queued runs are ordered; `null`: out of the way, nothing of it can be claimed. */
  lane: ExecutorLane | null = null;
  /** How many of its runs are running. */
  running = 0;
  /** How many of them are backfills. */
  runningBackfills = 0;
  /** Between which slots runs have left the history. */
  pruned: PrunedSlots | null = null;
  /** When the latest of them ended. */
  forgottenUntil = -Infinity;
  /** Whether the end of this declared job has been told. */
  isRetired = false;
  endedFirst: EndedRun | null = null;
  endedLast: EndedRun | null = null;
  endedCount = 0;
  #queued: MemoryRun[] | null = null;

  constructor(
    readonly id: string,
    /** Stands for this entry in the heaps. */
    readonly slot: number,
    /** The session it belongs to: a run of another session is none of this one's. */
    readonly owner: object,
  ) {}

  /** Retries first and backfills last, then by `availableAt`, then in the order of recording. */
  get queued(): readonly MemoryRun[] {
    return this.#queued ?? NONE;
  }

  get hasUnfinishedRun(): boolean {
    return this.running > 0 || this.#queued !== null;
  }

  /** Its ended runs, the earliest ended first. */
  *ended(): Iterable<EndedRun> {
    for (let run = this.endedFirst; run; run = run.endedNext) yield run;
  }

  occupancyAt(now: number): Occupancy {
    const { running, runningBackfills } = this;
    return { running, runningBackfills, queuedDue: this.#queuedDue(now) };
  }

  /** A run of the job runs. */
  started({ origin }: Pick<MemoryRun, 'origin'>): void {
    this.running++;
    if (origin === 'backfill') this.runningBackfills++;
  }

  /** A run of the job runs no more. */
  stopped({ origin }: Pick<MemoryRun, 'origin'>): void {
    this.running--;
    if (origin === 'backfill') this.runningBackfills--;
  }

  /** A run of the job has left the history. */
  forget(scheduledAt: number, finishedAt: number): void {
    const { from, until } = this.pruned ?? { from: scheduledAt, until: scheduledAt };
    this.pruned = { from: Math.min(from, scheduledAt), until: Math.max(until, scheduledAt) };
    this.forgottenUntil = Math.max(this.forgottenUntil, finishedAt);
  }

  /** The first retry that may start once it is available. */
  firstRetry(): MemoryRun | null {
    return this.#firstOf('retry');
  }

  /** The first queued run that is neither retry nor backfill and may start once it is available. */
  firstQueued(): MemoryRun | null {
    return this.#firstOf('other');
  }

  /** The first backfill that may start once it is available. */
  firstBackfill(): MemoryRun | null {
    return this.#firstOf('backfill');
  }

  enqueue(run: MemoryRun): void {
    const queued = (this.#queued ??= []);
    let at = queued.length;
    while (at > 0 && isBefore(run, queued[at - 1] as MemoryRun)) at--;
    queued.splice(at, 0, run);
  }

  dequeue(run: MemoryRun): void {
    if (this.#queued === null) return;
    this.#queued.splice(this.#queued.indexOf(run), 1);
    if (this.#queued.length === 0) this.#queued = null;
  }

  dequeueAll(): readonly MemoryRun[] {
    const { queued } = this;
    this.#queued = null;
    return queued;
  }

  #firstOf(turn: Turn): MemoryRun | null {
    if (this.#queued === null || !this.#hasFreeInstance) return null;
    return this.#queued.find((run) => turnOf(run) === turn && this.#mayStart(run)) ?? null;
  }

  /** Queued runs that are due and may start, backfills apart. */
  #queuedDue(now: number): number {
    if (this.#queued === null) return 0;
    let due = 0;
    for (const run of this.#queued) {
      if (run.availableAt <= now && run.origin !== 'backfill' && this.#mayStart(run)) due++;
    }
    return due;
  }

  get #hasFreeInstance(): boolean {
    return this.job !== null && this.running < this.job.maxInstances;
  }

  /** Of a paused job only what was made after the pause does. */
  #mayStart(run: MemoryRun): boolean {
    return this.job?.state !== 'paused' || run.gen === this.job.gen;
  }
}

/** Who comes first, second and third. */
const TURNS = ['retry', 'other', 'backfill'] as const;

type Turn = (typeof TURNS)[number];

function turnOf(run: MemoryRun): Turn {
  if (run.origin === 'backfill') return 'backfill';
  return run.isRetry ? 'retry' : 'other';
}

function isBefore(run: MemoryRun, other: MemoryRun): boolean {
  const [turn, otherTurn] = [TURNS.indexOf(turnOf(run)), TURNS.indexOf(turnOf(other))];
  if (turn !== otherTurn) return turn < otherTurn;
  return run.availableAt < other.availableAt || (run.availableAt === other.availableAt && run.seq < other.seq);
}
