import type { AttemptRecord } from '../../jobs/attempts.js';
import type { JsonValue } from '../../jobs/json.js';
import type { OpenRunChange } from '../../jobs/open-runs.js';
import { maxAttemptsOf } from '../../jobs/retry.js';
import { rollUpRunId, slotRunId } from '../../jobs/run-id.js';
import {
  isUnfinished,
  type RunOrigin,
  type RunOutcome,
  type RunReason,
  type RunRecord,
  type RunState,
} from '../../jobs/run-record.js';
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
  /** How far it is. */
  readonly progress?: number;
  readonly attempts?: readonly AttemptRecord[];
  /** Where it is no longer that of the job that the run was made of. */
  readonly gen?: number;
}

const NO_DETAILS: RunDetails = Object.freeze({});

/** A run as it is made. `NaN` stands for an instant that has not come. */
interface RunParts {
  readonly seq: number;
  readonly entry: JobEntry;
  readonly job: MemoryJob;
  readonly scheduledAt: number;
  readonly availableAt: number;
  readonly state: RunState;
  readonly node: string | null;
  readonly fence: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly origin: RunOrigin;
  readonly details: RunDetails;
  readonly outcome: RunOutcome | string | null;
}

/** Which run of which job it is. */
type RunOfJob = Pick<RunParts, 'seq' | 'entry' | 'job' | 'scheduledAt'>;

/** What becomes of a run that another object takes the place of. */
type RunChange = Pick<RunParts, 'state' | 'node' | 'fence' | 'startedAt' | 'finishedAt' | 'availableAt' | 'details'>;

