import { showError, showValue } from '../errors/show-value.js';
import { hasOffset, parseInstant } from '../triggers/instant.js';
import { InvalidJobOptionError } from './job-errors.js';

/** Counts go on from here, in columns of 32 bits. */
const MAX_COUNT = 1_000_000_000;

/** Reads the fields of a document, and goes on after a wrong one. */
export class FieldReader {
  readonly #problems: string[];
  hasFailed = false;

  constructor(problems: string[]) {
    this.#problems = problems;
  }

  /** `undefined`: it is wrong. */
  read<T>(place: string, readField: () => T): T | undefined {
    try {
      return readField();
    } catch (error) {
      // A trigger of a kind of the user's own may throw anything.
      const message = showError(error);
      this.hasFailed = true;
      this.#problems.push(message.startsWith(place) ? message : `${place}: ${message}`);
      return undefined;
    }
  }
}

export function readInstantOrNull(value: unknown, place: string): number | null {
  return value === null ? null : readInstant(value, place);
}

export function readInstant(value: unknown, place: string): number {
  if (typeof value === 'string' && hasOffset(value, place))
    return parseInstant(value, { timeZone: 'UTC', what: place });
  throw new InvalidJobOptionError(
    `${place} must be an instant with its offset, such as '2027-01-31T09:00:00.000Z', got ${showValue(value)}.`,
  );
}

export function oneOf<Word>(words: readonly Word[]) {
  return (value: unknown, place: string): Word => {
    if ((words as readonly unknown[]).includes(value)) return value as Word;
    throw new InvalidJobOptionError(`${place} must be ${words.map(showValue).join(' or ')}, got ${showValue(value)}.`);
  };
}

export function countFrom(least: number) {
  return (value: unknown, place: string): number => {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_COUNT) return value as number;
    throw new InvalidJobOptionError(
      `${place} must be a whole number from ${least} to ${MAX_COUNT}, got ${showValue(value)}.`,
    );
  };
}
