import { InvalidArgumentsError } from './job-errors.js';
import { findJsonFlaw, type JsonValue } from './json.js';

const MAX_BYTES = 64 * 1024;
/** So many texts of that length are within the limit even if each character is escaped, which takes six. */
const MAX_SMALL = 32;
const MAX_SMALL_TEXT = 256;

const NO_ARGUMENTS: readonly JsonValue[] = Object.freeze([]);

/**
 * The arguments as they will be after a round trip through JSON: a copy, so that a caller who changes his own object
 * later does not change the job.
 *
 * @throws {InvalidArgumentsError} naming the place JSON can't carry, or when they are larger than 64 KiB.
 */
export function resolveArguments(args: unknown, what: string): readonly JsonValue[] {
  if (args === undefined) return NO_ARGUMENTS;
  if (!Array.isArray(args)) throw new InvalidArgumentsError(`${what}: args must be a list, such as args: [userId].`);
  if (args.length === 0) return NO_ARGUMENTS;
  const flaw = findJsonFlaw(args, 'args');
  if (flaw) {
    throw new InvalidArgumentsError(
      `${what}: ${flaw.path} is ${flaw.found}, which would not survive being stored as JSON. ` +
        `Pass an ISO text for an instant, an array for a Set, or an id to look the object up by.`,
    );
  }
  if (areSmall(args)) return Object.freeze(args.map(withoutSign));
  const text = JSON.stringify(args);
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new InvalidArgumentsError(`${what}: the arguments take more than 64 KiB. Store the data and pass its key.`);
  }
  return Object.freeze(JSON.parse(text) as JsonValue[]);
}

/** Values that JSON changes nothing about, but for the sign of zero, and whose text is within any limit. */
function areSmall(args: readonly JsonValue[]): boolean {
  return (
    args.length <= MAX_SMALL &&
    args.every((arg) =>
      typeof arg === 'string' ? arg.length <= MAX_SMALL_TEXT : typeof arg !== 'object' || arg === null,
    )
  );
}

function withoutSign(arg: JsonValue): JsonValue {
  return arg === 0 ? 0 : arg;
}
