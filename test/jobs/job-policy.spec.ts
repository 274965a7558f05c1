import { describe, expect, it } from 'vitest';
import { SchedulerError } from '../../lib/errors/scheduler-error.js';
import type { JobOptions } from '../../lib/jobs/job-options.js';
import {
  assertJobOptionKeys,
  BUILT_IN_DEFAULTS,
  JOB_OPTION_KEYS,
  resolveJobDefaults,
  resolveJobOptions,
} from '../../lib/jobs/job-policy.js';

function resolve(options: JobOptions, defaults = BUILT_IN_DEFAULTS) {
  return resolveJobOptions('report', options, defaults, 'Job "report"');
}

/** A list whose last places hold nothing. */
function sparse(first: string | undefined, length: number): string[] {
  const list = first === undefined ? [] : [first];
  list.length = length;
  return list;
}

function refusal(fn: () => unknown): SchedulerError {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(SchedulerError);
    return error as SchedulerError;
  }
  throw new Error('It was accepted.');
}

describe('the bounds of an option', () => {
  it.each<[what: string, options: JobOptions, ...words: string[]]>([
    ['a name that is too long', { name: 'x'.repeat(1001) }, 'name', '1001', '1000'],
    ['a name that can not be printed', { name: 'a\0b' }, 'name', 'printable'],
    ['a name of two lines', { name: 'a\nb' }, 'name', 'in one line'],
    ['a name with half a character', { name: 'a\uD800b' }, 'name', 'printable'],
    ['a hole among the tags', { tags: sparse('a', 2) }, 'tags', 'undefined'],
    ['nothing but a hole', { tags: sparse(undefined, 1) }, 'tags', 'undefined'],
    ['an empty tag', { tags: [''] }, 'tag', `''`],
    ['a tag that is too long', { tags: ['x'.repeat(192)] }, 'tag', '191'],
    ['a tag that can not be printed', { tags: ['a\nb'] }, 'tag', 'printable'],
    ['half a character', { tags: ['\uD800'] }, 'tag', 'printable'],
    ['too many tags', { tags: Array.from({ length: 101 }, (_, i) => `t${i}`) }, '101 tags', '100'],
  ])('is kept: %s is refused', (_what, options, ...words) => {
    const error = refusal(() => resolve(options));
    expect(error.code).toBe('INVALID_JOB_OPTION');
    for (const word of words) expect(error.message).toContain(word);
  });

  it('is the last value allowed', () => {
    const tags = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(191, 'ä'));
    expect(resolve({ name: 'x'.repeat(1000), tags })).toMatchObject({ name: 'x'.repeat(1000), tags });
  });
});

