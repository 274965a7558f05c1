/** What happens to a fire, or to a run asked for by `runJob`, given how busy its job is. */
export type Admission = 'start' | 'queue' | 'skip';

/**
 * Runs of a job start in the order in which they became due: one that finds a due run queued before it waits behind
 * it as long as there is an instance for both, and is skipped when there is none.
 */
export function admitFire(running: number, queuedDue: number, maxInstances: number): Admission {
  if (running + queuedDue >= maxInstances) return 'skip';
  return queuedDue > 0 ? 'queue' : 'start';
}
