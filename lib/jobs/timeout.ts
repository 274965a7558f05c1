import { showValue } from '../errors/show-value.js';
import { type DurationInput, parseDuration } from '../triggers/duration.js';
import { InvalidJobOptionError } from './job-errors.js';

const DAY_MS = 86_400_000;
/** A timer can't be longer. */
const LONGEST_DAYS = 24;

/**
 * Checks how long a run may take, in milliseconds; `null`: as long as it likes.
 *
 * @param what names the option in messages, such as `Job "report": timeout`
 * @throws {InvalidJobOptionError | InvalidDurationError}
 */
export function resolveTimeout(value: DurationInput | null, what: string): number | null {
  if (value === null) return null;
  const timeout = parseDuration(value, what);
  if (timeout > 0 && timeout <= LONGEST_DAYS * DAY_MS) return timeout;
  throw new InvalidJobOptionError(
    `${what} must be from 1 ms to ${LONGEST_DAYS} days, or null for none, got ${showValue(value)}.`,
  );
}
