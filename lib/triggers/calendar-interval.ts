import { BoundTrigger } from './bound-trigger.js';
import { CalendarSteps } from './calendar-steps.js';
import { DAY_MS } from './civil.js';
import { localTimeOf } from './instant.js';
import { describeParts, describePolicies, describeTime } from './describe-time.js';
import { showValue } from '../errors/show-value.js';
import { zoneOffsets } from './time-zone.js';
import {
  readWindow,
  type StoredTriggerOptions,
  storeOptions,
  type TimeWindow,
  type TriggerOptions,
  WINDOW_OPTIONS,
} from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import {
  type BindValues,
  checkChoice,
  checkOptions,
  compact,
  type DefinitionData,
  type TriggerKind,
} from './trigger-kind.js';
import { type FoldPolicy, type GapPolicy, instantOfWallTime, MAX_OFFSET } from './wall-time.js';
import type { ZoneOffsets } from './zone-offsets.js';

/** The step from date to date, and the time of day. Whole numbers; at least one of the four steps. @publicApi */
export interface CalendarStep {
  readonly years?: number | undefined;
  readonly months?: number | undefined;
  readonly weeks?: number | undefined;
  readonly days?: number | undefined;
  /** Without `hour`, `minute` and `second`: the wall-clock time of `startAt` as it is written, or midnight. */
  readonly hour?: number | undefined;
  /** Default 0 beside another part of the time. */
  readonly minute?: number | undefined;
  /** Default 0 beside another part of the time. */
  readonly second?: number | undefined;
}

/** The options of {@link calendarInterval}. @publicApi */
export interface CalendarIntervalOptions extends TriggerOptions {
  /** In a month without that day: no fire (`'skip'`, the default), or one on its last day (`'clamp'`). */
  readonly monthEnd?: 'skip' | 'clamp' | undefined;
  /** When the clocks skip the time. Default `'shift'`: later by the length of the gap. */
  readonly gap?: GapPolicy | undefined;
  /** When the time happens twice. Default `'first'`. */
  readonly fold?: FoldPolicy | undefined;
}

/** What {@link calendarInterval} returns. @publicApi */
export interface CalendarIntervalDefinition extends TriggerDefinition, StoredTriggerOptions {
  readonly kind: 'calendarInterval';
  readonly version: 1;
  readonly years?: number;
  readonly months?: number;
  readonly weeks?: number;
  readonly days?: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly monthEnd?: 'skip' | 'clamp';
  readonly gap?: GapPolicy;
  readonly fold?: FoldPolicy;
}

const STEPS = ['years', 'months', 'weeks', 'days'] as const;
const TIMES = ['hour', 'minute', 'second'] as const;
const GAPS = ['shift', 'next', 'skip'] as const;
const FOLDS = ['first', 'last', 'both'] as const;
const MONTH_ENDS = ['skip', 'clamp'] as const;
/** More than between any two dates up to the year 9999. */
const MAX_STEP = 4_000_000;
/** Made up for at the latest after a day that never was. */
const MAX_SHIFT = DAY_MS;
const WHAT = "Trigger 'calendarInterval'";

/**
 * Fires at the same wall-clock time on stepped dates. They are counted from the date of `startAt`, or of the day on which
 * the job is added: `anchor + n · step`, never from the last fire, so that the 31st stays the 31st.
 *
 * @throws {InvalidTriggerError} for a step of zero, parts that are no whole numbers, and unknown options.
 * @throws {UnknownTimeZoneError} {@link InvalidInstantError} for `timeZone`, `startAt` and `endAt`.
 * @example calendarInterval({ months: 1, hour: 9 }, { startAt: '2027-01-31', monthEnd: 'clamp' })
 * @publicApi
 */
export function calendarInterval(
  step: CalendarStep,
  options: CalendarIntervalOptions = {},
): CalendarIntervalDefinition {
  checkOptions(options, [...WINDOW_OPTIONS, 'monthEnd', 'gap', 'fold'], 'calendarInterval()');
  return compact({
    kind: 'calendarInterval',
    version: 1,
    ...checkStep(step, 'calendarInterval()'),
    monthEnd: checkChoice(options.monthEnd, MONTH_ENDS, 'calendarInterval(): monthEnd'),
    gap: checkChoice(options.gap, GAPS, 'calendarInterval(): gap'),
    fold: checkChoice(options.fold, FOLDS, 'calendarInterval(): fold'),
    ...storeOptions(options, 'calendarInterval()'),
  });
}

export const calendarIntervalKind: TriggerKind = {
  kind: 'calendarInterval',
  version: 1,
  properties: new Set([...STEPS, ...TIMES, 'monthEnd', 'gap', 'fold', ...WINDOW_OPTIONS]),

  timeZoneOf: ({ timeZone }) => (timeZone as string | undefined) ?? null,

  bind(definition: DefinitionData, { anchor, timeZone }: BindValues): BoundTrigger {
    const { years, months, weeks, days, hour, minute, second } = definition;
    const window = readWindow(definition, timeZone, WHAT);
    return new CalendarIntervalTrigger({
      step: checkStep({ years, months, weeks, days, hour, minute, second }, WHAT),
      isClamped: checkChoice(definition.monthEnd, MONTH_ENDS, `${WHAT}: monthEnd`) === 'clamp',
      gap: checkChoice(definition.gap, GAPS, `${WHAT}: gap`) ?? 'shift',
      fold: checkChoice(definition.fold, FOLDS, `${WHAT}: fold`) ?? 'first',
      timeZone,
      anchor,
      window,
      start: window.startAt === null ? null : localTimeOf(definition.startAt, timeZone, `${WHAT}: startAt`),
    });
  },

  dependsOnZone: () => true,
};

