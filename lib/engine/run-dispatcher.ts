import type { Clock } from '../clock.js';
import type { ExecutorSession, WorkResult } from '../executors/executor.js';
import type { RunContext } from '../executors/run-context.js';
import type { Task, TaskRegistry } from '../executors/task-registry.js';
import type { DeclaredJob } from '../jobs/declared-job.js';
import { describeError, outcomeOfResult } from '../jobs/outcome.js';
import type { RunRecord } from '../jobs/run-record.js';
import { retryDelayOf } from '../jobs/retry.js';
import type { CancelRequest, Completion, TakenRun } from '../stores/job-store.js';
import { ActiveRun } from './active-run.js';
import type { ExecutorSet } from './executor-set.js';
import { delayOfNextAttempt } from './next-attempt.js';
import type { ProgressReporter } from './progress-reporter.js';
import type { RunEvents } from './run-events.js';
import { withinTimeout } from './run-timeout.js';

const NO_RESULT = "The executor has answered no result: neither { state: 'succeeded' } nor { state: 'failed' }.";

/** Runs that somebody does not wait for. */
export type ExemptRuns = Pick<ReadonlySet<RunContext>, 'has'>;

const NOBODY: ExemptRuns = new Set();

/** What the dispatcher needs of its surroundings. */
export interface DispatcherPorts {
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  /** What decorators of this node declare, by id. */
  readonly declaredJobs: ReadonlyMap<string, DeclaredJob>;
  readonly executors: ExecutorSet;
  readonly events: RunEvents;
  readonly complete: (completion: Completion) => void;
  readonly progress: ProgressReporter;
}

/** Hands the taken runs of one store to their executors, and knows which are still out. */
export class RunDispatcher {
  readonly #ports: DispatcherPorts;
  readonly #active = new Set<ActiveRun>();
  readonly #waiting = new Set<() => boolean>();

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
  }

  get active(): ReadonlySet<ActiveRun> {
    return this.#active;
  }

  dispatch(taken: TakenRun): void {
    const { clock, executors, events, progress } = this.#ports;
    const task = this.#taskOf(taken.run);
    const executor = executors.session(taken.job.executor);
    events.started(taken.run);
    if (!task || !executor) return this.#refuse(taken, task ? 'executor' : 'task');
    const run = new ActiveRun(taken, task, clock.monotonic(), progress);
    const result = submit(executor, run);
    if (result instanceof Promise) void this.#follow(run, result);
    // What it has said of its progress is written before its end is.
    else if (run.reached !== null) void this.#follow(run, Promise.resolve(result));
    else {
      run.noteEnd();
      this.#end(run, result, clock.monotonic());
    }
  }

  /** Under the name that it was recorded with, or, where this node's version of the method has another, under that. */
  #taskOf({ task, jobId }: RunRecord): Task | undefined {
    const { tasks, declaredJobs } = this.#ports;
    return tasks.get(task) ?? tasks.get(declaredJobs.get(jobId)?.task ?? task);
  }

  abortAll(reason: Error): void {
    for (const run of this.#active) run.abort(reason);
  }

  /** Those that are not out here are left to others. */
  cancel(requests: readonly CancelRequest[]): void {
    if (requests.length === 0) return;
    const reasons = new Map(requests.map(({ runId, reason }) => [runId, reason]));
    for (const run of this.#active) {
      const reason = reasons.get(run.runId);
      if (reason !== undefined) run.cancel(reason);
    }
  }

  /** Resolves when no run is out, but for those in `exempt`, which is looked at again at every end. */
  whenEmpty(exempt: ExemptRuns = NOBODY): Promise<void> {
    return new Promise((resolve) => {
      const isDone = (): boolean => {
        for (const run of this.#active) if (!exempt.has(run)) return false;
        resolve();
        return true;
      };
      if (!isDone()) this.#waiting.add(isDone);
    });
  }

  /** Somebody's exemption has grown. */
  lookAgain(): void {
    for (const isDone of this.#waiting) if (isDone()) this.#waiting.delete(isDone);
  }

  async #follow(run: ActiveRun, result: Promise<WorkResult>): Promise<void> {
    this.#active.add(run);
    const { timeout } = run;
    const outcome = await (timeout === null ? result : withinTimeout(run, timeout, result, this.#ports.clock));
    const endedMonotonic = this.#ports.clock.monotonic();
    run.noteEnd();
    if (run.reached !== null) await this.#ports.progress.flush(run);
    this.#active.delete(run);
    this.#end(run, outcome, endedMonotonic);
    if (this.#waiting.size > 0) this.lookAgain();
  }

  #end(run: ActiveRun, answered: WorkResult, endedMonotonic: number): void {
    const { complete, declaredJobs, executors } = this.#ports;
    const result = isResult(answered) ? answered : failed(new TypeError(NO_RESULT));
    const duration = endedMonotonic - run.startedMonotonic;
    const startedAt = run.record.startedAt ?? run.record.availableAt;
    const hasFailed = result.state === 'failed';
    const finishedAt = startedAt + Math.round(duration);
    const outcome = hasFailed ? { error: describeError(result.error) } : outcomeOfResult(result.value);
    const { record, cancelReason: reason } = run;
    if (reason !== null) complete({ run: record, state: 'cancelled', reason, finishedAt, outcome, retryDelayMs: null });
    else {
      const retryIf = declaredJobs.get(run.jobId)?.retryIf;
      const retryDelayMs = hasFailed ? delayOfNextAttempt(run, result.error, retryIf) : null;
      complete({ run: record, state: result.state, finishedAt, outcome, retryDelayMs });
    }
    executors.slotFreed(run.job.executor);
  }

  /** The task or the executor went away between the peek and now. */
  #refuse({ run, job }: TakenRun, missing: 'task' | 'executor'): void {
    const name = missing === 'task' ? run.task : job.executor;
    const error = {
      name: 'DispatchError',
      message: `The ${missing} "${name}" was removed before the run could start.`,
    };
    const finishedAt = run.startedAt ?? run.availableAt;
    const retryDelayMs = retryDelayOf(run, job.policy);
    this.#ports.complete({ run, state: 'failed', finishedAt, outcome: { error }, retryDelayMs });
  }
}

/** An executor never throws by contract; one that does must not end the engine. */
function submit(executor: ExecutorSession, run: ActiveRun): WorkResult | Promise<WorkResult> {
  try {
    const result = executor.submit(run);
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

/** What an executor of somebody else's answers may be anything. */
function isResult(answered: WorkResult | undefined | null): answered is WorkResult {
  return answered?.state === 'succeeded' || answered?.state === 'failed';
}

function failed(error: unknown): WorkResult {
  return { state: 'failed', error };
}
