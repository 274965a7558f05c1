import type { PlannedRun, RollUp } from '../../jobs/fire-plan.js';
import type { JobRecord } from '../../jobs/job-record.js';
import { admitFire } from '../../jobs/overlap.js';
import { rollUpRunId, slotRunId } from '../../jobs/run-id.js';
import type { RunReason } from '../../jobs/run-record.js';
import type { CancelRequest, ClaimEntry, ClaimResult, TakenRun } from '../job-store.js';
import type { JobEntry } from './job-entry.js';
import type { JobTable } from './job-table.js';
import type { MemoryJob } from './memory-job.js';
import { MemoryRun } from './memory-run.js';
import type { RunTable } from './run-table.js';
import type { UnfinishedRuns } from './unfinished-runs.js';

/** One call of `claim`: who claims and when, and what has come of it so far. */
interface Turn {
  readonly node: string;
  readonly now: number;
  readonly records: TakenRun[];
  readonly finished: JobRecord[];
  readonly toCancel: CancelRequest[];
}

/** What becomes of the fires that are due. */
export class Fires {
  readonly #jobs: JobTable;
  readonly #runs: RunTable;
  readonly #unfinished: UnfinishedRuns;

  constructor(jobs: JobTable, runs: RunTable, unfinished: UnfinishedRuns) {
    this.#jobs = jobs;
    this.#runs = runs;
    this.#unfinished = unfinished;
  }

  claim(node: string, claims: readonly ClaimEntry[], now: number): ClaimResult {
    const turn: Turn = { node, now, records: [], finished: [], toCancel: [] };
    const lost: string[] = [];
    for (const claim of claims) {
      const entry = this.#jobs.getShown(claim.jobId);
      const job = entry?.job;
      if (!entry || !job || !isStillDue(job, claim, now)) lost.push(claim.jobId);
      else this.#decide(entry, job, claim, turn);
    }
    return { records: turn.records, lost, finished: turn.finished, toCancel: turn.toCancel };
  }

  #decide(entry: JobEntry, job: MemoryJob, { plan, dispatchesLeft }: ClaimEntry, turn: Turn): void {
    job.take();
    let dispatched = 0;
    for (const rollUp of plan.rollUps) this.#record(entry, job, rollUp, turn);
    for (const slot of plan.backlog) if (this.#queueSlot(entry, job, slot, turn)) dispatched++;
    if (plan.run && this.#admit(entry, job, plan.run, turn)) dispatched++;

    const isUsedUp = dispatchesLeft !== null && dispatched >= dispatchesLeft;
    const nextDueAt = isUsedUp ? null : plan.nextDueAt;
    job.advance(isUsedUp ? null : plan.nextFireAt, nextDueAt, plan.lastFireAt, dispatched);
    this.#jobs.dueChanged(entry, nextDueAt);
    if (job.state === 'finished') this.#unfinished.noteFinished(entry, turn.finished);
  }

  /** Starts, queues or skips the slot; answers whether it will run. */
  #admit(entry: JobEntry, job: MemoryJob, slot: PlannedRun, turn: Turn): boolean {
    if (this.#wasDispatched(entry, job, slot.scheduledAt)) {
      this.#record(entry, job, single(slot, 'duplicate'), turn);
      return false;
    }
    const { overlap } = job.policy;
    const admission = admitFire(overlap, entry.occupancyAt(turn.now), job.maxInstances);
    if (admission === 'start') {
      const { scheduledAt, dueAt } = slot;
      const { node, now } = turn;
      const run = MemoryRun.started({ seq: this.#runs.nextSeq(), entry, job, scheduledAt, dueAt, node, now });
      job.noteSlot(scheduledAt);
      this.#unfinished.start(run);
      turn.records.push({ run, job });
      return true;
    }
    if (admission === 'queue') this.#queueSlot(entry, job, slot, turn);
    else this.#record(entry, job, single(slot, 'maxInstances'), turn);
    if (overlap === 'cancelRunning') turn.toCancel.push(...this.#unfinished.supersede(entry, job, turn.now));
    return admission === 'queue';
  }

  /** Queues a slot of the schedule; answers whether it was not dispatched before. */
  #queueSlot(entry: JobEntry, job: MemoryJob, slot: PlannedRun, turn: Turn): boolean {
    if (this.#wasDispatched(entry, job, slot.scheduledAt)) {
      this.#record(entry, job, single(slot, 'duplicate'), turn);
      return false;
    }
    const { scheduledAt, dueAt: availableAt } = slot;
    const seq = this.#runs.nextSeq();
    const run = MemoryRun.queued({ seq, entry, job, scheduledAt, availableAt, origin: 'schedule' });
    job.noteSlot(scheduledAt);
    this.#unfinished.enqueue(run);
    turn.records.push({ run, job });
    return true;
  }

  /** Puts slots on record that do not run; `null`: they are there already. */
  record(entry: JobEntry, job: MemoryJob, rollUp: RollUp, now: number): MemoryRun | null {
    const { state, reason, scheduledAt, untilAt, count } = rollUp;
    if (this.#isOnRecord(entry, job, rollUp)) return null;
    const details = { untilAt, count, reason };
    const seq = this.#runs.nextSeq();
    const run = MemoryRun.notRun({ seq, entry, job, scheduledAt, state, now, origin: 'schedule', details });
    job.noteSlot(untilAt);
    this.#runs.keep(run);
    return run;
  }

  #record(entry: JobEntry, job: MemoryJob, rollUp: RollUp, turn: Turn): void {
    const run = this.record(entry, job, rollUp, turn.now);
    if (run) turn.records.push({ run, job });
  }

  #isOnRecord(entry: JobEntry, job: MemoryJob, { scheduledAt, state }: RollUp): boolean {
    if (!job.mayHaveRecordOf(scheduledAt)) return false;
    return this.#runs.find(entry, rollUpRunId(job.id, job.series, scheduledAt, state)) !== null;
  }

  #wasDispatched(entry: JobEntry, job: MemoryJob, slot: number): boolean {
    if (job.isBehind(slot)) return true;
    return job.mayHaveRecordOf(slot) && this.#runs.find(entry, slotRunId(job.id, job.series, slot)) !== null;
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