describe('the options of a job', () => {
  it('have defaults', () => {
    expect(resolve({})).toEqual({
      name: 'report',
      store: 'default',
      executor: 'default',
      maxInstances: 1,
      policy: { misfireGraceTime: null, coalesce: 'latest', catchUpLimit: 100, maxRuns: null },
      hasOwnGrace: false,
      tags: [],
      metadata: null,
    });
  });

  it('come from jobDefaults where the job is silent', () => {
    const defaults = resolveJobDefaults({
      misfireGraceTime: 'PT5M',
      coalesce: 'all',
      maxInstances: 3,
      executor: 'cpu',
    });
    expect(resolve({}, defaults)).toMatchObject({
      executor: 'cpu',
      maxInstances: 3,
      hasOwnGrace: false,
      policy: { misfireGraceTime: 300_000, coalesce: 'all' },
    });
    expect(resolve({ misfireGraceTime: null, coalesce: 'latest', maxInstances: 1 }, defaults)).toMatchObject({
      maxInstances: 1,
      hasOwnGrace: true,
      policy: { misfireGraceTime: null, coalesce: 'latest' },
    });
  });

  it('are left out of the policy where they are the default, so that the fingerprint of a definition stays', () => {
    expect(resolve({ overlap: 'skip', jitter: 0 }).policy).toEqual(resolve({}).policy);
    expect(resolve({ overlap: 'queue' }).policy).toMatchObject({ overlap: 'queue' });
    const queueing = resolveJobDefaults({ overlap: 'queue' });
    expect(resolve({}, queueing).policy).toMatchObject({ overlap: 'queue' });
    expect(resolve({ overlap: 'skip' }, queueing).policy).toEqual(resolve({}).policy);
    expect(resolve({ retry: null, timeout: null }).policy).toEqual(resolve({}).policy);
    const limited = resolveJobDefaults({ timeout: { seconds: 20 } });
    expect(resolve({}, limited).policy.timeout).toBe(20_000);
    expect(resolve({ timeout: null }, limited).policy).toEqual(resolve({}).policy);
    expect(resolve({ retry: { maxAttempts: 1 } }).policy).toEqual(resolve({}).policy);
  });

  it('take retries as a whole from jobDefaults or from the job', () => {
    const defaults = resolveJobDefaults({ retry: { maxAttempts: 5, backoff: 'exponential', delay: 200 } });
    expect(resolve({}, defaults).policy.retry).toEqual({ maxAttempts: 5, backoff: 'exponential', delay: 200 });
    const own = { maxAttempts: 2, backoff: 'fixed', delay: 1_000 };
    expect(resolve({ retry: { maxAttempts: 2 } }, defaults).policy.retry).toEqual(own);
    expect(resolve({ retry: null }, defaults).policy.retry).toBeUndefined();
    expect(refusal(() => resolveJobDefaults({ retry: { maxAttempts: 0 } })).message).toContain('jobDefaults: retry');
  });

  it.each<[options: JobOptions, grace: number | null]>([
    [{ misfireGraceTime: null }, null],
    [{ misfireGraceTime: 1_000 }, 1_000],
    [{ misfireGraceTime: { seconds: 300 } }, 300_000],
    [{ misfireGraceTime: { milliseconds: 300 } }, 300],
    [{ misfireGraceTime: 'PT5M' }, 300_000],
  ])('read the grace time of %j', (options, grace) => {
    expect(resolve(options).policy.misfireGraceTime).toBe(grace);
  });

  it('refuse a bare number under 1,000 as grace time: APScheduler counts in seconds', () => {
    const error = refusal(() => resolve({ misfireGraceTime: 300 }));
    expect(error.code).toBe('INVALID_JOB_OPTION');
    expect(error.message).toContain('{ seconds: 300 }');
    expect(error.message).toContain('Job "report": misfireGraceTime');
    expect(refusal(() => resolveJobDefaults({ misfireGraceTime: 5 })).message).toContain('jobDefaults');
  });

  it.each([0, { seconds: 0 }, 'PT0S'])('refuse the grace time %j, which no fire could keep', (misfireGraceTime) => {
    const error = refusal(() => resolve({ misfireGraceTime }));
    expect(error.code).toBe('INVALID_JOB_OPTION');
    expect(error.message).toContain('every fire would be missed');
  });

  it.each<[option: string, value: unknown, code: string]>([
    ['misfireGraceTime', -5, 'INVALID_DURATION'],
    ['misfireGraceTime', 'soon', 'INVALID_DURATION'],
    ['misfireGraceTime', { months: 1 }, 'INVALID_DURATION'],
    ['misfireGraceTime', NaN, 'INVALID_DURATION'],
    ['timeout', 0, 'INVALID_JOB_OPTION'],
    ['timeout', { days: 25 }, 'INVALID_JOB_OPTION'],
    ['timeout', 'soon', 'INVALID_DURATION'],
    ['timeout', -5, 'INVALID_DURATION'],
    ['jitter', -5, 'INVALID_DURATION'],
    ['jitter', 'some', 'INVALID_DURATION'],
    ['jitter', null, 'INVALID_DURATION'],
    ['coalesce', 'newest', 'INVALID_JOB_OPTION'],
    ['coalesce', true, 'INVALID_JOB_OPTION'],
    ['coalesce', null, 'INVALID_JOB_OPTION'],
    ['overlap', 'replace', 'INVALID_JOB_OPTION'],
    ['overlap', null, 'INVALID_JOB_OPTION'],
    ['overlap', 10n, 'INVALID_JOB_OPTION'],
    ['catchUpLimit', 0, 'INVALID_JOB_OPTION'],
    ['catchUpLimit', Infinity, 'INVALID_JOB_OPTION'],
    ['maxInstances', 0, 'INVALID_JOB_OPTION'],
    ['maxInstances', 1.5, 'INVALID_JOB_OPTION'],
    ['maxInstances', '2', 'INVALID_JOB_OPTION'],
    ['maxRuns', -1, 'INVALID_JOB_OPTION'],
    ['maxRuns', 2 ** 31, 'INVALID_JOB_OPTION'],
    ['name', '', 'INVALID_JOB_OPTION'],
    ['name', 5, 'INVALID_JOB_OPTION'],
    ['store', ' ', 'INVALID_JOB_OPTION'],
    ['executor', null, 'INVALID_JOB_OPTION'],
    ['tags', 'x', 'INVALID_JOB_OPTION'],
    ['tags', ['x', ''], 'INVALID_JOB_OPTION'],
    ['tags', [1], 'INVALID_JOB_OPTION'],
    ['metadata', 'x', 'INVALID_ARGUMENTS'],
    ['metadata', ['x'], 'INVALID_ARGUMENTS'],
    ['metadata', { at: new Date(0) }, 'INVALID_ARGUMENTS'],
    ['metadata', { text: 'x'.repeat(65_536) }, 'INVALID_ARGUMENTS'],
  ])('refuse %s: %o, naming the job and the option', (option, value, code) => {
    const error = refusal(() => resolve({ [option]: value }));
    expect(error.code).toBe(code);
    expect(error.message).toContain('Job "report"');
    expect(error.message).toContain(option);
  });

  it('keep each tag once, and metadata as a copy', () => {
    const metadata = { team: ['a'] };
    const resolved = resolve({ tags: ['x', 'y', 'x'], metadata });
    metadata.team.push('b');
    expect(resolved).toMatchObject({ tags: ['x', 'y'], metadata: { team: ['a'] } });
  });
});

