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

/**
 * A decorator has a resolver for its first argument, and no trigger comes of it. Thrown when the application starts;
 * `cause` holds what the resolver threw, or what is wrong with its answer.
 *
 * @publicApi
 */
export class TriggerResolverError extends SchedulerError {
  readonly code = 'TRIGGER_RESOLVER';
}
