import { dayOf, DAY_MS } from './civil.js';
import type { BoundTrigger } from './bound-trigger.js';

/** Since Kiritimati left −10:40, in October 1979, every clock of the world differs from UTC by a multiple of so many ms. */
export const OFFSET_RASTER = 900_000;
const RASTERS_HOLD_FROM = dayOf(1980, 1, 1) * DAY_MS;

/** A shorter stretch is stepped through. */
const FEWEST_STEPS = 64;
const LONGEST = 100 * DAY_MS;

/** The greatest common divisor of two whole numbers. */
export function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * Whether from a fire that two triggers share on all fires of the one are fires of the other, for as long as that one
 * fires whenever its raster allows.
 */
export function mayCover(other: BoundTrigger, trigger: BoundTrigger): boolean {
  return other.count !== undefined && trigger.raster % other.raster === 0;
}

/**
 * An instant up to which, from its fire at `fire` on (`way` 1) or back (−1), a trigger fires whenever its raster
 * allows; `fire` where that isn't far. Such a stretch has as many fires as steps, so that they need only be counted.
 */
export function leapFrom(fire: number, trigger: BoundTrigger, way: 1 | -1): number {
  const { raster } = trigger;
  let end = fire;
  for (let steps = FEWEST_STEPS; steps * raster <= LONGEST; steps *= 4) {
    const far = fire + way * steps * raster;
    if (Math.min(fire, far) < RASTERS_HOLD_FROM) break;
    if (trigger.count?.(Math.min(fire, far), Math.max(fire, far)) !== steps + 1) break;
    end = far;
  }
  return end;
}
