import { showValue } from '../errors/show-value.js';
import type { SchedulerEventType } from '../events/scheduler-event.js';
import { nearestWord } from '../jobs/known-keys.js';
import { declareEvents } from './declarations.js';
import { decoratedMethod } from './decorated-method.js';
import { InvalidDecoratorError } from './decorator-errors.js';
import { writtenForm } from './job-decorator.js';

/** Complete by construction: a type that is missing here does not compile. */
const TYPES: Readonly<Record<SchedulerEventType, true>> = {
  'scheduler.started': true,
  'scheduler.paused': true,
  'scheduler.resumed': true,
  'scheduler.stopped': true,
  'store.added': true,
  'store.removed': true,
  'store.unavailable': true,
  'store.recovered': true,
  'executor.added': true,
  'executor.removed': true,
  'job.added': true,
  'job.modified': true,
  'job.rescheduled': true,
  'job.paused': true,
  'job.resumed': true,
  'job.removed': true,
  'job.finished': true,
  'job.unresolvable': true,
  'job.recovered': true,
  'jobs.removed': true,
  'run.queued': true,
  'run.started': true,
  'run.succeeded': true,
  'run.failed': true,
  'run.retrying': true,
  'run.cancelled': true,
  'run.missed': true,
  'run.skipped': true,
  'run.lost': true,
  'run.fenced': true,
  'run.unreadable': true,
  'node.joined': true,
  'node.left': true,
  'node.lost': true,
};

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
    if (types.length === 0) {
      throw new InvalidDecoratorError(
        `${method.label}: ${decorator} names no event. Name those it is for, such as 'run.failed'.`,
      );
    }
    for (const type of types) assertEventType(type, `${method.label}: ${decorator}`);
    declareEvents(method, types);
  };
}

function assertEventType(type: unknown, what: string): void {
  if (typeof type === 'string' && Object.hasOwn(TYPES, type)) return;
  const nearest = typeof type === 'string' ? nearestWord(type, Object.keys(TYPES)) : null;
  const hint = nearest ? `Did you mean '${nearest}'?` : `Known: ${Object.keys(TYPES).join(', ')}.`;
  throw new InvalidDecoratorError(`${what}: there is no event ${showValue(type)}. ${hint}`);
}
