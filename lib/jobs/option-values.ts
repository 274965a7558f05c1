import { showValue } from '../errors/show-value.js';
import { InvalidJobOptionError } from './job-errors.js';

/** What a column of 32 bits holds. */
const MAX_COUNT = 2 ** 31 - 1;
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** A whole number from 1 on. @throws {InvalidJobOptionError} */
export function optionalCount(value: unknown, what: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_COUNT) return value;
  throw new InvalidJobOptionError(`${what} must be a whole number from 1 to ${MAX_COUNT}, got ${showValue(value)}.`);
}

/** A text with something in it. @throws {InvalidJobOptionError} */
export function optionalText(value: unknown, what: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new InvalidJobOptionError(`${what} must be a non-empty text, got ${showValue(value)}.`);
}

/** Without control characters and halves of surrogate pairs: not every database keeps those. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}
