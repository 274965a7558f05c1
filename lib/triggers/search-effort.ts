import { DAY_MS } from './civil.js';

/** Beyond that far a trigger seldom remembers what it has looked at. */
const FAR = 8 * DAY_MS;
/** A fire far from the one before takes twice as long to find as one nearby, or longer. */
const PRICE_OF_FAR = 2;
const NEAR = 3_600_000;
/** Fires that follow one another are found several times as quickly as others. */
const PRICE_OF_NEAR = 1 / 4;

/** How much of the budget of a search a step takes that asks for so many simple triggers, so far (ms) from the last. */
export function effortOfStep(cost: number, distance: number): number {
  return Math.abs(distance) > FAR ? cost * PRICE_OF_FAR : cost;
}

/** The same for a step of two simple triggers that walk side by side. */
export function effortOfPair(cost: number, distance: number): number {
  return Math.abs(distance) <= NEAR ? cost * PRICE_OF_NEAR : effortOfStep(cost, distance);
}
