import type { JsonValue } from '../../jobs/json.js';
import type { OpenRunChange } from '../../jobs/open-runs.js';
import { maxAttemptsOf } from '../../jobs/retry.js';
import { rollUpRunId, slotRunId } from '../../jobs/run-id.js';
import type { RunOrigin, RunOutcome, RunReason, RunRecord, RunState } from '../../jobs/run-record.js';
import type { EndedRun } from './ended-run.js';
import type { JobEntry } from './job-entry.js';
import { keepArgs, readArgs, type MemoryJob } from './memory-job.js';

/** What few runs have: most are one slot of the schedule that starts at once. */
export interface RunDetails {
  readonly runId?: string;
  readonly untilAt?: number;
  readonly count?: number;
  readonly reason?: RunReason;
  readonly args?: readonly JsonValue[] | string;
  readonly attempt?: number;
  /** Where it is no longer that of the job that the run was made of. */
  readonly gen?: number;
}

const NO_DETAILS: RunDetails = Object.freeze({});

/**
 * A run on record. A running one is ended in place; whenever else a run changes, another object takes its place, and
 * the old one, whoever holds it, is none that runs: it can't be completed.
 *
 * The run id is made when somebody asks: writing an ISO date costs more than all the rest of a fire.
 */
export class MemoryRun implements RunRecord {
  /** Neighbours in the {@link RunList} that its state puts it into. */
  listPrevious: MemoryRun | null = null;
  listNext: MemoryRun | null = null;

  readonly seq: number;
  readonly entry: JobEntry;
  readonly job: MemoryJob;
  details: RunDetails;
  readonly scheduledAt: number;
  readonly availableAt: number;
  readonly node: string | null;
  readonly fence: number;
  readonly origin: RunOrigin;
  readonly #startedAt: number;
  #finishedAt = NaN;
  #state: RunState;
  #runId: string | null;
  #outcome: RunOutcome | string | null = null;

  private constructor(
    seq: number,
    entry: JobEntry,
    job: MemoryJob,
    scheduledAt: number,
    availableAt: number,
    state: RunState,
    node: string | null,
    fence: number,
    startedAt: number,
    origin: RunOrigin,
    details: RunDetails,
  ) {
    this.seq = seq;
    this.entry = entry;
    this.scheduledAt = scheduledAt;
    this.availableAt = availableAt;
    this.node = node;
    this.fence = fence;
    this.origin = origin;
    this.job = job;
    this.details = details;
    this.#startedAt = startedAt;
    this.#state = state;
    this.#runId = details.runId ?? null;
  }

  /** A slot of the schedule that runs now. */
  static started(
    seq: number,
    entry: JobEntry,
    job: MemoryJob,
    slot: number,
    dueAt: number,
    node: string,
    fence: number,
    now: number,
  ): MemoryRun {
    return new MemoryRun(seq, entry, job, slot, dueAt, 'running', node, fence, now, 'schedule', NO_DETAILS);
  }

  /** A run that waits. */
  static queued(
    seq: number,
    entry: JobEntry,
    job: MemoryJob,
    slot: number,
    availableAt: number,
    origin: RunOrigin,
    details: RunDetails = NO_DETAILS,
  ): MemoryRun {
    return new MemoryRun(seq, entry, job, slot, availableAt, 'queued', null, job.fence, NaN, origin, details);
  }

  /** A record of slots that do not run. */
  static notRun(
    seq: number,
    entry: JobEntry,
    job: MemoryJob,
    slot: number,
    state: 'skipped' | 'missed',
    now: number,
    origin: RunOrigin,
    details: RunDetails,
  ): MemoryRun {
    const run = new MemoryRun(seq, entry, job, slot, slot, state, null, job.fence, NaN, origin, details);
    run.#finishedAt = now;
    return run;
  }

  /** A run of the history. */
  static ended({ seq, entry, job, details, ...run }: EndedRun): MemoryRun {
    const { scheduledAt, availableAt, state, node, fence, startedAt, origin } = run;
    const ended = new MemoryRun(
      seq,
      entry,
      job,
      scheduledAt,
      availableAt,
      state,
      node,
      fence,
      startedAt,
      origin,
      details,
    );
    ended.#finishedAt = run.finishedAt;
    ended.#outcome = run.outcome;
    return ended;
  }

  get jobId(): string {
    return this.job.id;
  }

  get task(): string {
    return this.job.task;
  }

  get gen(): number {
    return this.details.gen ?? this.job.gen;
  }

  get series(): number {
    return this.job.series;
  }

