import { showValue } from '../errors/show-value.js';
import { type StoredTriggerOptions, storeOptions, type TriggerOptions, WINDOW_OPTIONS } from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import { checkOptions } from './trigger-kind.js';

/** How deep triggers may be put into triggers. */
const MAX_DEPTH = 8;
/** How many triggers one definition may be made of. */
const MAX_TRIGGERS = 50;

const NONE: readonly unknown[] = [];

export function isDefinition(value: unknown): value is TriggerDefinition {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

/** Takes the options off the end of a factory's arguments. */
export function splitOptions<T extends object>(args: readonly unknown[]): [others: readonly unknown[], options: T] {
  const last = args.at(-1);
  const hasOptions = typeof last === 'object' && last !== null && !Array.isArray(last) && !isDefinition(last);
  return hasOptions ? [args.slice(0, -1), last as T] : [args, {} as T];
}

/** @throws a SchedulerError that names the option. */
export function storeNestingOptions(
  options: TriggerOptions,
  factory: string,
  more: readonly string[] = [],
): StoredTriggerOptions {
  checkOptions(options, [...WINDOW_OPTIONS, ...more], factory);
  return storeOptions(options, factory);
}

/** @throws {InvalidTriggerError} unless all are definitions, at least one. */
export function checkDefinitions(triggers: readonly unknown[], what: string): readonly TriggerDefinition[] {
  if (triggers.length === 0) throw new InvalidTriggerError(what, 'no trigger is given.');
  return triggers.map((trigger) => {
    if (isDefinition(trigger)) return trigger;
    throw new InvalidTriggerError(
      what,
      `${showValue(trigger)} is no trigger. Make one with cron(), interval(), at() and the like.`,
    );
  });
}

/** @throws {InvalidTriggerError} for a definition that is nested too deep or made of too many others. */
export function checkNesting<T extends TriggerDefinition>(definition: T, what: string): T {
  let count = 0;
  const visit = (value: unknown, depth: number): void => {
    if (!isDefinition(value)) return;
    count++;
    if (depth > MAX_DEPTH) throw new InvalidTriggerError(what, `triggers are nested deeper than ${MAX_DEPTH} levels.`);
    if (count > MAX_TRIGGERS) throw new InvalidTriggerError(what, `it is made of more than ${MAX_TRIGGERS} triggers.`);
    const { trigger, triggers, exclusions } = value as TriggerDefinition &
      Record<'trigger' | 'triggers' | 'exclusions', unknown>;
    visit(trigger, depth + 1);
    for (const inner of listOf(triggers)) visit(inner, depth + 1);
    for (const inner of listOf(exclusions)) visit(inner, depth + 1);
  };
  visit(definition, 1);
  return definition;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : NONE;
}
