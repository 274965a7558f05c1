import {
  CALENDAR_CYCLE_MONTHS,
  daysInMonth,
  firstDayOfMonth,
  isoWeekOf,
  monthOfDay,
  weekdayOf,
  yearOfMonth,
} from '../civil.js';
import { bitCount, bitsBelow, has, highestBit, lowestBit } from './bits.js';
import { type CronFieldValues, FIRST_YEAR, LAST_YEAR, type YearRange } from './cron-field.js';
import { type DayRule, daysOfRules, daysOfWeekdays } from './day-rules.js';

/** The parsed date fields of a pattern; `null`: every value. */
export interface DateFields {
  readonly day: CronFieldValues;
  readonly month: CronFieldValues;
  readonly dayOfWeek: CronFieldValues;
  readonly year: CronFieldValues | null;
  readonly week: CronFieldValues | null;
  /** Whether a day matches by either day field, or only by both. */
  readonly dayMatch: 'either' | 'both';
}

export const NO_DAY_AHEAD = 0x7fff_ffff;
export const NO_DAY_BEHIND = -0x8000_0000;

const LAST_MONTH = LAST_YEAR * 12 + 11;

/**
 * The days that a pattern names. A day is its number since 1970-01-01, a month `year * 12 + month − 1`.
 *
 * The month looked at last is remembered, because the next question is nearly always about it again; that changes no
 * answer.
 */
export class MatchingDays {
  /** Whether there is none at all. */
  readonly isEmpty: boolean;
  /** Whether years are named: then no search stops after 400 years. */
  readonly hasYears: boolean;

  readonly #months: number;
  /** Bit 0 is the 1st. */
  readonly #days: number;
  readonly #dayRules: readonly DayRule[];
  /** Bit 0 is Sunday. */
  readonly #weekdays: number;
  readonly #weekdayRules: readonly DayRule[];
  readonly #isEither: boolean;
  readonly #weeks: CronFieldValues | null;
  readonly #years: readonly YearRange[] | null;

  #month = 0;
  #monthStart = 0;
  #monthLength = 0;
  /** The matching days of the month looked at last; bit 0 is the 1st. */
  #monthDays = 0;

  constructor({ day, month, dayOfWeek, year, week, dayMatch }: DateFields) {
    this.#months = month.low >>> 1;
    this.#days = day.low >>> 1;
    this.#dayRules = day.rules;
    this.#weekdays = dayOfWeek.low;
    this.#weekdayRules = dayOfWeek.rules;
    this.#isEither = dayMatch === 'either';
    this.#weeks = week;
    this.#years = year?.years ?? null;
    this.hasYears = this.#years !== null;
    this.isEmpty = this.#nextMatchingMonth(FIRST_YEAR * 12) === NO_DAY_AHEAD;
  }

  /** Whether a day is one of them. */
  includes(day: number): boolean {
    return this.from(day) === day;
  }

