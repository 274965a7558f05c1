import { chargeFirstLook } from './search-effort.js';

const WEEK = 7 * 86_400_000;
const QUARTER = 900_000;
const SECOND = 1_000;

let looks = 0;

/** How often this process has looked at the clocks of any zone: what makes a call long that asks about many years. */
export function looksAtClocks(): number {
  return looks;
}

// With its first format the runtime reads all it knows about zones, some 30 ms: better while this is loaded than within
// the first call that names a zone.
newFormat('UTC').format(0);

/** Reads the offsets of a zone off `Intl`, which is slow: a microsecond or two for each. */
export class OffsetClock {
  readonly #format: Intl.DateTimeFormat;
  /** What was read before: a zone has few offsets, and a week seven days. */
  readonly #offsets = new Map<string, number>();
  /** By the offset left: the last change found. The next of its kind most likely lies whole weeks from it. */
  readonly #changes = new Map<number, number>();

  constructor(timeZone: string) {
    this.#format = newFormat(timeZone);
  }

  offsetAt(instant: number): number {
    looks++;
    chargeFirstLook();
    const text = this.#format.format(instant);
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = readOffset(text);
    this.#offsets.set(text, offset);
    return offset;
  }

  /** The first instant in `(low, high]` at which the offset is no longer `offset`. */
  changeBetween(low: number, high: number, offset: number): number {
    const known = this.#changes.get(offset);
    const change = known === undefined ? this.#firstOther(low, high, offset) : this.#near(low, high, offset, known);
    this.#changes.set(offset, change);
    return change;
  }

  #near(low: number, high: number, offset: number, known: number): number {
    const weeks = this.#bisect(low - known, high - known, WEEK, (time) => this.offsetAt(known + time) === offset);
    const guess = known + weeks * WEEK;
    if (guess <= high && this.offsetAt(guess - SECOND) === offset) return guess;
    return this.#firstOther(Math.max(low, guess - WEEK), Math.min(high, guess - SECOND), offset);
  }

  /** Nearly all changes lie on quarters of an hour. */
  #firstOther(low: number, high: number, offset: number): number {
    const isBefore = (time: number): boolean => this.offsetAt(time) === offset;
    const quarter = this.#bisect(low, high, QUARTER, isBefore) * QUARTER;
    if (isBefore(quarter - SECOND)) return quarter;
    return this.#bisect(quarter - QUARTER, quarter - SECOND, SECOND, isBefore) * SECOND;
  }

  /** How many units it is to the first time that is no longer before; times up to `low` are, from `high` on none is. */
  #bisect(low: number, high: number, unit: number, isBefore: (time: number) => boolean): number {
    let before = Math.floor(low / unit);
    let after = Math.ceil(high / unit);
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (isBefore(middle * unit)) before = middle;
      else after = middle;
    }
    return after;
  }
}

/** Of the forms that tell the offset, the quickest: `M, GMT+01:00`. */
function newFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'narrow', timeZoneName: 'longOffset' });
}

function readOffset(text: string): number {
  const at = text.lastIndexOf('GMT') + 3;
  if (at === text.length) return 0;
  const hours = Number(text.slice(at + 1, at + 3));
  const minutes = Number(text.slice(at + 4, at + 6));
  const seconds = Number(text.slice(at + 7));
  const size = ((hours * 60 + minutes) * 60 + seconds) * SECOND;
  return text.charAt(at) === '-' ? -size : size;
}
