import { dayOf, isLeapYear, weekdayOf } from '../civil.js';
import { lowestBit, highestBit, bitsBelow } from './bits.js';
import { FIRST_YEAR, LAST_YEAR, type YearRange } from './cron-field.js';

/** How many kinds of years there are: see {@link kindOfYear}. */
export const YEAR_KINDS = 21;

/**
 * Years of one kind have the same weekdays and ISO weeks on the same dates: they begin on the same weekday, are as long,
 * and follow a year that is as long.
 */
export function kindOfYear(year: number): number {
  const length = isLeapYear(year) ? 0 : isLeapYear(year - 1) ? 1 : 2;
  return weekdayOf(dayOf(year, 1, 1)) * 3 + length;
}

/** A set of the years 1970–9999. */
export class YearSet {
  readonly #words = new Int32Array((LAST_YEAR - FIRST_YEAR + 32) >>> 5);

  constructor(ranges: readonly YearRange[]) {
    for (const { from, to, step } of ranges) {
      for (let year = from; year <= to; year += step) {
        const index = year - FIRST_YEAR;
        this.#words[index >>> 5] = (this.#words[index >>> 5] ?? 0) | (1 << (index & 31));
      }
    }
  }

  has(year: number): boolean {
    const index = year - FIRST_YEAR;
    return index >= 0 && (((this.#words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  /** The first member at or after `year`, or `Infinity`. */
  from(year: number): number {
    const index = Math.max(0, year - FIRST_YEAR);
    for (let word = index >>> 5; word < this.#words.length; word++) {
      const bits = (this.#words[word] ?? 0) & (word === index >>> 5 ? ~bitsBelow(index & 31) : -1);
      if (bits !== 0) return FIRST_YEAR + word * 32 + lowestBit(bits);
    }
    return Infinity;
  }

  /** The last member at or before `year`, or `-Infinity`. */
  upTo(year: number): number {
    const index = Math.min(year, LAST_YEAR) - FIRST_YEAR;
    if (index < 0) return -Infinity;
    for (let word = index >>> 5; word >= 0; word--) {
      const bits = (this.#words[word] ?? 0) & (word === index >>> 5 ? bitsBelow((index & 31) + 1) : -1);
      if (bits !== 0) return FIRST_YEAR + word * 32 + highestBit(bits);
    }
    return -Infinity;
  }
}
