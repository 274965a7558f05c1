/**
 * What becomes of a fire while `maxInstances` runs of its job are running: it is put on record as skipped, waits in the
 * queue, or waits if no other one does. @publicApi
 */
export type Overlap = 'skip' | 'queue' | 'queueOne';

export const OVERLAPS: readonly Overlap[] = ['skip', 'queue', 'queueOne'];

/** What happens to a fire, or to a run asked for by `runJob`, given how busy its job is. */
export type Admission = 'start' | 'queue' | 'skip';

/**
 * Runs of a job start in the order in which they became due: a fire starts directly only if no run of its job that is
 * due, backfills apart, is queued before it. One that can't start waits as long as there is an instance for it and those
 * before it; beyond that the policy decides.
 *
 * @param overlap not there: `'skip'`
 */
export function admitFire(
  overlap: Overlap | undefined,
  running: number,
  queuedDue: number,
  maxInstances: number,
): Admission {
  if (queuedDue === 0 && running < maxInstances) return 'start';
  if (running + queuedDue < maxInstances) return 'queue';
  // The one that waits is kept: it is the older one, and may have been asked for by hand.
  if (overlap === 'queueOne') return running + queuedDue === maxInstances ? 'queue' : 'skip';
  return overlap ?? 'skip';
}
