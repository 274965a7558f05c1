import { SchedulerError } from '../errors/scheduler-error.js';
import { showError } from '../errors/show-value.js';

/** The store can't be reached, or can't be prepared for use. @publicApi */
export class StoreUnavailableError extends SchedulerError {
  readonly code = 'STORE_UNAVAILABLE';
}

/** Others kept the store locked for too long; nothing was written, and the call may be made again. @publicApi */
export class StoreBusyError extends SchedulerError {
  readonly code = 'STORE_BUSY';
  readonly retryable = true;
}

/** The stored row of this job can't be understood. It is left in place and harms no other job. @publicApi */
export class UnreadableJobError extends SchedulerError {
  readonly code = 'UNREADABLE_JOB';
  readonly jobId: string;

  constructor(jobId: string, cause: unknown) {
    const detail = showError(cause);
    super(`The stored row of job "${jobId}" can't be read: ${detail} Repair the row, or delete it from the table.`, {
      cause,
    });
    this.jobId = jobId;
  }
}
