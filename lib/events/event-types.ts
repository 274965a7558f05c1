import { SchedulerError } from '../errors/scheduler-error.js';
import { showValue } from '../errors/show-value.js';
import { nearestWord } from '../jobs/known-keys.js';
import type { SchedulerEventType } from './scheduler-event.js';

/** `ofType` was given no type of event, or one that does not exist. @publicApi */
export class InvalidEventTypeError extends SchedulerError {
  readonly code = 'INVALID_EVENT_TYPE';
}

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

/** What is wrong with a choice of types, and what to do; `null`: nothing. */
export function faultOfEventTypes(types: readonly unknown[]): string | null {
  if (types.length === 0) return "it names no event. Name those it is for, such as 'run.failed'.";
  const at = types.findIndex((type) => typeof type !== 'string' || !Object.hasOwn(TYPES, type));
  if (at === -1) return null;
  const unknown = types[at];
  const nearest = typeof unknown === 'string' ? nearestWord(unknown, Object.keys(TYPES)) : null;
  const hint = nearest ? `Did you mean '${nearest}'?` : `Known: ${Object.keys(TYPES).join(', ')}.`;
  return `there is no event ${showValue(unknown)}. ${hint}`;
}
