import { showValue } from '../errors/show-value.js';
import type { BoundTrigger } from './bound-trigger.js';
import type { SearchEffort } from './search-effort.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';

/** What a definition is bound with: anchor in epoch ms. */
export interface BindValues {
  readonly jobId: string;
  readonly anchor: number;
  readonly timeZone: string;
  /** What the searches of the whole trigger share. */
  readonly effort: SearchEffort;
}

/** Binds a definition inside another; it has the outer one's zone unless it names its own. */
export type BindNested = (definition: unknown) => BoundTrigger;

/** How definitions of one kind become triggers, and are compared. */
export interface TriggerKind {
  readonly kind: string;
  /** The highest version of the stored form that is understood. */
  readonly version: number;
  /** Every property that a definition of the kind may have, `kind` and `version` apart. */
  readonly properties: ReadonlySet<string>;
  /** The zone that the definition itself names. */
  timeZoneOf(definition: DefinitionData): string | null;
  /** Validates the definition fully. @throws a SchedulerError that names the property. */
  bind(definition: DefinitionData, values: BindValues, bindNested: BindNested): BoundTrigger;
  /** Whether the zone that it is bound in may move its fires; `startAt`, `endAt` and triggers inside it apart. */
  dependsOnZone(definition: DefinitionData): boolean;
  /**
   * The definition as all that mean the same are written, `startAt` and `endAt` apart. Not there: as it is.
   *
   * @param nested the same of a definition inside it
   */
  canonical?(definition: DefinitionData, nested: (inner: unknown) => unknown): DefinitionData;
}

/** A definition whose properties are known by name, but not yet by type. */
export type DefinitionData = TriggerDefinition & Readonly<Record<string, unknown>>;

/** @throws {InvalidTriggerError} naming the first property that the kind does not have, or a version from the future. */
export function checkShape(definition: DefinitionData, kind: TriggerKind): void {
  for (const key of Object.keys(definition)) {
    if (key === 'kind' || key === 'version' || kind.properties.has(key) || definition[key] === undefined) continue;
    throw new InvalidTriggerError(
      `Trigger '${kind.kind}'`,
      `it has no property '${key}'. Properties: ${[...kind.properties].join(', ')}.`,
    );
  }
  const { version } = definition;
  if (Number.isInteger(version) && version >= 1 && version <= kind.version) return;
  throw new InvalidTriggerError(
    `Trigger '${kind.kind}'`,
    `version ${showValue(version)} is not understood here, only 1 to ${kind.version}.`,
  );
}

/** @throws {InvalidTriggerError} naming the first option that a factory does not take. */
export function checkOptions(options: unknown, allowed: readonly string[], factory: string): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidTriggerError(factory, `the options must be an object, not ${showValue(options)}.`);
  }
  for (const key of Object.keys(options)) {
    if (allowed.includes(key) || (options as Record<string, unknown>)[key] === undefined) continue;
    throw new InvalidTriggerError(factory, `there is no option '${key}'. Options: ${allowed.join(', ')}.`);
  }
}

/** One of a few texts, or undefined. @throws {InvalidTriggerError} listing them. */
export function checkChoice<T extends string>(value: unknown, choices: readonly T[], what: string): T | undefined {
  if (value === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw new InvalidTriggerError(
    what,
    `${showValue(value)} is none of ${choices.map((each) => `'${each}'`).join(', ')}.`,
  );
}

/** Leaves out what is undefined, so that definitions that mean the same are equal as JSON. */
export function compact<T extends object>(object: T): T {
  const compacted: Partial<T> = {};
  for (const key of Object.keys(object) as (keyof T)[]) if (object[key] !== undefined) compacted[key] = object[key];
  return compacted as T;
}
