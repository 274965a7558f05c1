import { isObject, isPlainObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { InvalidDurationError } from './trigger-errors.js';

/**
 * A length of time in parts, as luxon writes it. Years, quarters and months are left out: they have no fixed length.
 *
 * @publicApi
 */
export interface DurationLikeObject {
  readonly week?: number | undefined;
  readonly weeks?: number | undefined;
  readonly day?: number | undefined;
  readonly days?: number | undefined;
  readonly hour?: number | undefined;
  readonly hours?: number | undefined;
  readonly minute?: number | undefined;
  readonly minutes?: number | undefined;
  readonly second?: number | undefined;
  readonly seconds?: number | undefined;
  readonly millisecond?: number | undefined;
  readonly milliseconds?: number | undefined;
}

/**
 * A length of time: whole milliseconds, parts (`{ minutes: 5 }`, a luxon `Duration`), or ISO 8601 text (`'PT5M'`). What
 * parts and texts make is rounded to whole milliseconds.
 *
 * @publicApi
 */
export type DurationInput = number | DurationLikeObject | string;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['week', WEEK],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
  ['millisecond', 1],
]);
const CALENDAR_UNITS: ReadonlySet<string> = new Set(['year', 'quarter', 'month']);

const AMOUNT = String.raw`(\d+(?:[.,]\d+)?)`;
const ISO_DURATION = new RegExp(
  `^P(?:${AMOUNT}Y)?(?:${AMOUNT}M)?(?:${AMOUNT}W)?(?:${AMOUNT}D)?` +
    `(?:T(?=\\d)(?:${AMOUNT}H)?(?:${AMOUNT}M)?(?:${AMOUNT}S)?)?$`,
);

/**
 * The milliseconds of a duration: 90,000 of `{ minutes: 1, seconds: 30 }`. Parts and texts are rounded to whole ones.
 *
 * @param what names the option in the error, such as `misfireGraceTime of job 'daily-report'`.
 * @throws {InvalidDurationError} when it is negative, not finite, a number with a fraction, of no fixed length, or no
 * duration at all.
 */
export function parseDuration(input: unknown, what: string): number {
  if (typeof input === 'number') return checkWhole(checkedMs(input, input, what), input, what);
  if (typeof input === 'string') return checkedMs(parseIsoDuration(input, what), input, what);
  if (isLuxonDuration(input)) return checkedMs(sumParts(partsOf(input, what), what), input, what);
  if (isPlainObject(input)) return checkedMs(sumParts(input, what), input, what);
  throw new InvalidDurationError(
    what,
    `${showValue(input)} is no duration. Give milliseconds, { minutes: 5 }, or ISO 8601 text such as 'PT5M'.`,
  );
}

function checkedMs(ms: number, input: unknown, what: string): number {
  if (!Number.isFinite(ms)) throw new InvalidDurationError(what, `${showValue(input)} is not a finite duration.`);
  if (ms < 0) throw new InvalidDurationError(what, `${showValue(input)} is negative; no duration is.`);
  const rounded = Math.round(ms);
  if (!Number.isSafeInteger(rounded)) throw new InvalidDurationError(what, `${showValue(input)} is too long.`);
  return rounded;
}

function checkWhole(rounded: number, ms: number, what: string): number {
  if (rounded === ms) return ms;
  throw new InvalidDurationError(
    what,
    `${ms} is no whole number of milliseconds. Round it, or write { seconds: ${ms} } if seconds are meant.`,
  );
}

/** A luxon `Duration`, of whichever copy of luxon the caller has. */
interface LuxonDuration {
  readonly isValid: boolean;
  toObject(): object;
}

function isLuxonDuration(input: unknown): input is LuxonDuration {
  if (!isObject(input) || !('shiftTo' in input)) return false;
  return typeof input.toObject === 'function' && typeof input.isValid === 'boolean';
}

function partsOf(duration: LuxonDuration, what: string): object {
  if (duration.isValid) return duration.toObject();
  throw new InvalidDurationError(what, 'this is an invalid Duration.');
}

function parseIsoDuration(text: string, what: string): number {
  const match = ISO_DURATION.exec(text);
  if (!match || text === 'P') {
    throw new InvalidDurationError(
      what,
      `${showValue(text)} is no ISO 8601 duration. Write 'PT30S', 'PT1H30M' or 'P1D', or give { seconds: 30 }.`,
    );
  }
  const [, years, months, weeks, days, hours, minutes, seconds] = match;
  if (years !== undefined || months !== undefined) throw noFixedLength(what, text.slice(0, 60));
  return (
    isoAmount(weeks) * WEEK +
    isoAmount(days) * DAY +
    isoAmount(hours) * HOUR +
    isoAmount(minutes) * MINUTE +
    isoAmount(seconds) * SECOND
  );
}

function isoAmount(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.replace(',', '.'));
}

function sumParts(parts: object, what: string): number {
  const seen: string[] = [];
  let ms = 0;
  for (const key of Object.keys(parts)) {
    const amount = (parts as Record<string, unknown>)[key];
    if (amount === undefined) continue;
    const unit = key.endsWith('s') ? key.slice(0, -1) : key;
    const unitMs = UNIT_MS.get(unit);
    if (unitMs === undefined) throw unknownUnit(what, key, unit);
    if (seen.includes(unit)) throw new InvalidDurationError(what, `both '${unit}' and '${unit}s' are given.`);
    if (typeof amount !== 'number' || !Number.isFinite(amount)) {
      throw new InvalidDurationError(what, `${key} must be a finite number, not ${showValue(amount)}.`);
    }
    seen.push(unit);
    ms += amount * unitMs;
  }
  if (seen.length === 0) throw new InvalidDurationError(what, 'the duration is empty. Give at least one unit.');
  return ms;
}

function unknownUnit(what: string, key: string, unit: string): InvalidDurationError {
  if (CALENDAR_UNITS.has(unit)) return noFixedLength(what, key);
  return new InvalidDurationError(
    what,
    `'${key}' is no unit of time. Units: weeks, days, hours, minutes, seconds, milliseconds.`,
  );
}

function noFixedLength(what: string, unit: string): InvalidDurationError {
  return new InvalidDurationError(
    what,
    `'${unit}' has no fixed length. Give weeks, days or smaller units; a step of calendar months or years is ` +
      `calendarInterval({ months: 1 }).`,
  );
}
