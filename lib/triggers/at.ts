import { canonicalInstant, hasOffset, type InstantInput, instantToText, parseInstant } from './instant.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError, NeverFiresError } from './trigger-errors.js';
import { BoundTrigger } from './bound-trigger.js';
import { describeInstant } from './describe-time.js';
import {
  type BindValues,
  checkChoice,
  checkOptions,
  compact,
  type DefinitionData,
  type TriggerKind,
} from './trigger-kind.js';
import {
  readWindow,
  type StoredTriggerOptions,
  storeOptions,
  type TimeWindow,
  type TriggerOptions,
  WINDOW_OPTIONS,
} from './time-window.js';
import type { FoldPolicy, GapPolicy } from './wall-time.js';

/** The options of {@link at}. @publicApi */
export interface AtOptions extends TriggerOptions {
  /** When the clocks skip that time: `'shift'` (default), `'next'`, or `'skip'`, which refuses it. */
  readonly gap?: GapPolicy | undefined;
  /** When that time happens twice: `'first'` (default) or `'last'`. */
  readonly fold?: Exclude<FoldPolicy, 'both'> | undefined;
}

/** What {@link at} returns. @publicApi */
export interface AtDefinition extends TriggerDefinition, StoredTriggerOptions {
  readonly kind: 'at';
  readonly version: 1;
  /** ISO 8601; without an offset it is wall-clock time in the zone. */
  readonly at: string;
  readonly gap?: GapPolicy;
  readonly fold?: Exclude<FoldPolicy, 'both'>;
}

const GAPS = ['shift', 'next', 'skip'] as const;
const FOLDS = ['first', 'last'] as const;
const WHAT = "Trigger 'at'";

/**
 * Fires once. An instant already past is no error: the job's misfire policy judges it.
 *
 * @throws {InvalidInstantError} when it is no instant, or one that the clocks skip with `gap: 'skip'`.
 * @throws {NeverFiresError} when it lies outside `startAt` and `endAt`.
 * @throws {InvalidTriggerError} {@link UnknownTimeZoneError} for the options. Without a zone in them or an offset in the
 * text, what is wrong with the instant shows when a job is made of it.
 * @example at('2027-01-01T00:00:00', { timeZone: 'Europe/Berlin' })
 * @publicApi
 */
export function at(when: InstantInput, options: AtOptions = {}): AtDefinition {
  checkOptions(options, [...WINDOW_OPTIONS, 'gap', 'fold'], 'at()');
  const definition: AtDefinition = compact({
    kind: 'at',
    version: 1,
    at: instantToText(when, 'at()'),
    gap: checkChoice(options.gap, GAPS, 'at(): gap'),
    fold: checkChoice(options.fold, FOLDS, 'at(): fold'),
    ...storeOptions(options, 'at()'),
  });
  if (definition.timeZone !== undefined) readInstant(definition, definition.timeZone, 'at()');
  // What was an instant before it became a text is in order.
  else if (typeof when === 'string' && hasOffset(when, 'at()'))
    parseInstant(definition.at, { timeZone: 'UTC', what: 'at()' });
  return definition;
}

export const atKind: TriggerKind = {
  kind: 'at',
  version: 1,
  properties: new Set(['at', 'gap', 'fold', ...WINDOW_OPTIONS]),

  timeZoneOf: ({ timeZone }) => (timeZone as string | undefined) ?? null,

  bind(definition: DefinitionData, { timeZone }: BindValues): BoundTrigger {
    const window = { ...readWindow(definition, timeZone, WHAT), startAt: null };
    return new AtTrigger(readInstant(definition, timeZone, WHAT), timeZone, window);
  },

  dependsOnZone: (definition) => !hasOffset(definition.at as string, WHAT),

  canonical: (definition) => ({ ...definition, at: canonicalInstant(definition.at as string, WHAT) }),
};

class AtTrigger extends BoundTrigger {
  readonly #instant: number;
  readonly #timeZone: string;

  constructor(instant: number, timeZone: string, window: TimeWindow) {
    super({ timeZone, window });
    this.#instant = instant;
    this.#timeZone = timeZone;
  }

  override get isAnchored(): boolean {
    return false;
  }

  next(after: number): number | null {
    return after < this.#instant ? this.#instant : null;
  }

  previous(before: number): number | null {
    return before > this.#instant ? this.#instant : null;
  }

  override count(from: number, to: number): number {
    return this.#instant >= from && this.#instant <= to ? 1 : 0;
  }

  protected describeFires(): string {
    return `once at ${describeInstant(this.#instant, this.#timeZone)}`;
  }
}

function readInstant(definition: object, timeZone: string, what: string): number {
  const { at: text, gap, fold, startAt, endAt } = definition as Readonly<Record<string, unknown>>;
  if (typeof text !== 'string') throw new InvalidTriggerError(what, 'at must be ISO 8601 text.');
  const instant = parseInstant(text, {
    timeZone,
    what,
    gap: checkChoice(gap, GAPS, `${what}: gap`),
    fold: checkChoice(fold, FOLDS, `${what}: fold`),
  });
  const window = readWindow({ startAt, endAt }, timeZone, what);
  if (instant < (window.startAt ?? -Infinity) || instant > window.endAt) {
    throw new NeverFiresError(what, `'${text}' lies outside startAt and endAt.`);
  }
  return instant;
}
