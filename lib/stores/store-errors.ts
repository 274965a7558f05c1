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

/** A `manager` was given for a store that keeps its jobs in no database. @publicApi */
export class TransactionUnsupportedError extends SchedulerError {
  readonly code = 'TRANSACTION_UNSUPPORTED';

  constructor(store: string) {
    super(
      `Store "${store}" keeps its jobs in the memory of this process: they can't be part of a database transaction. ` +
        `Leave out the manager, or give the job a store in the transaction's own database.`,
    );
  }
}

/** The `manager` is none whose transaction has begun. @publicApi */
export class TransactionNotActiveError extends SchedulerError {
  readonly code = 'TRANSACTION_NOT_ACTIVE';

  constructor(store: string) {
    super(
      `Store "${store}": the manager is in no transaction. Pass the one that dataSource.transaction(async (manager) => …) ` +
        `gives to its callback, and await the call inside it.`,
    );
  }
}

/** The transaction sees the database as it was when it began. @publicApi */
export class TransactionIsolationError extends SchedulerError {
  readonly code = 'TRANSACTION_ISOLATION';

  constructor(store: string, level: string) {
    super(
      `Store "${store}": the transaction is ${level}, so it does not see what other processes have done with the jobs since ` +
        `it began. Begin it with dataSource.transaction('READ COMMITTED', …).`,
    );
  }
}

/** The transaction is one of another database than the store's. @publicApi */
export class TransactionStoreMismatchError extends SchedulerError {
  readonly code = 'TRANSACTION_STORE_MISMATCH';

  constructor(store: string, problem: string) {
    super(
      `Store "${store}": the transaction of the manager is one of another database: ${problem}. ` +
        `Use a DataSource of the database that the store keeps its jobs in, or name another store.`,
    );
  }
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
