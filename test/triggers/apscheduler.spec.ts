import { describe, expect, it } from 'vitest';
import type { CronFields } from '../../lib/triggers/cron/cron-fields.js';
import { allOf, calendarInterval, cron, except, interval } from '../../lib/triggers/factories.js';
import { bind, nextTexts } from './fires.js';

/** What `CronTrigger(…)` of APScheduler 3.11.3 answers for the first fires from 2027-01-01 on, in UTC. */
const FIELDS: [CronFields, string][] = [
  [{ year: 2028 }, '2028-01-01T00:00'],
  [{ month: 6 }, '2027-06-01T00:00 2028-06-01T00:00 2029-06-01T00:00 2030-06-01T00:00'],
  [{ week: 1 }, '2027-01-04T00:00 2027-01-05T00:00 2027-01-06T00:00 2027-01-07T00:00'],
  [{ week: '53', dayOfWeek: 'mon' }, '2032-12-27T00:00 2037-12-28T00:00 2043-12-28T00:00 2048-12-28T00:00'],
  [{ day: 1, minute: 20 }, '2027-01-01T00:20 2027-01-01T01:20 2027-01-01T02:20 2027-01-01T03:20'],
  [{ hour: 3 }, '2027-01-01T03:00 2027-01-02T03:00 2027-01-03T03:00 2027-01-04T03:00'],
  [{ minute: 5 }, '2027-01-01T00:05 2027-01-01T01:05 2027-01-01T02:05 2027-01-01T03:05'],
  [{ second: 5 }, '2027-01-01T00:00:05 2027-01-01T00:01:05 2027-01-01T00:02:05 2027-01-01T00:03:05'],
  [
    { year: '2028-2060/4', month: 'feb', day: 29 },
    '2028-02-29T00:00 2032-02-29T00:00 2036-02-29T00:00 2040-02-29T00:00',
  ],
  [{ day: 'last' }, '2027-01-31T00:00 2027-02-28T00:00 2027-03-31T00:00 2027-04-30T00:00'],
  [{ day: 'last sun', hour: '9,17' }, '2027-01-31T09:00 2027-01-31T17:00 2027-02-28T09:00 2027-02-28T17:00'],
  [{ day: '3rd fri' }, '2027-01-15T00:00 2027-02-19T00:00 2027-03-19T00:00 2027-04-16T00:00'],
  [{ day: '1st mon,3rd mon', hour: 8 }, '2027-01-04T08:00 2027-01-18T08:00 2027-02-01T08:00 2027-02-15T08:00'],
  [{ day: '5th sat' }, '2027-01-30T00:00 2027-05-29T00:00 2027-07-31T00:00 2027-10-30T00:00'],
  [{ day: 13, dayOfWeek: 'fri' }, '2027-08-13T00:00 2028-10-13T00:00 2029-04-13T00:00 2029-07-13T00:00'],
  [
    { dayOfWeek: 'mon-fri', hour: '9-17/4', minute: 30 },
    '2027-01-01T09:30 2027-01-01T13:30 2027-01-01T17:30 2027-01-04T09:30',
  ],
  [{ dayOfWeek: 'sat,sun' }, '2027-01-02T00:00 2027-01-03T00:00 2027-01-09T00:00 2027-01-10T00:00'],
  [{ dayOfWeek: 'fri-sun', hour: 12 }, '2027-01-01T12:00 2027-01-02T12:00 2027-01-03T12:00 2027-01-08T12:00'],
  [{ month: 'jan-mar,jul', day: '*/10' }, '2027-01-01T00:00 2027-01-11T00:00 2027-01-21T00:00 2027-01-31T00:00'],
  [{ week: '10-12', dayOfWeek: 'tue', hour: 6 }, '2027-03-09T06:00 2027-03-16T06:00 2027-03-23T06:00 2028-03-07T06:00'],
  [{ minute: '*/20', hour: '9-10' }, '2027-01-01T09:00 2027-01-01T09:20 2027-01-01T09:40 2027-01-01T10:00'],
  [{ hour: '*/7', second: 30 }, '2027-01-01T00:00:30 2027-01-01T00:01:30 2027-01-01T00:02:30 2027-01-01T00:03:30'],
  [{ year: '2027-2035/4', week: 20 }, '2027-05-17T00:00 2027-05-18T00:00 2027-05-19T00:00 2027-05-20T00:00'],
];

const EVE = '2026-12-31T23:59:59Z';

describe('a user of APScheduler', () => {
  it.each(FIELDS)('finds the fires of the fields %j unchanged', (fields, fires) => {
    const expected = fires.split(' ');
    const found = nextTexts(bind(cron(fields)), EVE, 4).map((text) => text.replace(/(:00)?Z$/, ''));
    expect(found).toEqual(expected);
  });

  it('finds a time that the clocks skip or repeat as in 3.11 with fold "both"', () => {
    // 02:30 of 2027-03-28 in Berlin does not exist, that of 2027-10-31 happens twice.
    const daily = bind(cron({ hour: 2, minute: 30 }, { fold: 'both' }), 'Europe/Berlin');
    expect(nextTexts(daily, '2027-03-27T12:00Z', 2)).toEqual(['2027-03-28T01:30:00Z', '2027-03-29T00:30:00Z']);
    expect(nextTexts(daily, '2027-10-30T12:00Z', 3)).toEqual([
      '2027-10-31T00:30:00Z',
      '2027-10-31T01:30:00Z',
      '2027-11-01T01:30:00Z',
    ]);
  });

  it('finds the dates of CalendarIntervalTrigger with gap "skip"', () => {
    const daily = calendarInterval({ days: 1, hour: 2, minute: 30 }, { startAt: '2027-03-27', gap: 'skip' });
    expect(nextTexts(bind(daily, 'Europe/Berlin'), EVE, 3)).toEqual([
      '2027-03-27T01:30:00Z',
      '2027-03-29T00:30:00Z',
      '2027-03-30T00:30:00Z',
    ]);
  });

  it('finds what AndTrigger of 3.x means with a threshold of 0', () => {
    const apart = [cron('0 9 * * *'), cron('1 0 9 * * *')];
    expect(bind(allOf(...apart)).next(0)).not.toBeNull();
    expect(bind(allOf(...apart, { threshold: 0, endAt: '1970-03-01' })).next(0)).toBeNull();
  });

  it('has the first fire of an interval one interval later, and at startAt where that is given', () => {
    expect(nextTexts(bind(interval({ hours: 1 })), '2027-01-01T00:00:00Z', 1)).toEqual(['2027-01-01T01:00:00Z']);
    expect(nextTexts(bind(interval({ hours: 1 }, { startAt: '2027-01-01T00:30' })), EVE, 1)).toEqual([
      '2027-01-01T00:30:00Z',
    ]);
  });

  it('leaves out holidays without asking in the task', () => {
    expect(nextTexts(bind(except(cron({ hour: 9 }), '2027-01-01')), EVE, 1)).toEqual(['2027-01-02T09:00:00Z']);
  });
});
