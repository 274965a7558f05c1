import type { PlannedRun, RollUp } from '../../jobs/fire-plan.js';
import type { JobRecord } from '../../jobs/job-record.js';
import { admitFire } from '../../jobs/overlap.js';
import { isRunOf, retryDelayOf } from '../../jobs/retry.js';
import { rollUpRunId, slotRunId } from '../../jobs/run-id.js';
import type { RunReason, RunRecord } from '../../jobs/run-record.js';
import type {
  ClaimEntry,
  ClaimResult,
  Completion,
  CompletionResult,
  Lane,
  RunDecision,
  TakenRun,
  TakeOver,
} from '../job-store.js';
import type { ExecutorLane } from './executor-lane.js';
import type { JobEntry } from './job-entry.js';
import type { JobTable } from './job-table.js';
import type { MemoryJob } from './memory-job.js';
import { keepRunArgs, MemoryRun } from './memory-run.js';
import type { RunTable } from './run-table.js';

/** The life of a fire, from its claim to its end. Everything here happens within one turn: that is its transaction. */
export class Fires {
  readonly #jobs: JobTable;
  readonly #runs: RunTable;

  constructor(jobs: JobTable, runs: RunTable) {
    this.#jobs = jobs;
    this.#runs = runs;
  }

  claim(node: string, claims: readonly ClaimEntry[], now: number): ClaimResult {
    const records: TakenRun[] = [];
    const lost: string[] = [];
    const finished: JobRecord[] = [];
    for (const claim of claims) {
      const entry = this.#jobs.getShown(claim.jobId);
      const job = entry?.job;
      if (!entry || !job || !isStillDue(job, claim, now)) lost.push(claim.jobId);
      else this.#decide(entry, job, claim, node, now, records, finished);
    }
    return { records, lost, finished };
  }

  addRun(entry: JobEntry, job: MemoryJob, decide: RunDecision, now: number): TakenRun {
    const draft = decide(job.toRecord(), { running: entry.running, queuedDue: entry.queuedDue(now) }, now);
    const known = this.#runs.find(entry, draft.runId);
    if (known) return { run: known.toRecord(), job };

    const { runId, scheduledAt, availableAt, state, origin } = draft;
    const details = { runId, args: keepRunArgs(draft.args) };
    const seq = this.#runs.nextSeq();
    if (state === 'queued') {
      const run = MemoryRun.queued(seq, entry, job, scheduledAt, availableAt, origin, details);
      this.#enqueue(run);
      return { run, job };
    }
    const reason = draft.reason ?? undefined;
    const skip = { ...details, reason, untilAt: scheduledAt, count: 1 };
    const run = MemoryRun.notRun(seq, entry, job, scheduledAt, state, now, origin, skip);
    this.#runs.keep(run);
    return { run, job };
  }

