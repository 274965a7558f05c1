import { DAY_MS, dayOf, daysInMonth, LAST_INSTANT } from './civil.js';
import { showValue } from '../errors/show-value.js';
import { zoneOffsets } from './time-zone.js';
import { InvalidInstantError } from './trigger-errors.js';
import { type FoldPolicy, type GapPolicy, instantOfWallTime, instantsBetweenWallTimes } from './wall-time.js';

/** A luxon `DateTime`, of whichever copy of luxon the caller has. @publicApi */
export interface DateTimeLike {
  /** Epoch milliseconds. */
  toMillis(): number;
  readonly isValid: boolean;
}

/**
 * An instant: a `Date`, a luxon `DateTime`, or ISO 8601 text (also with a blank for the `T`, and a date alone).
 * Text without an offset is wall-clock time in the trigger's time zone.
 *
 * @publicApi
 */
export type InstantInput = Date | DateTimeLike | string;

export interface InstantOptions {
  /** The zone of a text without an offset. */
  readonly timeZone: string;
  /** Names the option in the error, such as `startAt of job 'daily-report'`. */
  readonly what: string;
  /** A date alone is the first (default) or the last millisecond of that day. */
  readonly bareDateMeans?: 'start' | 'end';
  readonly gap?: GapPolicy;
  readonly fold?: Exclude<FoldPolicy, 'both'>;
}

/** An ISO 8601 text, taken apart. */
interface InstantText {
  /** What the text says, as if it were UTC: milliseconds. */
  readonly local: number;
  /** Milliseconds; `null`: the text names none. */
  readonly offset: number | null;
  readonly isBareDate: boolean;
}

const FIRST_INSTANT = dayOf(1, 1, 1) * DAY_MS;
const DATE = String.raw`(\d{4})-(\d{2})-(\d{2})|(\d{4})(\d{2})(\d{2})`;
const TIME = String.raw`(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?`;
const OFFSET = String.raw`([Zz])|([+-])(\d{2})(?::?(\d{2}))?`;
const ISO_INSTANT = new RegExp(`^(?:${DATE})(?:[Tt ]${TIME}(?:${OFFSET})?)?$`);

/**
 * The epoch milliseconds of an instant: 1,798,790,400,000 of `'2027-01-01 09:00'` in Berlin. A wall-clock time that the
 * zone skips is shifted by the length of the gap, one that happens twice is the first, unless `gap` and `fold` say
 * otherwise.
 *
 * @throws {InvalidInstantError} when it is none, or lies outside the years 1 to 9999.
 */
export function parseInstant(input: unknown, options: InstantOptions): number {
  if (typeof input === 'string') return parseText(input, options);
  return checkRange(millisOf(input, options.what), input, options.what);
}

/**
 * The JSON-safe form of an instant: text stays as it was written, the rest becomes ISO 8601 in UTC.
 *
 * @throws {InvalidInstantError} when it is no instant.
 */
export function instantToText(input: unknown, what: string): string {
  if (typeof input !== 'string') return new Date(checkRange(millisOf(input, what), input, what)).toISOString();
  readText(input, what);
  return input;
}

/** Whether a text means the same instant in every zone. */
export function hasOffset(text: string, what: string): boolean {
  return readText(text, what).offset !== null;
}

/** Of a text with an offset, the one form for all that mean the same instant; other texts stay as they are. */
export function canonicalInstant(text: string, what: string): string {
  return hasOffset(text, what) ? new Date(parseInstant(text, { timeZone: 'UTC', what })).toISOString() : text;
}

/**
 * What the clocks of a zone show at an instant: milliseconds as if it were UTC. Text without an offset says it itself,
 * even where the clocks skip it.
 */
export function localTimeOf(input: unknown, timeZone: string, what: string): number {
  if (typeof input === 'string' && !hasOffset(input, what)) return parseInstant(input, { timeZone: 'UTC', what });
  const instant = parseInstant(input, { timeZone, what });
  return instant + zoneOffsets(timeZone, what).spanAt(instant).offset;
}

