import { BoundTrigger, type TriggerFrame } from './bound-trigger.js';
import type { SearchEffort } from './search-effort.js';
import { isBeyond, type Way } from './ways.js';

/** What more triggers there are than these is told by their number. */
const MAX_DESCRIBED = 10;

/** A trigger made of other triggers. */
export abstract class CompoundTrigger extends BoundTrigger {
  readonly #parts: readonly BoundTrigger[];
  protected readonly effort: SearchEffort;
  protected readonly startAt: number;
  protected readonly lastAt: number;

  constructor(frame: Required<TriggerFrame>, parts: readonly BoundTrigger[], effort: SearchEffort) {
    super(frame);
    this.#parts = parts;
    this.effort = effort;
    this.startAt = frame.window?.startAt ?? -Infinity;
    this.lastAt = frame.window?.endAt ?? Infinity;
  }

  override get isSeeded(): boolean {
    return this.#parts.some((trigger) => trigger.isSeeded);
  }

  override get isAnchored(): boolean {
    return this.#parts.some((trigger) => trigger.isAnchored);
  }

  override get isSearching(): boolean {
    return this.#parts.some((trigger) => trigger.isSearching);
  }

  override get mayGiveUp(): boolean {
    return this.isSearching || this.#parts.some((trigger) => trigger.mayGiveUp);
  }

  protected override get isCompound(): boolean {
    return true;
  }

  next(after: number, limit = Infinity): number | null {
    return this.#ask(Math.max(Math.floor(after), this.startAt - 1), 1, Math.min(limit, this.lastAt));
  }

  previous(before: number, limit = -Infinity): number | null {
    return this.#ask(Math.min(Math.ceil(before), this.lastAt + 1), -1, Math.max(limit, this.startAt));
  }

  /** The first fire beyond an instant, on (`way` 1) or back (−1), if there is one up to the limit; else anything. */
  protected abstract find(instant: number, way: Way, limit: number): number | null;

  /** What some of the triggers do, in words, each within a text about their zone. */
  protected describeParts(parts: readonly BoundTrigger[], zone: string | null): string[] {
    const describe = (part: BoundTrigger): string => part.describeWithin(zone);
    if (parts.length <= MAX_DESCRIBED) return parts.map(describe);
    const shown = parts.slice(0, MAX_DESCRIBED - 1);
    return [...shown.map(describe), `${parts.length - shown.length} more`];
  }

  protected isWithinBounds(instant: number): boolean {
    return instant >= this.startAt && instant <= this.lastAt;
  }

  #ask(instant: number, way: Way, limit: number): number | null {
    this.effort.enter();
    try {
      const fire = this.find(instant, way, limit);
      // Beyond the limit one that was found first need not be the first that there is.
      return fire === null || isBeyond(fire, limit, way) ? null : fire;
    } catch (error) {
      throw this.effort.errorOf(error, this, instant);
    } finally {
      this.effort.leave();
    }
  }
}
