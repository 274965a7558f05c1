import { lossOf, withFailedAttempt, type AttemptRecord } from '../../jobs/attempts.js';
import { failuresAfter, pauseForFailures } from '../../jobs/failures.js';
import type { JobRecord } from '../../jobs/job-record.js';
import { errorOf } from '../../jobs/outcome.js';
import { hasToMakeRoom } from '../../jobs/overlap.js';
import { isRunOf, retryDelayOf } from '../../jobs/retry.js';
import type { RunReason, RunRecord } from '../../jobs/run-record.js';
import type {
  AddedRuns,
  CancelledRun,
  CancelRequest,
  Completion,
  CompletionResult,
  Lane,
  RunDecision,
  RunDraft,
  TakenRun,
  TakeOver,
} from '../job-store.js';
import type { ExecutorLane } from './executor-lane.js';
import type { JobEntry } from './job-entry.js';
import type { JobTable } from './job-table.js';
import type { MemoryJob } from './memory-job.js';
import { keepRunArgs, MemoryRun } from './memory-run.js';
import type { RunTable } from './run-table.js';

/** Runs that wait or run: how they come there, and how they end. */
export class UnfinishedRuns {
  readonly #jobs: JobTable;
  readonly #runs: RunTable;
  /** Running runs that are to be cancelled, and why. */
  readonly #marked = new Map<MemoryRun, RunReason>();

  constructor(jobs: JobTable, runs: RunTable) {
    this.#jobs = jobs;
    this.#runs = runs;
  }

  /** Lets a new run wait for its turn. */
  enqueue(run: MemoryRun): void {
    run.entry.enqueue(run);
    this.#runs.queued.add(run);
    this.#jobs.queueChanged(run.entry);
  }

  /** A new run runs. */
  start(run: MemoryRun): void {
    const { entry } = run;
    entry.started(run);
    this.#runs.running.add(run);
    if (entry.queued.length > 0) this.#jobs.queueChanged(entry);
  }

