import { LAST_INSTANT } from './civil.js';
import { hasOffset, type InstantInput, instantToText, parseInstant } from './instant.js';
import { assertTimeZone } from './time-zone.js';
import { InvalidTriggerError } from './trigger-errors.js';

/** What every factory takes. @publicApi */
export interface TriggerOptions {
  /** The IANA zone of wall-clock times and of texts without an offset. Default: the module's. */
  readonly timeZone?: string | undefined;
  /** No fire before this instant (inclusive). */
  readonly startAt?: InstantInput | undefined;
  /** No fire after this instant (inclusive); a date alone includes that whole day. */
  readonly endAt?: InstantInput | undefined;
}

/** The options as a definition keeps them. @publicApi */
export interface StoredTriggerOptions {
  readonly timeZone?: string;
  /** ISO 8601. */
  readonly startAt?: string;
  /** ISO 8601. */
  readonly endAt?: string;
}

/** `[startAt, endAt]` in epoch ms, both inclusive. */
export interface TimeWindow {
  /** `null`: not given. */
  readonly startAt: number | null;
  /** Never past the year 9999. */
  readonly endAt: number;
  /** Whether no end is given. */
  readonly isEndless: boolean;
}

export const WINDOW_OPTIONS = ['timeZone', 'startAt', 'endAt'] as const;

/** The JSON-safe form of the options. @throws a SchedulerError that names the option. */
export function storeOptions(options: TriggerOptions, factory: string): StoredTriggerOptions {
  const { timeZone, startAt, endAt } = options;
  if (timeZone !== undefined) assertTimeZone(timeZone, `${factory}: timeZone`);
  const stored = {
    timeZone,
    startAt: startAt === undefined ? undefined : instantToText(startAt, `${factory}: startAt`),
    endAt: endAt === undefined ? undefined : instantToText(endAt, `${factory}: endAt`),
  };
  if (isOrderKnown(stored)) readWindow(stored, timeZone ?? 'UTC', factory);
  return stored;
}

/** The window that a definition's `startAt` and `endAt` mean in a zone. @throws a SchedulerError that names the option. */
export function readWindow(definition: Readonly<Record<string, unknown>>, timeZone: string, what: string): TimeWindow {
  const { startAt, endAt } = definition;
  const window = {
    startAt: startAt === undefined ? null : parseInstant(startAt, { timeZone, what: `${what}: startAt` }),
    endAt:
      endAt === undefined
        ? LAST_INSTANT
        : parseInstant(endAt, { timeZone, what: `${what}: endAt`, bareDateMeans: 'end' }),
    isEndless: endAt === undefined,
  };
  if (window.startAt !== null && window.startAt > window.endAt) {
    throw new InvalidTriggerError(what, `startAt (${String(startAt)}) lies after endAt (${String(endAt)}).`);
  }
  return window;
}

/** Without a zone, a text with an offset and one without can't be compared yet. */
function isOrderKnown({ timeZone, startAt, endAt }: Readonly<Record<string, unknown>>): boolean {
  if (typeof startAt !== 'string' || typeof endAt !== 'string') return false;
  return timeZone !== undefined || (hasOffset(startAt, 'startAt') && hasOffset(endAt, 'endAt'));
}
