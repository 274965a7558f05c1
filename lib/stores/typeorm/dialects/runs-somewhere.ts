/**
 * A condition on the text of a job's policy: it is not that of a declared job that no node runs, see `runsNowhere` in
 * `jobs/`. The texts are looked at as they are, since one that is broken would fail a statement that takes it for JSON.
 */
export function runsSomewhere(policy: string): string {
  return `(${policy} NOT LIKE '%"orphanedAt"%' AND ${policy} NOT LIKE '%"disabledAt"%')`;
}

/** A condition on an unfinished run `u`: it runs, or its job is not one that no node runs. */
export function mayStillRun(jobs: string): string {
  const found = `SELECT CASE WHEN ${runsSomewhere('j.policy')} THEN 1 ELSE 0 END FROM ${jobs} AS j WHERE j.id = u.job_id`;
  return `(u.state = 1 OR coalesce((${found}), 1) = 1)`;
}
