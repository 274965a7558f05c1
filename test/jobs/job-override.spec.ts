import { describe, expect, it } from 'vitest';
import { SchedulerError } from '../../lib/errors/scheduler-error.js';
import { resolveOverrides } from '../../lib/jobs/job-override.js';
import { at, cron, interval } from '../../lib/triggers/factories.js';

const resolve = (override: unknown) => resolveOverrides({ report: override }, 'UTC').get('report');

describe('overrides', () => {
  it('hold what is given, and nothing of what is undefined', () => {
    expect(resolve({ trigger: undefined, disabled: undefined, tags: undefined, maxInstances: 2 })).toEqual({
      trigger: null,
      disabled: null,
      options: { maxInstances: 2 },
    });
    const trigger = cron('0 4 * * *');
    expect(resolve({ trigger, disabled: false, misfireGraceTime: null })).toEqual({
      trigger,
      disabled: false,
      options: { misfireGraceTime: null },
    });
    expect(resolveOverrides(undefined, 'UTC').size).toBe(0);
  });

  it.each<[what: string, override: unknown, code: string, ...words: string[]]>([
    ['null', null, 'INVALID_JOB_OPTION', '{ disabled: true }'],
    ['a text', '0 3 * * *', 'INVALID_JOB_OPTION', "cron('0 3 * * *')"],
    ['an unknown option', { triggers: 1 }, 'INVALID_JOB_OPTION', '"triggers"', '"trigger"'],
    ['an option of a trigger', { timeZone: 'UTC' }, 'INVALID_JOB_OPTION', '"timeZone"', 'pass it to cron()'],
    ['an id', { id: 'other' }, 'INVALID_JOB_OPTION', 'the id'],
    ['aliases', { aliases: ['a'] }, 'INVALID_JOB_OPTION', '"aliases"'],
    ['args', { args: [] }, 'INVALID_JOB_OPTION', '"args"'],
    ['an option with a wrong value', { maxInstances: 0 }, 'INVALID_JOB_OPTION', 'maxInstances'],
    ['a duration that is none', { timeout: 'soon' }, 'INVALID_DURATION', 'timeout'],
    ['metadata that is no JSON', { metadata: { at: new Date() } }, 'INVALID_ARGUMENTS', 'metadata'],
    ['a disabled that is no flag', { disabled: 'no' }, 'INVALID_JOB_OPTION', 'disabled'],
    ['a cron text in place of a trigger', { trigger: '0 3 * * *' }, 'INVALID_JOB_OPTION', 'trigger', 'cron(…)'],
    ['a trigger that is null', { trigger: null }, 'INVALID_JOB_OPTION', 'trigger', '{ disabled: true }'],
    ['a trigger of no kind', { trigger: { pattern: '* * * * *' } }, 'INVALID_JOB_OPTION', 'trigger'],
    [
      'a trigger that contradicts itself',
      { trigger: interval(1000, { startAt: '2030-01-02', endAt: '2030-01-01' }) },
      'INVALID_JOB_OPTION',
      'trigger',
      'startAt',
    ],
    [
      'an instant that never comes',
      { trigger: at('2030-05-01', { endAt: '2030-01-01' }) },
      'INVALID_JOB_OPTION',
      'never',
    ],
  ])('that are %s are refused, naming the job', (_what, override, code, ...words) => {
    const error = refusal(() => resolve(override));
    expect(error.code).toBe(code);
    for (const word of ["overrides['report']", ...words]) expect(error.message).toContain(word);
  });

  it('of an id that no job can have are refused', () => {
    const error = refusal(() => resolveOverrides({ 'daily report': {} }, 'UTC'));
    expect(error.code).toBe('INVALID_JOB_ID');
    expect(error.message).toContain('overrides: the id "daily report"');
  });
});

function refusal(call: () => unknown): SchedulerError & { readonly code: string } {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(SchedulerError);
    return error as SchedulerError & { readonly code: string };
  }
  throw new Error('Nothing was refused.');
}
