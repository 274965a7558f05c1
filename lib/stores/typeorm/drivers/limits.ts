/**
 * How long a transaction may stand still between two of its statements, in seconds: a process that is stopped in the
 * middle of one (SIGSTOP, a paused container) would keep its rows locked until it goes on or its connection ends. Well
 * within a lease, and far longer than any pause of a process that works.
 */
export const LONGEST_STANDSTILL_S = 5;

/** How long a statement waits for a row that somebody has locked, in seconds; the transaction is then repeated. */
export const LONGEST_LOCK_WAIT_S = 5;
