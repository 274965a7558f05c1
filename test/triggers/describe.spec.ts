import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { allOf, anyOf, at, calendarInterval, cron, except, interval } from '../../lib/triggers/factories.js';
import type { CronOptions } from '../../lib/triggers/cron.js';
import type { CronFields } from '../../lib/triggers/cron/cron-fields.js';
import type { TriggerDefinition } from '../../lib/triggers/trigger.js';
import { bind } from './fires.js';

function words(definition: TriggerDefinition): string {
  return bind(definition, 'Europe/Berlin').describe();
}

describe('describe()', () => {
  it.each<[string | CronFields, string]>([
    ['0 3 * * 1-5', 'at 03:00, Monday to Friday'],
    ['0 3 * * *', 'at 03:00, every day'],
    ['17 0 3 * * *', 'at 03:00:17, every day'],
    ['0 9,12 * * *', 'at 09:00 and 12:00, every day'],
    ['* * * * *', 'every minute'],
    ['* * * * * *', 'every second'],
    ['*/10 * * * * *', 'every 10 seconds'],
    ['*/5 * * * *', 'every 5 minutes'],
    ['*/5 9-17 * * mon-fri', 'every 5 minutes from 09:00 to 17:59, Monday to Friday'],
    ['* 22-2 * * *', 'every minute from 22:00 to 02:59'],
    ['* 9,12,15 * * *', 'every minute of hours 9, 12 and 15'],
    ['*/7 * * * *', 'at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour'],
    ['0 * * * *', 'every hour'],
    ['30 * * * *', 'at minute 30 of every hour'],
    ['0 */2 * * *', 'every 2 hours'],
    ['0 9-17 * * *', 'every hour from 09:00 to 17:00'],
    ['30 */2 * * *', 'at minute 30 of every 2nd hour'],
    ['*/10 */5 * * * *', 'every 10 seconds of every 5th minute of every hour'],
    ['5 * * * * *', 'at second 5 of every minute'],
    ['5,30 * 9-17 * * mon-fri', 'at seconds 5 and 30 of every minute from 09:00 to 17:59, Monday to Friday'],
    ['* 5 3 * * *', 'every second of minute 5 of hour 3'],
    ['1,2,3,10 1,2,5,6 * * *', 'at minutes 1 to 3 and 10 of hours 1, 2, 5 and 6, every day'],
    ['15 10 L * *', 'at 10:15, on the last day of the month'],
    ['0 0 L-3 * *', 'at 00:00, on the 4th last day of the month'],
    ['0 0 LW * *', 'at 00:00, on the last weekday of the month'],
    ['0 0 15W,1 * *', 'at 00:00, on the 1st and the weekday nearest to the 15th of the month'],
    ['0 6 * * fri#2', 'at 06:00, the 2nd Friday of the month'],
    ['0 6 * * friL', 'at 06:00, the last Friday of the month'],
    ['0 0 13 * 5', 'at 00:00, on the 13th of the month and on Friday'],
    ['0 0 13 * +5', 'at 00:00, on the 13th of the month when it is Friday'],
    ['0 0 */2 * *', 'at 00:00, on every 2nd day from the 1st of the month'],
    ['0 0 */10 * *', 'at 00:00, on every 10th day from the 1st of the month'],
    ['0 0 1 jan-mar,jul *', 'at 00:00, on the 1st of the month, in January to March and July'],
    ['0 0 * nov-feb *', 'at 00:00, in November to February'],
    ['0 0 * * sat-mon', 'at 00:00, Saturday to Monday'],
    ['0 0 0 1 1 * 2027-2031', 'at 00:00, on the 1st of the month, in January, in 2027 to 2031'],
    ['0 0 0 1 1 * 2027/2', 'at 00:00, on the 1st of the month, in January, every 2nd year from 2027'],
    ['0 0 0 1 1 * *', 'at 00:00, on the 1st of the month, in January'],
    ['@weekly', 'at 00:00, Sunday'],
    [{ week: 53, dayOfWeek: 'sun' }, 'at 00:00, Sunday, in ISO week 53'],
    [{ day: ['3rd fri', 1], hour: 3 }, 'at 03:00, on the 1st and the 3rd Friday of the month'],
    [{ minute: 30 }, 'at minute 30 of every hour'],
  ])('says of %j: %s', (pattern, expected) => {
    expect(words(cron(pattern))).toBe(`${expected} (Europe/Berlin)`);
  });

  it.each<[TriggerDefinition, string]>([
    [interval(30_000), 'every 30 seconds'],
    [interval({ hours: 1 }), 'every hour'],
    [cron('@every 90s'), 'every 1 minute and 30 seconds'],
    [
      interval({ days: 10 }, { startAt: '2027-01-01', immediate: true }),
      'every 10 days and at once, from 2027-01-01 00:00 (Europe/Berlin)',
    ],
    [at('2027-01-31T09:00'), 'once at 2027-01-31 09:00 (Europe/Berlin)'],
    [at('2027-01-31T09:00:05Z', { timeZone: 'UTC' }), 'once at 2027-01-31 09:00:05 (UTC)'],
    [at('2027-01-31T09:00:00.5Z', { timeZone: 'UTC' }), 'once at 2027-01-31 09:00:00.500 (UTC)'],
    [at('2027-01-31T09:00:05.007Z', { timeZone: 'UTC' }), 'once at 2027-01-31 09:00:05.007 (UTC)'],
    [
      calendarInterval({ months: 1, hour: 9 }, { startAt: '2027-01-31', endAt: '2028-01-31' }),
      'every month at 09:00, on the 31st where there is one, from 2027-01-31 00:00, until 2028-01-31 23:59:59 (Europe/Berlin)',
    ],
    [
      calendarInterval({ months: 1, hour: 9 }, { startAt: '2027-01-31', monthEnd: 'clamp' }),
      'every month at 09:00, on the 31st or, without one, the last day of the month, from 2027-01-31 00:00 (Europe/Berlin)',
    ],
    [
      calendarInterval({ months: 1, days: 1 }, { startAt: '2027-01-29' }),
      'every 1 month and 1 day at 00:00, counted from the 29th where there is one, from 2027-01-29 00:00 (Europe/Berlin)',
    ],
    [
      calendarInterval({ years: 1 }, { startAt: '2024-02-29' }),
      'every year at 00:00, on February 29 where there is one, from 2024-02-29 00:00 (Europe/Berlin)',
    ],
    // January and July always have a 31st, as has January alone.
    [
      calendarInterval({ months: 6 }, { startAt: '2027-01-31' }),
      'every 6 months at 00:00, from 2027-01-31 00:00 (Europe/Berlin)',
    ],
    [
      calendarInterval({ years: 1 }, { startAt: '2027-01-31' }),
      'every year at 00:00, from 2027-01-31 00:00 (Europe/Berlin)',
    ],
    [
      calendarInterval({ days: 7 }, { startAt: '2024-02-29' }),
      'every 7 days at 00:00, from 2024-02-29 00:00 (Europe/Berlin)',
    ],
    [calendarInterval({ years: 1, days: 3, hour: 3, minute: 5 }), 'every 1 year and 3 days at 03:05 (Europe/Berlin)'],
    [
      anyOf(cron('0 9 * * 1-5'), cron('0 11 * * 0,6', { timeZone: 'Asia/Tokyo' })),
      'at 09:00, Monday to Friday or at 11:00, Saturday and Sunday (Asia/Tokyo) (Europe/Berlin)',
    ],
    [
      allOf(cron('0 9 * * 1-5'), interval({ days: 3 }), { threshold: 0 }),
      'when these meet at the same instant: at 09:00, Monday to Friday and every 3 days (Europe/Berlin)',
    ],
    [
      allOf(cron('0 9 * * 1-5'), interval({ days: 3 })),
      'when these meet within 1 second: at 09:00, Monday to Friday and every 3 days (Europe/Berlin)',
    ],
    [
      except(cron('0 9 * * *'), '2027-12-25', { from: '2027-12-27', to: '2027-12-31' }, cron('0 9 L * *')),
      'at 09:00, every day, except 2027-12-25, 2027-12-27 to 2027-12-31 and at 09:00, on the last day of the month (Europe/Berlin)',
    ],
    [
      except(cron('0 0 * * *'), cron('0 0 * * 1-5'), { startAt: '2027-02-01' }),
      '(at 00:00, every day, except at 00:00, Monday to Friday), from 2027-02-01 00:00 (Europe/Berlin)',
    ],
    [
      except(cron('0 0 * * *'), cron('0 0 * * 1-5', { startAt: '2027-02-01' })),
      'at 00:00, every day, except (at 00:00, Monday to Friday, from 2027-02-01 00:00) (Europe/Berlin)',
    ],
    [
      except(anyOf(cron('0 0 * * *'), cron('0 12 * * *')), '2027-12-24'),
      '(at 00:00, every day or at 12:00, every day), except 2027-12-24 (Europe/Berlin)',
    ],
    [
      anyOf(cron('0 0 * * *'), except(cron('0 12 * * *'), '2027-12-24')),
      'at 00:00, every day or (at 12:00, every day, except 2027-12-24) (Europe/Berlin)',
    ],
    [
      anyOf(allOf(cron('0 9 * * *'), interval({ days: 3 })), cron('0 12 * * *'), { endAt: '2027-12-24T00:00' }),
      '((when these meet within 1 second: at 09:00, every day and every 3 days) or at 12:00, every day), until 2027-12-24 00:00 (Europe/Berlin)',
    ],
  ])('says what %j does', (definition, expected) => {
    expect(words(definition)).toBe(expected);
  });

  it.each<[CronOptions, string]>([
    [{ gap: 'shift', fold: 'first' }, ''],
    [{ gap: 'skip' }, ', skipped when clocks skip it'],
    [{ gap: 'next' }, ', as soon as clocks have skipped it'],
    [{ fold: 'both' }, ', twice when clocks repeat it'],
    [{ gap: 'skip', fold: 'last' }, ', skipped when clocks skip it, the second time when clocks repeat it'],
  ])('says of %j how times are treated that clocks skip or repeat, where it matters', (options, suffix) => {
    expect(words(cron('30 2 * * *', options))).toBe(`at 02:30, every day${suffix} (Europe/Berlin)`);
    const daily = calendarInterval({ days: 1, hour: 2 }, options);
    expect(words(daily)).toBe(`every day at 02:00${suffix} (Europe/Berlin)`);
    expect(words(cron('30 * * * *', options))).toBe('at minute 30 of every hour (Europe/Berlin)');
  });

  it('names an excluded day that begins in a gap, or comes in two parts, by its date', () => {
    const santiago = bind(except(cron('0 9 * * *'), '2027-09-05'), 'America/Santiago');
    expect(santiago.describe()).toBe('at 09:00, every day, except 2027-09-05 (America/Santiago)');
    const stJohns = bind(except(cron('0 9 * * *'), '2006-10-28'), 'America/St_Johns');
    expect(stJohns.describe()).toBe('at 09:00, every day, except 2006-10-28 (America/St_Johns)');
  });

  it('says what H became for the job', () => {
    expect(words(cron('H(0-29) 3 * * *'))).toMatch(/^at 03:[0-2]\d, every day/);
  });

  it('is what String() and util.inspect show', () => {
    const trigger = bind(cron('@daily'));
    expect(String(trigger)).toBe('at 00:00, every day (UTC)');
    expect(inspect(trigger)).toBe('Trigger { at 00:00, every day (UTC) }');
    expect(inspect({ trigger })).not.toContain('\n');
  });
});
