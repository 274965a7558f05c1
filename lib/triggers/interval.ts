import type { DurationInput } from './duration.js';
import { parseDuration } from './duration.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidDurationError, InvalidTriggerError } from './trigger-errors.js';
import { BoundTrigger } from './bound-trigger.js';
import { describeDuration } from './describe-time.js';
import { type BindValues, checkOptions, compact, type DefinitionData, type TriggerKind } from './trigger-kind.js';
import {
  readWindow,
  type StoredTriggerOptions,
  storeOptions,
  type TimeWindow,
  type TriggerOptions,
  WINDOW_OPTIONS,
} from './time-window.js';
import { showValue } from '../errors/show-value.js';

/** The options of {@link interval}. @publicApi */
export interface IntervalOptions extends TriggerOptions {
  /** Fires once when the job is first stored, too, even where `startAt` lies ahead. Default false. */
  readonly immediate?: boolean | undefined;
}

/** What {@link interval} returns. @publicApi */
export interface IntervalDefinition extends TriggerDefinition, StoredTriggerOptions {
  readonly kind: 'interval';
  readonly version: 1;
  /** Milliseconds. */
  readonly every: number;
  readonly immediate?: boolean;
}

const INTERVAL_OPTIONS = [...WINDOW_OPTIONS, 'immediate'] as const;

/**
 * Fires at `startAt + k · every` in elapsed time: a change of clocks moves nothing. `startAt` is the moment the job is
 * added unless given, and then the first fire comes one interval later.
 *
 * @throws {InvalidDurationError} for zero, negative and endless intervals, numbers with a fraction, months and years.
 * @throws {InvalidTriggerError} for unknown options.
 * @throws {UnknownTimeZoneError} {@link InvalidInstantError} for `timeZone`, `startAt` and `endAt`.
 * @example interval({ seconds: 30 }, { immediate: true })
 * @publicApi
 */
export function interval(every: DurationInput, options: IntervalOptions = {}): IntervalDefinition {
  checkOptions(options, INTERVAL_OPTIONS, 'interval()');
  return compact({
    kind: 'interval',
    version: 1,
    every: checkEvery(parseDuration(every, 'interval()'), every),
    immediate: checkFlag(options.immediate, 'interval(): immediate') || undefined,
    ...storeOptions(options, 'interval()'),
  });
}

export const intervalKind: TriggerKind = {
  kind: 'interval',
  version: 1,
  properties: new Set(['every', ...INTERVAL_OPTIONS]),

  timeZoneOf: ({ timeZone }) => (timeZone as string | undefined) ?? null,

  bind(definition: DefinitionData, { anchor, timeZone }: BindValues): BoundTrigger {
    const { every, immediate } = definition;
    const what = "Trigger 'interval'";
    if (typeof every !== 'number') {
      throw new InvalidTriggerError(what, `every must be a number of milliseconds, not ${showValue(every)}.`);
    }
    const step = checkEvery(parseDuration(every, `${what}: every`), every);
    const isImmediate = checkFlag(immediate, `${what}: immediate`);
    return new IntervalTrigger(step, anchor, isImmediate, readWindow(definition, timeZone, what), timeZone);
  },

  dependsOnZone: () => false,
};

class IntervalTrigger extends BoundTrigger {
  readonly #every: number;
  /** The first fire of the regular course. */
  readonly #first: number;
  /** The immediate fire where it lies beside the regular course; `Infinity`: none. */
  readonly #immediate: number;
  readonly #endAt: number;
  readonly #isImmediate: boolean;
  readonly #hasStart: boolean;

  constructor(every: number, anchor: number, isImmediate: boolean, window: TimeWindow, timeZone: string) {
    const hasBounds = window.startAt !== null || !window.isEndless;
    super({ timeZone: hasBounds ? timeZone : null, window });
    const { startAt, endAt } = window;
    this.#every = every;
    this.#isImmediate = isImmediate;
    this.#hasStart = startAt !== null;
    this.#endAt = endAt;
    this.#first = startAt ?? (isImmediate ? anchor : anchor + every);
    const isBeside = isImmediate && (anchor < this.#first || (anchor - this.#first) % every !== 0);
    this.#immediate = isBeside && anchor <= endAt ? anchor : Infinity;
  }

  override get isAnchored(): boolean {
    return this.#isImmediate || !this.#hasStart;
  }

  override get raster(): number {
    return this.#immediate === Infinity ? this.#every : super.raster;
  }

  next(after: number): number | null {
    const regular =
      after < this.#first
        ? this.#first
        : this.#first + (Math.floor((after - this.#first) / this.#every) + 1) * this.#every;
    const fire = this.#immediate > after && this.#immediate < regular ? this.#immediate : regular;
    return fire <= this.#endAt ? fire : null;
  }

  previous(before: number): number | null {
    const limit = Math.min(before, this.#endAt + 1);
    const steps = Math.ceil((limit - this.#first) / this.#every) - 1;
    const regular = steps < 0 ? -Infinity : this.#first + steps * this.#every;
    const fire = this.#immediate < limit && this.#immediate > regular ? this.#immediate : regular;
    return fire >= this.#first || fire === this.#immediate ? fire : null;
  }

  override count(from: number, to: number): number {
    const last = Math.min(to, this.#endAt);
    if (!(last >= from)) return 0;
    const beside = this.#immediate >= from && this.#immediate <= last ? 1 : 0;
    const stepsToLast = Math.floor((last - this.#first) / this.#every);
    const stepsToFrom = Math.max(0, Math.ceil((from - this.#first) / this.#every));
    return beside + Math.max(0, stepsToLast - stepsToFrom + 1);
  }

  protected describeFires(): string {
    return `every ${describeDuration(this.#every, true)}${this.#isImmediate ? ' and at once' : ''}`;
  }
}

function checkEvery(ms: number, every: unknown): number {
  if (ms >= 1) return ms;
  throw new InvalidDurationError(
    'interval()',
    `${showValue(every)} is no interval; the shortest one is a millisecond.`,
  );
}

function checkFlag(value: unknown, what: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw new InvalidTriggerError(what, `it is true or false, not ${showValue(value)}.`);
}
