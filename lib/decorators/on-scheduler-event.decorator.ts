import { faultOfEventTypes } from '../events/event-types.js';
import type { SchedulerEventType } from '../events/scheduler-event.js';
import { declareEvents } from './declarations.js';
import { decoratedMethod } from './decorated-method.js';
import { InvalidDecoratorError } from './decorator-errors.js';
import { writtenForm } from './job-decorator.js';

/**
 * Calls the method with every event of the given types. What it throws, or rejects with, is logged and harms nobody.
 * Its class has to be a singleton: an event belongs to no request.
 *
 * @example
 * class Alerts { @OnSchedulerEvent('run.failed', 'run.missed') page(event: RunFailedEvent | RunMissedEvent) {} }
 * @throws {InvalidDecoratorError} when the class is defined, for no type at all and for an unknown one
 * @publicApi
 */
export function OnSchedulerEvent(...types: readonly SchedulerEventType[]): MethodDecorator {
  const decorator = writtenForm('OnSchedulerEvent', ...types);
  return (target, key, descriptor) => {
    const method = decoratedMethod(decorator, target, key, descriptor);
    const fault = faultOfEventTypes(types);
    if (fault) throw new InvalidDecoratorError(`${method.label}: ${decorator}: ${fault}`);
    declareEvents(method, types);
  };
}
