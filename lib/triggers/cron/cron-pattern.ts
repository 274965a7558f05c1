import {
  CALENDAR_CYCLE_MONTHS,
  daysInMonth,
  firstDayOfMonth,
  isoWeekOf,
  monthOfDay,
  weekdayOf,
  yearOfMonth,
} from '../civil.js';
import { atLeast, atMost, bitCount, bitsBelow, countBelow, has, highestBit, lowestBit } from './bits.js';
import { type CronFieldValues, FIRST_YEAR, LAST_YEAR, type YearRange } from './cron-field.js';
import { type DayRule, daysOfRules, daysOfWeekdays } from './day-rules.js';

/** The parsed fields of a pattern; `null`: every value. */
export interface CronPatternFields {
  readonly second: CronFieldValues;
  readonly minute: CronFieldValues;
  readonly hour: CronFieldValues;
  readonly day: CronFieldValues;
  readonly month: CronFieldValues;
  readonly dayOfWeek: CronFieldValues;
  readonly year: CronFieldValues | null;
  readonly week: CronFieldValues | null;
  /** Whether a day matches by either day field, or only by both. */
  readonly dayMatch: 'either' | 'both';
}

const DAY_SECONDS = 86_400;
const ALL_HOURS = 0xff_ffff;
const LAST_MONTH = LAST_YEAR * 12 + 11;
const NO_DAY_AHEAD = 0x7fff_ffff;
const NO_DAY_BEHIND = -0x8000_0000;

/**
 * A cron pattern, compiled to bit sets, and when it matches on a clock without a zone. Times are local seconds: seconds
 * since 1970-01-01T00:00:00 on that clock.
 *
 * The month looked at last is remembered, because the next question is nearly always about it again; that changes no
 * answer.
 */
export class CronPattern {
  /** Whether the fires depend on a job id. */
  readonly isSeeded: boolean;
  /** Whether every hour matches: then real time is followed, not wall time. */
  readonly isEveryHour: boolean;
  /** Whether no date matches at all. */
  readonly isNever: boolean;
  /** Whether years are named: then no search stops after 400 years. */
  readonly hasYears: boolean;

  readonly #secondLow: number;
  readonly #secondHigh: number;
  readonly #minuteLow: number;
  readonly #minuteHigh: number;
  readonly #hours: number;
  readonly #months: number;
  /** Bit 0 is the 1st. */
  readonly #days: number;
  readonly #dayRules: readonly DayRule[];
  /** Bit 0 is Sunday. */
  readonly #weekdays: number;
  readonly #weekdayRules: readonly DayRule[];
  readonly #isEither: boolean;
  readonly #weekLow: number;
  readonly #weekHigh: number;
  readonly #hasWeeks: boolean;
  readonly #years: readonly YearRange[] | null;
  readonly #firstTime: number;
  readonly #lastTime: number;
  readonly #firesPerDay: number;

  #month = 0;
  #monthStart = 0;
  #monthLength = 0;
  /** The matching days of the month looked at last; bit 0 is the 1st. */
  #monthDays = 0;

  constructor(fields: CronPatternFields) {
    const { second, minute, hour, day, month, dayOfWeek, year, week } = fields;
    this.isSeeded = [second, minute, hour, day, month, dayOfWeek, week].some((field) => field?.isSeeded === true);
    this.isEveryHour = hour.low === ALL_HOURS;
    this.#secondLow = second.low;
    this.#secondHigh = second.high;
    this.#minuteLow = minute.low;
    this.#minuteHigh = minute.high;
    this.#hours = hour.low;
    this.#months = month.low >>> 1;
    this.#days = day.low >>> 1;
    this.#dayRules = day.rules;
    this.#weekdays = dayOfWeek.low;
    this.#weekdayRules = dayOfWeek.rules;
    this.#isEither = fields.dayMatch === 'either';
    this.#hasWeeks = week !== null;
    this.#weekLow = week?.low ?? 0;
    this.#weekHigh = week?.high ?? 0;
    this.#years = year?.years ?? null;
    this.hasYears = this.#years !== null;

    this.#firstTime = this.#timeFrom(0);
    this.#lastTime = this.#timeUpTo(DAY_SECONDS - 1);
    this.#firesPerDay = this.#timesBefore(DAY_SECONDS);
    this.isNever = this.#nextMatchingMonth(FIRST_YEAR * 12) === NO_DAY_AHEAD;
  }

  /** The first matching second at or after `from`, or `Infinity`. */
  nextSecond(from: number): number {
    const day = Math.floor(from / DAY_SECONDS);
    let match = this.#dayFrom(day);
    if (match === day) {
      const time = this.#timeFrom(from - day * DAY_SECONDS);
      if (time >= 0) return day * DAY_SECONDS + time;
      match = this.#dayFrom(day + 1);
    }
    return match === NO_DAY_AHEAD ? Infinity : match * DAY_SECONDS + this.#firstTime;
  }

  /** The last matching second at or before `from`, or `-Infinity`. */
  previousSecond(from: number): number {
    const day = Math.floor(from / DAY_SECONDS);
    let match = this.#dayUpTo(day);
    if (match === day) {
      const time = this.#timeUpTo(from - day * DAY_SECONDS);
      if (time >= 0) return day * DAY_SECONDS + time;
      match = this.#dayUpTo(day - 1);
    }
    return match === NO_DAY_BEHIND ? -Infinity : match * DAY_SECONDS + this.#lastTime;
  }

