import { SchedulerError } from '../errors/scheduler-error.js';
import { showValue } from '../errors/show-value.js';
import { nearestWord } from '../jobs/known-keys.js';
import type { SchedulerEventType } from './scheduler-event.js';

/** `ofType` was given no type of event, or one that does not exist. @publicApi */
export class InvalidEventTypeError extends SchedulerError {
  readonly code = 'INVALID_EVENT_TYPE';
}

export type Level = 'error' | 'warn' | 'log' | 'debug';

/** The types of events, and how loudly each is logged. Complete by construction: a missing one does not compile. */
export const LEVELS: Readonly<Record<SchedulerEventType, Level>> = {
  'scheduler.started': 'log',
  'scheduler.paused': 'log',
  'scheduler.resumed': 'log',
  'scheduler.stopped': 'log',
  'store.added': 'debug',
  'store.removed': 'debug',
  'store.unavailable': 'error',
  'store.recovered': 'log',
  'executor.added': 'debug',
  'executor.removed': 'debug',
  'job.added': 'debug',
  'job.modified': 'debug',
  'job.rescheduled': 'debug',
  'job.paused': 'warn',
  'job.resumed': 'debug',
  'job.removed': 'debug',
  'job.finished': 'debug',
  'job.unresolvable': 'warn',
  'job.recovered': 'debug',
  'jobs.removed': 'debug',
  'run.queued': 'debug',
  'run.started': 'debug',
  'run.progress': 'debug',
  'run.succeeded': 'debug',
  'run.failed': 'error',
  'run.retrying': 'warn',
  'run.cancelled': 'debug',
  'run.missed': 'warn',
  'run.skipped': 'warn',
  'run.lost': 'warn',
  'run.fenced': 'warn',
  'run.unreadable': 'warn',
  'node.joined': 'debug',
  'node.left': 'debug',
  'node.lost': 'warn',
};

/** What is wrong with a choice of types, and what to do; `null`: nothing. */
export function faultOfEventTypes(types: readonly unknown[]): string | null {
  if (types.length === 0) return "it names no event. Name those it is for, such as 'run.failed'.";
  const at = types.findIndex((type) => typeof type !== 'string' || !Object.hasOwn(LEVELS, type));
  if (at === -1) return null;
  const unknown = types[at];
  const nearest = typeof unknown === 'string' ? nearestWord(unknown, Object.keys(LEVELS)) : null;
  const hint = nearest ? `Did you mean '${nearest}'?` : `Known: ${Object.keys(LEVELS).join(', ')}.`;
  return `there is no event ${showValue(unknown)}. ${hint}`;
}
