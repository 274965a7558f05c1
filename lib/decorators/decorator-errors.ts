import { SchedulerError } from '../errors/scheduler-error.js';

/**
 * A decorator stands where it can't work, or says something that can't be. Thrown when the class is defined; `cause`
 * holds the error of the trigger or the duration, if one was at fault.
 *
 * @publicApi
 */
export class InvalidDecoratorError extends SchedulerError {
  readonly code = 'INVALID_DECORATOR';
}