/** Who takes a run, under which fence, and when. */
interface Taking {
  readonly node: string;
  readonly fence: number;
  readonly now: number;
}

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
  #finishedAt: number;
  #state: RunState;
  #runId: string | null;
  #outcome: RunOutcome | string | null;

  private constructor(parts: RunParts) {
    this.seq = parts.seq;
    this.entry = parts.entry;
    this.scheduledAt = parts.scheduledAt;
    this.availableAt = parts.availableAt;
    this.node = parts.node;
    this.fence = parts.fence;
    this.origin = parts.origin;
    this.job = parts.job;
    this.details = parts.details;
    this.#startedAt = parts.startedAt;
    this.#finishedAt = parts.finishedAt;
    this.#state = parts.state;
    this.#runId = parts.details.runId ?? null;
    this.#outcome = parts.outcome;
  }

  /** A slot of the schedule that runs now, under the job's present fence. */
  static started(run: RunOfJob & Pick<Taking, 'node' | 'now'> & { readonly dueAt: number }): MemoryRun {
    return new MemoryRun({
      seq: run.seq,
      entry: run.entry,
      job: run.job,
      scheduledAt: run.scheduledAt,
      availableAt: run.dueAt,
      state: 'running',
      node: run.node,
      fence: run.job.fence,
      startedAt: run.now,
      finishedAt: NaN,
      origin: 'schedule',
      details: NO_DETAILS,
      outcome: null,
    });
  }

  /** A run that waits. */
  static queued(
    run: RunOfJob & Pick<RunParts, 'availableAt' | 'origin'> & { readonly details?: RunDetails },
  ): MemoryRun {
    return new MemoryRun({
      seq: run.seq,
      entry: run.entry,
      job: run.job,
      scheduledAt: run.scheduledAt,
      availableAt: run.availableAt,
      state: 'queued',
      node: null,
      fence: run.job.fence,
      startedAt: NaN,
      finishedAt: NaN,
      origin: run.origin,
      details: run.details ?? NO_DETAILS,
      outcome: null,
    });
  }

  /** A record of slots that do not run. */
  static notRun(
    run: RunOfJob &
      Pick<RunParts, 'origin' | 'details'> & { readonly state: 'skipped' | 'missed'; readonly now: number },
  ): MemoryRun {
    return new MemoryRun({
      seq: run.seq,
      entry: run.entry,
      job: run.job,
      scheduledAt: run.scheduledAt,
      availableAt: run.scheduledAt,
      state: run.state,
      node: null,
      fence: run.job.fence,
      startedAt: NaN,
      finishedAt: run.now,
      origin: run.origin,
      details: run.details,
      outcome: null,
    });
  }

  /** A run of the history. */
  static ended(run: EndedRun): MemoryRun {
    return new MemoryRun(run);
  }

  get jobId(): string {
    return this.job.id;
  }

  get task(): string {
    return this.job.task;
  }

  get tags(): readonly string[] {
    return this.job.tags;
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

  get progress(): number | null {
    return this.details.progress ?? null;
  }

  get attempt(): number {
    return this.details.attempt ?? 1;
  }

  get attempts(): readonly AttemptRecord[] | null {
    return this.details.attempts ?? null;
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

  noteProgress(progress: number): void {
    this.details = { ...this.details, progress: Math.round(progress * 1000) / 1000 };
  }

  /** Ends this running run in place. */
  end(
    state: 'succeeded' | 'failed' | 'cancelled',
    finishedAt: number,
    outcome: RunOutcome | null,
    reason: RunReason | null,
  ): void {
    this.#state = state;
    if (reason !== null) this.details = { ...this.details, reason };
    this.#finishedAt = finishedAt;
    // A result that its maker may still change is kept as text.
    this.#outcome = typeof outcome?.result === 'object' ? JSON.stringify(outcome) : outcome;
  }

  /** Its job has changed. */
  change(change: OpenRunChange): void {
    const after = isUnfinished(this.#state) ? change(this) : null;
    if (!after) return;
    const args = keepRunArgs(after.args);
    this.details = { ...this.details, gen: after.gen, ...(args === undefined ? {} : { args }) };
  }

  /** This queued run, taken by a node under the job's present fence. */
  taken({ node, fence, now }: Taking): MemoryRun {
    const { availableAt, details } = this;
    return this.#successor({ state: 'running', node, fence, startedAt: now, finishedAt: NaN, availableAt, details });
  }

  /** This queued run, given up. */
  cancelled(reason: RunReason, now: number): MemoryRun {
    const { fence, availableAt } = this;
    const details = { ...this.details, reason };
    const ended = { startedAt: NaN, finishedAt: now };
    return this.#successor({ state: 'cancelled', node: null, fence, ...ended, availableAt, details });
  }

  /** This running run after its node is gone and no attempt is left. */
  lost(now: number): MemoryRun {
    const { node, fence, availableAt, details } = this;
    const ended = { startedAt: this.#startedAt, finishedAt: now };
    return this.#successor({ state: 'lost', node, fence, ...ended, availableAt, details });
  }

  /** This running run, whose attempt has failed, waiting for the next one. */
  requeued(availableAt: number, attempts: readonly AttemptRecord[]): MemoryRun {
    const { fence } = this;
    const { progress: _, ...kept } = this.details;
    const details = { ...kept, attempt: this.attempt + 1, attempts };
    const notYet = { startedAt: NaN, finishedAt: NaN };
    return this.#successor({ state: 'queued', node: null, fence, ...notYet, availableAt, details });
  }

  /** The run as it is now, detached. */
  toRecord(): RunRecord {
    const { seq, runId, jobId, task, tags, gen, scheduledAt, untilAt, count, reason, availableAt, state, node } = this;
    const { fence, attempt, maxAttempts, attempts, origin, args, startedAt, finishedAt, outcome, progress } = this;
    const identity = { seq, runId, jobId, task, tags, gen, scheduledAt, untilAt, count, reason, availableAt };
    return {
      ...identity,
      state,
      node,
      fence,
      attempt,
      maxAttempts,
      attempts,
      origin,
      args,
      startedAt,
      finishedAt,
      outcome,
      progress,
    };
  }

  toJSON(): RunRecord {
    return this.toRecord();
  }

  #successor(change: RunChange): MemoryRun {
    const { seq, entry, job, scheduledAt, origin } = this;
    const run = new MemoryRun({ seq, entry, job, scheduledAt, origin, outcome: null, ...change });
    run.#runId = this.#runId;
    if (this.#state === 'running') this.#state = run.#state;
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