  get runId(): string {
    return (this.#runId ??= makeRunId(this.job, this.scheduledAt, this.#state));
  }

  get state(): RunState {
    return this.#state;
  }

  get untilAt(): number | null {
    return this.details.untilAt ?? null;
  }

  get count(): number | null {
    return this.details.count ?? null;
  }

  get reason(): RunReason | null {
    return this.details.reason ?? null;
  }

  get args(): readonly JsonValue[] | null {
    return this.details.args === undefined ? null : readArgs(this.details.args);
  }

  get attempt(): number {
    return this.details.attempt ?? 1;
  }

  get maxAttempts(): number {
    return maxAttemptsOf(this.job.policy);
  }

  /** Whether it was attempted before. */
  get isRetry(): boolean {
    return this.details.attempt !== undefined;
  }

  get startedAt(): number | null {
    return Number.isNaN(this.#startedAt) ? null : this.#startedAt;
  }

  get finishedAt(): number | null {
    return Number.isNaN(this.#finishedAt) ? null : this.#finishedAt;
  }

  get outcome(): RunOutcome | null {
    return typeof this.#outcome === 'string' ? (JSON.parse(this.#outcome) as RunOutcome) : this.#outcome;
  }

  /** As the store keeps it. */
  get keptOutcome(): RunOutcome | string | null {
    return this.#outcome;
  }

  /** Ends this running run in place. */
  end(state: 'succeeded' | 'failed' | 'cancelled', finishedAt: number, outcome: RunOutcome | null): void {
    this.#state = state;
    this.#finishedAt = finishedAt;
    // A result that its maker may still change is kept as text.
    this.#outcome = typeof outcome?.result === 'object' ? JSON.stringify(outcome) : outcome;
  }

  /** Its job has changed. */
  change(change: OpenRunChange): void {
    const isOpen = this.#state === 'queued' || this.#state === 'running';
    const after = isOpen ? change(this) : null;
    if (!after) return;
    const args = keepRunArgs(after.args);
    this.details = { ...this.details, gen: after.gen, ...(args === undefined ? {} : { args }) };
  }

  /** This queued run, taken by a node under the job's present fence. */
  taken(node: string, fence: number, now: number): MemoryRun {
    return this.#successor('running', node, fence, now, this.availableAt, this.details);
  }

  /** This queued run, given up. */
  cancelled(reason: RunReason, now: number): MemoryRun {
    const run = this.#successor('cancelled', null, this.fence, NaN, this.availableAt, { ...this.details, reason });
    run.#finishedAt = now;
    return run;
  }

  /** This running run after its node is gone and no attempt is left. */
  lost(now: number): MemoryRun {
    const run = this.#successor('lost', this.node, this.fence, this.#startedAt, this.availableAt, this.details);
    run.#finishedAt = now;
    return run;
  }

  /** This running run, whose attempt has failed, waiting for the next one. */
  requeued(availableAt: number): MemoryRun {
    const details = { ...this.details, attempt: this.attempt + 1 };
    return this.#successor('queued', null, this.fence, NaN, availableAt, details);
  }

  /** The run as it is now, detached. */
  toRecord(): RunRecord {
    const { seq, runId, jobId, task, gen, scheduledAt, untilAt, count, reason, availableAt, state, node } = this;
    const { fence, attempt, maxAttempts, origin, args, startedAt, finishedAt, outcome } = this;
    const identity = { seq, runId, jobId, task, gen, scheduledAt, untilAt, count, reason, availableAt, state, node };
    return { ...identity, fence, attempt, maxAttempts, origin, args, startedAt, finishedAt, outcome };
  }

  toJSON(): RunRecord {
    return this.toRecord();
  }

  #successor(
    state: RunState,
    node: string | null,
    fence: number,
    startedAt: number,
    availableAt: number,
    details: RunDetails,
  ): MemoryRun {
    const { seq, entry, scheduledAt, origin } = this;
    const run = new MemoryRun(
      seq,
      entry,
      this.job,
      scheduledAt,
      availableAt,
      state,
      node,
      fence,
      startedAt,
      origin,
      details,
    );
    run.#runId = this.#runId;
    if (this.#state === 'running') this.#state = state;
    return run;
  }
}

/** The id of a run that was not given one: it is that of a slot of the schedule, or of slots that do not run. */
export function makeRunId({ id, series }: MemoryJob, scheduledAt: number, state: RunState): string {
  const isRollUp = state === 'skipped' || state === 'missed';
  return isRollUp ? rollUpRunId(id, series, scheduledAt, state) : slotRunId(id, series, scheduledAt);
}

/** Arguments of one run as {@link RunDetails} keep them. */
export function keepRunArgs(args: readonly JsonValue[] | null): readonly JsonValue[] | string | undefined {
  return args === null ? undefined : keepArgs(args);
}
