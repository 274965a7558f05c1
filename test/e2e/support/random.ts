/** A repeatable source of whole numbers: a failure is tried again with its seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed % 2 ** 32;
  }

  /** From 0 on, below `limit`. */
  below(limit: number): number {
    // Numerical Recipes' generator; its low bits are poor, so the high ones are taken.
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.below(left.length), 1)[0] as T);
  }
}
