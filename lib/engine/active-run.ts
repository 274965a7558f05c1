import { Logger } from '@nestjs/common';
import type { Work } from '../executors/executor.js';
import { InvalidProgressError, RunCancelledError, RunTimeoutError } from '../executors/executor-errors.js';
import { withinRun, type RunContext } from '../executors/run-context.js';
import type { Task } from '../executors/task-registry.js';
import { copyOfJson, type JsonObject, type JsonValue } from '../jobs/json.js';
import type { RunReason, RunRecord } from '../jobs/run-record.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { TakenRun } from '../stores/job-store.js';
import type { ProgressReporter } from './progress-reporter.js';

const callTask = (run: ActiveRun): unknown => run.handler.invoke(run.args, run);

/** 0.57 is a little less than 570 thousandths. */
const ROUNDING_ERROR = 1e-9;

/**
 * One run while it is carried out on this node: what the executor works on, and the context its handler sees.
 * What a handler does not ask for is not made.
 */
export class ActiveRun implements Work, RunContext {
  readonly record: RunRecord;
  readonly job: JobRecord;
  readonly handler: Task;
  /** Monotonic clock, ms. */
  readonly startedMonotonic: number;
  #args: readonly JsonValue[] | null = null;
  #metadata: JsonObject | null = null;
  #logger: Logger | null = null;
  #controller: AbortController | null = null;
  #abortReason: Error | null = null;
  #isLateTold = false;
  #cancelReason: RunReason | null = null;
  #progress: ((fraction: number) => void) | null = null;
  #hasEnded = false;
  #reached: number | null = null;
  readonly #reporter: ProgressReporter;

  constructor({ run, job }: TakenRun, handler: Task, startedMonotonic: number, reporter: ProgressReporter) {
    this.#reporter = reporter;
    this.record = run;
    this.job = job;
    this.handler = handler;
    this.startedMonotonic = startedMonotonic;
  }

  get runId(): string {
    return this.record.runId;
  }

  get jobId(): string {
    return this.record.jobId;
  }

  get task(): string {
    return this.record.task;
  }

  /** Of this run alone: the record of its job serves the next one, too. */
  get args(): readonly JsonValue[] {
    return (this.#args ??= copyOfJson(this.record.args ?? this.job.args));
  }

  get metadata(): JsonObject | null {
    return (this.#metadata ??= copyOfJson(this.job.metadata));
  }

  get logger(): Logger {
    return (this.#logger ??= new Logger(`${this.task} ${this.runId}`));
  }

  get attempt(): number {
    return this.record.attempt;
  }

  get timeout(): number | null {
    return this.job.policy.timeout ?? null;
  }

  get scheduledTime(): Date {
    return new Date(this.record.scheduledAt);
  }

  get startedAt(): Date {
    return new Date(this.record.startedAt ?? this.record.availableAt);
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortReason) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** Whether this process wants it to end, for reasons that lie outside of it. */
  get isGivenUp(): boolean {
    return this.#abortReason !== null && !(this.#abortReason instanceof RunTimeoutError);
  }

  abort(reason: Error): void {
    if (this.#abortReason) return;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  /** How far the handler says it is; `null`: it did not. */
  get reached(): number | null {
    return this.#reached;
  }

  /** Not a method: handlers take it out of its context. */
  get progress(): (fraction: number) => void {
    return (this.#progress ??= (fraction) => this.#reach(fraction));
  }

  #reach(fraction: number): void {
    if (typeof fraction !== 'number' || !(fraction >= 0 && fraction <= 1)) throw new InvalidProgressError(fraction);
    const reached = Math.floor(fraction * 1_000 + ROUNDING_ERROR) / 1_000;
    if (reached === this.#reached || this.#hasEnded) return;
    this.#reached = reached;
    this.#reporter.note(this);
  }

  /** What is left of the handler, a timer or what goes on after a timeout, is not listened to any more. */
  noteEnd(): void {
    this.#hasEnded = true;
  }

  /** Why it is to end; `null`: it may go on. */
  get cancelReason(): RunReason | null {
    return this.#cancelReason;
  }

  /** Asks the handler to end. The run is over when it has. */
  cancel(reason: RunReason): void {
    this.#cancelReason ??= reason;
    this.abort(new RunCancelledError(this.runId, reason));
  }

  call(): unknown {
    const value = withinRun(this, callTask);
    if (this.timeout !== null && value instanceof Promise) {
      value.then(
        () => this.tellLate(null),
        (error: unknown) => this.tellLate(error),
      );
    }
    return value;
  }

  /**
   * Tells once that the handler, or the executor, has gone on after the timeout; nothing where it ends by that.
   *
   * @param error `null`: it has not failed
   */
  tellLate(error: unknown): void {
    if (this.#isLateTold || !(this.#abortReason instanceof RunTimeoutError) || error === this.#abortReason) return;
    this.#isLateTold = true;
    const how = error === null ? 'ended' : `failed (${error instanceof Error ? error.message : String(error)})`;
    new Logger('Scheduler').warn(
      `Run "${this.runId}" of job "${this.jobId}": its handler has ${how} after its timeout. On record the run has failed already.`,
    );
  }
}
