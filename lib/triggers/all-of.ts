import type { BoundTrigger, TriggerFrame } from './bound-trigger.js';
import { describeDuration, joinWords } from './describe-time.js';
import { type DurationInput, parseDuration } from './duration.js';
import { checkDefinitions, checkNesting, splitOptions, storeNestingOptions } from './nesting.js';
import { checkFirstLooks, type SearchEffort } from './search-effort.js';
import { SearchingTrigger } from './searching-trigger.js';
import { showValue } from '../errors/show-value.js';
import { readWindow, type StoredTriggerOptions, type TriggerOptions, WINDOW_OPTIONS } from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import { searchingLast, type Way } from './ways.js';
import { type BindNested, type BindValues, compact, type DefinitionData, type TriggerKind } from './trigger-kind.js';

/** The options of {@link allOf}. @publicApi */
export interface AllOfOptions extends TriggerOptions {
  /** How far apart the fires may lie. Default one second. */
  readonly threshold?: DurationInput | undefined;
}

/** What {@link allOf} returns. @publicApi */
export interface AllOfDefinition extends TriggerDefinition, StoredTriggerOptions {
  readonly kind: 'allOf';
  readonly version: 1;
  readonly triggers: readonly TriggerDefinition[];
  /** Milliseconds. */
  readonly threshold?: number;
}

const WHAT = "Trigger 'allOf'";
const DEFAULT_THRESHOLD = 1_000;
/** How much further the second look of a search asks the triggers that search themselves, and what that grows by. */
const SECOND_REACH_MS = 1_000;
const GROWTH_OF_REACH = 1.5;

/**
 * Fires where all of the triggers fire within `threshold` of one another, at the earliest of them: at a fire of one of
 * them from which on every other one fires within `threshold`. Options come last.
 *
 * Such a place has to be searched for. A call that has not found one among some hundred fires throws a
 * {@link TriggerSearchError}, and the next one goes on from there.
 *
 * @throws {InvalidTriggerError} without a trigger, for unknown options, and for too deep a nesting.
 * @throws {InvalidDurationError} for a threshold that is none.
 * @throws {UnknownTimeZoneError} {@link InvalidInstantError} for `timeZone`, `startAt` and `endAt`.
 * @example allOf(cron('0 9 * * mon-fri'), interval({ days: 3 }, { startAt: '2027-01-01T09:00Z' }))
 * @publicApi
 */
export function allOf(...triggersAndOptions: readonly (TriggerDefinition | AllOfOptions)[]): AllOfDefinition {
  const [triggers, options] = splitOptions<AllOfOptions>(triggersAndOptions);
  const stored = storeNestingOptions(options, 'allOf()', ['threshold']);
  const { threshold } = options;
  const definition: AllOfDefinition = compact({
    kind: 'allOf',
    version: 1,
    triggers: checkDefinitions(triggers, 'allOf()'),
    threshold: threshold === undefined ? undefined : parseDuration(threshold, 'allOf(): threshold'),
    ...stored,
  });
  return checkNesting(definition, 'allOf()');
}

export const allOfKind: TriggerKind = {
  kind: 'allOf',
  version: 1,
  properties: new Set(['triggers', 'threshold', ...WINDOW_OPTIONS]),

  timeZoneOf: ({ timeZone }) => (timeZone as string | undefined) ?? null,

  bind(definition: DefinitionData, { timeZone, effort }: BindValues, bindNested: BindNested): BoundTrigger {
    const triggers = checkDefinitions(Array.isArray(definition.triggers) ? definition.triggers : [], WHAT);
    const { threshold = DEFAULT_THRESHOLD } = definition;
    if (typeof threshold !== 'number') {
      throw new InvalidTriggerError(WHAT, `threshold must be a number of milliseconds, not ${showValue(threshold)}.`);
    }
    return new AllOfTrigger(
      { timeZone, window: readWindow(definition, timeZone, WHAT) },
      triggers.map(bindNested),
      parseDuration(threshold, `${WHAT}: threshold`),
      effort,
    );
  },

  dependsOnZone: () => false,

  canonical: (definition, nested) => ({
    ...definition,
    triggers: (definition.triggers as readonly unknown[]).map(nested),
  }),
};

class AllOfTrigger extends SearchingTrigger {
  readonly #zone: string | null;
  readonly #triggers: readonly BoundTrigger[];
  /** The same in the order in which they are asked. */
  readonly #asked: readonly BoundTrigger[];
  readonly #threshold: number;
  readonly #costOfTriggers: number;
  /** Where the first of the triggers is over. */
  readonly #end: number;
  /** The last of all the triggers' fires before an instant, as it was asked for last. */
  #lastFire = NaN;
  #lastFireBefore = NaN;
  /**
   * Up to where the last look has asked triggers that search, and how much further the next one asks than the others'
   * fires demand: more each time, lest one that seldom fires is asked about each fire of the others.
   */
  #reachedTo = NaN;
  #further = 0;

