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
  | 'origin';
export type ReferenceJob = { -readonly [Key in Course]: JobRecord[Key] };

export interface ReferenceRun {
  readonly runId: string;
  readonly jobId: string;
  readonly gen: number;
  readonly availableAt: number;
  state: RunState;
  fence: number;
}

/**
 * The rules of `JobStoreSession` for one node, all jobs in scope and everything due, as plainly as they can be put:
 * no index, no order but that of recording.
 */
export class ReferenceStore {
  readonly jobs = new Map<string, ReferenceJob>();
  readonly runs: ReferenceRun[] = [];

  running(jobId: string): number {
    return this.#count(jobId, 'running');
  }

  put(job: ReferenceJob): void {
    const { id, state, nextFireAt, lastFireAt, gen, fence, series, runCount, origin, maxInstances, policy } = job;
    const course = { id, state, nextFireAt, lastFireAt, gen, fence, series, runCount, origin };
    this.jobs.set(id, { ...course, maxInstances, policy });
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
    if (job) this.runs.push({ runId, jobId, gen: job.gen, availableAt, state: 'queued', fence: 0 });
  }

  /** Ids of the runs taken, in order. */
  take(limit: number): string[] {
    const waiting = this.runs.filter(({ state }) => state === 'queued');
    const taken: string[] = [];
    for (const run of waiting.toSorted((one, other) => one.availableAt - other.availableAt)) {
      const job = this.jobs.get(run.jobId);
      if (!job || taken.length === limit || this.running(job.id) >= job.maxInstances) continue;
      if (job.state === 'paused' && job.gen !== run.gen) continue;
      run.state = 'running';
      run.fence = ++job.fence;
      taken.push(run.runId);
    }
    return taken;
  }

  /** Answers whether the run was still running under this fence. */
  complete(runId: string, fence: number, state: RunState): boolean {
    const run = this.runs.find((each) => each.runId === runId && each.fence === fence && each.state === 'running');
    if (!run) return false;
    run.state = state;
    this.#retire(run.jobId);
    return true;
  }

  loseAll(): void {
    for (const run of this.runs) if (run.state === 'running') run.state = 'lost';
    for (const id of this.jobs.keys()) this.#retire(id);
  }

  #admit(job: ReferenceJob, slot: number): boolean {
    const admission = admitFire(
      job.policy.overlap,
      this.running(job.id),
      this.#count(job.id, 'queued'),
      job.maxInstances,
    );
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
    this.runs.push({ runId, jobId: job.id, gen: job.gen, availableAt: slot, state, fence: job.fence });
    return true;
  }

  #recordNonRun(job: ReferenceJob, slot: number, state: 'missed' | 'skipped'): void {
    const runId = rollUpRunId(job.id, job.series, slot, state);
    if (this.#exists(runId)) return;
    this.runs.push({ runId, jobId: job.id, gen: job.gen, availableAt: slot, state, fence: job.fence });
  }

  #isKnown(job: ReferenceJob, slot: number): boolean {
    return slot <= (job.lastFireAt ?? -Infinity) || this.#exists(slotRunId(job.id, job.series, slot));
  }

  #exists(runId: string): boolean {
    return this.runs.some((run) => run.runId === runId);
  }

  #count(jobId: string, state: RunState): number {
    return this.runs.filter((run) => run.jobId === jobId && run.state === state).length;
  }

  #retire(id: string): void {
    const job = this.jobs.get(id);
    if (job?.state !== 'finished' || job.origin === 'declared') return;
    if (this.running(id) + this.#count(id, 'queued') === 0) this.jobs.delete(id);
  }
}
