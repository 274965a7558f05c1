import { InvalidArgumentsError } from './job-errors.js';
import { findJsonFlaw, type JsonValue } from './json.js';

const MAX_BYTES = 64 * 1024;

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
  const text = JSON.stringify(args);
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new InvalidArgumentsError(`${what}: the arguments take more than 64 KiB. Store the data and pass its key.`);
  }
  return Object.freeze(JSON.parse(text) as JsonValue[]);
}