  addRuns(entry: JobEntry, job: MemoryJob, decide: RunDecision, now: number): AddedRuns {
    const record = job.toRecord();
    const drafts = decide(record, { ...entry.occupancyAt(now), pruned: entry.pruned }, now);
    const stored = new Map([...this.#runs.ofJob(entry)].map((run) => [run.runId, run]));
    const known = drafts.flatMap(({ runId }) => stored.get(runId)?.toRecord() ?? []);
    const fresh = drafts.filter(({ runId }) => !stored.has(runId));
    const added = fresh.map((draft) => this.#add(entry, job, draft, now));
    const toCancel = fresh.some(({ supersedes }) => supersedes) ? this.supersede(entry, job, now) : [];
    return { job: record, added, known, toCancel };
  }

  noteProgress(run: RunRecord, progress: number): void {
    this.#runningAs(run)?.noteProgress(progress);
  }

  /** Gives a queued run up, and marks a running one. */
  cancel(run: MemoryRun, now: number): CancelledRun {
    const { entry } = run;
    const finished: JobRecord[] = [];
    if (run.state === 'running') this.#marked.set(run, 'cancelled');
    if (run.state !== 'queued') return { run: run.toRecord(), hasEnded: false, finished };
    entry.dequeue(run);
    this.#runs.queued.remove(run);
    const end = run.cancelled('cancelled', now);
    this.#runs.keep(end);
    this.#jobs.queueChanged(entry);
    if (entry.job?.state === 'finished') this.noteFinished(entry, finished);
    return { run: end.toRecord(), hasEnded: true, finished };
  }

  /** Marks the run of the job that runs for longest, if it has to make room for one that waits. */
  supersede(entry: JobEntry, { maxInstances }: MemoryJob, now: number): CancelRequest[] {
    const staying: MemoryRun[] = [];
    for (const run of this.#runs.running) {
      if (run.entry === entry && run.origin !== 'backfill' && !this.#marked.has(run)) staying.push(run);
    }
    const [longest] = staying;
    if (!longest || !hasToMakeRoom(staying.length, entry.occupancyAt(now).queuedDue, maxInstances)) return [];
    this.#marked.set(longest, 'superseded');
    return [{ runId: longest.runId, reason: 'superseded' }];
  }

  toCancelOn(node: string): CancelRequest[] {
    const requests: CancelRequest[] = [];
    for (const [run, reason] of this.#marked) if (run.node === node) requests.push({ runId: run.runId, reason });
    return requests;
  }

  #add(entry: JobEntry, job: MemoryJob, draft: RunDraft, now: number): MemoryRun {
    const { runId, scheduledAt, availableAt, state, origin } = draft;
    const details = { runId, args: keepRunArgs(draft.args) };
    const seq = this.#runs.nextSeq();
    job.noteSlot(scheduledAt);
    if (state === 'queued') {
      const run = MemoryRun.queued({ seq, entry, job, scheduledAt, availableAt, origin, details });
      this.enqueue(run);
      return run;
    }
    const reason = draft.reason ?? undefined;
    const skip = { ...details, reason, untilAt: scheduledAt, count: 1 };
    const run = MemoryRun.notRun({ seq, entry, job, scheduledAt, state, now, origin, details: skip });
    this.#runs.keep(run);
    return run;
  }

  takeQueued(node: string, lanes: readonly Lane[], now: number): TakenRun[] {
    const taken: TakenRun[] = [];
    for (const { executor, limit } of lanes) {
      const lane = this.#jobs.lane(executor);
      if (!lane) continue;
      // What happens now must find room beside the past.
      let backfillsLeft = Math.ceil(limit / 2);
      for (let free = limit; free > 0; free--) {
        const run = this.#nextQueued(lane, now, backfillsLeft > 0);
        if (!run) break;
        if (run.origin === 'backfill') backfillsLeft--;
        taken.push(this.#take(run, node, now));
      }
    }
    return taken;
  }

  complete(completions: readonly Completion[], now: number): CompletionResult {
    const fenced: RunRecord[] = [];
    const retrying: RunRecord[] = [];
    const cancelled: RunRecord[] = [];
    const ended: MemoryRun[] = [];
    for (const { run, state, reason, finishedAt, outcome, retryDelayMs } of completions) {
      const own = this.#runningAs(run);
      if (!own) {
        fenced.push(run);
        continue;
      }
      this.#runs.running.remove(own);
      own.entry.stopped(own);
      const { job } = own.entry;
      const mark = this.#marked.size > 0 ? this.#takeMark(own) : null;
      const hasRetry = retryDelayMs !== null && job !== null && isRunOf(own, job);
      if (hasRetry && mark === null) {
        retrying.push(this.#requeue(own, now + retryDelayMs, withFailedAttempt(own, finishedAt, errorOf(outcome))));
        continue;
      }
      const isCancelled = state === 'cancelled' || (retryDelayMs !== null && mark !== null);
      own.end(isCancelled ? 'cancelled' : state, finishedAt, outcome, isCancelled ? (reason ?? mark) : null);
      this.#runs.keep(own);
      if (isCancelled && state !== 'cancelled') cancelled.push(own.toRecord());
      ended.push(own);
    }
    return { fenced, retrying, cancelled, ...this.#settle(ended, now) };
  }

  /** Ends what a node left running. */
  endRunsOf(node: string, how: 'died' | 'left', now: number): Omit<TakeOver, 'taken'> {
    const lost: RunRecord[] = [];
    const requeued: RunRecord[] = [];
    const ended: MemoryRun[] = [];
    for (const run of this.#runs.running) {
      if (run.node !== node) continue;
      const { entry } = run;
      this.#runs.running.remove(run);
      entry.stopped(run);
      const isMarked = this.#takeMark(run) !== null;
      const delayMs = !isMarked && entry.job && isRunOf(run, entry.job) ? retryDelayOf(run, entry.job.policy) : null;
      if (delayMs !== null) {
        const attempts = withFailedAttempt(run, now, lossOf(node, how));
        requeued.push(this.#requeue(run, now + delayMs, attempts));
      } else {
        const end = run.lost(now);
        this.#runs.keep(end);
        lost.push(end);
        ended.push(end);
      }
    }
    return { lost, requeued, ...this.#settle(ended, now) };
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

  /** Adds the job to `finished` if it is retired now. */
  noteFinished(entry: JobEntry, finished: JobRecord[]): void {
    const job = entry.job?.toRecord();
    if (job && this.retireIfIdle(entry)) finished.push(job);
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

  #takeMark(run: MemoryRun): RunReason | null {
    const mark = this.#marked.get(run) ?? null;
    this.#marked.delete(run);
    return mark;
  }

  #requeue(run: MemoryRun, availableAt: number, attempts: readonly AttemptRecord[]): MemoryRun {
    const next = run.requeued(availableAt, attempts);
    this.enqueue(next);
    return next;
  }

  #nextQueued({ retries, queued, backfills }: ExecutorLane, now: number, mayBackfill: boolean): MemoryRun | null {
    if (retries.firstKey <= now) return this.#jobs.atSlot(retries.firstSlot).firstRetry();
    if (queued.firstKey <= now) return this.#jobs.atSlot(queued.firstSlot).firstQueued();
    if (!mayBackfill || backfills.firstKey > now) return null;
    return this.#jobs.atSlot(backfills.firstSlot).firstBackfill();
  }

  #take(waiting: MemoryRun, node: string, now: number): TakenRun {
    const { entry } = waiting;
    const job = entry.job as MemoryJob;
    entry.dequeue(waiting);
    this.#runs.queued.remove(waiting);
    const run = waiting.taken({ node, fence: job.take(), now });
    this.start(run);
    this.#jobs.queueChanged(entry);
    return { run, job };
  }

  /** The running run that `run` was handed out as, or `null` when it is not this session's or was taken since. */
  #runningAs(run: RunRecord): MemoryRun | null {
    if (!(run instanceof MemoryRun) || run.entry.owner !== this.#jobs) return null;
    return run.state === 'running' ? run : null;
  }

  /** All of them have ended by now: only what is left of a job then tells whether it can be paused or is over. */
  #settle(ended: readonly MemoryRun[], now: number): Pick<CompletionResult, 'paused' | 'finished'> {
    const paused: JobRecord[] = [];
    const finished: JobRecord[] = [];
    for (const run of ended) {
      this.#count(run, now, paused);
      this.#afterRun(run.entry, finished);
    }
    return { paused, finished };
  }

  /** Counts how the run has ended; adds its job to `paused` if that is one failure too many. */
  #count(run: MemoryRun, now: number, paused: JobRecord[]): void {
    const { entry } = run;
    const { job } = entry;
    const failures = job ? failuresAfter(job, run) : 0;
    if (!job || failures === job.failures) return;
    job.noteFailures(failures);
    if (failures === 0 || job.policy.pauseAfterFailures === undefined) return;
    const after = pauseForFailures(job.toRecord(), now, entry.hasUnfinishedRun);
    if (after) paused.push(this.#jobs.install(entry, after));
  }

  /** A run of the job has ended. */
  #afterRun(entry: JobEntry, finished: JobRecord[]): void {
    if (entry.queued.length > 0) this.#jobs.queueChanged(entry);
    if (entry.job?.state === 'finished') this.noteFinished(entry, finished);
  }
}
