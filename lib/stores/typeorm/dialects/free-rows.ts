/**
 * Where transactions lock rows: how one that is to wait for nobody takes those that are free, and finds out whether the
 * others are locked or gone.
 */
export interface FreeRowStatements {
  /** As `jobStates`, without what somebody else has locked. */
  readonly jobStates: string;
  /** `ids` → `id` of those jobs that are in their table. No locks. */
  readonly jobs: string;
  /** `ids` (of runs) → `run_id`, `fence` of those that are running. No locks. */
  readonly running: string;
  /** `seqs` → `seq` of those runs that nobody else has locked, under lock. */
  readonly runs: string;
}
