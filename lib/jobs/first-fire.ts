import type { StoredTrigger } from '../triggers/stored-trigger.js';
import type { Trigger } from '../triggers/trigger.js';
import { namingJob } from './search-of-job.js';

/**
 * The first fire of a job that is stored at `addedAt`. There is none before that moment, except that of a one-shot:
 * its instant may be past already, and its misfire policy says what becomes of it.
 *
 * @throws {TriggerSearchError} naming the job
 */
export function firstFire(trigger: StoredTrigger, jobId: string, addedAt: number): number | null {
  const bound = trigger.bind(jobId);
  const next = nextFire(bound, jobId, addedAt - 1);
  if (next !== null || trigger.definition.kind !== 'at') return next;
  return bound.previous(addedAt);
}

/** @throws {TriggerSearchError} naming the job */
export function nextFire(trigger: Trigger, jobId: string, after: number): number | null {
  try {
    return trigger.next(after);
  } catch (error) {
    throw namingJob(error, jobId);
  }
}
