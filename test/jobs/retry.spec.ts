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
function delays(retry: RetryOptions): (number | null)[] {
  const policy = aPolicy({ retry: resolveRetry(retry, 'retry') ?? undefined });
  const { maxAttempts } = retry;
  return Array.from({ length: maxAttempts }, (_, i) => retryDelayOf({ attempt: i + 1, maxAttempts }, policy));
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
    [{ maxAttempts: 3, maxDelay: 5 }, 'INVALID_JOB_OPTION', '"maxDelay"', 'not supported in this version'],
    [{ maxAttempts: 3, jitter: 5 }, 'INVALID_JOB_OPTION', '"jitter"', 'not supported in this version'],
    [{ maxAttempts: 3, retryIf: () => true }, 'INVALID_JOB_OPTION', '"retryIf"', 'not supported in this version'],
    [{ attempts: 3 }, 'INVALID_JOB_OPTION', '"attempts"', 'maxAttempts'],
  ])('is refused, naming the job and the option: %o', (options, code, ...words) => {
    const error = refusal(options);
    expect(error.code).toBe(code);
    for (const word of ['Job "report": retry', ...words]) expect(error.message).toContain(word);
  });
});

describe('the pauses between the attempts of a run', () => {
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
    const run = { attempt: 1, maxAttempts: 2 };
    expect(retryDelayOf(run, aPolicy())).toBe(1_000);
    expect(retryDelayOf(run, aPolicy({ retry: { maxAttempts: 9, backoff: 'fixed', delay: 7 } }))).toBe(7);
    const last = { attempt: 2, maxAttempts: 2 };
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
