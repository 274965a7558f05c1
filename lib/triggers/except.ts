import type { BoundTrigger, TriggerFrame } from './bound-trigger.js';
import { describeInstant, joinWords } from './describe-time.js';
import {
  canonicalExclusion,
  checkExclusionCount,
  dependsExclusionOnZone,
  type Exclusion,
  isOptions,
  readRanges,
  type StoredExclusion,
  storeExclusion,
} from './exclusions.js';
import { type InstantRange, InstantRanges } from './instant-ranges.js';
import { checkDefinitions, checkNesting, isDefinition, storeNestingOptions } from './nesting.js';
import { checkFirstLooks, EFFORT_OF_LEAP, type SearchEffort } from './search-effort.js';
import { SearchingTrigger } from './searching-trigger.js';
import { leapFrom, mayCover } from './solid-stretch.js';
import { readWindow, type StoredTriggerOptions, type TriggerOptions, WINDOW_OPTIONS } from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import { fireOf, isBeyond, type Way } from './ways.js';
import { type BindNested, type BindValues, compact, type DefinitionData, type TriggerKind } from './trigger-kind.js';

/** What {@link except} returns. @publicApi */
export interface ExceptDefinition extends TriggerDefinition, StoredTriggerOptions {
  readonly kind: 'except';
  readonly version: 1;
  readonly trigger: TriggerDefinition;
  readonly exclusions: readonly StoredExclusion[];
}

const WHAT = "Trigger 'except'";
/** More days and ranges than these are told by their number. */
const MAX_SHOWN = 5;
/** So many fires are taken away one by one before it is worth asking how far the next goes with those after it. */
const LOOKS_PER_LEAP = 16;

