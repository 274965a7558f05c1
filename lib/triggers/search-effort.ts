import { DAY_MS } from './civil.js';

/** Beyond that far a trigger seldom remembers what it has looked at. */
const FAR = 8 * DAY_MS;
/** A fire far from the one before takes twice as long to find as one nearby, or longer. */
const PRICE_OF_FAR = 2;

/** How much of the budget of a search a step takes that asks for so many simple triggers, so far (ms) from the last. */
export function effortOfStep(cost: number, distance: number): number {
  return Math.abs(distance) > FAR ? cost * PRICE_OF_FAR : cost;
}

/** How much counting the fires of a stretch takes, to leap over it. */
export const EFFORT_OF_LEAP = 100;
