import { DAY_MS, yearOfMonth } from './civil.js';
import { OffsetClock } from './offset-clock.js';
import {
  daysBetweenLooks,
  FIRST_RECURRING_YEAR,
  FIRST_YEAR_OF_CHANGES,
  FIRST_YEAR_OF_RULES,
  nextPage,
  pageOf,
  shiftOfYear,
  startOfPage,
  YEAR_OF_LAST_DATES,
} from './zone-pages.js';

/** A stretch of time during which a zone keeps one offset. Everything in milliseconds; local = instant + offset. */
export interface OffsetSpan {
  /** First instant. */
  readonly from: number;
  /** First instant after it. */
  readonly until: number;
  readonly offset: number;
  /** The offset just before `from`; the same as `offset` where the span was only cut at the end of a page. */
  readonly offsetBefore: number;
  /** The offset at `until`. */
  readonly offsetAfter: number;
}

const MAX_ZONES = 1_024;
const FIXED_AT_ZERO = /^(?:Etc\/)?(?:UTC|UCT|GMT|Zulu|Greenwich|Universal)$/i;

const zones = new Map<string, ZoneOffsets>();

/**
 * The offsets of one time zone, found by asking `Intl` and kept, so that it is asked only once about each page of time
 * that somebody looks at. Far in the future every year is like another that begins on the same weekday and is as long.
 */
export class ZoneOffsets {
  readonly #clock: OffsetClock;
  readonly #pages = new Map<number, readonly OffsetSpan[]>();
  /** By page: the offset at its start. */
  readonly #edges = new Map<number, number>();
  readonly #beginning: OffsetSpan;
  #last: OffsetSpan;
  /** A year; `null`: not known yet. */
  #recurringFrom: number | null = null;

  private constructor(name: string) {
    this.#clock = new OffsetClock(name);
    const isFixed = FIXED_AT_ZERO.test(name);
    const until = isFixed ? Infinity : startOfPage(FIRST_YEAR_OF_CHANGES * 12);
    const offset = isFixed ? 0 : this.#edge(FIRST_YEAR_OF_CHANGES * 12);
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

  /** Whether only a yearly rule is left, so that this year has the changes of all later years that are alike. */
  isRecurring(year: number): boolean {
    if (year < FIRST_YEAR_OF_RULES) return false;
    this.#recurringFrom ??= this.#hasLastDates() ? FIRST_RECURRING_YEAR : FIRST_YEAR_OF_RULES;
    return year >= this.#recurringFrom;
  }

  #find(instant: number): OffsetSpan {
    if (instant < this.#beginning.until) return this.#beginning;
    const year = yearOfMonth(pageOf(instant));
    const shift = this.isRecurring(year) ? shiftOfYear(year) : 0;
    const span = this.#look(instant - shift);
    if (shift === 0) return span;
    const { from, until, offset, offsetBefore, offsetAfter } = span;
    return { from: from + shift, until: until + shift, offset, offsetBefore, offsetAfter };
  }

  /** Whether a year shortly before all zones recur differs from what a yearly rule would make of it. */
  #hasLastDates(): boolean {
    const shift = shiftOfYear(YEAR_OF_LAST_DATES);
    for (let page = YEAR_OF_LAST_DATES * 12; page < (YEAR_OF_LAST_DATES + 1) * 12; page = nextPage(page)) {
      const byRule = this.#look(startOfPage(page) - shift);
      if (this.#edge(page) !== byRule.offset) return true;
    }
    return false;
  }

  #look(instant: number): OffsetSpan {
    for (const span of this.#spansOf(pageOf(instant))) if (instant < span.until) return span;
    throw new RangeError(`There is no offset at ${instant}`);
  }

  #spansOf(page: number): readonly OffsetSpan[] {
    const known = this.#pages.get(page);
    if (known !== undefined) return known;
    const spans = this.#scan(page);
    this.#pages.set(page, spans);
    return spans;
  }

  #scan(page: number): readonly OffsetSpan[] {
    const next = nextPage(page);
    const end = startOfPage(next);
    const step = daysBetweenLooks(page) * DAY_MS;
    const spans: OffsetSpan[] = [];
    let from = startOfPage(page);
    let offset = this.#edge(page);
    let offsetBefore = offset;
    for (let known = from; known < end;) {
      const probe = Math.min(known + step, end);
      const offsetAfter = probe === end ? this.#edge(next) : this.#clock.offsetAt(probe);
      if (offsetAfter !== offset) {
        const until = this.#clock.changeBetween(known, probe, offset);
        spans.push({ from, until, offset, offsetBefore, offsetAfter });
        from = until;
        offsetBefore = offset;
        offset = offsetAfter;
      }
      known = probe;
    }
    spans.push({ from, until: end, offset, offsetBefore, offsetAfter: offset });
    return spans;
  }

  /** The offset at the start of a page: one page ends where the next begins. */
  #edge(page: number): number {
    const known = this.#edges.get(page);
    if (known !== undefined) return known;
    const offset = this.#clock.offsetAt(startOfPage(page));
    this.#edges.set(page, offset);
    return offset;
  }
}
