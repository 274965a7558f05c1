import { DAY_MS, dayOf, monthOfDay, yearOfMonth } from '../civil.js';
import { wholeSpan } from '../whole-spans.js';
import { type Described, TriggerSearchError } from '../trigger-errors.js';
import { FIRST_YEAR_OF_RULES } from '../zone-pages.js';
import { looksAtClocks } from '../offset-clock.js';
import type { ZoneOffsets } from '../zone-offsets.js';
import type { CronPattern } from './cron-pattern.js';
import type { SpanFires } from './span-fires.js';
import { kindOfYear, YEAR_KINDS } from './year-set.js';

export const FOUR_HUNDRED_YEARS = 146_097 * DAY_MS;

/** One call looks no more often at clocks that nobody has looked at: less than 5 ms in code that has hardly run yet. */
const MOST_LOOKS = 200;
/** Without a change of clocks so much is looked at in one piece. */
const PIECE = 1_000 * DAY_MS;

/** Counts the fires of a pattern in a zone: span by span, and year by kind of year where the zone's years recur. */
export class FireCount {
  readonly #pattern: CronPattern;
  readonly #zone: ZoneOffsets;
  readonly #fires: SpanFires;
  /** By kind of year and by which of the years around are named; NaN: not counted yet. */
  readonly #countOfKind = new Float64Array(YEAR_KINDS * 8).fill(NaN);

  constructor(pattern: CronPattern, zone: ZoneOffsets, fires: SpanFires) {
    this.#pattern = pattern;
    this.#zone = zone;
    this.#fires = fires;
  }

  /**
   * How many lie in `[from, end)`.
   *
   * @throws {TriggerSearchError} naming the trigger, when clocks would have to be looked at for too long
   */
  between(from: number, end: number, trigger: Described): number {
    const mostLooks = looksAtClocks() + MOST_LOOKS;
    let cursor = from;
    let count = 0;
    while (cursor < end) {
      if (looksAtClocks() > mostLooks) throw TriggerSearchError.ofCount(trigger, from, cursor);
      const year = this.#recurringYear(cursor);
      if (year === null || startOfYear(year + 1) > end) {
        const nextYear = startOfYear(Math.max(FIRST_YEAR_OF_RULES, yearOf(cursor) + 1));
        const pieceEnd = Math.min(end, nextYear, cursor + PIECE);
        const span = wholeSpan(this.#zone, cursor, pieceEnd);
        const spanEnd = Math.min(span.until, pieceEnd);
        count += this.#fires.count(span, cursor, spanEnd);
        cursor = spanEnd;
      } else if (cursor + FOUR_HUNDRED_YEARS <= end && !this.#pattern.hasYears) {
        const cycles = Math.floor((end - cursor) / FOUR_HUNDRED_YEARS);
        for (let each = year; each < year + 400; each++) count += this.inYear(each) * cycles;
        cursor += cycles * FOUR_HUNDRED_YEARS;
      } else {
        let each = year;
        for (; startOfYear(each + 1) <= end; each++) count += this.inYear(each);
        cursor = startOfYear(each);
      }
    }
    return count;
  }

  /** The fires of a year (in UTC) that has many like it. At its ends the clocks show the years beside it. */
  inYear(year: number): number {
    let kind = kindOfYear(year);
    for (let each = year - 1; each <= year + 1; each++) kind = kind * 2 + (this.#pattern.includesYear(each) ? 1 : 0);
    const known = this.#countOfKind[kind] ?? NaN;
    if (!Number.isNaN(known)) return known;
    const end = startOfYear(year + 1);
    let count = 0;
    let cursor = startOfYear(year);
    while (cursor < end) {
      const span = wholeSpan(this.#zone, cursor, end);
      const spanEnd = Math.min(span.until, end);
      count += this.#fires.count(span, cursor, spanEnd);
      cursor = spanEnd;
    }
    this.#countOfKind[kind] = count;
    return count;
  }

  /** The year that begins at an instant, where its changes of clocks are those of others like it; else `null`. */
  #recurringYear(instant: number): number | null {
    const year = yearOf(instant);
    return instant === startOfYear(year) && this.#zone.isRecurring(year) ? year : null;
  }
}

export function yearOf(instant: number): number {
  return yearOfMonth(monthOfDay(Math.floor(instant / DAY_MS)));
}

export function startOfYear(year: number): number {
  return dayOf(year, 1, 1) * DAY_MS;
}
