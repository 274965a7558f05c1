const FIRST_MS = 500;
const LONGEST_MS = 20_000;

/** Growing pauses between attempts: 0.5 s, doubled up to 20 s, each shortened at random by up to a quarter. */
export class Backoff {
  #failures = 0;

  /** The pause after one more failure, in milliseconds. */
  next(): number {
    const full = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures++;
    return Math.ceil(full * (1 - Math.random() / 4));
  }

  reset(): void {
    this.#failures = 0;
  }
}
