import { admitFire } from '../../lib/jobs/overlap.js';
import { rollUpRunId, slotRunId } from '../../lib/jobs/run-id.js';
import type { JobRecord } from '../../lib/jobs/job-record.js';
import type { RunState } from '../../lib/jobs/run-record.js';
import type { ClaimEntry } from '../../lib/stores/job-store.js';

type Course =
  | 'id'
  | 'state'
  | 'nextFireAt'
  | 'lastFireAt'
  | 'gen'
  | 'fence'
  | 'series'
  | 'maxInstances'
  | 'policy'
  | 'runCount'
  | 'failures'
  | 'createdAt'
  | 'origin';
export type ReferenceJob = { -readonly [Key in Course]: JobRecord[Key] };

export interface ReferenceRun {
  readonly runId: string;
  readonly jobId: string;
  gen: number;
  readonly maxAttempts: number;
  availableAt: number;
  state: RunState;
  fence: number;
  attempt: number;
}

/**
 * The rules of `JobStoreSession` for one node, all jobs in scope and everything due, as plainly as they can be put:
 * no index, no order but that of recording.
 */
export class ReferenceStore {
  readonly jobs = new Map<string, ReferenceJob>();
  readonly runs: ReferenceRun[] = [];

  running(jobId: string): number {
    return this.#countIn(jobId, 'running');
  }

  /** @param hasNewTrigger whether its overdue fires are none of the job as it is now: everything is due here */
  put(job: ReferenceJob, hasNewTrigger = false): void {
    const before = this.jobs.get(job.id);
    if (hasNewTrigger && before?.state === 'active') {
      this.#recordNonRun(before, before.nextFireAt as number, 'skipped');
    }
    this.#keepForced(job);
    const { id, state, nextFireAt, lastFireAt, gen, fence, series, runCount, failures, ...rest } = job;
    const { origin, maxInstances, policy, createdAt } = rest;
    const course = { id, state, nextFireAt, lastFireAt, gen, fence, series, runCount, failures };
    this.jobs.set(id, { ...course, origin, maxInstances, policy, createdAt });
    this.#retire(id);
  }

