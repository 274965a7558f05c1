const FIRST_MS = 500;
const LONGEST_MS = 20_000;

/** Growing pauses between attempts: at first 0.5 s, doubled up to 20 s, each shortened at random by up to a quarter. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  #failures = 0;

  constructor(firstMs: number = FIRST_MS, longestMs: number = LONGEST_MS) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
  }

  /** The pause after one more failure, in milliseconds. */
  next(): number {
    const full = Math.min(this.#firstMs * 2 ** this.#failures, this.#longestMs);
    this.#failures++;
    return Math.ceil(full * (1 - Math.random() / 4));
  }

  reset(): void {
    this.#failures = 0;
  }
}
