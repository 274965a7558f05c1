import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dayOf,
  daysInMonth,
  firstDayOfMonth,
  isLeapYear,
  isoWeekOf,
  monthOfDay,
  weekdayOf,
} from '../../lib/triggers/civil.js';

const DAY = 86_400_000;
const anyDay = fc.integer({ min: -200_000, max: 2_900_000 });

describe('the civil calendar', () => {
  it('agrees with Date on every date', () => {
    fc.assert(
      fc.property(anyDay, (day) => {
        const date = new Date(day * DAY);
        const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
        expect(dayOf(year, month, date.getUTCDate())).toBe(day);
        expect(monthOfDay(day)).toBe(year * 12 + month - 1);
        expect(weekdayOf(day)).toBe(date.getUTCDay());
        expect(firstDayOfMonth(monthOfDay(day)) * DAY).toBe(new Date(0).setUTCFullYear(year, month - 1, 1));
      }),
      { numRuns: 2_000 },
    );
  });

  it('knows how long months are', () => {
    expect([1, 2, 3, 4].map((month) => daysInMonth(2027, month))).toEqual([31, 28, 31, 30]);
    expect(daysInMonth(2028, 2)).toBe(29);
    expect([1900, 2000, 2027, 2028].map(isLeapYear)).toEqual([false, true, false, true]);
  });

  it.each([
    ['2027-01-03', 53],
    ['2027-01-04', 1],
    ['2028-12-31', 52],
    ['2029-12-31', 1],
    ['2026-12-31', 53],
  ])('puts %s into ISO week %i', (date, week) => {
    expect(isoWeekOf(Date.parse(date) / DAY)).toBe(week);
  });
});
