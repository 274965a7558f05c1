import { InvalidJobOptionError } from '../jobs/job-errors.js';

/** What a call is refused with whose `from` and `to` have nothing between them. */
export function emptySpan(what: string, from: number, to: number): InvalidJobOptionError {
  return new InvalidJobOptionError(
    `${what}: nothing is between from, ${textOf(from)}, and to, ${textOf(to)}. Exchange them, or give a later to.`,
  );
}

function textOf(instant: number): string {
  return new Date(instant).toISOString();
}