/**
 * The fires of a trigger without those that fall on given days, into given ranges, or on a fire of another trigger.
 * Options come last.
 *
 * Days, ranges, and stretches in which a trigger excludes every second, minute or other step of the clock are leapt over.
 * Other fires are looked at one by one: where a call finds some hundred excluded in a row it throws a
 * {@link TriggerSearchError}, and the next one goes on from there.
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
  checkExclusionCount(exclusions, 'except()');
  const stored = storeNestingOptions(options, 'except()');
  const definition: ExceptDefinition = compact({
    kind: 'except',
    version: 1,
    trigger: checkDefinitions([trigger], 'except()')[0] as TriggerDefinition,
    exclusions: exclusions.map((each) => storeExclusion(each, 'except()')),
    ...stored,
  });
  return checkNesting(definition, 'except()');
}

export const exceptKind: TriggerKind = {
  kind: 'except',
  version: 1,
  properties: new Set(['trigger', 'exclusions', ...WINDOW_OPTIONS]),

  timeZoneOf: ({ timeZone }) => (timeZone as string | undefined) ?? null,

  bind(definition: DefinitionData, { timeZone, effort }: BindValues, bindNested: BindNested): BoundTrigger {
    const exclusions = definition.exclusions as readonly unknown[];
    if (!Array.isArray(exclusions)) throw new InvalidTriggerError(WHAT, 'exclusions must be a list.');
    checkExclusionCount(exclusions, WHAT);
    const triggers = exclusions.filter(isDefinition);
    const ranges = exclusions.filter((each) => !isDefinition(each)).flatMap((each) => readRanges(each, timeZone, WHAT));
    return new ExceptTrigger({
      frame: { timeZone, window: readWindow(definition, timeZone, WHAT) },
      trigger: bindNested(definition.trigger),
      excluded: triggers.map(bindNested),
      ranges,
      effort,
    });
  },

  dependsOnZone: ({ exclusions }) => (exclusions as readonly unknown[]).some(dependsExclusionOnZone),

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
  readonly effort: SearchEffort;
}

class ExceptTrigger extends SearchingTrigger {
  readonly #zone: string;
  readonly #trigger: BoundTrigger;
  readonly #exclusions: readonly BoundTrigger[];
  /** What they are made of, where each of several excludes by itself. */
  readonly #excluded: readonly BoundTrigger[];
  /** Those of them that may take away many fires in a row. */
  readonly #covering: ReadonlySet<BoundTrigger>;
  readonly #ranges: InstantRanges;
  readonly #costOfTriggers: number;
  /** Whether the last look has leapt: one leap seldom is enough. */
  #hasLeapt = false;

  constructor({ frame, trigger, excluded, ranges, effort }: ExceptCourse) {
    super(frame, [trigger, ...excluded], effort);
    this.#zone = frame.timeZone ?? 'UTC';
    this.#trigger = trigger;
    this.#exclusions = excluded;
    this.#excluded = excluded.flatMap(({ alternatives }) => alternatives);
    this.#covering = new Set(this.#excluded.filter((each) => mayCover(each, trigger)));
    this.#ranges = new InstantRanges(ranges);
    this.#costOfTriggers = Math.max(
      1,
      excluded.reduce((sum, { cost }) => sum + cost, trigger.cost),
    );
    // What other triggers take away can't be counted without looking at each of their fires.
    if (excluded.length === 0 && trigger.count !== undefined) {
      this.count = (from, to) => this.#countOutside(Math.max(from, this.startAt), Math.min(to, this.lastAt));
    }
  }

  override get raster(): number {
    return this.#trigger.raster;
  }

  override get endAt(): number | undefined {
    const end = Math.min(super.endAt ?? Infinity, this.#trigger.endAt ?? Infinity);
    return end === Infinity ? undefined : end;
  }

  /** Days and ranges are stepped over at once, and are far fewer than what a call may look at. */
  override get isSearching(): boolean {
    return this.#excluded.length > 0 || this.#trigger.isSearching;
  }

  override firesAt(instant: number): boolean {
    if (!this.isWithinBounds(instant) || this.#ranges.at(instant) !== null) return false;
    this.effort.spend(this.#costOfTriggers);
    return this.#trigger.firesAt(instant) && this.#excluding(instant) === undefined;
  }

  protected emptyUntilOfParts(after: number): number {
    return this.#trigger.isSearching ? this.#trigger.emptyUntil(after) : after;
  }

  protected costOfLook(): number {
    return this.#costOfTriggers;
  }

  protected look(instant: number, way: Way, limit: number, looks: number): number | null {
    const fire = fireOf(this.#trigger, instant, way, limit);
    if (fire === null || isBeyond(fire, limit, way)) return fire;
    const mayLeap = (this.#hasLeapt && looks > 0) || looks % LOOKS_PER_LEAP === LOOKS_PER_LEAP - 1;
    this.#hasLeapt = false;
    const end = this.#endOfExclusion(fire, way, mayLeap);
    this.isFire = end === null;
    return end === null ? fire : end + way;
  }

  protected describeFires(): string {
    const { size } = this.#ranges;
    const ranges = size > MAX_SHOWN ? [] : [...this.#ranges.within(-Infinity, Infinity)];
    const shown = size > MAX_SHOWN ? [`${size} days and ranges`] : ranges.map((range) => this.#describeRange(range));
    const triggers = this.describeParts(this.#exclusions, this.#zone);
    const fires = this.#trigger.describeWithin(this.#zone);
    // A day may come in two parts.
    const words = [...new Set(shown), ...triggers];
    return words.length === 0 ? fires : `${fires}, except ${joinWords(words)}`;
  }

  /** How far on (`way` 1) or back (−1) from a fire all are taken away, at least; `null`: not even this one is. */
  #endOfExclusion(fire: number, way: Way, mayLeap: boolean): number | null {
    const range = this.#ranges.at(fire);
    if (range !== null) return way === 1 ? range.to : range.from;
    const excluding = this.#excluding(fire);
    if (excluding === undefined) return null;
    if (!mayLeap || !this.#covering.has(excluding)) return fire;
    const end = leapFrom(fire, excluding, way);
    this.#hasLeapt = end !== fire;
    if (this.#hasLeapt) this.effort.charge(EFFORT_OF_LEAP);
    return end;
  }

  #excluding(fire: number): BoundTrigger | undefined {
    return this.#excluded.find((trigger) => {
      checkFirstLooks();
      return trigger.firesAt(fire);
    });
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
