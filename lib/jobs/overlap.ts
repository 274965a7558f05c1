/**
 * What becomes of a fire while `maxInstances` runs of its job are running: it is put on record as skipped, waits in the
 * queue, waits if no other one does, or does so and has the run cancelled that runs for longest. @publicApi
 */
export type Overlap = 'skip' | 'queue' | 'queueOne' | 'cancelRunning';

export const OVERLAPS: readonly Overlap[] = ['skip', 'queue', 'queueOne', 'cancelRunning'];

/** What happens to a fire, or to a run asked for by `runJob`, given how busy its job is. */
export type Admission = 'start' | 'queue' | 'skip';

/** How busy a job is. @publicApi */
export interface Occupancy {
  readonly running: number;
  /** Those of them that are backfills. */
  readonly runningBackfills: number;
  /** Queued runs that are due and may start (of a paused job: made after the pause), backfills apart. */
  readonly queuedDue: number;
}

/**
 * Runs of a job start in the order in which they became due: a fire starts directly only if no run of its job that is
 * due, backfills apart, is queued before it. One that can't start waits as long as there is an instance for it and those
 * before it, or there will be one when a backfill ends. Beyond that the policy decides. Under `cancelRunning`, room is then
 * to be made for the one that waits: see `hasToMakeRoom`.
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
  // It will see the latest state, too, as it has not begun.
  if (overlap === 'cancelRunning') return queuedDue === 0 ? 'queue' : 'skip';
  return 'skip';
}

/**
 * Under `cancelRunning`, whether the run that runs for longest is to be cancelled, now that a fire has been queued or skipped:
 * for the one that waits longest, be it this fire or one before it, such as a retry, or one of those that are to be caught up
 * with. Each fire makes room for one.
 *
 * @param staying how many runs are running that nobody has asked to end, backfills apart
 * @param waiting queued runs that are due, backfills apart
 */
export function hasToMakeRoom(staying: number, waiting: number, maxInstances: number): boolean {
  return waiting > 0 && staying > 0 && staying + waiting > maxInstances;
}
