/**
 * A condition on the text of a job's policy: it is not that of a declared job that nobody declares any more. The texts
 * are looked at as they are, since one that is broken would fail a statement that takes it for JSON.
 */
export function isNoOrphan(policy: string): string {
  return `${policy} NOT LIKE '%"orphanedAt"%'`;
}

/** A condition on an unfinished run `u`: it runs, or its job is not one that nobody declares any more. */
export function mayStillRun(jobs: string): string {
  return `(u.state = 1 OR ${isNoOrphan(`coalesce((SELECT j.policy FROM ${jobs} AS j WHERE j.id = u.job_id), '')`)})`;
}
