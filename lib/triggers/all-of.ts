import { BoundTrigger, type TriggerFrame } from './bound-trigger.js';
import { describeDuration, joinWords } from './describe-time.js';
import { type DurationInput, parseDuration } from './duration.js';
import { checkDefinitions, checkNesting, splitOptions, storeNestingOptions } from './nesting.js';
import { effortOfStep } from './search-effort.js';
import { showValue } from '../errors/show-value.js';
import { readWindow, type StoredTriggerOptions, type TriggerOptions, WINDOW_OPTIONS } from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
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

/**
 * Fires where all of the triggers fire within `threshold` of one another, at the earliest of them: at a fire of one of
 * them from which on every other one fires within `threshold`. Options come last.
 *
 * The search for such a place is bounded: triggers that meet so rarely that thousands of their fires lie between, or
 * fewer that are days apart, count as never meeting.
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

  bind(definition: DefinitionData, { timeZone, budget }: BindValues, bindNested: BindNested): BoundTrigger {
    const triggers = checkDefinitions(Array.isArray(definition.triggers) ? definition.triggers : [], WHAT);
    const { threshold = DEFAULT_THRESHOLD } = definition;
    if (typeof threshold !== 'number') {
      throw new InvalidTriggerError(WHAT, `threshold must be a number of milliseconds, not ${showValue(threshold)}.`);
    }
    const share = Math.sqrt(budget) / triggers.length;
    return new AllOfTrigger(
      { timeZone, window: readWindow(definition, timeZone, WHAT) },
      triggers.map((each) => bindNested(each, share)),
      parseDuration(threshold, `${WHAT}: threshold`),
      budget,
    );
  },

  dependsOnZone: ({ triggers }, nested) => (triggers as readonly unknown[]).some(nested),

  canonical: (definition, nested) => ({
    ...definition,
    triggers: (definition.triggers as readonly unknown[]).map(nested),
  }),
};

class AllOfTrigger extends BoundTrigger {
  readonly #zone: string | null;
  readonly #triggers: readonly BoundTrigger[];
  readonly #threshold: number;
  readonly #startAt: number;
  readonly #endAt: number;
  readonly #budget: number;

  constructor(
    frame: Required<TriggerFrame>,
    triggers: readonly BoundTrigger[],
    threshold: number,
    /** How many simple triggers may be asked for one answer. */
    budget: number,
  ) {
    super(frame);
    this.#zone = frame.timeZone;
    this.#triggers = triggers;
    this.#threshold = threshold;
    this.#startAt = frame.window?.startAt ?? -Infinity;
    this.#endAt = frame.window?.endAt ?? Infinity;
    this.#budget = Math.max(budget, this.#costOfStep);
  }

  override get isSeeded(): boolean {
    return this.#triggers.some((trigger) => trigger.isSeeded);
  }

  override get endAt(): number | undefined {
    const first = Math.min(...this.#triggers.map((trigger) => trigger.endAt ?? Infinity));
    const end = Math.min(super.endAt ?? Infinity, first);
    return end === Infinity ? undefined : end;
  }

  override get cost(): number {
    return this.#budget;
  }

  /**
   * Leaps over what can't be: a fire lies no more than the threshold before the latest of the triggers' next fires.
   */
  next(after: number): number | null {
    let from = Math.max(after, this.#startAt - 1);
    for (let effort = this.#costOfStep; effort <= this.#budget;) {
      let first = Infinity;
      let last = -Infinity;
      for (const trigger of this.#triggers) {
        const fire = trigger.next(from);
        if (fire === null) return null;
        if (fire < first) first = fire;
        if (fire > last) last = fire;
      }
      if (first > this.#endAt) return null;
      if (last - first <= this.#threshold) return first;
      const further = last - this.#threshold - 1;
      effort += effortOfStep(this.#costOfStep, further - from);
      from = further;
    }
    return null;
  }

  /** The same backwards: a fire lies no later than the first of the last fires that could go with it. */
  previous(before: number): number | null {
    let until = Math.min(before, this.#endAt + 1);
    for (let effort = this.#costOfStep; effort <= this.#budget;) {
      let candidate = -Infinity;
      for (const trigger of this.#triggers) candidate = Math.max(candidate, trigger.previous(until) ?? -Infinity);
      if (candidate < this.#startAt || candidate === -Infinity) return null;
      let latest = Infinity;
      for (const trigger of this.#triggers) {
        latest = Math.min(latest, trigger.previous(candidate + this.#threshold + 1) ?? -Infinity);
      }
      if (latest >= candidate) return candidate;
      if (latest === -Infinity) return null;
      effort += effortOfStep(this.#costOfStep, latest + 1 - until);
      until = latest + 1;
    }
    return null;
  }

  protected override get isCompound(): boolean {
    return true;
  }

  protected describeFires(): string {
    const parts = this.#triggers.map((trigger) => trigger.describeWithin(this.#zone));
    const within = this.#threshold === 0 ? 'at the same instant' : `within ${describeDuration(this.#threshold)}`;
    return `when these meet ${within}: ${joinWords(parts)}`;
  }

  /** Backwards every trigger is asked twice; forwards no more steps are taken, lest one way finds what the other can't. */
  get #costOfStep(): number {
    return 2 * this.#triggers.reduce((sum, { cost }) => sum + cost, 0);
  }
}
