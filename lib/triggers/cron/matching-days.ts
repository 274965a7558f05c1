import { daysInMonth, firstDayOfMonth, isoWeekOf, monthOfDay, weekdayOf, yearOfMonth } from '../civil.js';
import { chargeFirstLook } from '../search-effort.js';
import { bitCount, bitsBelow, has, highestBit, lowestBit } from './bits.js';
import { type CronFieldValues, FIRST_YEAR, LAST_YEAR } from './cron-field.js';
import { type DayRule, daysOfRules, daysOfWeekdays } from './day-rules.js';
import { kindOfYear, YEAR_KINDS, YearSet } from './year-set.js';

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

/** No kind of year is further away: the 29th of February of one weekday may be 40 years off, that of any 8. */
const CALENDAR_CYCLE_YEARS = 400;
const MONTHS = 12;
/** Years that come in every kind. */
const SAMPLE_YEARS = 28;

/**
 * The days that a pattern names. A day is its number since 1970-01-01, a month `year * 12 + month − 1`.
 *
 * The month looked at last is remembered, because the next question is nearly always about it again; that changes no
 * answer. So is what is known about a kind of year: which months have matching days, and how many there are.
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
  readonly #years: YearSet | null;

  /** By kind of year: the months with matching days, bit 0 is January; −1: not known yet. */
  readonly #monthsOfKind = new Int16Array(YEAR_KINDS).fill(-1);
  /** By kind of year and by month: how many days match before it; the thirteenth: in the whole year. */
  readonly #daysOfKind = new Int16Array(YEAR_KINDS * (MONTHS + 1));

  #month = monthOfDay(0);
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
    this.#years = year === null || year.isEveryYear ? null : new YearSet(year.years);
    this.hasYears = this.#years !== null;
    this.isEmpty = this.#hasNoDay();
  }

  /** Whether a year is one of those named. */
  includesYear(year: number): boolean {
    return this.#years === null || this.#years.has(year);
  }

  /** Whether a day is one of them. */
  includes(day: number): boolean {
    let offset = day - this.#monthStart;
    if (offset < 0 || offset >= this.#monthLength) {
      this.#lookAt(monthOfDay(day));
      offset = day - this.#monthStart;
    }
    return ((this.#monthDays >>> offset) & 1) === 1;
  }

  /** How many lie in `[from, end)`. */
  countBetween(from: number, end: number): number {
    if (end <= from) return 0;
    const lastYear = yearOfMonth(monthOfDay(end));
    let year = yearOfMonth(monthOfDay(from));
    let count = -this.#countInYearBefore(from);
    for (; year < lastYear; year++) if (this.includesYear(year)) count += this.#daysOfYear(year, MONTHS);
    return count + this.#countInYearBefore(end);
  }

  /** The first one at or after `day`, or `NO_DAY_AHEAD`. */
  from(day: number): number {
    let offset = day - this.#monthStart;
    if (offset < 0 || offset >= this.#monthLength) {
      if (this.isEmpty) return NO_DAY_AHEAD;
      const month = monthOfDay(day);
      if (!this.#hasMonth(month)) return this.#nextMatchingMonth(month + 1);
      this.#lookAt(month);
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
      // A chain of firsts of a month asks for the day before each; with a division it takes 1.6 times as long.
      const month = offset === -1 ? this.#month - 1 : monthOfDay(day);
      if (!this.#hasMonth(month)) return this.#previousMatchingMonth(month - 1);
      this.#lookAt(month);
      offset = day - this.#monthStart;
    }
    const rest = this.#monthDays << (31 - offset);
    if (rest !== 0) return day - Math.clz32(rest);
    return this.#previousMatchingMonth(this.#month - 1);
  }

  /** Whether a month is one of those named, in whatever years. */
  #hasMonth(month: number): boolean {
    return ((this.#months >>> (month - yearOfMonth(month) * MONTHS)) & 1) === 1;
  }

  /** The first matching day in the months from `month` on. */
  #nextMatchingMonth(month: number): number {
    const start = yearOfMonth(month);
    const last = this.hasYears ? LAST_YEAR : Math.min(LAST_YEAR, start + CALENDAR_CYCLE_YEARS);
    for (let year = this.#yearFrom(start); year <= last; year = this.#yearFrom(year + 1)) {
      const skipped = year === start ? month - year * 12 : 0;
      const rest = this.#monthsOfYear(year) >>> skipped;
      if (rest === 0) continue;
      this.#lookAt(year * 12 + skipped + lowestBit(rest));
      return this.#monthStart + lowestBit(this.#monthDays);
    }
    return NO_DAY_AHEAD;
  }

  #previousMatchingMonth(month: number): number {
    const start = yearOfMonth(month);
    const first = this.hasYears ? FIRST_YEAR : start - CALENDAR_CYCLE_YEARS;
    for (let year = this.#yearUpTo(start); year >= first; year = this.#yearUpTo(year - 1)) {
      const kept = year === start ? bitsBelow(month - year * 12 + 1) : -1;
      const rest = this.#monthsOfYear(year) & kept;
      if (rest === 0) continue;
      this.#lookAt(year * 12 + highestBit(rest));
      return this.#monthStart + highestBit(this.#monthDays);
    }
    return NO_DAY_BEHIND;
  }

  #yearFrom(year: number): number {
    return this.#years === null ? year : this.#years.from(year);
  }

  #yearUpTo(year: number): number {
    return this.#years === null ? year : this.#years.upTo(year);
  }

  /** The months of a year that have matching days, were the year one of those named. */
  #monthsOfYear(year: number): number {
    const kind = kindOfYear(year);
    const known = this.#monthsOfKind[kind] ?? 0;
    return known >= 0 ? known : this.#explore(year, kind);
  }

  /** How many days match in the first `months` months of a year, were it one of those named. */
  #daysOfYear(year: number, months: number): number {
    const kind = kindOfYear(year);
    if ((this.#monthsOfKind[kind] ?? 0) < 0) this.#explore(year, kind);
    return this.#daysOfKind[kind * (MONTHS + 1) + months] ?? 0;
  }

  /** How many days match before `day` in its year. */
  #countInYearBefore(day: number): number {
    const month = monthOfDay(day);
    const year = yearOfMonth(month);
    if (!this.includesYear(year)) return 0;
    if (month !== this.#month || this.#monthLength === 0) this.#lookAt(month);
    const inMonth = bitCount(this.#monthDays & bitsBelow(day - this.#monthStart));
    return this.#daysOfYear(year, month - year * MONTHS) + inMonth;
  }

  #explore(year: number, kind: number): number {
    chargeFirstLook();
    let months = 0;
    let days = 0;
    for (let index = 0; index < MONTHS; index++) {
      const length = daysInMonth(year, index + 1);
      const isIn = ((this.#months >>> index) & 1) === 1;
      const inMonth = isIn ? this.#daysOfMonth(firstDayOfMonth(year * MONTHS + index), length) : 0;
      if (inMonth !== 0) months |= 1 << index;
      days += bitCount(inMonth);
      this.#daysOfKind[kind * (MONTHS + 1) + index + 1] = days;
    }
    this.#monthsOfKind[kind] = months;
    return months;
  }

  #hasNoDay(): boolean {
    if (this.#years === null) {
      for (let year = FIRST_YEAR; year < FIRST_YEAR + SAMPLE_YEARS; year++) {
        if (this.#monthsOfYear(year) !== 0) return false;
      }
      return true;
    }
    for (let year = this.#years.from(FIRST_YEAR); year <= LAST_YEAR; year = this.#years.from(year + 1)) {
      if (this.#monthsOfYear(year) !== 0) return false;
    }
    return true;
  }

  #lookAt(month: number): void {
    const year = yearOfMonth(month);
    const index = month - year * 12;
    const start = firstDayOfMonth(month);
    this.#month = month;
    this.#monthStart = start;
    this.#monthLength = daysInMonth(year, index + 1);
    const isIn = ((this.#months >>> index) & 1) === 1 && this.includesYear(year);
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
  for (let index = 0, end = 0; index < 31; index = end) {
    end = index + 7 - ((weekdayOf(start + index) + 6) % 7);
    const daysOfWeek = days & bitsBelow(end) & ~bitsBelow(index);
    if (daysOfWeek !== 0 && has(weeks.low, weeks.high, isoWeekOf(start + index))) kept |= daysOfWeek;
  }
  return kept;
}
