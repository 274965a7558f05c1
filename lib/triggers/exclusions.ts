import { isPlainObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { DAY_MS } from './civil.js';
import { canonicalInstant, hasOffset, type InstantInput, instantToText, localTimeOf, parseInstant } from './instant.js';
import type { InstantRange } from './instant-ranges.js';
import { isDefinition } from './nesting.js';
import { zoneOffsets } from './time-zone.js';
import type { TriggerOptions } from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import { instantsBetweenWallTimes } from './wall-time.js';

/** From one instant to another, both included; a date alone as `to` includes that whole day. @publicApi */
export interface ExcludedRange {
  readonly from: InstantInput;
  readonly to: InstantInput;
}

/** The day on which an instant falls in the trigger's zone; a range; or the fires of another trigger. @publicApi */
export type Exclusion = InstantInput | ExcludedRange | TriggerDefinition;

/** An exclusion as a definition keeps it. */
export type StoredExclusion = string | { readonly from: string; readonly to: string } | TriggerDefinition;

const MAX_EXCLUSIONS = 250;

/** Anything else than `{…}`, such as a Set of days, would be taken for options that say nothing. */
export function isOptions(value: unknown): value is TriggerOptions {
  return isPlainObject(value) && !isDefinition(value) && !isRange(value);
}

/** @throws {InvalidTriggerError} */
export function checkExclusionCount(exclusions: readonly unknown[], what: string): void {
  if (exclusions.length === 0) throw new InvalidTriggerError(what, 'nothing is excluded.');
  if (exclusions.length <= MAX_EXCLUSIONS) return;
  throw new InvalidTriggerError(what, `${exclusions.length} exclusions are too many; at most ${MAX_EXCLUSIONS}.`);
}

/** The JSON-safe form of an exclusion. @throws a SchedulerError that says what is wrong. */
export function storeExclusion(exclusion: unknown, what: string): StoredExclusion {
  if (isDefinition(exclusion)) return exclusion;
  if (typeof exclusion === 'object' && exclusion !== null && Symbol.iterator in exclusion) {
    throw new InvalidTriggerError(what, 'a list is no exclusion. Spread it: except(trigger, ...days).');
  }
  if (!isRange(exclusion)) return instantToText(exclusion, `${what}: an excluded day`);
  const { from, to } = checkRange(exclusion, what);
  const stored = { from: instantToText(from, `${what}: from`), to: instantToText(to, `${what}: to`) };
  // Without a zone, an instant and a time on a wall clock can't be compared.
  const isComparable = hasOffset(stored.from, what) === hasOffset(stored.to, what);
  if (isComparable) readRange(stored, 'UTC', what);
  return stored;
}

/** The instants of a stored day or range. @throws a SchedulerError that says what is wrong. */
export function readRanges(exclusion: unknown, timeZone: string, what: string): InstantRange[] {
  if (typeof exclusion === 'string') return readDay(exclusion, timeZone, `${what}: an excluded day`);
  if (!isRange(exclusion)) {
    throw new InvalidTriggerError(what, `${showValue(exclusion)} is no date, no range and no trigger.`);
  }
  return [readRange(checkRange(exclusion, what), timeZone, what)];
}

/** @throws {InvalidTriggerError} where it runs backwards */
function readRange(range: ExcludedRange, timeZone: string, what: string): InstantRange {
  const from = parseInstant(range.from, { timeZone, what: `${what}: from` });
  const to = parseInstant(range.to, { timeZone, what: `${what}: to`, bareDateMeans: 'end' });
  if (from <= to) return { from, to };
  throw new InvalidTriggerError(what, `the range ${showValue(range)} runs backwards.`);
}

/** Whether what is taken away may be another in another zone: a day is, also the one on which an instant falls. */
export function dependsExclusionOnZone(stored: unknown): boolean {
  const exclusion = stored as StoredExclusion;
  if (isDefinition(exclusion)) return false;
  if (typeof exclusion === 'string') return true;
  return !hasOffset(exclusion.from, 'from') || !hasOffset(exclusion.to, 'to');
}

/** A stored exclusion as all that mean the same are written. */
export function canonicalExclusion(stored: unknown, nested: (inner: unknown) => unknown): unknown {
  const exclusion = stored as StoredExclusion;
  if (isDefinition(exclusion)) return nested(exclusion);
  if (typeof exclusion === 'string') return canonicalInstant(exclusion, 'an excluded day');
  return { from: canonicalInstant(exclusion.from, 'from'), to: canonicalInstant(exclusion.to, 'to') };
}

/** The day, by the clocks of the zone, on which an instant falls. */
function readDay(text: string, timeZone: string, what: string): InstantRange[] {
  // A day may begin in a gap; its date is the one that is written there.
  const start = Math.floor(localTimeOf(text, timeZone, what) / DAY_MS) * DAY_MS;
  return instantsBetweenWallTimes(start, start + DAY_MS, zoneOffsets(timeZone, what));
}

/** Whether a value is meant as a range. */
function isRange(value: unknown): value is Partial<ExcludedRange> {
  return typeof value === 'object' && value !== null && ('from' in value || 'to' in value);
}

function checkRange(range: Partial<ExcludedRange>, what: string): ExcludedRange {
  const unknown = Object.entries(range).find(([key, value]) => !['from', 'to'].includes(key) && value !== undefined);
  if (unknown) throw new InvalidTriggerError(what, `a range has 'from' and 'to', but no '${unknown[0]}'.`);
  const { from, to } = range;
  if (from !== undefined && to !== undefined) return { from, to };
  throw new InvalidTriggerError(what, `the range ${showValue(range)} has no '${from === undefined ? 'from' : 'to'}'.`);
}
