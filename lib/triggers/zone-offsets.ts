import { DAY_MS, dayOf, firstDayOfMonth, isLeapYear, monthOfDay, weekdayOf, yearOfMonth } from './civil.js';

/** A stretch of time during which a zone keeps one offset. Everything in milliseconds; local = instant + offset. */
export interface OffsetSpan {
  /** First instant. */
  readonly from: number;
  /** First instant after it. */
  readonly until: number;
  readonly offset: number;
  /** The offset just before `from`; the same as `offset` where the span was only cut at the end of a month. */
  readonly offsetBefore: number;
  /** The offset at `until`. */
  readonly offsetAfter: number;
}

/** No zone had left its local mean time before. */
const FIRST_YEAR_OF_CHANGES = 1835;
/** From here on only yearly rules are left: the last dates of their own are those of Ramadan, up to 2087. */
export const FIRST_RECURRING_YEAR = 2088;
/** Days between two looks, less than any zone has kept one offset: 7 days in Boa Vista (2000) and Gaza (2040). */
const LOOK_EVERY = 6;
/** Until then, and by rules alone, no month has seen two changes: looking at its ends is enough. */
const FIRST_YEAR_OF_CLOSE_LOOK = 1900;
const MAX_ZONES = 1_024;
const QUARTER = 900_000;
const FIXED_AT_ZERO = /^(?:Etc\/)?(?:UTC|UCT|GMT|Zulu|Greenwich|Universal)$/i;
/** The first year of each kind of year from {@link FIRST_RECURRING_YEAR} on. */
const RECURRING_YEARS = recurringYears();

const zones = new Map<string, ZoneOffsets>();

/**
 * The offsets of one time zone, found by asking `Intl` and kept as transitions, month by month, so that it is asked only
 * once about each month that somebody looks at. Far in the future every year is like another that begins on the same
 * weekday and is as long.
 */
export class ZoneOffsets {
  readonly #format: Intl.DateTimeFormat;
  readonly #months = new Map<number, readonly OffsetSpan[]>();
  readonly #beginning: OffsetSpan;
  #last: OffsetSpan;

  private constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    const isFixed = FIXED_AT_ZERO.test(name);
    const until = isFixed ? Infinity : startOfMonth(FIRST_YEAR_OF_CHANGES * 12);
    const offset = isFixed ? 0 : this.#offsetAt(until - 1);
    this.#beginning = { from: -Infinity, until, offset, offsetBefore: offset, offsetAfter: offset };
    this.#last = this.#beginning;
  }

  /** The offsets of a zone that is known to exist. */
  static of(name: string): ZoneOffsets {
    const known = zones.get(name);
    if (known !== undefined) return known;
    if (zones.size >= MAX_ZONES) zones.clear();
    const fresh = new ZoneOffsets(name);
    zones.set(name, fresh);
    return fresh;
  }

  /** The span that contains an instant. */
  spanAt(instant: number): OffsetSpan {
    const last = this.#last;
    if (instant >= last.from && instant < last.until) return last;
    return (this.#last = this.#find(instant));
  }

  #find(instant: number): OffsetSpan {
    if (instant < this.#beginning.until) return this.#beginning;
    const month = monthOfDay(Math.floor(instant / DAY_MS));
    const alike = monthAlike(month);
    const shift = alike === month ? 0 : startOfMonth(month) - startOfMonth(alike);
    for (const span of this.#spansOf(alike)) {
      if (instant - shift >= span.until) continue;
      return shift === 0 ? span : { ...span, from: span.from + shift, until: span.until + shift };
    }
    throw new RangeError(`There is no offset at ${instant}`);
  }

  #spansOf(month: number): readonly OffsetSpan[] {
    const known = this.#months.get(month);
    if (known !== undefined) return known;
    const year = yearOfMonth(month);
    const isClose = year >= FIRST_YEAR_OF_CLOSE_LOOK && year < FIRST_RECURRING_YEAR;
    const spans = this.#scan(startOfMonth(month), startOfMonth(month + 1), (isClose ? LOOK_EVERY : 31) * DAY_MS);
    this.#months.set(month, spans);
    return spans;
  }

  #scan(start: number, end: number, step: number): readonly OffsetSpan[] {
    const spans: OffsetSpan[] = [];
    let from = start;
    let offset = this.#offsetAt(start);
    let offsetBefore = this.#offsetAt(start - 1);
    for (let known = start; known < end;) {
      const probe = Math.min(known + step, end);
      const offsetAfter = this.#offsetAt(probe);
      const until = offsetAfter === offset ? end : this.#transitionBetween(known, probe, offset);
      known = probe;
      // A transition exactly at the end belongs to the next month.
      if (until === end) continue;
      spans.push({ from, until, offset, offsetBefore, offsetAfter });
      from = until;
      offsetBefore = offset;
      offset = offsetAfter;
    }
    spans.push({ from, until: end, offset, offsetBefore, offsetAfter: this.#offsetAt(end) });
    return spans;
  }

  /** The first instant in `(low, high]` at which the offset is no longer `offset`; nearly all lie on quarters of an hour. */
  #transitionBetween(low: number, high: number, offset: number): number {
    const quarter = this.#firstOther(low, high, offset, QUARTER);
    if (this.#offsetAt(quarter - 1_000) === offset) return quarter;
    return this.#firstOther(quarter - QUARTER, quarter - 1_000, offset, 1_000);
  }

  #firstOther(low: number, high: number, offset: number, unit: number): number {
    let before = Math.floor(low / unit);
    let after = Math.ceil(high / unit);
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offsetAt(middle * unit) === offset) before = middle;
      else after = middle;
    }
    return after * unit;
  }

  /** Reads `1/31/2027, GMT+01:00`, the only form in which `Intl` tells offsets; five times as fast as luxon. */
  #offsetAt(instant: number): number {
    const text = this.#format.format(instant);
    const at = text.lastIndexOf('GMT') + 3;
    if (at === text.length) return 0;
    const hours = Number(text.slice(at + 1, at + 3));
    const minutes = Number(text.slice(at + 4, at + 6));
    const seconds = Number(text.slice(at + 7));
    const size = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
    return text.charAt(at) === '-' ? -size : size;
  }
}

function startOfMonth(month: number): number {
  return firstDayOfMonth(month) * DAY_MS;
}

/** The month whose transitions are those of `month`. */
function monthAlike(month: number): number {
  const year = yearOfMonth(month);
  if (year < FIRST_RECURRING_YEAR) return month;
  return (RECURRING_YEARS[kindOfYear(year)] ?? year) * 12 + month - year * 12;
}

/** 0–13: the weekday on which a year begins, and whether it is a leap year. */
function kindOfYear(year: number): number {
  return weekdayOf(dayOf(year, 1, 1)) + (isLeapYear(year) ? 7 : 0);
}

function recurringYears(): readonly number[] {
  const years: number[] = [];
  // Every kind comes within 40 years, be there a century without a leap day among them or not.
  for (let year = FIRST_RECURRING_YEAR + 39; year >= FIRST_RECURRING_YEAR; year--) years[kindOfYear(year)] = year;
  return years;
}
