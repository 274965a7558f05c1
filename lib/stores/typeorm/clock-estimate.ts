/**
 * What the store's clock shows, as far as this process knows without asking: never ahead of it, unless one of the two
 * clocks runs unevenly. The store read its clock somewhere between a question and its answer; what is believed holds
 * until an answer contradicts it.
 */
export class ClockEstimate {
  readonly #monotonic: () => number;
  /** The store's clock minus the monotonic one. */
  #offset = NaN;
  #latest = -Infinity;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** In whole milliseconds, and not before what the store has answered last; `NaN` as long as nothing is known. */
  get now(): number {
    return Math.max(Math.floor(this.#offset + this.#monotonic()), this.#latest);
  }

  /** Asks a question whose answer has the time in it. @param timeOf `null`: this one has not */
  async learn<T>(ask: () => Promise<T>, timeOf: (answer: T) => number | null): Promise<T> {
    const askedAt = this.#monotonic();
    const answer = await ask();
    const storeNow = timeOf(answer);
    if (storeNow !== null) this.#note(storeNow, askedAt, this.#monotonic());
    return answer;
  }

  #note(storeNow: number, askedAt: number, answeredAt: number): void {
    this.#latest = storeNow;
    const least = storeNow - answeredAt;
    const most = storeNow - askedAt;
    // What is not known yet is neither.
    if (!(this.#offset >= least && this.#offset <= most)) this.#offset = least;
  }
}