  constructor(
    frame: Required<TriggerFrame>,
    triggers: readonly BoundTrigger[],
    threshold: number,
    effort: SearchEffort,
  ) {
    super(frame, triggers, effort);
    this.#zone = frame.timeZone;
    this.#triggers = triggers;
    this.#asked = searchingLast(triggers);
    this.#threshold = threshold;
    this.#end = Math.min(...triggers.map((trigger) => trigger.endAt ?? Infinity));
    this.#costOfTriggers = Math.max(
      1,
      triggers.reduce((sum, { cost }) => sum + cost, 0),
    );
  }

  override get endAt(): number | undefined {
    const end = Math.min(super.endAt ?? Infinity, this.#end);
    return end === Infinity ? undefined : end;
  }

  override firesAt(instant: number): boolean {
    if (!this.isWithinBounds(instant)) return false;
    this.effort.spend(this.#costOfTriggers);
    let first = Infinity;
    for (const trigger of this.#asked) {
      checkFirstLooks();
      const fire = trigger.next(instant - 1, instant + this.#threshold);
      if (fire === null || fire - instant > this.#threshold) return false;
      if (fire < first) first = fire;
    }
    return first === instant;
  }

  /** A fire of each of them lies no more than the threshold after one of all. */
  protected emptyUntilOfParts(after: number): number {
    const searching = this.#triggers.filter((trigger) => trigger.isSearching);
    return Math.max(after, ...searching.map((trigger) => trigger.emptyUntil(after) - this.#threshold));
  }

  /** Back, every trigger is asked twice. */
  protected costOfLook(way: Way): number {
    return way === 1 ? this.#costOfTriggers : 2 * this.#costOfTriggers;
  }

  protected look(instant: number, way: Way, limit: number): number | null {
    return way === 1 ? this.#lookOn(instant, limit) : this.#lookBack(instant, limit);
  }

  /**
   * A fire lies no more than the threshold before the latest of the triggers' next fires, nor before the first. So those
   * that search are asked from there on only, and at first no further than to what goes with the others' fires.
   */
  #lookOn(after: number, limit: number): number | null {
    const further = this.#reachedTo === after ? this.#further : 0;
    const farthest = Math.min(limit, this.#end) + this.#threshold;
    let first = Infinity;
    let last = -Infinity;
    for (const trigger of this.#asked) {
      checkFirstLooks();
      const from = Math.max(after, last - this.#threshold - 1);
      const reach = trigger.isSearching ? Math.min(farthest, first + this.#threshold + further) : farthest;
      const fire = trigger.next(from, reach);
      if (fire === null) {
        if (reach === farthest) return null;
        this.#reachedTo = reach - this.#threshold;
        this.#further = Math.max(SECOND_REACH_MS, Math.floor(further * GROWTH_OF_REACH));
        return this.#reachedTo + 1;
      }
      if (fire < first) first = fire;
      if (fire > last) last = fire;
    }
    this.isFire = last - first <= this.#threshold;
    return this.isFire ? first : last - this.#threshold;
  }

  /** A fire lies no later than the last fire of all, nor than the first of the last fires that could go with that. */
  #lookBack(before: number, limit: number): number | null {
    const candidate = this.#lastFireOfAll(before, limit);
    if (candidate === null) return null;
    let latest = Infinity;
    for (const trigger of this.#asked) {
      checkFirstLooks();
      const fire = trigger.previous(candidate + this.#threshold + 1, limit);
      if (fire === null) return null;
      if (fire < latest) latest = fire;
    }
    this.isFire = latest >= candidate;
    return this.isFire ? candidate : latest;
  }

  /**
   * `null`: there is none up to the limit. Beyond it one may lie that was not found, so the last that was found there is
   * nothing to go by.
   *
   * Remembered, because the triggers are then asked from elsewhere and may forget what they have looked through: a search
   * that is given up there would be so again and again.
   */
  #lastFireOfAll(before: number, limit: number): number | null {
    if (this.#lastFireBefore !== before) {
      let last = -Infinity;
      for (const trigger of this.#asked) {
        checkFirstLooks();
        const fire = trigger.previous(before, Math.max(limit, last));
        // What would go with one before is not there either: those that search need not be asked.
        if (fire === null && !trigger.isSearching && trigger.previous(before + this.#threshold, limit) === null)
          return null;
        last = Math.max(last, fire ?? -Infinity);
      }
      if (last === -Infinity || last < limit) return null;
      this.#lastFire = last;
      this.#lastFireBefore = before;
    }
    return this.#lastFire < limit ? null : this.#lastFire;
  }

  protected describeFires(): string {
    const parts = this.describeParts(this.#triggers, this.#zone);
    const within = this.#threshold === 0 ? 'at the same instant' : `within ${describeDuration(this.#threshold)}`;
    return `when these meet ${within}: ${joinWords(parts)}`;
  }
}
