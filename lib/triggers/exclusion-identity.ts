import { canonicalInstant, hasOffset } from './instant.js';
import { isDefinition } from './nesting.js';

const WHAT = 'Exclusion';

/** Whether what is taken away may be another in another zone: a day is, also the one on which an instant falls. */
export function dependsExclusionOnZone(exclusion: unknown, nested: (inner: unknown) => boolean): boolean {
  if (isDefinition(exclusion)) return nested(exclusion);
  if (typeof exclusion === 'string') return true;
  const { from, to } = exclusion as Range;
  return !hasOffset(from, WHAT) || !hasOffset(to, WHAT);
}

/** The exclusion as all that mean the same are written. */
export function canonicalExclusion(exclusion: unknown, nested: (inner: unknown) => unknown): unknown {
  if (isDefinition(exclusion)) return nested(exclusion);
  if (typeof exclusion === 'string') return canonicalInstant(exclusion, WHAT);
  const { from, to } = exclusion as Range;
  return { from: canonicalInstant(from, WHAT), to: canonicalInstant(to, WHAT) };
}

interface Range {
  readonly from: string;
  readonly to: string;
}
