import { describe, expect, it } from 'vitest';
import { CronExpression } from '../../lib/triggers/cron-expression.js';
import { cron } from '../../lib/triggers/cron.js';
import { bind, firesBetween, isoText, nextTexts } from './fires.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
const MONDAY = Date.UTC(2027, 0, 4);
const members = Object.entries(CronExpression);

function matching(pattern: RegExp): [text: string, ...groups: string[]][] {
  return members.flatMap(([name, text]) => {
    const match = pattern.exec(name);
    return match === null ? [] : [[text, ...match.slice(1)] as [string, ...string[]]];
  });
}

function timesOfDay(text: string, day: number): number[] {
  return firesBetween(bind(cron(text)), day, day + DAY).map((fire) => fire - day);
}

function hour24(hour: string, half: string): number {
  return (Number(hour) % 12) + (half === 'PM' ? 12 : 0);
}

describe('CronExpression', () => {
  it('has the members that its users know', () => {
    expect(members).toHaveLength(84);
    expect(members.map(([name]) => name)).toEqual(expect.arrayContaining(['EVERY_SECOND', 'EVERY_DAY_AT_MIDNIGHT', 'EVERY_2ND_HOUR', 'MONDAY_TO_FRIDAY_AT_11PM'])); // prettier-ignore
  });

  it('means by EVERY_n_UNITs every n of them, from the start of the next unit', () => {
    const sizes: Record<string, [number, number]> = {
      SECOND: [1_000, MINUTE],
      MINUTE: [MINUTE, HOUR],
      HOUR: [HOUR, DAY],
    };
    const every = matching(/^EVERY_(?:(\d+)_)?(SECOND|MINUTE|HOUR)S?$/);
    expect(every).toHaveLength(21);
    for (const [text, count = '1', unit = ''] of every) {
      const [size = 0, around = 0] = sizes[unit] ?? [];
      const expected = Array.from({ length: DAY / size }, (_, n) => n * size).filter((time) => ((time % around) / size) % Number(count) === 0); // prettier-ignore
      expect(timesOfDay(text, MONDAY)).toEqual(expected);
    }
  });

  it('means by EVERY_DAY_AT and MONDAY_TO_FRIDAY_AT that time', () => {
    const daily = matching(/^EVERY_DAY_AT_(\d+)(AM|PM)$/);
    const weekly = matching(/^MONDAY_TO_FRIDAY_AT_(\d+)(AM|PM)$/);
    expect([daily.length, weekly.length]).toEqual([22, 23]);
    for (const [text, hour = '', half = ''] of [...daily, ...weekly]) {
      expect(timesOfDay(text, MONDAY)).toEqual([hour24(hour, half) * HOUR]);
    }
    for (const [text] of daily) expect(firesBetween(bind(cron(text)), MONDAY, MONDAY + 7 * DAY)).toHaveLength(7);
    for (const [text] of weekly) {
      const fires = firesBetween(bind(cron(text)), MONDAY, MONDAY + 7 * DAY);
      expect(fires.map((fire) => new Date(fire).getUTCDay())).toEqual([1, 2, 3, 4, 5]);
    }
  });

  it.each<[keyof typeof CronExpression, string[]]>([
    ['EVERY_DAY_AT_NOON', ['2027-01-01T12:00:00Z', '2027-01-02T12:00:00Z']],
    ['EVERY_DAY_AT_MIDNIGHT', ['2027-01-02T00:00:00Z', '2027-01-03T00:00:00Z']],
    ['EVERY_WEEK', ['2027-01-03T00:00:00Z', '2027-01-10T00:00:00Z']],
    ['EVERY_WEEKDAY', ['2027-01-04T00:00:00Z', '2027-01-05T00:00:00Z']],
    ['EVERY_WEEKEND', ['2027-01-02T00:00:00Z', '2027-01-03T00:00:00Z']],
    ['EVERY_1ST_DAY_OF_MONTH_AT_MIDNIGHT', ['2027-02-01T00:00:00Z', '2027-03-01T00:00:00Z']],
    ['EVERY_1ST_DAY_OF_MONTH_AT_NOON', ['2027-01-01T12:00:00Z', '2027-02-01T12:00:00Z']],
    ['EVERY_2ND_HOUR', ['2027-01-01T02:00:00Z', '2027-01-01T04:00:00Z']],
    ['EVERY_2ND_HOUR_FROM_1AM_THROUGH_11PM', ['2027-01-01T01:00:00Z', '2027-01-01T03:00:00Z']],
    ['EVERY_2ND_MONTH', ['2027-03-01T00:00:00Z', '2027-05-01T00:00:00Z']],
    ['EVERY_QUARTER', ['2027-04-01T00:00:00Z', '2027-07-01T00:00:00Z']],
    ['EVERY_6_MONTHS', ['2027-07-01T00:00:00Z', '2028-01-01T00:00:00Z']],
    ['EVERY_YEAR', ['2028-01-01T00:00:00Z', '2029-01-01T00:00:00Z']],
    ['MONDAY_TO_FRIDAY_AT_09_30AM', ['2027-01-01T09:30:00Z', '2027-01-04T09:30:00Z']],
    ['MONDAY_TO_FRIDAY_AT_11_30AM', ['2027-01-01T11:30:00Z', '2027-01-04T11:30:00Z']],
  ])('means by %s what its name says', (name, fires) => {
    expect(nextTexts(bind(cron(CronExpression[name])), '2027-01-01T00:00:00Z', 2)).toEqual(fires);
  });

  it('means by EVERY_30_MINUTES_BETWEEN the last hour whole', () => {
    const between = matching(/^EVERY_30_MINUTES_BETWEEN_(\d+)AM_AND_(\d+)PM$/);
    expect(between).toHaveLength(3);
    for (const [text, from = '', until = ''] of between) {
      const times = timesOfDay(text, MONDAY);
      expect(times[0]).toBe(Number(from) * HOUR);
      expect(times.at(-1)).toBe((Number(until) + 12) * HOUR + 30 * MINUTE);
      expect(times).toHaveLength((Number(until) + 13 - Number(from)) * 2);
    }
  });

  it('has only texts that fire', () => {
    for (const [, text] of members) expect(isoText(bind(cron(text)).next(MONDAY) ?? 0)).toMatch(/^202[78]/);
  });
});
