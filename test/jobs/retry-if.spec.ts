import { describe, expect, it } from 'vitest';
import { InvalidJobOptionError } from '../../lib/jobs/job-errors.js';
import { askRetryIf, checkedRetryIf, splitRetryIf, type FailedAttempt, type RetryIf } from '../../lib/jobs/retry-if.js';

const attempt: FailedAttempt = {
  runId: 'report@2030-01-01T00:00:00.000Z',
  jobId: 'report',
  task: 'Reports.daily',
  scheduledTime: new Date('2030-01-01T00:00:00Z'),
  attempt: 1,
  maxAttempts: 3,
};

const ask = (retryIf: unknown) => askRetryIf(retryIf as RetryIf, new RangeError('too much'), attempt);

describe('a retryIf', () => {
  it('is asked with what was thrown and the attempt that has failed', () => {
    const seen: unknown[] = [];
    const error = new RangeError('too much');
    askRetryIf((...args) => seen.push(...args) > 0, error, attempt);
    expect(seen).toEqual([error, attempt]);
  });

  it('decides by true and false', () => {
    expect(ask(() => true)).toBe('retry');
    expect(ask(() => false)).toBe('fail');
    expect(ask((error: unknown) => error instanceof RangeError)).toBe('retry');
  });

  it.each([
    ['nothing', () => undefined, 'undefined'],
    ['something that is only like false', () => 0, '0'],
    ['a promise', () => Promise.reject(new Error('later')), 'neither true nor false'],
  ])('says nothing by answering %s', (_what, retryIf, word) => {
    const verdict = ask(retryIf);
    expect(verdict).toBeInstanceOf(Error);
    expect((verdict as Error).message).toContain(word);
  });

  it('says nothing by throwing, whatever it throws', () => {
    const bug = new TypeError('no status');
    expect(
      ask(() => {
        throw bug;
      }),
    ).toBe(bug);
    const verdict = ask(() => {
      throw 'a text'; // oxlint-disable-line no-throw-literal, only-throw-error
    });
    expect((verdict as Error).message).toContain("'a text'");
  });

  it.each([
    ['an async function', async () => true, 'answer at once'],
    [
      'a generator',
      function* () {
        yield true;
      },
      'answer at once',
    ],
    ['a text', 'network', "'network'"],
    ['null', null, 'null'],
  ])('is refused when it is %s', (_what, value, word) => {
    expect(() => checkedRetryIf(value, "@Task('send'): retryIf")).toThrow(InvalidJobOptionError);
    expect(() => checkedRetryIf(value, "@Task('send'): retryIf")).toThrow(/^@Task\('send'\): retryIf/);
    expect(() => checkedRetryIf(value, '')).toThrow(word);
  });
});

describe('the options of a decorator', () => {
  it('are split into what a store keeps and what it can not keep', () => {
    const retryIf = () => true;
    const { retry, retryIf: found } = splitRetryIf({ maxAttempts: 3, delay: 5, retryIf }, '@Cron');
    expect(retry).toEqual({ maxAttempts: 3, delay: 5 });
    expect(found).toBe(retryIf);
  });

  it.each([undefined, null, { maxAttempts: 3 }, 3, 'often'])('are left as they are without a function: %j', (given) => {
    expect(splitRetryIf(given as never, '@Cron')).toEqual({ retry: given, retryIf: undefined });
  });
});
