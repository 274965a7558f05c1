import { allOfKind } from './all-of.js';
import { anyOfKind } from './any-of.js';
import { atKind } from './at.js';
import type { BoundTrigger } from './bound-trigger.js';
import { calendarIntervalKind } from './calendar-interval.js';
import { cronKind } from './cron.js';
import { customKind, customKindNames } from './define-trigger.js';
import { exceptKind } from './except.js';
import { intervalKind } from './interval.js';
import { checkNesting } from './nesting.js';
import { showValue } from '../errors/show-value.js';
import { SEARCH_BUDGET, SearchEffort } from './search-effort.js';
import { assertTimeZone } from './time-zone.js';
import type { BindContext, Trigger, TriggerDefinition } from './trigger.js';
import { InvalidTriggerError, UnknownTriggerKindError } from './trigger-errors.js';
import { type BindValues, checkShape, type DefinitionData, type TriggerKind } from './trigger-kind.js';

const kinds: ReadonlyMap<string, TriggerKind> = new Map(
  [cronKind, intervalKind, atKind, calendarIntervalKind, anyOfKind, allOfKind, exceptKind].map((kind) => [
    kind.kind,
    kind,
  ]),
);

/** How many zones one trigger may go by: the runtime takes some tenths of a millisecond to open each. */
const MAX_ZONES = 12;

/**
 * Makes a trigger of a definition, which is validated fully: it may have been written by hand.
 *
 * `next` and `previous` take no more than some 5 ms. Where `allOf` or `except` have to search longer, they throw a
 * {@link TriggerSearchError}; call again to go on. So does `count`, over ten years or more of a time zone that is new to
 * the process.
 *
 * @throws {UnknownTriggerKindError} {@link InvalidTriggerError} and the errors of the factories.
 * @example
 * const trigger = bindTrigger(cron('0 3 * * *'), { jobId: 'nightly', addedAt: new Date(), timeZone: 'Asia/Tokyo' });
 * trigger.next(Date.now()); // epoch milliseconds
 * trigger.describe(); // 'at 03:00, every day (Asia/Tokyo)'
 * @publicApi
 */
export function bindTrigger(definition: TriggerDefinition, context: BindContext): Trigger {
  return bindChecked(definition, context);
}

/** The same, for those who need to know more of it. */
export function bindChecked(definition: TriggerDefinition, context: BindContext): BoundTrigger {
  checkContext(context);
  const anchor = context.addedAt instanceof Date ? context.addedAt.getTime() : NaN;
  if (!Number.isFinite(anchor)) throw new InvalidTriggerError('bindTrigger()', 'addedAt must be a valid Date.');
  const timeZone = zoneOfDefinition(definition) ?? context.timeZone;
  assertTimeZone(timeZone, 'bindTrigger(): timeZone');
  return bindDefinition(definition, { jobId: context.jobId, anchor, timeZone });
}

/** @throws {InvalidTriggerError} */
function checkContext(context: unknown): void {
  if (typeof context !== 'object' || context === null) {
    throw new InvalidTriggerError('bindTrigger()', `the context must be an object, not ${showValue(context)}.`);
  }
  const { jobId } = context as Partial<BindContext>;
  if (typeof jobId === 'string') return;
  throw new InvalidTriggerError('bindTrigger()', `jobId must be a text, not ${showValue(jobId)}.`);
}

/** As {@link bindTrigger}, with the zone already resolved. */
export function bindDefinition(
  definition: TriggerDefinition,
  values: Omit<BindValues, 'effort'>,
  budget = SEARCH_BUDGET,
): BoundTrigger {
  checkNesting(definition, 'Trigger');
  return bindNested(definition, { ...values, effort: new SearchEffort(budget) }, new Set());
}

/** The zone that a definition names itself, or `null`. @throws when the definition is of no known kind. */
export function zoneOfDefinition(definition: TriggerDefinition): string | null {
  const zone = kindOf(definition).timeZoneOf(definition as DefinitionData);
  if (zone !== null) assertTimeZone(zone, `Trigger '${definition.kind}': timeZone`);
  return zone;
}

function bindNested(definition: TriggerDefinition, values: BindValues, zones: Set<string>): BoundTrigger {
  const kind = kindOf(definition);
  const data = definition as DefinitionData;
  checkShape(data, kind);
  const trigger = kind.bind(data, values, (inner) => {
    const timeZone = zoneOfDefinition(inner as TriggerDefinition) ?? values.timeZone;
    return bindNested(inner as TriggerDefinition, { ...values, timeZone }, zones);
  });
  if (kind.dependsOnZone(data) && zones.add(values.timeZone).size > MAX_ZONES) {
    throw new InvalidTriggerError('Trigger', `it goes by more than ${MAX_ZONES} time zones. Make several jobs of it.`);
  }
  return trigger;
}

/** @throws {InvalidTriggerError} {@link UnknownTriggerKindError} */
export function kindOf(definition: unknown): TriggerKind {
  if (typeof definition !== 'object' || definition === null || !('kind' in definition)) {
    throw new InvalidTriggerError(
      'Trigger',
      `${showValue(definition)} is no trigger definition. Make one with cron(), interval() or at().`,
    );
  }
  const name = definition.kind;
  const kind = typeof name === 'string' ? (kinds.get(name) ?? customKind(name)) : undefined;
  if (kind === undefined) throw new UnknownTriggerKindError(name, [...kinds.keys(), ...customKindNames()]);
  return kind;
}
