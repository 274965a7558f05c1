import { isObject } from '../errors/object-kinds.js';
import { showError, showValue } from '../errors/show-value.js';
import { hasOffset, parseInstant } from '../triggers/instant.js';
import { InvalidJobOptionError } from './job-errors.js';
import { assertKnownKeys } from './known-keys.js';

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
      this.hasFailed = true;
      this.#problems.push(withPlace(showError(error), place));
      return undefined;
    }
  }

  /**
   * The fields of an object that are known; each other one is a problem. `undefined`: it is no object.
   *
   * @param what is expected there
   */
  readFields(place: string, value: unknown, known: readonly string[], what: string): Fields | undefined {
    const fields = this.read(place, () => {
      if (!isObject(value)) throw new InvalidJobOptionError(`${place} must be ${what}, got ${showValue(value)}.`);
      // Read once: a getter may answer something else the next time.
      return Object.entries(value);
    });
    for (const [key] of fields ?? []) this.read(place, () => assertKnownKeys({ [key]: null }, known, place));
    return fields && Object.fromEntries(fields.filter(([key]) => known.includes(key)));
  }
}

export type Fields = Readonly<Record<string, unknown>>;

/** Messages begin with the place, `jobs[2].args`; those of other calls say `jobs[2]: args`. */
function withPlace(message: string, place: string): string {
  const asElsewhere = place.replace(/\.(?=\w+$)/, ': ');
  if (message.startsWith(asElsewhere)) return `${place}${message.slice(asElsewhere.length)}`;
  return message.startsWith(place) ? message : `${place}: ${message}`;
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
