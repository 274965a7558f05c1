import { IANAZone } from 'luxon';
import { showValue } from '../errors/show-value.js';
import { InvalidTriggerError, UnknownTimeZoneError } from './trigger-errors.js';
import { ZoneOffsets } from './zone-offsets.js';

const MAX_NEAREST = 3;
/** The longest name has 32 characters. */
const MAX_NAME = 64;
const MAX_KNOWN = 1_024;
const NAMES: readonly string[] = ['UTC', ...Intl.supportedValuesOf('timeZone')];
/** Names that need no further check; more of them, such as aliases, join as they are met. */
const known = new Set(NAMES);

/**
 * Accepts IANA zone names only.
 *
 * @param what names the option in the error, such as `timeZone of job 'daily-report'`.
 * @throws {UnknownTimeZoneError} naming the zones with the most similar names.
 */
export function assertTimeZone(zone: unknown, what: string): asserts zone is string {
  if (typeof zone !== 'string') {
    throw new InvalidTriggerError(what, `a time zone is an IANA name such as 'Europe/Berlin', not ${showValue(zone)}.`);
  }
  if (known.has(zone)) return;
  // Newer runtimes take '+02:00' for a zone, older ones do not; what is stored must mean the same on all of them.
  if (zone.length > MAX_NAME || !/^[A-Za-z]/.test(zone) || !IANAZone.isValidZone(zone)) {
    throw new UnknownTimeZoneError(what, zone, nearestZones(zone));
  }
  if (known.size < MAX_KNOWN) known.add(zone);
}

/**
 * The offsets of a zone.
 *
 * @throws {UnknownTimeZoneError} when there is no such zone.
 */
export function zoneOffsets(zone: string, what: string): ZoneOffsets {
  assertTimeZone(zone, what);
  return ZoneOffsets.of(zone);
}

function nearestZones(zone: string): readonly string[] {
  const wanted = comparable(zone);
  if (wanted === '' || wanted.length > MAX_NAME) return [];
  const limit = Math.max(2, wanted.length / 3);
  return NAMES.map((name) => ({ name, distance: distanceTo(name, wanted, limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_NEAREST)
    .map(({ name }) => name);
}

/** People leave out the continent, so the city alone counts as well. */
function distanceTo(name: string, wanted: string, limit: number): number {
  const city = name.slice(name.lastIndexOf('/') + 1);
  return Math.min(
    editDistance(comparable(name), wanted, limit),
    editDistance(comparable(city), wanted, limit - 0.5) + 0.5,
  );
}

function comparable(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}

/** `Infinity` where it is certain to be more than `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Infinity;
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
