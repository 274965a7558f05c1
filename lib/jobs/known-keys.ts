import { isObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { InvalidJobOptionError } from './job-errors.js';

/**
 * Refuses keys that nobody would read, naming the nearest one that is read, and what is no object at all.
 *
 * @throws {InvalidJobOptionError}
 */
export function assertKnownKeys(options: object, known: readonly string[], what: string): void {
  assertObject(options, what);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const nearest = nearestWord(key, known);
    throw new InvalidJobOptionError(
      `${what}: unknown option "${key}". ${nearest ? `Did you mean "${nearest}"?` : `Known: ${known.join(', ')}.`}`,
    );
  }
}

/** @throws {InvalidJobOptionError} */
export function assertObject(options: unknown, what: string): void {
  if (isObject(options)) return;
  throw new InvalidJobOptionError(`${what}: the options must be an object, got ${showValue(options)}.`);
}

/** @throws {InvalidJobOptionError} for what is neither true nor false nor left out */
export function assertFlag(value: unknown, what: string): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new InvalidJobOptionError(`${what} must be true or false, got ${showValue(value)}.`);
}

/** The word of `words` that is at most three edits away from `word`, the closest one. */
export function nearestWord(word: string, words: readonly string[]): string | null {
  let nearest: string | null = null;
  let smallest = Math.min(3, Math.floor(word.length / 2)) + 1;
  for (const candidate of words) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < smallest) [nearest, smallest] = [candidate, distance];
  }
  return nearest;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}
