import { expect } from 'vitest';
import type { Overlap } from '../../../lib/index.js';
import { witnessedJobs } from '../programs/support/witnessed-jobs.js';
import type { Lives } from './life.js';
import type { StoredJob, StoredRun } from './records.js';
import { excessCalls, type Call, type Disturbance } from './witness.js';

/**
 * What the store has on record of the program `witnessed` in the end, held against the slots that its triggers name,
 * by an arithmetic of its own, and against what the handlers have seen.
 */
export class Ledger {
  readonly runs: readonly StoredRun[];
  readonly jobs: readonly StoredJob[];
  readonly calls: readonly Call[];
  readonly #specs: ReturnType<typeof witnessedJobs>;
  readonly #runById: ReadonlyMap<string, StoredRun>;
  readonly #runsByJob = new Map<string, StoredRun[]>();

  private constructor(jobs: StoredJob[], runs: StoredRun[], calls: readonly Call[], crowd: number) {
    this.jobs = jobs;
    this.runs = runs;
    this.calls = calls;
    this.#specs = witnessedJobs(crowd);
    this.#runById = new Map(runs.map((run) => [run.runId, run]));
    for (const run of runs) push(this.#runsByJob, run.jobId, run);
  }

  static async read(lives: Lives, calls: readonly Call[], crowd: number): Promise<Ledger> {
    return new Ledger(await lives.jobs(), await lives.runs(), calls, crowd);
  }

  /** How many slots there were. */
  get slots(): number {
    return this.jobs.reduce((sum, job) => sum + this.#slotsOf(job).length, 0);
  }

  count(state: StoredRun['state']): number {
    return this.runs.filter((run) => run.state === state).length;
  }

  /** How many runs have succeeded in an attempt that was not the first. */
  get rescued(): number {
    return this.runs.filter(({ state, attempt }) => state === 'succeeded' && attempt > 1).length;
  }

  runOf({ runId }: Pick<Call, 'runId'>): StoredRun | undefined {
    return this.#runById.get(runId);
  }

  /** Every slot is on record exactly once: as a run, or in a record of those that did not run. */
  expectEverySlotOnce(): void {
    expect(this.jobs.map(({ id }) => id)).toEqual([...this.#specs.keys()].toSorted());
    for (const job of this.jobs) {
      const { every } = this.#specOf(job.id);
      const records = this.#runsByJob.get(job.id) ?? [];
      const covered = records.flatMap((run) => this.#coveredBy(run)).sort((one, other) => one - other);
      expect({ id: job.id, slots: covered }).toEqual({ id: job.id, slots: this.#slotsOf(job) });
      expect(job.nextFireAt).toBe((job.lastFireAt as number) + every);
      expect({ id: job.id, runs: job.runCount }).toEqual({ id: job.id, runs: records.filter(isRun).length });
    }
    expect(this.#runById.size).toBe(this.runs.length);
  }

  /** No attempt of a run was started twice, none of what is not on record, and no fence was given twice. */
  expectEveryStartOnce(): void {
    expect(duplicates(this.calls.map(({ runId, attempt }) => `${runId} ${attempt}`))).toEqual([]);
    expect(duplicates(this.calls.map(({ jobId, fence }) => `${jobId} ${fence}`))).toEqual([]);
    const strange = this.calls.filter((call) => {
      const run = this.runOf(call);
      return !run || !isRun(run) || run.attempt < call.attempt || run.fence < call.fence;
    });
    expect(strange).toEqual([]);
  }

  /** Every run has ended, but those that have only just been queued; the ones that succeeded were seen to. */
  expectEveryRunEnded(queuedSince: number): void {
    const unfinished = this.runs.filter(({ state, scheduledAt, finishedAt }) =>
      state === 'queued' ? scheduledAt < queuedSince : state === 'running' || finishedAt === null,
    );
    expect(unfinished).toEqual([]);
    const ended = new Set(
      this.calls.filter(({ how }) => how === 'succeeded').map(({ runId, fence }) => `${runId} ${fence}`),
    );
    const unseen = this.runs.filter((run) => run.state === 'succeeded' && !ended.has(`${run.runId} ${run.fence}`));
    expect(unseen).toEqual([]);
  }

  /** Runs of a job were taken in the order of their slots; those that were tried again come as they can. */
  expectStartsInOrder(): void {
    for (const [id, calls] of this.#callsByJob()) {
      const slots = calls
        .filter(({ attempt }) => attempt === 1)
        .toSorted((one, other) => one.fence - other.fence)
        .map((call) => this.runOf(call)?.scheduledAt as number);
      expect({ id, slots }).toEqual({ id, slots: slots.toSorted((one, other) => one - other) });
    }
  }

  /** A slot was skipped for others of its job, or a run cancelled for a slot, where the job's `overlap` says so. */
  expectOverlapKept(): void {
    const overlapsOf = (runs: readonly StoredRun[]) => new Set(runs.map(({ jobId }) => this.#overlapOf(jobId)));
    const skipped = this.runs.filter(({ reason }) => reason === 'maxInstances');
    // One whose handlers end at once when they are told to may never have skipped any.
    expect(overlapsOf(skipped).add('cancelRunning')).toEqual(new Set(['skip', 'queueOne', 'cancelRunning']));
    const cancelled = this.runs.filter(({ state }) => state === 'cancelled');
    expect(overlapsOf(cancelled)).toEqual(new Set(['cancelRunning']));
  }

  /** No more than `maxInstances` runs of a job were on at a time, but beside handlers of those taken for dead. */
  expectNoExcess(disturbances: readonly Disturbance[]): void {
    const wasTakenOver = (call: Call): boolean => {
      const run = this.runOf(call);
      return run?.state === 'lost' || run?.fence !== call.fence;
    };
    for (const [id, calls] of this.#callsByJob()) {
      const { maxInstances = 1 } = this.#specOf(id).options ?? {};
      expect(excessCalls(calls, maxInstances, wasTakenOver, disturbances)).toEqual([]);
    }
  }

  /** Runs were lost by those only that were killed, stopped or starved. */
  expectNoCauselessLoss(disturbances: readonly Disturbance[]): void {
    const disturbed = new Set(disturbances.map(({ pid }) => pid));
    // The last attempt is lost: those before it had failed, or were lost by others.
    const isLost = (call: Call): boolean => {
      const run = this.runOf(call);
      return run?.state === 'lost' && run.attempt === call.attempt;
    };
    expect(this.calls.filter((call) => isLost(call) && !disturbed.has(call.pid))).toEqual([]);
  }

  maxAttemptsOf({ jobId }: Pick<StoredRun, 'jobId'>): number {
    return this.#specOf(jobId).options?.retry?.maxAttempts ?? 1;
  }

  #overlapOf(jobId: string): Overlap {
    return this.#specOf(jobId).options?.overlap ?? 'skip';
  }

  #callsByJob(): ReadonlyMap<string, readonly Call[]> {
    const calls = new Map<string, Call[]>();
    for (const call of this.calls) push(calls, call.jobId, call);
    return calls;
  }

  /** By the trigger alone, up to the high-water mark. */
  #slotsOf({ id, trigger, lastFireAt }: StoredJob): number[] {
    const { every, cron } = this.#specOf(id);
    const anchor = trigger.anchor as number;
    const first = cron === undefined ? anchor + every : Math.ceil(anchor / every) * every;
    return steps(first, lastFireAt as number, every);
  }

  /** The slots that a record stands for. */
  #coveredBy({ jobId, scheduledAt, untilAt, count }: StoredRun): number[] {
    const slots = steps(scheduledAt, untilAt ?? scheduledAt, this.#specOf(jobId).every);
    expect(slots).toHaveLength(count ?? 1);
    return slots;
  }

  #specOf(id: string) {
    const spec = this.#specs.get(id);
    if (!spec) throw new Error(`The program has no job "${id}".`);
    return spec;
  }
}

/** Whether it was to run: all others are records of slots that were not. */
export function isRun({ state }: StoredRun): boolean {
  return state !== 'skipped' && state !== 'missed';
}

function steps(first: number, last: number, every: number): number[] {
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => first + i * every);
}

function duplicates(texts: readonly string[]): string[] {
  const seen = new Set<string>();
  return texts.filter((text) => seen.size === seen.add(text).size);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
