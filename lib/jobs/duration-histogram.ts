/** Classes a quarter of an octave wide: what is read out of one is at most a tenth off. */
const CLASSES_PER_OCTAVE = 4;

/** Thousands of years. Whatever has been written into a database, no more classes are counted. */
const LAST_CLASS = 200;

/**
 * How long things took, by classes of lengths: of any number of them it holds some dozens of counts, and two can be added
 * up, which percentiles can't.
 */
export class DurationHistogram {
  /** By class, from the shortest to the longest. */
  readonly #counts: number[] = [];
  #total = 0;

  count(ms: number): void {
    this.#add(classOf(ms), 1);
  }

  /** @param numbers between these two indices as `toPairs` gave them */
  addPairs(numbers: readonly number[], from: number, to: number): void {
    for (let i = from; i < to; i += 2) this.#add(numbers[i] as number, numbers[i + 1] as number);
  }

  /**
   * The length in milliseconds that this share of them did not exceed (nearest rank), exact below 8 ms and within a tenth
   * above; `null`: there are none.
   */
  percentile(share: number): number | null {
    let left = Math.ceil(share * this.#total);
    if (left === 0) return null;
    const index = this.#counts.findIndex((count) => (left -= count) <= 0);
    return MIDDLES[index] as number;
  }

  /** Class and count by turns, of the classes that have any. */
  toPairs(): readonly number[] {
    const pairs: number[] = [];
    for (const [index, count] of this.#counts.entries()) if (count > 0) pairs.push(index, count);
    return pairs;
  }

  #add(given: number, count: number): void {
    const index = Math.min(given, LAST_CLASS);
    while (this.#counts.length <= index) this.#counts.push(0);
    this.#counts[index] = (this.#counts[index] as number) + count;
    this.#total += count;
  }
}

function classOf(ms: number): number {
  return ms < 1 ? 0 : 1 + Math.floor(Math.log2(ms) * CLASSES_PER_OCTAVE);
}

/** The middle of the class by ratio, to a tenth of a millisecond. */
function middleOf(index: number): number {
  if (index === 0) return 0;
  const first = Math.ceil(2 ** ((index - 1) / CLASSES_PER_OCTAVE));
  const last = Math.ceil(2 ** (index / CLASSES_PER_OCTAVE)) - 1;
  return Math.round(Math.sqrt(first * last) * 10) / 10;
}

const MIDDLES: readonly number[] = Array.from({ length: LAST_CLASS + 1 }, (_, index) => middleOf(index));
