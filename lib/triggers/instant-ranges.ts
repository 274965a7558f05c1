/** Both ends belong to it; epoch ms. */
export interface InstantRange {
  readonly from: number;
  readonly to: number;
}

/** Ranges of instants, in order and apart from one another. */
export class InstantRanges {
  readonly #ranges: readonly InstantRange[];

  constructor(ranges: readonly InstantRange[]) {
    const merged: InstantRange[] = [];
    for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
      const last = merged.at(-1);
      if (last === undefined || range.from > last.to + 1) merged.push(range);
      else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    }
    this.#ranges = merged;
  }

  get size(): number {
    return this.#ranges.length;
  }

  /** The range that an instant lies in. */
  at(instant: number): InstantRange | null {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as InstantRange).to < instant) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low];
    return range !== undefined && range.from <= instant ? range : null;
  }

  /** What of `[from, to]` lies in them. */
  *within(from: number, to: number): Generator<InstantRange> {
    for (const range of this.#ranges) {
      const part = { from: Math.max(from, range.from), to: Math.min(to, range.to) };
      if (part.from <= part.to) yield part;
    }
  }
}
