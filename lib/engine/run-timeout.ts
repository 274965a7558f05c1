import type { Clock } from '../clock.js';
import type { WorkResult } from '../executors/executor.js';
import { RunTimeoutError } from '../executors/executor-errors.js';
import type { ActiveRun } from './active-run.js';

/**
 * What an executor answers, or that the time of the run is over: its signal is aborted then, and an executor that minds
 * has a moment to answer that by itself, and to give the slot to others. Whatever it answers later is told, and no more.
 */
export function withinTimeout(
  run: ActiveRun,
  timeoutMs: number,
  result: Promise<WorkResult>,
  clock: Clock,
): Promise<WorkResult> {
  return new Promise((resolve) => {
    let isOver = false;
    const end = (): void => {
      const error = new RunTimeoutError(run.runId, timeoutMs);
      run.abort(error);
      setImmediate(() => {
        isOver = true;
        resolve({ state: 'failed', error });
      });
    };
    const spent = clock.monotonic() - run.startedMonotonic;
    const timer = clock.setTimer(end, Math.max(Math.ceil(timeoutMs - spent), 0), { keepAlive: false });
    const follow = async (): Promise<void> => {
      const answered = await result;
      timer.cancel();
      if (isOver) run.tellLate(answered.state === 'failed' ? answered.error : null);
      else resolve(answered);
    };
    void follow();
  });
}
