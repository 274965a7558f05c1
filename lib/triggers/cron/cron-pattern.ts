import type { CronFieldValues } from './cron-field.js';
import { describePattern } from './describe-pattern.js';
import { type DateFields, MatchingDays, NO_DAY_AHEAD, NO_DAY_BEHIND } from './matching-days.js';
import { TimesOfDay } from './times-of-day.js';

/** The parsed fields of a pattern. */
export interface CronPatternFields extends DateFields {
  readonly second: CronFieldValues;
  readonly minute: CronFieldValues;
  readonly hour: CronFieldValues;
}

const DAY_SECONDS = 86_400;

/**
 * A compiled cron pattern: when it matches on a clock without a zone. Times are local seconds: seconds since
 * 1970-01-01T00:00:00 on that clock.
 */
export class CronPattern {
  /** Whether the fires depend on a job id. */
  readonly isSeeded: boolean;
  readonly #fields: CronPatternFields;
  readonly days: MatchingDays;
  readonly times: TimesOfDay;
  /** The first and the last time of a matching day. */
  readonly firstTime: number;
  readonly lastTime: number;
  readonly #timesPerDay: number;

  constructor(fields: CronPatternFields) {
    const { second, minute, hour, day, month, dayOfWeek, week } = fields;
    this.isSeeded = [second, minute, hour, day, month, dayOfWeek, week].some((field) => field?.isSeeded === true);
    this.#fields = fields;
    this.days = new MatchingDays(fields);
    this.times = new TimesOfDay(hour, minute, second);
    this.firstTime = this.times.from(0);
    this.lastTime = this.times.upTo(DAY_SECONDS - 1);
    this.#timesPerDay = this.times.countBefore(DAY_SECONDS);
  }

  /** Whether every hour matches: then real time is followed, not wall time. */
  get isEveryHour(): boolean {
    return this.times.isEveryHour;
  }

  /** Whether no date matches at all. */
  get isNever(): boolean {
    return this.days.isEmpty;
  }

  /** Whether years are named: then no search stops after 400 years. */
  get hasYears(): boolean {
    return this.days.hasYears;
  }

  /** In words. */
  describe(): string {
    return describePattern(this.#fields);
  }

  /** Whether a year is one of those named. */
  includesYear(year: number): boolean {
    return this.days.includesYear(year);
  }

  /** The first matching second at or after `from`, or `Infinity`. */
  nextSecond(from: number): number {
    const day = Math.floor(from / DAY_SECONDS);
    let match = this.days.from(day);
    if (match === day) {
      const time = this.times.from(from - day * DAY_SECONDS);
      if (time >= 0) return day * DAY_SECONDS + time;
      match = this.days.from(day + 1);
    }
    return match === NO_DAY_AHEAD ? Infinity : match * DAY_SECONDS + this.firstTime;
  }

  /** The last matching second at or before `from`, or `-Infinity`. */
  previousSecond(from: number): number {
    const day = Math.floor(from / DAY_SECONDS);
    let match = this.days.upTo(day);
    if (match === day) {
      const time = this.times.upTo(from - day * DAY_SECONDS);
      if (time >= 0) return day * DAY_SECONDS + time;
      match = this.days.upTo(day - 1);
    }
    return match === NO_DAY_BEHIND ? -Infinity : match * DAY_SECONDS + this.lastTime;
  }

  /** How many seconds match in `[from, end)`. */
  countSeconds(from: number, end: number): number {
    if (end <= from) return 0;
    const days = this.days.countBetween(Math.floor(from / DAY_SECONDS), Math.floor(end / DAY_SECONDS));
    return days * this.#timesPerDay + this.#countInDayBefore(end) - this.#countInDayBefore(from);
  }

  /** How many seconds in `[from, end)` match of which the one `lag` later matches as well. */
  countPairs(from: number, end: number, lag: number): number {
    if (this.countSeconds(from, end) === 0) return 0;
    // Both have the same minute and second, or at least the same second: then of an hour (a minute) all match or none.
    const unit = lag % 3_600 === 0 ? 3_600 : lag % 60 === 0 ? 60 : 1;
    let count = 0;
    for (let second = from, until = 0; second < end; second = until) {
      until = Math.min(end, (Math.floor(second / unit) + 1) * unit);
      count += Math.min(this.countSeconds(second, until), this.countSeconds(second + lag, until + lag));
    }
    return count;
  }

  /** How many seconds match on the day of `second` before it. */
  #countInDayBefore(second: number): number {
    const day = Math.floor(second / DAY_SECONDS);
    return this.days.includes(day) ? this.times.countBefore(second - day * DAY_SECONDS) : 0;
  }
}
