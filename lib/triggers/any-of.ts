import type { BoundTrigger, TriggerFrame } from './bound-trigger.js';
import { CompoundTrigger } from './compound-trigger.js';
import { joinWords } from './describe-time.js';
import { checkDefinitions, checkNesting, splitOptions, storeNestingOptions } from './nesting.js';
import type { SearchEffort } from './search-effort.js';
import { readWindow, type StoredTriggerOptions, type TriggerOptions, WINDOW_OPTIONS } from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { type BindNested, type BindValues, compact, type DefinitionData, type TriggerKind } from './trigger-kind.js';

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
};

class AnyOfTrigger extends CompoundTrigger {
  readonly #zone: string | null;
  readonly #triggers: readonly BoundTrigger[];

  constructor(frame: Required<TriggerFrame>, triggers: readonly BoundTrigger[], effort: SearchEffort) {
    super(frame, triggers, effort);
    this.#zone = frame.timeZone;
    this.#triggers = triggers;
  }

  override get endAt(): number | undefined {
    const last = Math.max(...this.#triggers.map((trigger) => trigger.endAt ?? Infinity));
    const end = Math.min(super.endAt ?? Infinity, last);
    return end === Infinity ? undefined : end;
  }

  override get cost(): number {
    return this.#triggers.reduce((sum, { cost }) => sum + cost, 0);
  }

  override firesAt(instant: number): boolean {
    return this.isWithinBounds(instant) && this.#triggers.some((trigger) => trigger.firesAt(instant));
  }

  protected find(instant: number, way: 1 | -1): number | null {
    let nearest = way * Infinity;
    for (const trigger of this.#triggers) {
      if (way === 1) nearest = Math.min(nearest, trigger.next(instant) ?? Infinity);
      else nearest = Math.max(nearest, trigger.previous(instant) ?? -Infinity);
    }
    return Number.isFinite(nearest) ? nearest : null;
  }

  protected describeFires(): string {
    return joinWords(
      this.#triggers.map((trigger) => trigger.describeWithin(this.#zone)),
      'or',
    );
  }
}
