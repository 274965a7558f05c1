import { DAY_MS } from './civil.js';
import { CompoundTrigger } from './compound-trigger.js';
import { EmptyStretches } from './empty-stretches.js';
import { isBeyond, type Way } from './ways.js';

/** Beyond that far a trigger seldom remembers what it has looked at. */
const FAR = 8 * DAY_MS;
/** Nearly a year: nothing that is remembered is of use. */
const FARTHEST = 200 * DAY_MS;

/**
 * A trigger that looks for its fires step by step. A search that is given up is gone on with by the next call: what was
 * looked through last is remembered.
 */
export abstract class SearchingTrigger extends CompoundTrigger {
  readonly #looked = new EmptyStretches();
  /** Whether the last look has found a fire. */
  protected isFire = false;

  override get isSearching(): boolean {
    return true;
  }

  /** It accounts for itself. */
  override get cost(): number {
    return 0;
  }

  override emptyUntil(after: number): number {
    const from = Math.max(after, this.startAt - 1);
    const end = this.#looked.endFrom(from, 1);
    const known = Number.isNaN(end) ? from : end;
    // Where a search within it was given up, that is what has got on.
    const empty = Math.max(known, this.emptyUntilOfParts(Math.max(from, known - 1)));
    return empty > (this.endAt ?? Infinity) ? Infinity : empty;
  }

  /** The same, as far as those of its triggers know that search themselves. */
  protected abstract emptyUntilOfParts(after: number): number;

  /** What one look takes of the effort. */
  protected abstract costOfLook(way: Way): number;

  /**
   * The nearest instant, on (`way` 1) or back (−1) from another, at which a fire may be; `null`: there is none. Sets
   * `isFire` when there is one.
   *
   * @param limit what lies beyond need not be found
   * @param looks how many the search has taken before this one
   */
  protected abstract look(instant: number, way: Way, limit: number, looks: number): number | null;

  protected find(start: number, way: Way, limit: number): number | null {
    const looked = this.#looked;
    const cost = this.costOfLook(way);
    // Nothing lies strictly between `start` and `edge`.
    let edge = start;
    this.isFire = false;
    try {
      let at = start;
      for (let looks = 0; ; looks++) {
        const known = looked.endFrom(at, way);
        if (!Number.isNaN(known)) {
          edge = known;
          this.isFire = looked.isFireAtEnd(way);
          if (this.isFire) return edge;
          at = edge - way;
        }
        if (!isBeyond(limit, at, way)) return null;
        this.effort.spend(cost);
        this.isFire = false;
        const candidate = this.look(at, way, limit, looks);
        edge = candidate ?? limit + way;
        if (candidate === null || this.isFire) return candidate;
        this.effort.charge(cost * timesLonger(Math.abs(edge - at)));
        at = edge - way;
      }
    } catch (error) {
      this.isFire = false;
      if (edge !== start) this.effort.gotTo(this, start, edge);
      throw error;
    } finally {
      looked.add(start, edge, way, this.isFire);
    }
  }
}

/** A fire far from the one before takes twice as long to find as one nearby, or longer. */
function timesLonger(distance: number): number {
  if (distance <= FAR) return 0;
  return distance <= FARTHEST ? 1 : 7;
}
