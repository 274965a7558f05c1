import { describe, expect, it } from 'vitest';
import { SchedulerError } from '../../lib/errors/scheduler-error.js';
import { isRunOf, maxAttemptsOf, resolveRetry, retryDelayOf, type RetryOptions } from '../../lib/jobs/retry.js';
import { aPolicy } from '../support/store-fixtures.js';

const DAY = 86_400_000;

function refusal(options: unknown): SchedulerError {
  try {
    resolveRetry(options as RetryOptions, 'Job "report": retry');
  } catch (error) {
    expect(error).toBeInstanceOf(SchedulerError);
    return error as SchedulerError;
  }
  throw new Error('It was accepted.');
}

/** The pauses after each failed attempt of a run. */
function delays(retry: RetryOptions, runId = 'report@2030-01-01T00:00:00.000Z'): (number | null)[] {
  const policy = aPolicy({ retry: resolveRetry(retry, 'retry') ?? undefined });
  const { maxAttempts } = retry;
  return Array.from({ length: maxAttempts }, (_, i) => retryDelayOf({ runId, attempt: i + 1, maxAttempts }, policy));
}

describe('what is said of retries', () => {
  it.each<[options: RetryOptions | null, policy: unknown]>([
    [{ maxAttempts: 3 }, { maxAttempts: 3, backoff: 'fixed', delay: 1_000 }],
    [
      { maxAttempts: 3, delay: 0 },
      { maxAttempts: 3, backoff: 'fixed', delay: 0 },
    ],
    [
      { maxAttempts: 2, backoff: 'exponential' },
      { maxAttempts: 2, backoff: 'exponential', delay: 1_000 },
    ],
    [
      { maxAttempts: 10_000, delay: { minutes: 5 } },
      { maxAttempts: 10_000, backoff: 'fixed', delay: 300_000 },
    ],
    [
      { maxAttempts: 2, delay: 'PT1H' },
      { maxAttempts: 2, backoff: 'fixed', delay: 3_600_000 },
    ],
    [
      { maxAttempts: 9, backoff: 'exponential', maxDelay: { minutes: 1 }, jitter: { seconds: 2 } },
      { maxAttempts: 9, backoff: 'exponential', delay: 1_000, maxDelay: 60_000, jitter: 2_000 },
    ],
    [
      { maxAttempts: 2, jitter: 0 },
      { maxAttempts: 2, backoff: 'fixed', delay: 1_000 },
    ],
    [{ maxAttempts: 1, delay: 5 }, null],
    [null, null],
  ])('is read: %j', (options, policy) => {
    expect(resolveRetry(options, 'retry')).toEqual(policy);
  });

  it.each<[options: unknown, code: string, ...words: string[]]>([
    [5, 'INVALID_JOB_OPTION', 'object', '5'],
    [[3], 'INVALID_JOB_OPTION', 'object'],
    [{}, 'INVALID_JOB_OPTION', 'maxAttempts', 'undefined'],
    [{ maxAttempts: 0 }, 'INVALID_JOB_OPTION', 'maxAttempts', 'from 1'],
    [{ maxAttempts: 1.5 }, 'INVALID_JOB_OPTION', 'maxAttempts'],
    [{ maxAttempts: '3' }, 'INVALID_JOB_OPTION', 'maxAttempts'],
    [{ maxAttempts: Infinity }, 'INVALID_JOB_OPTION', 'maxAttempts', '10,000'],
    [{ maxAttempts: 3, backoff: 'linear' }, 'INVALID_JOB_OPTION', 'backoff', "'fixed' or 'exponential'", 'linear'],
    [{ maxAttempts: 3, backoff: null }, 'INVALID_JOB_OPTION', 'backoff'],
    [{ maxAttempts: 3, backoff: 10n }, 'INVALID_JOB_OPTION', 'backoff', '10n'],
    [{ maxAttempts: Object.create(null) as unknown }, 'INVALID_JOB_OPTION', 'maxAttempts'],
    [{ maxAttempts: 3, delay: -1 }, 'INVALID_DURATION', 'delay'],
    [{ maxAttempts: 3, delay: 'soon' }, 'INVALID_DURATION', 'delay'],
    [{ maxAttempts: 3, delay: { days: 366 } }, 'INVALID_JOB_OPTION', 'delay', '365 days'],
    [{ maxAttempts: 3, backoff: 'exponential', delay: 0 }, 'INVALID_JOB_OPTION', 'delay', "backoff: 'fixed'"],
    [{ maxAttempts: 3, maxDelay: 5_000 }, 'INVALID_JOB_OPTION', 'maxDelay', "backoff: 'exponential'"],
    [{ maxAttempts: 3, backoff: 'exponential', maxDelay: 5 }, 'INVALID_JOB_OPTION', 'maxDelay', '5 ms', '1000 ms'],
    [{ maxAttempts: 3, backoff: 'exponential', maxDelay: 'soon' }, 'INVALID_DURATION', 'maxDelay'],
    [{ maxAttempts: 3, jitter: -5 }, 'INVALID_DURATION', 'jitter'],
    [{ maxAttempts: 3, jitter: { days: 366 } }, 'INVALID_JOB_OPTION', 'jitter', '365 days'],
    [{ maxAttempts: 3, retryIf: () => true }, 'INVALID_JOB_OPTION', '"retryIf"', 'no store can keep', 'registerTask'],
    [{ attempts: 3 }, 'INVALID_JOB_OPTION', '"attempts"', 'maxAttempts'],
  ])('is refused, naming the job and the option: %o', (options, code, ...words) => {
    const error = refusal(options);
    expect(error.code).toBe(code);
    for (const word of ['Job "report": retry', ...words]) expect(error.message).toContain(word);
  });
});

