import { Logger } from '@nestjs/common';
import { showError } from '../errors/show-value.js';
import { askRetryIf, type RetryIf } from '../jobs/retry-if.js';
import { retryDelayOf } from '../jobs/retry.js';
import type { ActiveRun } from './active-run.js';

/**
 * How long a run whose handler has failed waits for its next attempt, in milliseconds; `null`: it has none. A handler that
 * fails since this process wants it to end says nothing about its work: as after a crash, nobody is asked.
 *
 * @param retryIf of the declared job; that of the task counts where there is none
 */
export function delayOfNextAttempt(run: ActiveRun, error: unknown, retryIf: RetryIf | undefined): number | null {
  const delayMs = retryDelayOf(run.record, run.job.policy);
  const asked = retryIf ?? run.handler.retryIf;
  if (delayMs === null || !asked || run.isGivenUp) return delayMs;
  const { runId, jobId, task, scheduledTime, attempt } = run;
  const { maxAttempts } = run.record;
  const verdict = askRetryIf(asked, error, { runId, jobId, task, scheduledTime, attempt, maxAttempts });
  if (verdict instanceof Error) {
    new Logger('Scheduler').warn(
      `The retryIf of job "${jobId}" does not work, so its run "${runId}" is tried again: ${showError(verdict)}`,
    );
  }
  return verdict === 'fail' ? null : delayMs;
}