  takeQueued(node: string, lanes: readonly Lane[], now: number): TakenRun[] {
    const taken: TakenRun[] = [];
    for (const { executor, limit } of lanes) {
      const lane = this.#jobs.lane(executor);
      if (!lane) continue;
      for (let free = limit; free > 0; free--) {
        const run = this.#nextQueued(lane, now);
        if (!run) break;
        taken.push(this.#take(run, node, now));
      }
    }
    return taken;
  }

  complete(completions: readonly Completion[], now: number): CompletionResult {
    const fenced: RunRecord[] = [];
    const retrying: RunRecord[] = [];
    const finished: JobRecord[] = [];
    for (const { run, state, finishedAt, outcome, retryDelayMs } of completions) {
      const own = this.#runningAs(run);
      if (!own) {
        fenced.push(run);
        continue;
      }
      this.#runs.running.remove(own);
      own.entry.running--;
      const { job } = own.entry;
      if (retryDelayMs !== null && job && isRunOf(own, job)) {
        retrying.push(this.#requeue(own, now + retryDelayMs));
        continue;
      }
      own.end(state, finishedAt, outcome);
      this.#runs.keep(own);
      if (job && job.gen === own.gen && state !== 'cancelled') job.countOutcome(state === 'failed');
      this.#afterRun(own.entry, finished);
    }
    return { fenced, retrying, finished };
  }

  /** Ends what a node left running. */
  endRunsOf(node: string, now: number): Omit<TakeOver, 'taken'> {
    const lost: RunRecord[] = [];
    const requeued: RunRecord[] = [];
    const finished: JobRecord[] = [];
    for (const run of this.#runs.running) {
      if (run.node !== node) continue;
      const { entry } = run;
      this.#runs.running.remove(run);
      entry.running--;
      const delayMs = entry.job && isRunOf(run, entry.job) ? retryDelayOf(run, entry.job.policy) : null;
      if (delayMs !== null) requeued.push(this.#requeue(run, now + delayMs));
      else {
        const end = run.lost(now);
        this.#runs.keep(end);
        lost.push(end);
      }
      this.#afterRun(entry, finished);
    }
    return { lost, requeued, finished };
  }

  /** Retires a finished job, unless a run of it is unfinished or its end was told before; answers whether it did. */
  retireIfIdle(entry: JobEntry): boolean {
    const { job } = entry;
    if (!job || entry.hasUnfinishedRun || entry.isRetired) return false;
    if (job.origin === 'declared') entry.isRetired = true;
    else {
      this.#jobs.remove(entry);
      this.#jobs.forgetIfEmpty(entry);
    }
    return true;
  }

  /** Gives up the queued runs of a job that is removed. */
  cancelQueued(entry: JobEntry, reason: RunReason, now: number): RunRecord[] {
    const cancelled: RunRecord[] = [];
    for (const run of entry.dequeueAll()) {
      this.#runs.queued.remove(run);
      const end = run.cancelled(reason, now);
      this.#runs.keep(end);
      cancelled.push(end);
    }
    return cancelled;
  }

  #decide(
    entry: JobEntry,
    job: MemoryJob,
    claim: ClaimEntry,
    node: string,
    now: number,
    records: TakenRun[],
    finished: JobRecord[],
  ): void {
    const { plan, dispatchesLeft } = claim;
    const fence = job.take();
    let dispatched = 0;
    for (const rollUp of plan.rollUps) this.#record(entry, job, rollUp, now, records);
    for (const slot of plan.backlog) if (this.#queueSlot(entry, job, slot, now, records)) dispatched++;
    if (plan.run && this.#admit(entry, job, plan.run, fence, node, now, records)) dispatched++;

    const isUsedUp = dispatchesLeft !== null && dispatched >= dispatchesLeft;
    const nextDueAt = isUsedUp ? null : plan.nextDueAt;
    job.advance(isUsedUp ? null : plan.nextFireAt, nextDueAt, plan.lastFireAt, dispatched);
    this.#jobs.dueChanged(entry, nextDueAt);
    if (job.state === 'finished') this.#retireIfIdle(entry, finished);
  }

  /** Starts, queues or skips the slot; answers whether it will run. */
  #admit(
    entry: JobEntry,
    job: MemoryJob,
    slot: PlannedRun,
    fence: number,
    node: string,
    now: number,
    records: TakenRun[],
  ): boolean {
    if (this.#wasDispatched(entry, job, slot.scheduledAt)) {
      this.#record(entry, job, single(slot, 'duplicate'), now, records);
      return false;
    }
    switch (admitFire(job.policy.overlap, entry.running, entry.queuedDue(now), job.maxInstances)) {
      case 'skip':
        this.#record(entry, job, single(slot, 'maxInstances'), now, records);
        return false;
      case 'queue':
        this.#queueSlot(entry, job, slot, now, records);
        return true;
      case 'start': {
        const { scheduledAt, dueAt } = slot;
        const run = MemoryRun.started(this.#runs.nextSeq(), entry, job, scheduledAt, dueAt, node, fence, now);
        job.noteSlot(scheduledAt);
        this.#start(run);
        records.push({ run, job });
        return true;
      }
    }
  }

  /** Queues a slot of the schedule; answers whether it was not dispatched before. */
  #queueSlot(entry: JobEntry, job: MemoryJob, slot: PlannedRun, now: number, records: TakenRun[]): boolean {
    if (this.#wasDispatched(entry, job, slot.scheduledAt)) {
      this.#record(entry, job, single(slot, 'duplicate'), now, records);
      return false;
    }
    const run = MemoryRun.queued(this.#runs.nextSeq(), entry, job, slot.scheduledAt, slot.dueAt, 'schedule');
    job.noteSlot(slot.scheduledAt);
    this.#enqueue(run);
    records.push({ run, job });
    return true;
  }

  /** Puts slots on record that do not run, unless they are there already. */
  #record(entry: JobEntry, job: MemoryJob, rollUp: RollUp, now: number, records: TakenRun[]): void {
    const { state, reason, scheduledAt, untilAt, count } = rollUp;
    if (this.#isOnRecord(entry, job, rollUp)) return;
    const details = { untilAt, count, reason };
    const run = MemoryRun.notRun(this.#runs.nextSeq(), entry, job, scheduledAt, state, now, 'schedule', details);
    job.noteSlot(untilAt);
    this.#runs.keep(run);
    records.push({ run, job });
  }

  #isOnRecord(entry: JobEntry, job: MemoryJob, { scheduledAt, state }: RollUp): boolean {
    if (!job.mayHaveRecordOf(scheduledAt)) return false;
    return this.#runs.find(entry, rollUpRunId(job.id, job.series, scheduledAt, state)) !== null;
  }

  #wasDispatched(entry: JobEntry, job: MemoryJob, slot: number): boolean {
    if (job.isBehind(slot)) return true;
    return job.mayHaveRecordOf(slot) && this.#runs.find(entry, slotRunId(job.id, job.series, slot)) !== null;
  }

  #enqueue(run: MemoryRun): void {
    run.entry.enqueue(run);
    this.#runs.queued.add(run);
    this.#jobs.queueChanged(run.entry);
  }

  #requeue(run: MemoryRun, availableAt: number): MemoryRun {
    const next = run.requeued(availableAt);
    this.#enqueue(next);
    return next;
  }

  #start(run: MemoryRun): void {
    const { entry } = run;
    entry.running++;
    this.#runs.running.add(run);
    if (entry.queued.length > 0) this.#jobs.queueChanged(entry);
  }

