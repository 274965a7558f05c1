import { SchedulerError } from '../errors/scheduler-error.js';

/** `currentRun()` was called outside a run. @publicApi */
export class NotInRunError extends SchedulerError {
  readonly code = 'NOT_IN_RUN';

  constructor() {
    super('currentRun() was called outside a run. Call it in a handler that the scheduler runs, or in code it calls.');
  }
}