interface CalendarCourse {
  readonly step: CalendarStep;
  readonly isClamped: boolean;
  readonly gap: GapPolicy;
  readonly fold: FoldPolicy;
  readonly timeZone: string;
  readonly anchor: number;
  readonly window: TimeWindow;
  /** The wall-clock time of `startAt`, which the clocks may skip; `null`: not given. */
  readonly start: number | null;
}

class CalendarIntervalTrigger extends BoundTrigger {
  readonly #step: CalendarStep;
  readonly #steps: CalendarSteps;
  readonly #zone: ZoneOffsets;
  readonly #gap: GapPolicy;
  readonly #fold: FoldPolicy;
  /** No fire before. */
  readonly #first: number;
  readonly #endAt: number;

  constructor({ step, isClamped, gap, fold, timeZone, anchor, window, start }: CalendarCourse) {
    super({ timeZone, window });
    this.#step = step;
    this.#zone = zoneOffsets(timeZone, WHAT);
    this.#gap = gap;
    this.#fold = fold;
    this.#endAt = window.endAt;
    const anchorDay = Math.floor((start ?? anchor + this.#zone.spanAt(anchor).offset) / DAY_MS);
    const isTimeGiven = TIMES.some((unit) => step[unit] !== undefined);
    const { hour = 0, minute = 0, second = 0 } = step;
    const timeOfStart = start === null ? 0 : start - anchorDay * DAY_MS;
    // Where the clocks skip startAt, gap 'next' fires before the instant that it means as a bound.
    const fireOfStart = start === null || isTimeGiven ? null : instantOfWallTime(start, this.#zone, gap, 'last');
    this.#first = Math.min(window.startAt ?? anchor, fireOfStart ?? Infinity);
    this.#steps = new CalendarSteps({
      anchorDay,
      months: (step.years ?? 0) * 12 + (step.months ?? 0),
      days: (step.weeks ?? 0) * 7 + (step.days ?? 0),
      timeOfDay: isTimeGiven ? ((hour * 60 + minute) * 60 + second) * 1_000 : timeOfStart,
      isClamped,
    });
  }

  /** It turns several wall-clock times into instants for one answer. */
  override get cost(): number {
    return 4;
  }

  next(after: number): number | null {
    const lower = Math.max(after, this.#first - 1);
    if (!(lower < this.#endAt)) return null;
    const local = lower + this.#zone.spanAt(lower).offset;
    for (let n = this.#steps.indexBefore(local - MAX_SHIFT - MAX_OFFSET); ; n++) {
      const wall = this.#steps.localAt(n);
      if (wall === null) continue;
      if (wall - MAX_OFFSET > this.#endAt) return null;
      const first = instantOfWallTime(wall, this.#zone, this.#gap, this.#fold === 'last' ? 'last' : 'first');
      if (first === null) continue;
      const fire = first > lower || this.#fold !== 'both' ? first : this.#second(wall, first);
      if (fire > lower) return fire <= this.#endAt ? fire : null;
    }
  }

  previous(before: number): number | null {
    const upper = Math.min(before, this.#endAt + 1);
    if (!(upper > this.#first)) return null;
    const local = upper + this.#zone.spanAt(upper).offset;
    for (let n = this.#steps.indexAfter(local + MAX_OFFSET); n >= 0; n--) {
      const wall = this.#steps.localAt(n);
      if (wall === null) continue;
      const first = instantOfWallTime(wall, this.#zone, this.#gap, this.#fold === 'last' ? 'last' : 'first');
      if (first === null) continue;
      const second = this.#fold === 'both' ? this.#second(wall, first) : first;
      const fire = second < upper ? second : first;
      if (fire < upper) return fire >= this.#first ? fire : null;
    }
    return null;
  }

  protected describeFires(): string {
    const parts = STEPS.flatMap((unit) => (this.#step[unit] ? [[this.#step[unit], unit.slice(0, -1)] as const] : []));
    const day = this.#steps.describeDay();
    const isCountedOn = (this.#step.weeks ?? 0) + (this.#step.days ?? 0) > 0;
    const onDay = day === null ? '' : `, ${isCountedOn ? 'counted from' : 'on'} ${day}`;
    const time = describeTime(this.#steps.timeOfDay / 1_000);
    return `every ${describeParts(parts, true)} at ${time}${onDay}${describePolicies(this.#gap, this.#fold)}`;
  }

  /** The other instant of a wall-clock time that happens twice; the same where it happens once. */
  #second(wall: number, first: number): number {
    return instantOfWallTime(wall, this.#zone, this.#gap, 'last') ?? first;
  }
}

/** @throws {InvalidTriggerError} */
function checkStep(step: unknown, what: string): CalendarStep {
  if (typeof step !== 'object' || step === null || Array.isArray(step)) {
    throw new InvalidTriggerError(what, `a step is an object such as { months: 1 }, not ${showValue(step)}.`);
  }
  const known: readonly string[] = [...STEPS, ...TIMES];
  for (const [key, value] of Object.entries(step) as [string, unknown][]) {
    if (value === undefined) continue;
    if (!known.includes(key)) throw new InvalidTriggerError(what, `there is no '${key}'. Known: ${known.join(', ')}.`);
    const max = { hour: 23, minute: 59, second: 59 }[key] ?? MAX_STEP;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
      throw new InvalidTriggerError(what, `${key} is a whole number from 0 to ${max}, not ${showValue(value)}.`);
    }
  }
  const checked = compact(step as CalendarStep);
  if (STEPS.some((unit) => (checked[unit] ?? 0) > 0)) return checked;
  throw new InvalidTriggerError(what, `the step is empty. Give at least one of ${STEPS.join(', ')}.`);
}
