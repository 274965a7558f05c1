/** For whom others wait who have nothing to do with what is locked. */
export const MOMENT_MS = 25;

/**
 * The part `patience` of a statement: joined with what is about to be locked, it makes the statement, and what comes after
 * it in the same transaction, fail rather than wait any longer.
 */
export function patienceOf(ms: number): string {
  return `patience AS MATERIALIZED (SELECT set_config('lock_timeout', '${ms}ms', true))`;
}