function millisOf(input: unknown, what: string): number {
  if (input instanceof Date) return checkNumber(input.getTime(), 'an invalid Date', what);
  if (isDateTimeLike(input)) return checkNumber(input.isValid ? input.toMillis() : NaN, 'an invalid DateTime', what);
  const hint = typeof input === 'number' ? ` For epoch milliseconds write new Date(${input}).` : '';
  throw new InvalidInstantError(
    what,
    `${showValue(input)} is no instant. Give a Date, a luxon DateTime or ISO 8601 text.${hint}`,
  );
}

function checkNumber(millis: number, problem: string, what: string): number {
  if (Number.isFinite(millis)) return millis;
  throw new InvalidInstantError(what, `this is ${problem}. Check what it was made of.`);
}

function checkRange(millis: number, input: unknown, what: string): number {
  if (millis >= FIRST_INSTANT && millis <= LAST_INSTANT) return millis;
  throw new InvalidInstantError(what, `${showValue(input)} lies outside the years 1 to 9999.`);
}

function parseText(text: string, options: InstantOptions): number {
  const { local, offset, isBareDate } = readText(text, options.what);
  if (offset !== null) return checkRange(local - offset, text, options.what);
  const zone = zoneOffsets(options.timeZone, options.what);
  if (isBareDate && options.bareDateMeans === 'end') {
    // A day that never was ends with the one before.
    const last = instantsBetweenWallTimes(local - DAY_MS, local + DAY_MS, zone).at(-1);
    return checkRange(last?.to ?? NaN, text, options.what);
  }
  const instant = instantOfWallTime(local, zone, options.gap, options.fold);
  if (instant === null) {
    throw new InvalidInstantError(
      options.what,
      `the clocks in ${options.timeZone} skip '${text}', and gap is 'skip'. Choose gap 'shift' or 'next', or another time.`,
    );
  }
  return checkRange(instant, text, options.what);
}

function readText(text: string, what: string): InstantText {
  const match = ISO_INSTANT.exec(text);
  if (match === null) {
    throw new InvalidInstantError(
      what,
      `${showValue(text)} is no ISO 8601 date or time. Write '2027-01-31', '2027-01-31T09:00' or '2027-01-31T09:00:00+01:00'.`,
    );
  }
  const [, y1, m1, d1, y2, m2, d2, hours, minutes, seconds, fraction, utc, sign, offsetHours, offsetMinutes] = match;
  const day = readDay(text, what, Number(y1 ?? y2), Number(m1 ?? m2), Number(d1 ?? d2));
  const time = readTime(text, what, digits(hours), digits(minutes), digits(seconds), fraction);
  const offset = readOffset(text, what, utc, sign, digits(offsetHours), digits(offsetMinutes));
  return { local: day * DAY_MS + time, offset, isBareDate: hours === undefined };
}

function readDay(text: string, what: string, year: number, month: number, day: number): number {
  const exists = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  if (!exists) throw new InvalidInstantError(what, `'${text}' names a date that does not exist.`);
  return dayOf(year, month, day);
}

function readTime(
  text: string,
  what: string,
  hours: number,
  minutes: number,
  seconds: number,
  fraction: string | undefined,
): number {
  const millis = Math.floor(Number(`0.${fraction ?? '0'}`) * 1_000 + 1e-6);
  const time = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis;
  const exists = hours <= 24 && minutes <= 59 && seconds <= 59 && time <= DAY_MS;
  if (!exists) throw new InvalidInstantError(what, `'${text}' names a time of day that does not exist.`);
  return time;
}

function readOffset(
  text: string,
  what: string,
  utc: string | undefined,
  sign: string | undefined,
  hours: number,
  minutes: number,
): number | null {
  if (utc !== undefined) return 0;
  if (sign === undefined) return null;
  if (hours > 18 || minutes > 59) throw new InvalidInstantError(what, `'${text}' has an impossible offset.`);
  const millis = (hours * 60 + minutes) * 60_000;
  return sign === '-' ? -millis : millis;
}

function digits(text: string | undefined): number {
  return text === undefined ? 0 : Number(text);
}

function isDateTimeLike(input: unknown): input is DateTimeLike {
  if (typeof input !== 'object' || input === null) return false;
  const candidate = input as Partial<DateTimeLike>;
  // A luxon Duration has both members too.
  if ('shiftTo' in input) return false;
  return typeof candidate.toMillis === 'function' && typeof candidate.isValid === 'boolean';
}
