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

function joinNames(names: readonly string[]): string {
  if (names.length === 1) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
