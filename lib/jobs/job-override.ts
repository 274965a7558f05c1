import { isObject } from '../errors/object-kinds.js';
import { showError, showValue } from '../errors/show-value.js';
import { zoneOfDefinition } from '../triggers/bind-trigger.js';
import { StoredTrigger } from '../triggers/stored-trigger.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import { InvalidJobOptionError } from './job-errors.js';
import { assertJobId } from './job-id.js';
import type { JobOptions } from './job-options.js';
import { assertJobOptionKeys, BUILT_IN_DEFAULTS, JOB_OPTION_KEYS, resolveJobOptions } from './job-policy.js';
import { assertFlag } from './known-keys.js';

/**
 * What the module's `overrides` change of a declared job. What is left out, or `undefined`, stays as it is declared.
 *
 * @example
 * SchedulerModule.forRoot({
 *   overrides: { 'daily-report': { trigger: cron('0 4 * * *'), timeout: { minutes: 5 } }, backup: { disabled: true } },
 * })
 * @publicApi
 */
export interface JobOverride extends Omit<JobOptions, 'id'> {
  /** Takes the place of the declared trigger as a whole, its time zone included; a resolver is not asked then. */
  readonly trigger?: TriggerDefinition;
  /**
   * `true`: this process does not fire the job, see `disabled` of the decorators; `false`: it does, also where the
   * decorator says `disabled`, unless its resolver has no trigger for it.
   */
  readonly disabled?: boolean;
}

/** An override, checked. */
export interface CheckedOverride {
  readonly trigger: TriggerDefinition | null;
  /** `null`: as it is declared. */
  readonly disabled: boolean | null;
  /** Those that are given. */
  readonly options: JobOptions;
}

const OPTION_KEYS = JOB_OPTION_KEYS.filter((key) => key !== 'id');
const KEYS = ['trigger', 'disabled', ...OPTION_KEYS];

/** How messages name the override of a job. */
export function overrideOf(id: string): string {
  return `overrides['${id}']`;
}

/**
 * @param timeZone of triggers that name none
 * @throws {InvalidJobOptionError | InvalidJobIdError | InvalidDurationError | InvalidArgumentsError} naming the override
 */
export function resolveOverrides(given: unknown, timeZone: string): ReadonlyMap<string, CheckedOverride> {
  if (given === undefined) return new Map();
  if (!isObject(given) || given instanceof Map) {
    throw new InvalidJobOptionError(
      `overrides must be an object by the ids of declared jobs, such as { 'daily-report': { disabled: true } }, ` +
        `got ${given instanceof Map ? 'a Map' : showValue(given)}.`,
    );
  }
  return new Map(Object.entries(given).map(([id, override]) => [id, checkedOverride(id, override, timeZone)]));
}

function checkedOverride(id: string, given: unknown, timeZone: string): CheckedOverride {
  assertJobId(id, 'overrides: the id');
  const what = overrideOf(id);
  if (!isObject(given)) {
    throw new InvalidJobOptionError(
      `${what} must be an object such as { disabled: true } or { trigger: cron('0 3 * * *') }, got ${showValue(given)}.`,
    );
  }
  if ('id' in given) {
    throw new InvalidJobOptionError(`${what}: the id of a declared job can't be changed here. Change its decorator.`);
  }
  assertJobOptionKeys(given, what, KEYS);
  const { trigger, disabled } = given as JobOverride;
  assertFlag(disabled, `${what}: disabled`);
  if (trigger !== undefined) assertTrigger(trigger, id, timeZone);
  const options = Object.fromEntries(
    OPTION_KEYS.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]),
  );
  resolveJobOptions(id, options, BUILT_IN_DEFAULTS, what);
  return { trigger: trigger ?? null, disabled: disabled ?? null, options };
}

function assertTrigger(trigger: unknown, id: string, timeZone: string): void {
  const what = overrideOf(id);
  if (!isObject(trigger)) {
    throw new InvalidJobOptionError(
      `${what}: trigger must be made by cron(…), interval(…) or the like, got ${showValue(trigger)}.` +
        (trigger === null ? ' A job that is not to run is disabled by { disabled: true }.' : ''),
    );
  }
  try {
    const definition = trigger as unknown as TriggerDefinition;
    StoredTrigger.of(definition, { addedAt: 0, timeZone: zoneOfDefinition(definition) ?? timeZone });
  } catch (error) {
    throw new InvalidJobOptionError(`${what}: trigger is wrong. ${showError(error)}`, { cause: error });
  }
}
