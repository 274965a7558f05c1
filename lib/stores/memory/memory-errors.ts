import { SchedulerError } from '../../errors/scheduler-error.js';

/** An option of `MemoryJobStore` is unknown or out of range. @publicApi */
export class MemoryStoreOptionError extends SchedulerError {
  readonly code = 'INVALID_MEMORY_STORE_OPTION';
}