  /** How many seconds match in `[from, end)`. */
  countSeconds(from: number, end: number): number {
    if (end <= from) return 0;
    return this.#countDays(from, end) * this.#firesPerDay + this.#timesOfDayBefore(end) - this.#timesOfDayBefore(from);
  }

  /** The matches of the day of `second` that lie before it. */
  #timesOfDayBefore(second: number): number {
    const day = Math.floor(second / DAY_SECONDS);
    return this.#dayFrom(day) === day ? this.#timesBefore(second - day * DAY_SECONDS) : 0;
  }

  /** How many days match from the day of `from` to that of `end`, the latter excluded. */
  #countDays(from: number, end: number): number {
    const endDay = Math.floor(end / DAY_SECONDS);
    let count = 0;
    for (let day = Math.floor(from / DAY_SECONDS); day < endDay; day = this.#monthStart + this.#monthLength) {
      this.#lookAt(monthOfDay(day));
      const days = this.#monthDays & bitsBelow(Math.min(endDay - this.#monthStart, 31));
      count += bitCount(days >>> (day - this.#monthStart));
    }
    return count;
  }

  #dayFrom(day: number): number {
    let offset = day - this.#monthStart;
    if (offset < 0 || offset >= this.#monthLength) {
      if (this.isNever) return NO_DAY_AHEAD;
      this.#lookAt(monthOfDay(day));
      offset = day - this.#monthStart;
    }
    const rest = this.#monthDays >>> offset;
    if (rest !== 0) return day + lowestBit(rest);
    return this.#nextMatchingMonth(this.#month + 1);
  }

  #dayUpTo(day: number): number {
    let offset = day - this.#monthStart;
    if (offset < 0 || offset >= this.#monthLength) {
      if (this.isNever) return NO_DAY_BEHIND;
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
    return this.#hasWeeks ? this.#onlyInWeeks(days, start) : days;
  }

  #onlyInWeeks(days: number, start: number): number {
    let kept = 0;
    for (let rest = days; rest !== 0; rest &= rest - 1) {
      const index = lowestBit(rest);
      if (has(this.#weekLow, this.#weekHigh, isoWeekOf(start + index))) kept |= 1 << index;
    }
    return kept;
  }

  /** The first matching time of day (seconds) at or after `time`, or −1. */
  #timeFrom(time: number): number {
    const hour = (time / 3_600) | 0;
    if (((this.#hours >>> hour) & 1) === 1) {
      const minute = ((time / 60) | 0) - hour * 60;
      if (has(this.#minuteLow, this.#minuteHigh, minute)) {
        const second = atLeast(this.#secondLow, this.#secondHigh, time - hour * 3_600 - minute * 60);
        if (second >= 0) return hour * 3_600 + minute * 60 + second;
      }
      const nextMinute = atLeast(this.#minuteLow, this.#minuteHigh, minute + 1);
      if (nextMinute >= 0) return hour * 3_600 + nextMinute * 60 + atLeast(this.#secondLow, this.#secondHigh, 0);
    }
    const nextHour = atLeast(this.#hours, 0, hour + 1);
    if (nextHour < 0) return -1;
    return (
      nextHour * 3_600 +
      atLeast(this.#minuteLow, this.#minuteHigh, 0) * 60 +
      atLeast(this.#secondLow, this.#secondHigh, 0)
    );
  }

  /** The last matching time of day at or before `time`, or −1. */
  #timeUpTo(time: number): number {
    const hour = (time / 3_600) | 0;
    if (((this.#hours >>> hour) & 1) === 1) {
      const minute = ((time / 60) | 0) - hour * 60;
      if (has(this.#minuteLow, this.#minuteHigh, minute)) {
        const second = atMost(this.#secondLow, this.#secondHigh, time - hour * 3_600 - minute * 60);
        if (second >= 0) return hour * 3_600 + minute * 60 + second;
      }
      const lastMinute = atMost(this.#minuteLow, this.#minuteHigh, minute - 1);
      if (lastMinute >= 0) return hour * 3_600 + lastMinute * 60 + atMost(this.#secondLow, this.#secondHigh, 59);
    }
    const lastHour = atMost(this.#hours, 0, hour - 1);
    if (lastHour < 0) return -1;
    return (
      lastHour * 3_600 +
      atMost(this.#minuteLow, this.#minuteHigh, 59) * 60 +
      atMost(this.#secondLow, this.#secondHigh, 59)
    );
  }

  /** How many times of day match before `time` (0–86,400). */
  #timesBefore(time: number): number {
    const hour = (time / 3_600) | 0;
    const minute = ((time / 60) | 0) - hour * 60;
    const perMinute = countBelow(this.#secondLow, this.#secondHigh, 60);
    const perHour = countBelow(this.#minuteLow, this.#minuteHigh, 60) * perMinute;
    const inHours = bitCount(this.#hours & bitsBelow(hour)) * perHour;
    if (((this.#hours >>> hour) & 1) === 0) return inHours;
    const inMinutes = countBelow(this.#minuteLow, this.#minuteHigh, minute) * perMinute;
    if (!has(this.#minuteLow, this.#minuteHigh, minute)) return inHours + inMinutes;
    return inHours + inMinutes + countBelow(this.#secondLow, this.#secondHigh, time - hour * 3_600 - minute * 60);
  }
}
