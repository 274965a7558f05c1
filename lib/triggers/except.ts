import { BoundTrigger, type TriggerFrame } from './bound-trigger.js';
import { DAY_MS } from './civil.js';
import { describeInstant, joinWords } from './describe-time.js';
import { canonicalExclusion, dependsExclusionOnZone } from './exclusion-identity.js';
import { type InstantInput, instantToText, localTimeOf, parseInstant } from './instant.js';
import { type InstantRange, InstantRanges } from './instant-ranges.js';
import { checkDefinitions, checkNesting, isDefinition, storeNestingOptions } from './nesting.js';
import { EFFORT_OF_LEAP, effortOfStep } from './search-effort.js';
import { leapFrom, mayCover } from './solid-stretch.js';
import { isPlainObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { zoneOffsets } from './time-zone.js';
import { readWindow, type StoredTriggerOptions, type TriggerOptions, WINDOW_OPTIONS } from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import { type BindNested, type BindValues, compact, type DefinitionData, type TriggerKind } from './trigger-kind.js';
import { instantsBetweenWallTimes } from './wall-time.js';

/** From one instant to another, both included; a date alone as `to` includes that whole day. @publicApi */
export interface ExcludedRange {
  readonly from: InstantInput;
  readonly to: InstantInput;
}

/** The day on which an instant falls in the trigger's zone; a range; or the fires of another trigger. @publicApi */
export type Exclusion = InstantInput | ExcludedRange | TriggerDefinition;

/** What {@link except} returns. @publicApi */
export interface ExceptDefinition extends TriggerDefinition, StoredTriggerOptions {
  readonly kind: 'except';
  readonly version: 1;
  readonly trigger: TriggerDefinition;
  readonly exclusions: readonly (string | { readonly from: string; readonly to: string } | TriggerDefinition)[];
}

const WHAT = "Trigger 'except'";
const MAX_EXCLUSIONS = 500;
/** More days and ranges than these are told by their number. */
const MAX_SHOWN = 5;
/** Days and ranges are stepped over at once, so a trigger inside may have a large part of the budget. */
const SHARES = 8;
/** So many fires are taken away one by one before it is worth asking how far the next goes with those after it. */
const LOOKS_PER_LEAP = 16;

/**
 * The fires of a trigger without those that fall on given days, into given ranges, or on a fire of another trigger.
 * Options come last.
 *
 * Stretches in which a trigger excludes every second, minute or other step of the clock are leapt over. Beside that the
 * search is bounded: where thousands of fires in a row are excluded, or fewer that are days apart, the rest count as
 * excluded too.
 *
 * @throws {InvalidTriggerError} for what is no exclusion, for unknown options, and for too deep a nesting.
 * @throws {UnknownTimeZoneError} {@link InvalidInstantError} for the options and for days and ranges.
 * @example except(cron('0 9 * * mon-fri'), '2027-12-24', { from: '2027-12-27', to: '2027-12-31' })
 * @example except(cron('0 3 * * *'), cron('0 3 L * *'))
 * @publicApi
 */
export function except(
  trigger: TriggerDefinition,
  ...exclusionsAndOptions: readonly (Exclusion | TriggerOptions)[]
): ExceptDefinition {
  const last = exclusionsAndOptions.at(-1);
  const options = isOptions(last) ? last : {};
  const exclusions = isOptions(last) ? exclusionsAndOptions.slice(0, -1) : exclusionsAndOptions;
  checkCount(exclusions, 'except()');
  const stored = storeNestingOptions(options, 'except()');
  const definition: ExceptDefinition = compact({
    kind: 'except',
    version: 1,
    trigger: checkDefinitions([trigger], 'except()')[0] as TriggerDefinition,
    exclusions: exclusions.map(storeExclusion),
    ...stored,
  });
  return checkNesting(definition, 'except()');
}

export const exceptKind: TriggerKind = {
  kind: 'except',
  version: 1,
  properties: new Set(['trigger', 'exclusions', ...WINDOW_OPTIONS]),

  timeZoneOf: ({ timeZone }) => (timeZone as string | undefined) ?? null,

  bind(definition: DefinitionData, { timeZone, budget }: BindValues, bindNested: BindNested): BoundTrigger {
    const exclusions = definition.exclusions as readonly unknown[];
    if (!Array.isArray(exclusions)) throw new InvalidTriggerError(WHAT, 'exclusions must be a list.');
    checkCount(exclusions, WHAT);
    const triggers = exclusions.filter(isDefinition);
    const ranges = exclusions.filter((each) => !isDefinition(each)).flatMap((each) => readRanges(each, timeZone));
    const share = triggers.length === 0 ? budget / SHARES : Math.sqrt(budget) / (triggers.length + 1);
    return new ExceptTrigger({
      frame: { timeZone, window: readWindow(definition, timeZone, WHAT) },
      trigger: bindNested(definition.trigger, share),
      excluded: triggers.map((each) => bindNested(each, share)),
      ranges,
      budget,
    });
  },

  dependsOnZone: ({ trigger, exclusions }, nested) =>
    nested(trigger) || (exclusions as readonly unknown[]).some((each) => dependsExclusionOnZone(each, nested)),

  canonical: (definition, nested) => ({
    ...definition,
    trigger: nested(definition.trigger),
    exclusions: (definition.exclusions as readonly unknown[]).map((each) => canonicalExclusion(each, nested)),
  }),
};

interface ExceptCourse {
  readonly frame: Required<TriggerFrame>;
  readonly trigger: BoundTrigger;
  readonly excluded: readonly BoundTrigger[];
  readonly ranges: readonly InstantRange[];
  /** How many simple triggers may be asked for one answer. */
  readonly budget: number;
}

class ExceptTrigger extends BoundTrigger {
  readonly #zone: string;
  readonly #trigger: BoundTrigger;
  readonly #excluded: readonly BoundTrigger[];
  /** Those of them that may take away many fires in a row. */
  readonly #covering: ReadonlySet<BoundTrigger>;
  readonly #ranges: InstantRanges;
  readonly #startAt: number;
  readonly #endAt: number;
  readonly #costOfStep: number;
  readonly #budget: number;

  constructor({ frame, trigger, excluded, ranges, budget }: ExceptCourse) {
    super(frame);
    this.#zone = frame.timeZone ?? 'UTC';
    this.#trigger = trigger;
    this.#excluded = excluded;
    this.#covering = new Set(excluded.filter((each) => mayCover(each, trigger)));
    this.#ranges = new InstantRanges(ranges);
    this.#startAt = frame.window?.startAt ?? -Infinity;
    this.#endAt = frame.window?.endAt ?? Infinity;
    this.#costOfStep = excluded.reduce((sum, { cost }) => sum + cost, trigger.cost);
    this.#budget = Math.max(budget, this.#costOfStep);
    // What other triggers take away can't be counted without looking at each of their fires.
    if (excluded.length === 0 && trigger.count !== undefined) {
      this.count = (from, to) => this.#countOutside(Math.max(from, this.#startAt), Math.min(to, this.#endAt));
    }
  }

  override get isSeeded(): boolean {
    return this.#trigger.isSeeded || this.#excluded.some((trigger) => trigger.isSeeded);
  }

  override get endAt(): number | undefined {
    const end = Math.min(super.endAt ?? Infinity, this.#trigger.endAt ?? Infinity);
    return end === Infinity ? undefined : end;
  }

  override get cost(): number {
    return this.#budget;
  }

  next(after: number): number | null {
    let from = Math.max(after, this.#startAt - 1);
    let looks = 0;
    for (let effort = this.#costOfStep; effort <= this.#budget;) {
      const fire = this.#trigger.next(from);
      if (fire === null || fire > this.#endAt) return null;
      const mayLeap = ++looks % LOOKS_PER_LEAP === 0;
      const further = this.#endOfExclusion(fire, 1, mayLeap);
      if (further === null) return fire;
      effort += effortOfStep(this.#costOfStep, further - from);
      if (mayLeap && further !== fire) effort += EFFORT_OF_LEAP;
      from = further;
    }
    return null;
  }

  previous(before: number): number | null {
    let until = Math.min(before, this.#endAt + 1);
    let looks = 0;
    for (let effort = this.#costOfStep; effort <= this.#budget;) {
      const fire = this.#trigger.previous(until);
      if (fire === null || fire < this.#startAt) return null;
      const mayLeap = ++looks % LOOKS_PER_LEAP === 0;
      const further = this.#endOfExclusion(fire, -1, mayLeap);
      if (further === null) return fire;
      effort += effortOfStep(this.#costOfStep, further - until);
      if (mayLeap && further !== fire) effort += EFFORT_OF_LEAP;
      until = further;
    }
    return null;
  }

  protected override get isCompound(): boolean {
    return true;
  }

  protected describeFires(): string {
    const { size } = this.#ranges;
    const ranges = size > MAX_SHOWN ? [] : [...this.#ranges.within(-Infinity, Infinity)];
    const shown = size > MAX_SHOWN ? [`${size} days and ranges`] : ranges.map((range) => this.#describeRange(range));
    const triggers = this.#excluded.map((trigger) => trigger.describeWithin(this.#zone));
    const fires = this.#trigger.describeWithin(this.#zone);
    // A day may come in two parts.
    const words = [...new Set(shown), ...triggers];
    return words.length === 0 ? fires : `${fires}, except ${joinWords(words)}`;
  }

  /** How far on (`way` 1) or back (−1) from a fire all are taken away, at least; `null`: not even this one is. */
  #endOfExclusion(fire: number, way: 1 | -1, mayLeap: boolean): number | null {
    const range = this.#ranges.at(fire);
    if (range !== null) return way === 1 ? range.to : range.from;
    const excluding = this.#excluded.find((trigger) => trigger.previous(fire + 1) === fire);
    if (excluding === undefined) return null;
    return mayLeap && this.#covering.has(excluding) ? leapFrom(fire, excluding, way) : fire;
  }

  #countOutside(from: number, to: number): number {
    const countAll = (start: number, end: number): number => this.#trigger.count?.(start, end) ?? 0;
    let count = from <= to ? countAll(from, to) : 0;
    for (const part of this.#ranges.within(from, to)) count -= countAll(part.from, part.to);
    return count;
  }

  /** By dates where it begins and ends with a day, whatever the clocks show there. */
  #describeRange({ from, to }: InstantRange): string {
    const describe = (instant: number): string => describeInstant(instant, this.#zone);
    const dateOf = (instant: number): string => describe(instant).slice(0, 10);
    const [first, last] = [dateOf(from), dateOf(to)];
    if (first === dateOf(from - 1) || last === dateOf(to + 1)) return `${describe(from)} to ${describe(to)}`;
    return first === last ? first : `${first} to ${last}`;
  }
}

/** Anything else than `{…}`, such as a Set of days, would be taken for options that say nothing. */
function isOptions(value: unknown): value is TriggerOptions {
  return isPlainObject(value) && !isDefinition(value) && !isRange(value);
}

function checkCount(exclusions: readonly unknown[], what: string): void {
  if (exclusions.length === 0) throw new InvalidTriggerError(what, 'nothing is excluded.');
  if (exclusions.length <= MAX_EXCLUSIONS) return;
  throw new InvalidTriggerError(what, `${exclusions.length} exclusions are too many; at most ${MAX_EXCLUSIONS}.`);
}

function storeExclusion(exclusion: unknown): ExceptDefinition['exclusions'][number] {
  if (isDefinition(exclusion)) return exclusion;
  if (typeof exclusion === 'object' && exclusion !== null && Symbol.iterator in exclusion) {
    throw new InvalidTriggerError('except()', 'a list is no exclusion. Spread it: except(trigger, ...days).');
  }
  if (!isRange(exclusion)) return instantToText(exclusion, 'except(): an excluded day');
  const { from, to } = checkRange(exclusion, 'except()');
  return { from: instantToText(from, 'except(): from'), to: instantToText(to, 'except(): to') };
}

function readRanges(exclusion: unknown, timeZone: string): InstantRange[] {
  if (typeof exclusion === 'string') return readDay(exclusion, timeZone);
  if (!isRange(exclusion)) {
    throw new InvalidTriggerError(WHAT, `${showValue(exclusion)} is no date, no range and no trigger.`);
  }
  const range = checkRange(exclusion, WHAT);
  const from = parseInstant(range.from, { timeZone, what: `${WHAT}: from` });
  const to = parseInstant(range.to, { timeZone, what: `${WHAT}: to`, bareDateMeans: 'end' });
  if (from <= to) return [{ from, to }];
  throw new InvalidTriggerError(WHAT, `the range ${showValue(exclusion)} runs backwards.`);
}

/** The day, by the clocks of the zone, on which an instant falls. */
function readDay(text: string, timeZone: string): InstantRange[] {
  const what = `${WHAT}: an excluded day`;
  // A day may begin in a gap; its date is the one that is written there.
  const start = Math.floor(localTimeOf(text, timeZone, what) / DAY_MS) * DAY_MS;
  return instantsBetweenWallTimes(start, start + DAY_MS, zoneOffsets(timeZone, what));
}

/** Whether a value is meant as a range. */
function isRange(value: unknown): value is Partial<ExcludedRange> {
  return typeof value === 'object' && value !== null && ('from' in value || 'to' in value);
}

function checkRange(range: Partial<ExcludedRange>, what: string): ExcludedRange {
  const unknown = Object.entries(range).find(([key, value]) => !['from', 'to'].includes(key) && value !== undefined);
  if (unknown) throw new InvalidTriggerError(what, `a range has 'from' and 'to', but no '${unknown[0]}'.`);
  const { from, to } = range;
  if (from !== undefined && to !== undefined) return { from, to };
  throw new InvalidTriggerError(what, `the range ${showValue(range)} has no '${from === undefined ? 'from' : 'to'}'.`);
}
