import { at, type AtOptions as AtTriggerOptions } from '../triggers/factories.js';
import { InvalidDecoratorError } from './decorator-errors.js';
import { type DeclaredJobOptions, pick, triggerDecorator } from './job-decorator.js';
import type { TriggerResolver } from './trigger-resolver.js';

/** The options of {@link At}. @publicApi */
export interface AtOptions extends DeclaredJobOptions, AtTriggerOptions {}

const TIMING_KEYS = ['timeZone', 'startAt', 'endAt', 'gap', 'fold'] as const;

/**
 * Runs the method once, at an instant written as ISO 8601 text; without an offset it is wall-clock time in `timeZone`.
 * Once it has run it does not run again after a restart. A function in its place is a {@link TriggerResolver}, which
 * answers the text.
 *
 * @example
 * class Greetings { @At('2027-01-01T00:00:00', { timeZone: 'Europe/Berlin' }) newYear() {} }
 * @throws {InvalidDecoratorError} when the class is defined, for text that is no instant, and for a `Date`
 * @throws {TriggerResolverError} when the application starts, for what is wrong with a resolver
 * @throws {InvalidJobOptionError} for an option that is unknown, not supported yet, or wrong
 * @publicApi
 */
export function At<Config = unknown>(
  when: string | TriggerResolver<Config, string>,
  options: AtOptions = {},
): MethodDecorator {
  return triggerDecorator<string, AtOptions>({
    name: 'At',
    when,
    options,
    timingKeys: TIMING_KEYS,
    trigger: (instant, given, what) => {
      assertText(instant, what);
      return at(instant, pick(given, TIMING_KEYS));
    },
  });
}

/** A computed instant would be another one at every start, and so another job. */
function assertText(when: unknown, what: string): void {
  if (typeof when === 'string') return;
  throw new InvalidDecoratorError(
    `${what}: the instant must be text, such as '2027-01-01T00:00:00'. A Date would be a new definition at every ` +
      `start: to run once after the start use @AfterStart({ seconds: 10 }), to run at a computed time call addJob().`,
  );
}
