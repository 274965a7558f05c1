import type { StoredTrigger } from '../triggers/stored-trigger.js';

/**
 * The first fire of a job that is stored at `addedAt`. There is none before that moment, except that of a one-shot:
 * its instant may be past already, and its misfire policy says what becomes of it.
 */
export function firstFire(trigger: StoredTrigger, jobId: string, addedAt: number): number | null {
  const bound = trigger.bind(jobId);
  const next = bound.next(addedAt - 1);
  if (next !== null || trigger.definition.kind !== 'at') return next;
  return bound.previous(addedAt);
}