  /** What was forced upon a paused job still is when that job is changed. */
  #keepForced(job: ReferenceJob): void {
    const before = this.jobs.get(job.id);
    if (before?.state !== 'paused' || job.state !== 'paused') return;
    for (const run of this.runs) {
      const isOpen = run.state === 'queued' || run.state === 'running';
      if (isOpen && run.jobId === job.id && run.gen === before.gen) run.gen = job.gen;
    }
  }

  remove(id: string): void {
    this.jobs.delete(id);
    for (const run of this.runs) if (run.jobId === id && run.state === 'queued') run.state = 'cancelled';
  }

  /** Answers whether the claim wins. */
  claim({ jobId, expectedFireAt, gen, fence, plan, dispatchesLeft }: ClaimEntry): boolean {
    const job = this.jobs.get(jobId);
    if (!job || job.state !== 'active') return false;
    if (job.nextFireAt !== expectedFireAt || job.gen !== gen || job.fence !== fence) return false;
    job.fence++;
    for (const { scheduledAt, state } of plan.rollUps) this.#recordNonRun(job, scheduledAt, state);
    let dispatched = 0;
    for (const { scheduledAt } of plan.backlog) if (this.#recordSlot(job, scheduledAt, 'queued')) dispatched++;
    if (plan.run && this.#admit(job, plan.run.scheduledAt)) dispatched++;
    job.runCount += dispatched;
    job.lastFireAt = Math.max(job.lastFireAt ?? -Infinity, plan.lastFireAt);
    job.nextFireAt = dispatchesLeft !== null && dispatched >= dispatchesLeft ? null : plan.nextFireAt;
    if (job.nextFireAt === null) job.state = 'finished';
    this.#retire(jobId);
    return true;
  }

  add(jobId: string, runId: string, availableAt: number): void {
    const job = this.jobs.get(jobId);
    if (job) this.#record(job, runId, availableAt, 'queued');
  }

  /** Ids of the runs taken, in order. */
  take(limit: number): string[] {
    const waiting = this.runs.filter(({ state }) => state === 'queued');
    const [retries, others] = [
      waiting.filter(({ attempt }) => attempt > 1),
      waiting.filter((run) => run.attempt === 1),
    ];
    const byTime = (one: ReferenceRun, other: ReferenceRun) => one.availableAt - other.availableAt;
    const taken: string[] = [];
    for (const run of [...retries.toSorted(byTime), ...others.toSorted(byTime)]) {
      const job = this.jobs.get(run.jobId);
      if (!job || taken.length === limit || this.running(job.id) >= job.maxInstances) continue;
      if (job.state === 'paused' && job.gen !== run.gen) continue;
      run.state = 'running';
      run.fence = ++job.fence;
      taken.push(run.runId);
    }
    return taken;
  }

  /**
   * Answers what became of the run.
   *
   * @param retryAt when the next attempt may start if there is one
   * @param gens of the jobs that have paused themselves, by id
   */
  complete(
    runId: string,
    fence: number,
    state: RunState,
    retryAt: number,
    gens: ReadonlyMap<string, number>,
  ): 'fenced' | 'ended' | 'waits for its next attempt' {
    const run = this.runs.find((each) => each.runId === runId && each.fence === fence && each.state === 'running');
    if (!run) return 'fenced';
    if (!this.#endAttempt(run, state, retryAt)) return 'waits for its next attempt';
    this.#count(run, gens);
    return 'ended';
  }

  /** The node dies; what has attempts left may start again at `retryAt`. */
  loseAll(retryAt: number, gens: ReadonlyMap<string, number>): void {
    const lost = this.runs.filter((run) => run.state === 'running' && this.#endAttempt(run, 'lost', retryAt));
    for (const run of lost) this.#count(run, gens);
    for (const id of this.jobs.keys()) this.#retire(id);
  }

  /** Answers whether the run has ended with it. */
  #endAttempt(run: ReferenceRun, state: RunState, retryAt: number): boolean {
    const job = this.jobs.get(run.jobId);
    const isOfJob = job !== undefined && run.gen >= job.createdAt;
    if (hasFailed(state) && isOfJob && run.attempt < run.maxAttempts) {
      Object.assign(run, { state: 'queued', attempt: run.attempt + 1, availableAt: retryAt });
      return false;
    }
    run.state = state;
    return true;
  }

  /** @param gens one that has not been paused by the store has none here, and will differ */
  #count({ jobId, gen, state }: ReferenceRun, gens: ReadonlyMap<string, number>): void {
    const job = this.jobs.get(jobId);
    if (job?.gen === gen) {
      job.failures = hasFailed(state) ? job.failures + 1 : 0;
      const isOver = job.state === 'finished' && this.running(jobId) + this.#countIn(jobId, 'queued') === 0;
      const isTooMany = job.failures >= (job.policy.pauseAfterFailures ?? Infinity);
      if (isTooMany && !isOver && job.state !== 'paused') {
        job.state = 'paused';
        job.gen = gens.get(jobId) ?? NaN;
      }
    }
    this.#retire(jobId);
  }

  #record(job: ReferenceJob, runId: string, availableAt: number, state: RunState): void {
    const maxAttempts = job.policy.retry?.maxAttempts ?? 1;
    this.runs.push({
      runId,
      jobId: job.id,
      gen: job.gen,
      availableAt,
      state,
      fence: job.fence,
      attempt: 1,
      maxAttempts,
    });
  }

  #admit(job: ReferenceJob, slot: number): boolean {
    const busy = { running: this.running(job.id), runningBackfills: 0, queuedDue: this.#countIn(job.id, 'queued') };
    const admission = admitFire(job.policy.overlap, busy, job.maxInstances);
    if (this.#isKnown(job, slot) || admission === 'skip') {
      this.#recordNonRun(job, slot, 'skipped');
      return false;
    }
    return this.#recordSlot(job, slot, admission === 'start' ? 'running' : 'queued');
  }

  #recordSlot(job: ReferenceJob, slot: number, state: RunState): boolean {
    if (this.#isKnown(job, slot)) {
      this.#recordNonRun(job, slot, 'skipped');
      return false;
    }
    const runId = slotRunId(job.id, job.series, slot);
    this.#record(job, runId, slot, state);
    return true;
  }

  #recordNonRun(job: ReferenceJob, slot: number, state: 'missed' | 'skipped'): void {
    const runId = rollUpRunId(job.id, job.series, slot, state);
    if (this.#exists(runId)) return;
    this.#record(job, runId, slot, state);
  }

  #isKnown(job: ReferenceJob, slot: number): boolean {
    return slot <= (job.lastFireAt ?? -Infinity) || this.#exists(slotRunId(job.id, job.series, slot));
  }

  #exists(runId: string): boolean {
    return this.runs.some((run) => run.runId === runId);
  }

  #countIn(jobId: string, state: RunState): number {
    return this.runs.filter((run) => run.jobId === jobId && run.state === state).length;
  }

  #retire(id: string): void {
    const job = this.jobs.get(id);
    if (job?.state !== 'finished' || job.origin === 'declared') return;
    if (this.running(id) + this.#countIn(id, 'queued') === 0) this.jobs.delete(id);
  }
}

function hasFailed(state: RunState): boolean {
  return state === 'failed' || state === 'lost';
}
