/** Classes a quarter of an octave wide: what is read out of one is at most a tenth off. */
const CLASSES_PER_OCTAVE = 4;

/**
 * How long things took, by classes of lengths: of any number of them it holds some dozens of counts, and two can be added
 * up, which percentiles can't.
 */
export class DurationHistogram {
  readonly #counts = new Map<number, number>();
  #size = 0;

  /** @param pairs as `toPairs` gave them */
  static of(pairs: readonly number[]): DurationHistogram {
    const histogram = new DurationHistogram();
    for (let i = 0; i < pairs.length; i += 2) histogram.#count(pairs[i] as number, pairs[i + 1] as number);
    return histogram;
  }

  count(ms: number): void {
    this.#count(classOf(ms), 1);
  }

  add(other: DurationHistogram): void {
    for (const [index, count] of other.#counts) this.#count(index, count);
  }

  /**
   * The length in milliseconds that this share of them did not exceed (nearest rank), exact below 8 ms and within a tenth
   * above; `null`: there are none.
   */
  percentile(share: number): number | null {
    let left = Math.ceil(share * this.#size);
    for (const index of [...this.#counts.keys()].toSorted((one, other) => one - other)) {
      left -= this.#counts.get(index) as number;
      if (left <= 0) return msOf(index);
    }
    return null;
  }

  /** Class and count by turns. */
  toPairs(): readonly number[] {
    return [...this.#counts].flat();
  }

  #count(index: number, count: number): void {
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + count);
    this.#size += count;
  }
}

function classOf(ms: number): number {
  return ms < 1 ? 0 : 1 + Math.floor(Math.log2(ms) * CLASSES_PER_OCTAVE);
}

/** The middle of the class by ratio, to a tenth of a millisecond. */
function msOf(index: number): number {
  if (index === 0) return 0;
  const first = Math.ceil(2 ** ((index - 1) / CLASSES_PER_OCTAVE));
  const last = Math.ceil(2 ** (index / CLASSES_PER_OCTAVE)) - 1;
  return Math.round(Math.sqrt(first * last) * 10) / 10;
}
