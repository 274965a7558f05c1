import type { BoundTrigger } from './bound-trigger.js';

/** On (1) or back (−1) in time. */
export type Way = 1 | -1;

/** The first fire of a trigger beyond an instant; `null`: none lies up to the limit. */
export function fireOf(trigger: BoundTrigger, instant: number, way: Way, limit: number): number | null {
  return way === 1 ? trigger.next(instant, limit) : trigger.previous(instant, limit);
}

/** Whether an instant lies beyond another. */
export function isBeyond(instant: number, other: number, way: Way): boolean {
  return way === 1 ? instant > other : instant < other;
}

/** The one of two instants that is reached first. */
export function firstOf(one: number, other: number, way: Way): number {
  return way === 1 ? Math.min(one, other) : Math.max(one, other);
}

/** Those that search last, so that they need not search further than what the others answer. */
export function searchingLast(triggers: readonly BoundTrigger[]): readonly BoundTrigger[] {
  return triggers.toSorted((one, other) => Number(one.isSearching) - Number(other.isSearching));
}
