import type { BoundTrigger, TriggerFrame } from './bound-trigger.js';
import { CompoundTrigger } from './compound-trigger.js';
import { joinWords } from './describe-time.js';
import { checkDefinitions, checkNesting, splitOptions, storeNestingOptions } from './nesting.js';
import { checkFirstLooks, type SearchEffort } from './search-effort.js';
import { readWindow, type StoredTriggerOptions, type TriggerOptions, WINDOW_OPTIONS } from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { type BindNested, type BindValues, compact, type DefinitionData, type TriggerKind } from './trigger-kind.js';
import { fireOf, firstOf, isBeyond, type Way } from './ways.js';

/** What {@link anyOf} returns. @publicApi */
export interface AnyOfDefinition extends TriggerDefinition, StoredTriggerOptions {
  readonly kind: 'anyOf';
  readonly version: 1;
  readonly triggers: readonly TriggerDefinition[];
}

const WHAT = "Trigger 'anyOf'";

/**
 * Fires whenever one of the triggers does, once at each instant. Every one keeps its own course. Options come last;
 * their `timeZone` is that of the triggers that name none.
 *
 * @throws {InvalidTriggerError} without a trigger, for unknown options, and for too deep a nesting.
 * @throws {UnknownTimeZoneError} {@link InvalidInstantError} for `timeZone`, `startAt` and `endAt`.
 * @example anyOf(cron('0 9 * * mon-fri'), cron('0 11 * * sat,sun'), { timeZone: 'Europe/Berlin' })
 * @publicApi
 */
export function anyOf(...triggersAndOptions: readonly (TriggerDefinition | TriggerOptions)[]): AnyOfDefinition {
  const [triggers, options] = splitOptions<TriggerOptions>(triggersAndOptions);
  const stored = storeNestingOptions(options, 'anyOf()');
  const definition: AnyOfDefinition = compact({
    kind: 'anyOf',
    version: 1,
    triggers: checkDefinitions(triggers, 'anyOf()'),
    ...stored,
  });
  return checkNesting(definition, 'anyOf()');
}

export const anyOfKind: TriggerKind = {
  kind: 'anyOf',
  version: 1,
  properties: new Set(['triggers', ...WINDOW_OPTIONS]),

  timeZoneOf: ({ timeZone }) => (timeZone as string | undefined) ?? null,

  bind(definition: DefinitionData, { timeZone, effort }: BindValues, bindNested: BindNested): BoundTrigger {
    const triggers = checkDefinitions(Array.isArray(definition.triggers) ? definition.triggers : [], WHAT);
    const window = readWindow(definition, timeZone, WHAT);
    return new AnyOfTrigger({ timeZone, window }, triggers.map(bindNested), effort);
  },

  dependsOnZone: () => false,

  canonical: (definition, nested) => ({
    ...definition,
    triggers: (definition.triggers as readonly unknown[]).map(nested),
  }),
};

/** How far triggers that search are asked to look at first, in ms, and how many times further then. */
const FIRST_STEP = 3_600_000;
const STEP_GROWTH = 8;
const FARTHEST = 1e15;

/** Of more simple triggers a call may have to end before all were asked, the first time. */
const ALWAYS_ASKED = 8;

class AnyOfTrigger extends CompoundTrigger {
  readonly #zone: string | null;
  readonly #triggers: readonly BoundTrigger[];
  readonly #simple: readonly BoundTrigger[];
  readonly #searching: readonly BoundTrigger[];
  readonly #areMany: boolean;

  constructor(frame: Required<TriggerFrame>, triggers: readonly BoundTrigger[], effort: SearchEffort) {
    super(frame, triggers, effort);
    this.#zone = frame.timeZone;
    this.#triggers = triggers;
    this.#simple = triggers.filter((trigger) => !trigger.isSearching);
    this.#searching = triggers.filter((trigger) => trigger.isSearching);
    this.#areMany = this.cost > ALWAYS_ASKED;
  }

  override get endAt(): number | undefined {
    const last = Math.max(...this.#triggers.map((trigger) => trigger.endAt ?? Infinity));
    const end = Math.min(super.endAt ?? Infinity, last);
    return end === Infinity ? undefined : end;
  }

  override get cost(): number {
    return this.#triggers.reduce((sum, { cost }) => sum + cost, 0);
  }

  override get raster(): number {
    return this.#triggers.length === 1 ? (this.#triggers[0] as BoundTrigger).raster : 1;
  }

  override get alternatives(): readonly BoundTrigger[] {
    return this.isBounded ? [this] : this.#triggers.flatMap((trigger) => trigger.alternatives);
  }

  override get mayGiveUp(): boolean {
    return super.mayGiveUp || this.#areMany;
  }

  override emptyUntil(after: number): number {
    const from = Math.max(after, this.startAt - 1);
    return Math.min(...this.#triggers.map((trigger) => trigger.emptyUntil(from)));
  }

  override firesAt(instant: number): boolean {
    if (!this.isWithinBounds(instant)) return false;
    return this.#triggers.some((trigger) => {
      if (this.#areMany) checkFirstLooks();
      return trigger.firesAt(instant);
    });
  }

  protected find(instant: number, way: Way, limit: number): number | null {
    const nearest = this.#nearestOf(this.#simple, instant, way, limit);
    if (this.#searching.length === 0) return nearest;
    const end = firstOf(nearest ?? limit, limit, way);
    // One that searches in vain must not keep the others' fires from being found: all go on together, step by step.
    for (let step = this.#searching.length === 1 ? FARTHEST : FIRST_STEP; ; step *= STEP_GROWTH) {
      const until = step < FARTHEST ? firstOf(instant + way * step, end, way) : end;
      const found = this.#nearestOf(this.#searching, instant, way, until);
      if (found !== null && !isBeyond(found, end, way)) return found;
      if (until === end) return nearest;
    }
  }

  protected describeFires(): string {
    return joinWords(this.describeParts(this.#triggers, this.#zone), 'or');
  }

  /** The first of the fires of all; none of them searches further than to what the others have found. */
  #nearestOf(triggers: readonly BoundTrigger[], instant: number, way: Way, limit: number): number | null {
    let nearest = NaN;
    let end = limit;
    for (const trigger of triggers) {
      if (this.#areMany) checkFirstLooks();
      const fire = fireOf(trigger, instant, way, end);
      if (fire === null || isBeyond(fire, end, way)) continue;
      nearest = end = fire;
    }
    return Number.isNaN(nearest) ? null : nearest;
  }
}
