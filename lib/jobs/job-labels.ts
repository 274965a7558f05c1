import { showValue } from '../errors/show-value.js';
import { InvalidJobOptionError } from './job-errors.js';
import { isPrintable, optionalText } from './option-values.js';

const NO_TAGS: readonly string[] = Object.freeze([]);
/** In characters, of which some count twice in the length of a text. */
const MAX_TAG = 191;
/** Of one job. */
export const MAX_TAGS = 100;
/** It is read with its job at every look at what is due. */
const MAX_NAME = 1000;

/** @throws {InvalidJobOptionError} */
export function optionalName(value: unknown, what: string): string | undefined {
  const name = optionalText(value, what);
  if (name === undefined) return undefined;
  if (!isPrintable(name)) {
    throw new InvalidJobOptionError(
      `${what} must be a text of printable characters, in one line, got ${showValue(name)}.`,
    );
  }
  if (name.length <= MAX_NAME) return name;
  throw new InvalidJobOptionError(
    `${what} is ${name.length} characters long; at most ${MAX_NAME} are allowed. Put longer texts into metadata.`,
  );
}

/** @throws {InvalidJobOptionError} */
export function resolveTags(value: unknown, what: string): readonly string[] {
  if (value === undefined) return NO_TAGS;
  if (!Array.isArray(value)) {
    throw new InvalidJobOptionError(`${what} must be a list of texts, got ${showValue(value)}.`);
  }
  // Spread, so that a hole is looked at, too.
  const tags = [...new Set<unknown>(value)];
  for (const tag of tags) {
    if (typeof tag === 'string' && isTag(tag)) continue;
    throw new InvalidJobOptionError(
      `${what}: each must be a text of 1 to ${MAX_TAG} printable characters, got ${showValue(tag)}.`,
    );
  }
  if (tags.length <= MAX_TAGS) return tags as string[];
  throw new InvalidJobOptionError(
    `${what}: there are ${tags.length} tags; at most ${MAX_TAGS} are allowed. Keep what is not searched for in metadata.`,
  );
}

function isTag(text: string): boolean {
  return text !== '' && Array.from(text).length <= MAX_TAG && isPrintable(text);
}
