import { BoundTrigger, type TriggerFrame } from './bound-trigger.js';
import { joinWords } from './describe-time.js';
import { checkDefinitions, checkNesting, splitOptions, storeNestingOptions } from './nesting.js';
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

  bind(definition: DefinitionData, { timeZone, budget }: BindValues, bindNested: BindNested): BoundTrigger {
    const triggers = checkDefinitions(Array.isArray(definition.triggers) ? definition.triggers : [], WHAT);
    const share = Math.floor(budget / triggers.length);
    const window = readWindow(definition, timeZone, WHAT);
    return new AnyOfTrigger(
      { timeZone, window },
      triggers.map((each) => bindNested(each, share)),
    );
  },

  dependsOnZone: ({ triggers }, nested) => (triggers as readonly unknown[]).some(nested),

  canonical: (definition, nested) => ({
    ...definition,
    triggers: (definition.triggers as readonly unknown[]).map(nested),
  }),
};

class AnyOfTrigger extends BoundTrigger {
  readonly #zone: string | null;
  readonly #triggers: readonly BoundTrigger[];
  readonly #startAt: number;
  readonly #endAt: number;

  constructor(frame: Required<TriggerFrame>, triggers: readonly BoundTrigger[]) {
    super(frame);
    this.#zone = frame.timeZone;
    this.#triggers = triggers;
    this.#startAt = frame.window?.startAt ?? -Infinity;
    this.#endAt = frame.window?.endAt ?? Infinity;
  }

  override get isSeeded(): boolean {
    return this.#triggers.some((trigger) => trigger.isSeeded);
  }

  override get endAt(): number | undefined {
    const last = Math.max(...this.#triggers.map((trigger) => trigger.endAt ?? Infinity));
    const end = Math.min(super.endAt ?? Infinity, last);
    return end === Infinity ? undefined : end;
  }

  override get cost(): number {
    return this.#triggers.reduce((sum, { cost }) => sum + cost, 0);
  }

  next(after: number): number | null {
    const from = Math.max(after, this.#startAt - 1);
    let first = Infinity;
    for (const trigger of this.#triggers) first = Math.min(first, trigger.next(from) ?? Infinity);
    return first <= this.#endAt && first !== Infinity ? first : null;
  }

  previous(before: number): number | null {
    const until = Math.min(before, this.#endAt + 1);
    let last = -Infinity;
    for (const trigger of this.#triggers) last = Math.max(last, trigger.previous(until) ?? -Infinity);
    return last >= this.#startAt && last !== -Infinity ? last : null;
  }

  protected override get isCompound(): boolean {
    return true;
  }

  protected describeFires(): string {
    return joinWords(
      this.#triggers.map((trigger) => trigger.describeWithin(this.#zone)),
      'or',
    );
  }
}
