import { isObject } from '../errors/object-kinds.js';
import { InvalidArgumentsError } from './job-errors.js';
import { toStored, type JsonObject, type JsonValue } from './json.js';

/** So many texts of that length are within the limit even if each character is escaped, which takes six. */
const MAX_SMALL = 32;
const MAX_SMALL_TEXT = 256;

const NO_ARGUMENTS: readonly JsonValue[] = Object.freeze([]);

/**
 * The arguments as they will be stored.
 *
 * @throws {InvalidArgumentsError} naming the place JSON can't carry, or when they are larger than 64 KiB.
 */
export function resolveArguments(args: unknown, what: string): readonly JsonValue[] {
  if (args === undefined) return NO_ARGUMENTS;
  if (!Array.isArray(args)) throw new InvalidArgumentsError(`${what}: args must be a list, such as args: [userId].`);
  if (args.length === 0) return NO_ARGUMENTS;
  if (areSmall(args)) return Object.freeze(args.map(withoutSign));
  return Object.freeze(resolveJson(args, `${what}: args`) as readonly JsonValue[]);
}

/** @throws {InvalidArgumentsError} for what is no object, and as {@link resolveArguments} */
export function resolveMetadata(metadata: unknown, what: string): JsonObject | null {
  if (metadata === undefined || metadata === null) return null;
  if (!isObject(metadata)) throw new InvalidArgumentsError(`${what}: metadata must be a plain object.`);
  return resolveJson(metadata, `${what}: metadata`) as JsonObject;
}

/** @param place where the value stands, such as `Job "report": args` */
function resolveJson(value: unknown, place: string): JsonValue {
  const result = toStored(value, place);
  if (result === 'too-large') {
    throw new InvalidArgumentsError(`${place} takes more than 64 KiB. Store the data and pass its key.`);
  }
  if ('stored' in result) return result.stored;
  throw new InvalidArgumentsError(
    `${result.path} is ${result.found}, which would not survive being stored as JSON. ` +
      `Pass an ISO text for an instant, an array for a Set, or an id to look the object up by.`,
  );
}

/** Values that JSON changes nothing about, but for the sign of zero, and whose text is within any limit. */
function areSmall(args: readonly unknown[]): args is readonly JsonValue[] {
  if (args.length > MAX_SMALL || Object.keys(args).length !== args.length) return false;
  return args.every((arg) => {
    if (typeof arg === 'string') return arg.length <= MAX_SMALL_TEXT;
    return arg === null || typeof arg === 'boolean' || Number.isFinite(arg);
  });
}

function withoutSign(arg: JsonValue): JsonValue {
  return arg === 0 ? 0 : arg;
}