  #nextQueued({ retries, queued }: ExecutorLane, now: number): MemoryRun | null {
    if (retries.firstKey <= now) return this.#jobs.atSlot(retries.firstSlot).firstRetry();
    return queued.firstKey <= now ? this.#jobs.atSlot(queued.firstSlot).firstQueued() : null;
  }

  #take(waiting: MemoryRun, node: string, now: number): TakenRun {
    const { entry } = waiting;
    const job = entry.job as MemoryJob;
    entry.dequeue(waiting);
    this.#runs.queued.remove(waiting);
    const run = waiting.taken(node, job.take(), now);
    this.#start(run);
    this.#jobs.queueChanged(entry);
    return { run, job };
  }

  /** The running run that `run` was handed out as, or `null` when it is not this session's or was taken since. */
  #runningAs(run: RunRecord): MemoryRun | null {
    if (!(run instanceof MemoryRun) || run.entry.owner !== this.#jobs) return null;
    return run.state === 'running' ? run : null;
  }

  /** A run of the job has ended. */
  #afterRun(entry: JobEntry, finished: JobRecord[]): void {
    if (entry.queued.length > 0) this.#jobs.queueChanged(entry);
    if (entry.job?.state === 'finished') this.#retireIfIdle(entry, finished);
  }

  #retireIfIdle(entry: JobEntry, finished: JobRecord[]): void {
    const job = entry.job?.toRecord();
    if (job && this.retireIfIdle(entry)) finished.push(job);
  }
}

function isStillDue(job: MemoryJob, claim: ClaimEntry, now: number): boolean {
  const { run } = claim.plan;
  if (run && run.dueAt > now) return false;
  return job.isDueAs(claim.expectedFireAt, claim.gen, claim.fence, now);
}

function single({ scheduledAt }: PlannedRun, reason: RunReason): RollUp {
  return { state: 'skipped', reason, scheduledAt, untilAt: scheduledAt, count: 1 };
}
