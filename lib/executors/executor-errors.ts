import { SchedulerError } from '../errors/scheduler-error.js';
import { showValue } from '../errors/show-value.js';
import type { RunReason } from '../jobs/run-record.js';

/** `currentRun()` was called outside a run. @publicApi */
export class NotInRunError extends SchedulerError {
  readonly code = 'NOT_IN_RUN';

  constructor() {
    super('currentRun() was called outside a run. Call it in a handler that the scheduler runs, or in code it calls.');
  }
}

/** The run was asked to end, by `cancelRun` or for another one: why its signal was aborted. @publicApi */
export class RunCancelledError extends SchedulerError {
  readonly code = 'RUN_CANCELLED';
  readonly reason: RunReason;

  constructor(runId: string, reason: RunReason) {
    super(`Run "${runId}" is to end: ${reason}.`);
    this.reason = reason;
  }
}

/** `currentRun().progress()` was given what is no share of the whole. @publicApi */
export class InvalidProgressError extends SchedulerError {
  readonly code = 'INVALID_PROGRESS';

  constructor(given: unknown) {
    super(`progress() takes a number from 0 to 1, such as 0.5 for half, got ${showValue(given)}.`);
  }
}

/** The run took longer than the `timeout` of its job: why its signal was aborted, and what it has failed with. @publicApi */
export class RunTimeoutError extends SchedulerError {
  readonly code = 'RUN_TIMEOUT';
  /** Milliseconds. */
  readonly timeout: number;

  constructor(runId: string, timeout: number) {
    super(`Run "${runId}" took longer than its timeout of ${timeout} ms.`);
    this.timeout = timeout;
  }
}
