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
    const hint = nearest.length > 0 ? `Did you mean ${joinNames(nearest)}?` : `Give one such as 'Europe/Berlin'.`;
    super(`${what}: ${showValue(zone)} is not an IANA time zone name. ${hint}`);
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
 * `allOf` or `except`, or a trigger with one of them inside, was searched for some milliseconds, and no fire was found yet.
 * Whether there is one isn't known. The next call of `next` or `previous` goes on from there; what asks for a job
 * (`addJob`, a claim, `preview`) makes some twenty such calls first. Or `count` was asked about decades of a time zone
 * that nobody in this process has asked about, and goes on with the next call.
 *
 * @example
 * const on31st = except(cron('@daily'), cron('0 0 1-30 * *'));
 * const trigger = bindTrigger(on31st, { jobId: '', addedAt: new Date(), timeZone: 'UTC' });
 * try {
 *   trigger.next(Date.now());
 * } catch (error) {
 *   if (!(error instanceof TriggerSearchError)) throw error;
 *   trigger.next(Date.now()); // goes on
 * }
 * @publicApi
 */
export class TriggerSearchError extends SchedulerError {
  readonly code = 'TRIGGER_SEARCH_EXHAUSTED';
  /**
   * The trigger that the message shows has no fire up to here (epoch ms), in the direction of the search; of a count: it
   * was counted up to here.
   */
  readonly searchedTo: number;
  readonly #finding: string;

  constructor(what: string, finding: string, remedy: string, searchedTo: number, options?: ErrorOptions) {
    super(`${what}: ${finding} ${remedy}`, options);
    this.searchedTo = searchedTo;
    this.#finding = finding;
  }

  static of(trigger: Described, start: number, searchedTo: number): TriggerSearchError {
    const finding =
      `${shorten(trigger.describe())} has no fire between ${showInstant(start)} and ${showInstant(searchedTo)}. ` +
      `No more is searched at a time.`;
    const remedy = 'Call again to go on from there; or make the trigger simpler, or give it an endAt.';
    return new TriggerSearchError('Trigger', finding, remedy, searchedTo);
  }

  /** Of a count, for which the clocks of a zone were looked at between two instants. */
  static ofCount(trigger: Described, start: number, searchedTo: number): TriggerSearchError {
    const finding =
      `${shorten(trigger.describe())} was counted from ${showInstant(start)} to ${showInstant(searchedTo)}. ` +
      `No more clocks are looked at at a time.`;
    const remedy = 'Call again to go on from there, or ask about fewer years.';
    return new TriggerSearchError('Trigger', finding, remedy, searchedTo);
  }

  /** The same of a trigger that has a name, such as `Job "report": its trigger`. */
  naming(what: string): TriggerSearchError {
    const remedy = 'Make the trigger simpler, or give it an endAt.';
    return new TriggerSearchError(what, this.#finding, remedy, this.searchedTo, { cause: this });
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