describe('the keys of an option object', () => {
  it.each(['timeZone', 'startAt', 'endAt', 'immediate', 'gap', 'fold'])(
    'that belong to the trigger are sent there: %s',
    (option) => {
      const { message } = refusal(() => assertJobOptionKeys({ [option]: 'x' }, 'Job "report"', JOB_OPTION_KEYS));
      expect(message).toContain(`"${option}"`);
      expect(message).toContain('pass it to cron()');
    },
  );

  it('may be more where the caller says so', () => {
    expect(() =>
      assertJobOptionKeys({ timeZone: 'UTC', id: 'a' }, 'Job "report"', [...JOB_OPTION_KEYS, 'timeZone']),
    ).not.toThrow();
  });

  it.each([
    ['', 'non-empty'],
    [5, 'non-empty'],
    ['has blank', 'no blanks'],
    ['ünïcode', 'printable ASCII'],
    ['tab\t', 'no blanks'],
    ['x'.repeat(192), '192'],
    ['invoice~2', 'may not end in "~2"'],
  ])('must hold a proper id: %j', (id, word) => {
    const error = refusal(() => assertJobOptionKeys({ id: id as string }, 'Job', JOB_OPTION_KEYS));
    expect(error.code).toBe('INVALID_JOB_ID');
    expect(error.message).toContain(word);
  });

  it('may hold an id of 191 characters, of all that is printable', () => {
    expect(() =>
      assertJobOptionKeys({ id: `reminder:42/a~b@c#d!e"${'x'.repeat(169)}` }, 'Job', JOB_OPTION_KEYS),
    ).not.toThrow();
  });
});

describe('jobDefaults', () => {
  it.each([
    [null, 'object'],
    ['x', 'object'],
    [[], 'object'],
    [{ id: 'x' }, '"id"'],
    [{ maxRuns: 5 }, '"maxRuns"'],
    [{ store: 'x' }, '"store"'],
    [{ pauseAfterFailures: 0 }, 'pauseAfterFailures'],
    [{ pauseAfterFailures: '5' }, 'pauseAfterFailures'],
    [{ disabled: true }, 'unknown option "disabled"'],
  ])('are refused: %j', (defaults, word) => {
    const error = refusal(() => resolveJobDefaults(defaults as never));
    expect(error.code).toBe('INVALID_JOB_OPTION');
    expect(error.message).toContain('jobDefaults');
    expect(error.message).toContain(word);
  });
});

describe('the policies of jobs that are added one after the other', () => {
  const retry = { maxAttempts: 3, backoff: 'exponential', delay: 1_000 } as const;

  it('are one object while they ask for the same, and no longer', () => {
    const { policy } = resolve({ retry, timeout: 5_000 });
    expect(resolve({ retry: { ...retry }, timeout: 5_000 }).policy).toBe(policy);
    for (const options of [{ retry: { ...retry, jitter: 500 }, timeout: 5_000 }, { retry }, { retry, maxRuns: 1 }]) {
      expect(resolve(options).policy).not.toEqual(policy);
    }
    expect(resolve({ retry, timeout: 5_000 }).policy).toEqual(policy);
  });
});
