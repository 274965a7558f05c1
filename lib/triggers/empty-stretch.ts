import type { Way } from './ways.js';

/**
 * One stretch that is known to hold no fire: what a search has looked through last. Its ends don't belong to it; each
 * may be known to be a fire. All in place: a search remembers for each of its answers, and must not allocate.
 */
export class EmptyStretch {
  #from = NaN;
  #until = NaN;
  #isFireAtFrom = false;
  #isFireAtUntil = false;

  /** Its end, for a search that goes from an instant on (`way` 1) or back (−1); `NaN`: the instant lies outside. */
  endFrom(instant: number, way: Way): number {
    if (way === 1) return instant >= this.#from && instant < this.#until ? this.#until : NaN;
    return instant <= this.#until && instant > this.#from ? this.#from : NaN;
  }

  /** Whether the end that lies this way is a fire. */
  isFireAtEnd(way: Way): boolean {
    return way === 1 ? this.#isFireAtUntil : this.#isFireAtFrom;
  }

  /**
   * Nothing was found strictly between an instant and an end on (`way` 1) or back (−1) from it. What touches the stretch
   * makes it longer, anything else takes its place.
   */
  add(instant: number, end: number, way: Way, isFireAtEnd: boolean): void {
    if (instant === end) return;
    if (way === 1) this.#add(instant, end, false, isFireAtEnd);
    else this.#add(end, instant, isFireAtEnd, false);
  }

  #add(from: number, until: number, isFireAtFrom: boolean, isFireAtUntil: boolean): void {
    const touches = from < this.#until && this.#from < until;
    if (!touches || from < this.#from) {
      this.#isFireAtFrom = isFireAtFrom;
      this.#from = from;
    } else if (from === this.#from) {
      this.#isFireAtFrom ||= isFireAtFrom;
    }
    if (!touches || until > this.#until) {
      this.#isFireAtUntil = isFireAtUntil;
      this.#until = until;
    } else if (until === this.#until) {
      this.#isFireAtUntil ||= isFireAtUntil;
    }
  }
}