  /** How many lie in `[from, end)`. */
  countBetween(from: number, end: number): number {
    let count = 0;
    for (let day = from; day < end; day = this.#monthStart + this.#monthLength) {
      this.#lookAt(monthOfDay(day));
      const days = this.#monthDays & bitsBelow(Math.min(end - this.#monthStart, 31));
      count += bitCount(days >>> (day - this.#monthStart));
    }
    return count;
  }

  /** The first one at or after `day`, or `NO_DAY_AHEAD`. */
  from(day: number): number {
    let offset = day - this.#monthStart;
    if (offset < 0 || offset >= this.#monthLength) {
      if (this.isEmpty) return NO_DAY_AHEAD;
      this.#lookAt(monthOfDay(day));
      offset = day - this.#monthStart;
    }
    const rest = this.#monthDays >>> offset;
    if (rest !== 0) return day + lowestBit(rest);
    return this.#nextMatchingMonth(this.#month + 1);
  }

  /** The last one at or before `day`, or `NO_DAY_BEHIND`. */
  upTo(day: number): number {
    let offset = day - this.#monthStart;
    if (offset < 0 || offset >= this.#monthLength) {
      if (this.isEmpty) return NO_DAY_BEHIND;
      this.#lookAt(monthOfDay(day));
      offset = day - this.#monthStart;
    }
    const rest = this.#monthDays & bitsBelow(offset + 1);
    if (rest !== 0) return this.#monthStart + highestBit(rest);
    return this.#previousMatchingMonth(this.#month - 1);
  }

  /** The first matching day in the months from `month` on. */
  #nextMatchingMonth(month: number): number {
    const last = this.hasYears ? LAST_MONTH : Math.min(LAST_MONTH, month + CALENDAR_CYCLE_MONTHS);
    for (let each = this.#monthFrom(month); each <= last; each = this.#monthFrom(each + 1)) {
      this.#lookAt(each);
      if (this.#monthDays !== 0) return this.#monthStart + lowestBit(this.#monthDays);
    }
    return NO_DAY_AHEAD;
  }

  #previousMatchingMonth(month: number): number {
    const first = this.hasYears ? FIRST_YEAR * 12 : month - CALENDAR_CYCLE_MONTHS;
    for (let each = this.#monthUpTo(month); each >= first; each = this.#monthUpTo(each - 1)) {
      this.#lookAt(each);
      if (this.#monthDays !== 0) return this.#monthStart + highestBit(this.#monthDays);
    }
    return NO_DAY_BEHIND;
  }

  /** The first month at or after `month` whose number and year match; `Infinity`: none. */
  #monthFrom(month: number): number {
    const year = yearOfMonth(month);
    const rest = this.#months >>> (month - year * 12);
    const inYear = rest !== 0 && this.#yearFrom(year) === year;
    if (inYear) return month + lowestBit(rest);
    return this.#yearFrom(year + 1) * 12 + lowestBit(this.#months);
  }

  #monthUpTo(month: number): number {
    const year = yearOfMonth(month);
    const rest = this.#months & bitsBelow(month - year * 12 + 1);
    const inYear = rest !== 0 && this.#yearUpTo(year) === year;
    if (inYear) return year * 12 + highestBit(rest);
    return this.#yearUpTo(year - 1) * 12 + highestBit(this.#months);
  }

  #yearFrom(year: number): number {
    if (this.#years === null) return year;
    let first = Infinity;
    for (const { from, to, step } of this.#years) {
      const match = year <= from ? from : from + Math.ceil((year - from) / step) * step;
      if (match <= to && match < first) first = match;
    }
    return first;
  }

  #yearUpTo(year: number): number {
    if (this.#years === null) return year;
    let last = -Infinity;
    for (const { from, to, step } of this.#years) {
      const match = from + Math.floor((Math.min(year, to) - from) / step) * step;
      if (match >= from && match > last) last = match;
    }
    return last;
  }

  #lookAt(month: number): void {
    const year = yearOfMonth(month);
    const start = firstDayOfMonth(month);
    this.#month = month;
    this.#monthStart = start;
    this.#monthLength = daysInMonth(year, month - year * 12 + 1);
    const isIn = ((this.#months >>> (month - year * 12)) & 1) === 1 && this.#yearFrom(year) === year;
    this.#monthDays = isIn ? this.#daysOfMonth(start, this.#monthLength) : 0;
  }

  #daysOfMonth(start: number, length: number): number {
    const firstWeekday = weekdayOf(start);
    const byDate = this.#days | daysOfRules(this.#dayRules, firstWeekday, length);
    const byWeekday =
      daysOfWeekdays(this.#weekdays, firstWeekday) | daysOfRules(this.#weekdayRules, firstWeekday, length);
    const days = (this.#isEither ? byDate | byWeekday : byDate & byWeekday) & bitsBelow(length);
    return this.#weeks === null ? days : onlyInWeeks(days, start, this.#weeks);
  }
}

function onlyInWeeks(days: number, start: number, weeks: CronFieldValues): number {
  let kept = 0;
  for (let rest = days; rest !== 0; rest &= rest - 1) {
    const index = lowestBit(rest);
    if (has(weeks.low, weeks.high, isoWeekOf(start + index))) kept |= 1 << index;
  }
  return kept;
}
