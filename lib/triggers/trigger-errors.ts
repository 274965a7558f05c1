import { SchedulerError } from '../errors/scheduler-error.js';
import { showValue } from '../errors/show-value.js';

/** A text or value that is no duration, or one that has no fixed length. @publicApi */
export class InvalidDurationError extends SchedulerError {
  readonly code = 'INVALID_DURATION';

  constructor(what: string, problem: string) {
    super(`${what}: ${problem}`);
  }
}

/** A text or value that is no instant. @publicApi */
export class InvalidInstantError extends SchedulerError {
  readonly code = 'INVALID_INSTANT';

  constructor(what: string, problem: string) {
    super(`${what}: ${problem}`);
  }
}

/** A time zone that this runtime does not know. @publicApi */
export class UnknownTimeZoneError extends SchedulerError {
  readonly code = 'UNKNOWN_TIME_ZONE';

  constructor(what: string, zone: string, nearest: readonly string[]) {
    const hint = nearest.length > 0 ? ` Did you mean ${joinNames(nearest)}?` : '';
    super(`${what}: ${showValue(zone)} is not an IANA time zone name.${hint}`);
  }
}

/** A definition of a kind that is not known here: a newer version wrote it, or its module is not loaded. @publicApi */
export class UnknownTriggerKindError extends SchedulerError {
  readonly code = 'UNKNOWN_TRIGGER_KIND';

  constructor(kind: unknown, known: readonly string[]) {
    super(`Trigger kind ${showValue(kind)} is not known here. Known kinds: ${known.join(', ')}.`);
  }
}

/** A trigger definition that contradicts itself or has properties it should not have. @publicApi */
export class InvalidTriggerError extends SchedulerError {
  readonly code = 'INVALID_TRIGGER';

  constructor(what: string, problem: string) {
    super(`${what}: ${problem}`);
  }
}

/** A trigger without a single fire, such as `cron('0 0 31 2 *')`. @publicApi */
export class NeverFiresError extends SchedulerError {
  readonly code = 'NEVER_FIRES';

  constructor(what: string, reason: string) {
    super(`${what} never fires: ${reason}`);
  }
}

/** A trigger is told in up to so many characters. */
const MAX_DESCRIPTION = 300;

/** What an error names a trigger by. */
export interface Described {
  describe(): string;
}

/**
 * A call of `allOf` or `except`, or of a trigger with one of them inside, has searched for some milliseconds and found no
 * fire yet. Whether there is one isn't known: the next call goes on from there. `previewJob`, `addJob` and the like make
 * some twenty such calls before they throw it.
 *
 * @publicApi
 */
export class TriggerSearchError extends SchedulerError {
  readonly code = 'TRIGGER_SEARCH_EXHAUSTED';
  /** No fire lies between the instant that was asked for and this one (epoch ms). */
  readonly searchedTo: number;
  readonly #problem: string;

  constructor(what: string, problem: string, searchedTo: number, options?: ErrorOptions) {
    super(`${what}: ${problem}`, options);
    this.searchedTo = searchedTo;
    this.#problem = problem;
  }

  static of(trigger: Described, start: number, searchedTo: number): TriggerSearchError {
    const problem =
      `${shorten(trigger.describe())} has no fire between ${showInstant(start)} and ${showInstant(searchedTo)}, and one call ` +
      `searches no further. Call again to go on from there; or make the trigger simpler, or give it an endAt.`;
    return new TriggerSearchError('Trigger', problem, searchedTo);
  }

  /** The same of a trigger that is known by a name, such as `Job "report": its trigger`. */
  naming(what: string): TriggerSearchError {
    return new TriggerSearchError(what, this.#problem, this.searchedTo, { cause: this });
  }
}

function shorten(description: string): string {
  const isLong = description.length > MAX_DESCRIPTION;
  return `'${isLong ? `${description.slice(0, MAX_DESCRIPTION)}…` : description}'`;
}

function showInstant(instant: number): string {
  const date = new Date(instant);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  return instant < 0 ? 'the beginning' : 'the end';
}

function joinNames(names: readonly string[]): string {
  if (names.length === 1) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
