import type { Way } from './ways.js';

/**
 * The two stretches that searches have looked through last: of two questions that are asked in turn, both get on. All in
 * place: a search remembers for each of its answers, and must not allocate.
 */
export class EmptyStretches {
  #recent = new EmptyStretch();
  #other = new EmptyStretch();

  /** The end of one, for a search that goes from an instant on (`way` 1) or back (−1); `NaN`: it lies outside. */
  endFrom(instant: number, way: Way): number {
    const end = this.#recent.endFrom(instant, way);
    if (!Number.isNaN(end)) return end;
    const other = this.#other.endFrom(instant, way);
    if (!Number.isNaN(other)) this.#swap();
    return other;
  }

  /** Whether the end that was answered last, this way, is a fire. */
  isFireAtEnd(way: Way): boolean {
    return this.#recent.isFireAtEnd(way);
  }

  /**
   * Nothing was found strictly between an instant and an end on (`way` 1) or back (−1) from it. What touches a stretch
   * makes it longer, anything else takes the place of the one that was of use longer ago.
   */
  add(instant: number, end: number, way: Way, isFireAtEnd: boolean): void {
    // Between neighbours there is nothing to look through, and what was looked through must not give way to it.
    if (Math.abs(end - instant) <= 1) return;
    if (!this.#recent.touches(instant, end)) this.#swap();
    this.#recent.add(instant, end, way, isFireAtEnd);
  }

  #swap(): void {
    const recent = this.#recent;
    this.#recent = this.#other;
    this.#other = recent;
  }
}

/** A stretch that is known to hold no fire. Its ends don't belong to it; each may be known to be a fire. */
class EmptyStretch {
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

  /** Whether it has something in common with what lies between two instants. */
  touches(one: number, other: number): boolean {
    return Math.min(one, other) < this.#until && this.#from < Math.max(one, other);
  }

  /** Takes the place of what it held before, or makes it longer. */
  add(instant: number, end: number, way: Way, isFireAtEnd: boolean): void {
    if (way === 1) this.#add(instant, end, false, isFireAtEnd);
    else this.#add(end, instant, isFireAtEnd, false);
  }

  #add(from: number, until: number, isFireAtFrom: boolean, isFireAtUntil: boolean): void {
    const touches = this.touches(from, until);
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
