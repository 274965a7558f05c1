import { showValue } from '../errors/show-value.js';
import { InvalidJobIdError, InvalidTaskError } from './job-errors.js';

const MAX_LENGTH = 191;
const PRINTABLE = /^[\x21-\x7E]+$/;
const SERIES = /~\d+$/;

/**
 * For calls that look a job or a run up. Any text may be asked for: one that can't be an id is one that nobody has.
 *
 * @throws {InvalidJobIdError}
 */
export function assertIsId(id: unknown, call: string): asserts id is string {
  if (typeof id === 'string') return;
  throw new InvalidJobIdError(`${call}: the id must be a text, got ${showValue(id)}.`);
}

/**
 * Ids and task names go into keys of databases: 1 to 191 printable ASCII characters without blanks. An id does not end
 * as the ids of runs count the series of a job: the runs of "a~2" would be taken for those of the second "a".
 *
 * @throws {InvalidJobIdError} naming `what` is wrong.
 */
export function assertJobId(id: unknown, what: string): asserts id is string {
  const fault = faultOfKey(id, what);
  if (fault) throw new InvalidJobIdError(fault);
  const series = SERIES.exec(id as string)?.[0];
  if (series === undefined) return;
  throw new InvalidJobIdError(
    `${what} "${id as string}" may not end in "${series}", by which the ids of runs count: use "-" or ":" instead.`,
  );
}

/** As {@link assertJobId}, but for the series. @throws {InvalidTaskError} */
export function assertTaskName(name: unknown, what: string): asserts name is string {
  const fault = faultOfKey(name, what);
  if (fault) throw new InvalidTaskError(fault);
}

function faultOfKey(key: unknown, what: string): string | null {
  if (typeof key !== 'string' || key === '') return `${what} must be a non-empty text, got ${showValue(key)}.`;
  if (key.length > MAX_LENGTH) {
    return `${what} is ${key.length} characters long; at most ${MAX_LENGTH} are allowed: "${key.slice(0, 40)}…".`;
  }
  if (PRINTABLE.test(key)) return null;
  return `${what} "${key}" may hold printable ASCII characters only, and no blanks: use "-" or ":" instead.`;
}
