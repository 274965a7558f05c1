import { DAY_MS, daysInMonth, firstDayOfMonth, monthOfDay, yearOfMonth } from './civil.js';
import { ordinal } from './describe-time.js';

export interface CalendarCount {
  /** The day number of n = 0. */
  readonly anchorDay: number;
  readonly months: number;
  readonly days: number;
  /** Milliseconds since midnight. */
  readonly timeOfDay: number;
  /** Whether a month without the anchor's day has its last day instead of none. */
  readonly isClamped: boolean;
}

const MONTH_DAYS = 30.436875;
/** How far, in days, months may lie from where their mean length puts them. */
const SLACK = 6;
/** One without a February 29. */
const COMMON_YEAR = 2001;

/** The dates `anchor + n · months + n · days`, in that order, with a time of day: local times, as if they were UTC. */
export class CalendarSteps {
  readonly timeOfDay: number;
  readonly #anchorDay: number;
  readonly #anchorMonth: number;
  /** 0 = the 1st. */
  readonly #dayOfMonth: number;
  readonly #months: number;
  readonly #days: number;
  readonly #isClamped: boolean;
  readonly #meanDays: number;

  constructor({ anchorDay, months, days, timeOfDay, isClamped }: CalendarCount) {
    this.timeOfDay = timeOfDay;
    this.#anchorDay = anchorDay;
    this.#anchorMonth = monthOfDay(anchorDay);
    this.#dayOfMonth = anchorDay - firstDayOfMonth(this.#anchorMonth);
    this.#months = months;
    this.#days = days;
    this.#isClamped = isClamped;
    this.#meanDays = months * MONTH_DAYS + days;
  }

  /** The n-th local time; `null`: that month has no such day. */
  localAt(n: number): number | null {
    const day = this.#months === 0 ? this.#anchorDay : this.#stepMonths(n * this.#months);
    return day === null ? null : (day + n * this.#days) * DAY_MS + this.timeOfDay;
  }

  /** An n from which on all local times at or after `local` are to be found; at least 0. */
  indexBefore(local: number): number {
    return Math.max(0, Math.floor((local / DAY_MS - this.#anchorDay - SLACK) / this.#meanDays));
  }

  /** An n up to which all local times at or before `local` are to be found. */
  indexAfter(local: number): number {
    return Math.ceil((local / DAY_MS - this.#anchorDay + SLACK) / this.#meanDays);
  }

  /** Which day of the month is meant where some of the months lack it, in words; `null`: none does. */
  describeDay(): string | null {
    if (this.#months === 0) return null;
    const months = Array.from({ length: 12 }, (_, n) => (((this.#anchorMonth + n * this.#months) % 12) + 12) % 12);
    if (months.every((month) => this.#dayOfMonth < daysInMonth(COMMON_YEAR, month + 1))) return null;
    const day = this.#dayOfMonth + 1;
    const name = this.#months % 12 === 0 ? `February ${day}` : `the ${ordinal(day)}`;
    return `${name} ${this.#isClamped ? 'or, without one, the last day of the month' : 'where there is one'}`;
  }

  #stepMonths(months: number): number | null {
    const month = this.#anchorMonth + months;
    const year = yearOfMonth(month);
    const length = daysInMonth(year, month - year * 12 + 1);
    if (this.#dayOfMonth < length) return firstDayOfMonth(month) + this.#dayOfMonth;
    return this.#isClamped ? firstDayOfMonth(month) + length - 1 : null;
  }
}