describe('the pauses between the attempts of a run', () => {
  it('grow no further than to maxDelay', () => {
    const retry = { maxAttempts: 5, backoff: 'exponential', delay: 10, maxDelay: 35 } as const;
    expect(delays(retry)).toEqual([10, 20, 35, 35, null]);
  });

  it('are longer by up to the jitter, by the same for a run and attempt', () => {
    const retry = { maxAttempts: 101, delay: 1_000, jitter: 500 };
    const pauses = delays(retry).slice(0, -1) as number[];
    expect(delays(retry)).toEqual([...pauses, null]);
    expect(delays(retry, 'other@2030-01-01T00:00:00.000Z')).not.toEqual([...pauses, null]);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_000);
    expect(Math.min(...pauses)).toBeLessThan(1_050);
    expect(Math.max(...pauses)).toBeGreaterThan(1_450);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1_500);
    expect(new Set(pauses).size).toBeGreaterThan(50);
  });

  it('are all the same, and none follows the last attempt', () => {
    expect(delays({ maxAttempts: 3, delay: 700 })).toEqual([700, 700, null]);
    expect(delays({ maxAttempts: 2, delay: 0 })).toEqual([0, null]);
  });

  it('double with each', () => {
    expect(delays({ maxAttempts: 5, backoff: 'exponential', delay: 500 })).toEqual([500, 1_000, 2_000, 4_000, null]);
  });

  it('grow to a day and no further, unless the first is longer already', () => {
    const long = delays({ maxAttempts: 2_000, backoff: 'exponential', delay: { hours: 10 } });
    expect(long.slice(0, 4)).toEqual([DAY * (10 / 24), DAY * (20 / 24), DAY, DAY]);
    expect(new Set(long.slice(2, -1))).toEqual(new Set([DAY]));
    expect(delays({ maxAttempts: 3, backoff: 'exponential', delay: { days: 3 } })).toEqual([3 * DAY, 3 * DAY, null]);
  });

  it('are those of the job as it is now, a second when it says nothing any more; the attempts are those of the run', () => {
    const run = { runId: 'report@2030-01-01T00:00:00.000Z', attempt: 1, maxAttempts: 2 };
    expect(retryDelayOf(run, aPolicy())).toBe(1_000);
    expect(retryDelayOf(run, aPolicy({ retry: { maxAttempts: 9, backoff: 'fixed', delay: 7 } }))).toBe(7);
    const last = { ...run, attempt: 2 };
    expect(retryDelayOf(last, aPolicy({ retry: { maxAttempts: 9, backoff: 'fixed', delay: 7 } }))).toBeNull();
  });
});

describe('a run', () => {
  it('is made with the attempts that its job allows at that time', () => {
    expect(maxAttemptsOf(aPolicy())).toBe(1);
    expect(maxAttemptsOf(aPolicy({ retry: { maxAttempts: 4, backoff: 'fixed', delay: 0 } }))).toBe(4);
  });

  it('is one of its job however that was changed since, and none of a job that was added later under that id', () => {
    expect(isRunOf({ gen: 50 }, { createdAt: 50 })).toBe(true);
    expect(isRunOf({ gen: 90 }, { createdAt: 50 })).toBe(true);
    expect(isRunOf({ gen: 90 }, { createdAt: 91 })).toBe(false);
  });
});
