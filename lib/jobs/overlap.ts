/**
 * What becomes of a fire while `maxInstances` runs of its job are running: it is put on record as skipped, waits in the
 * queue, waits if no other one does, or does so and has the run cancelled that runs for longest. @publicApi
 */
export type Overlap = 'skip' | 'queue' | 'queueOne' | 'cancelRunning';

export const OVERLAPS: readonly Overlap[] = ['skip', 'queue', 'queueOne', 'cancelRunning'];

/** What happens to a fire, or to a run asked for by `runJob`, given how busy its job is. */
export type Admission = 'start' | 'queue' | 'supersede' | 'skip';

/** How busy a job is. @publicApi */
export interface Occupancy {
  readonly running: number;
  /** Those of them that are backfills. */
  readonly runningBackfills: number;
  /** Queued runs that are due, backfills apart. */
  readonly queuedDue: number;
}

/**
 * Runs of a job start in the order in which they became due: a fire starts directly only if no run of its job that is
 * due, backfills apart, is queued before it. One that can't start waits as long as there is an instance for it and those
 * before it, or there will be one when a backfill ends: none is skipped for the sake of the past. Beyond that the policy
 * decides.
 *
 * @param overlap not there: `'skip'`
 */
export function admitFire(
  overlap: Overlap | undefined,
  { running, runningBackfills, queuedDue }: Occupancy,
  maxInstances: number,
): Admission {
  if (queuedDue === 0 && running < maxInstances) return 'start';
  const before = running - runningBackfills + queuedDue;
  if (before < maxInstances) return 'queue';
  if (overlap === 'queue') return 'queue';
  // The one that waits is kept: it is the older one, and may have been asked for by hand.
  if (overlap === 'queueOne') return before === maxInstances ? 'queue' : 'skip';
  if (overlap === 'cancelRunning') return before === maxInstances ? 'supersede' : 'skip';
  return 'skip';
}
