import { at, type AtOptions as AtTriggerOptions } from '../triggers/factories.js';
import { InvalidDecoratorError } from './decorator-errors.js';
import { type DeclaredJobOptions, jobDecorator, pick } from './job-decorator.js';

/** The options of {@link At}. @publicApi */
export interface AtOptions extends DeclaredJobOptions, AtTriggerOptions {}

const TIMING_KEYS = ['timeZone', 'startAt', 'endAt', 'gap', 'fold'] as const;

/**
 * Runs the method once, at an instant written as ISO 8601 text; without an offset it is wall-clock time in `timeZone`.
 * Once it has run it does not run again after a restart.
 *
 * @example
 * class Greetings { @At('2027-01-01T00:00:00', { timeZone: 'Europe/Berlin' }) newYear() {} }
 * @throws {InvalidDecoratorError} when the class is defined, for text that is no instant, and for a `Date`
 * @throws {InvalidJobOptionError} for an option that is unknown, not supported yet, or wrong
 * @publicApi
 */
export function At(when: string, options: AtOptions = {}): MethodDecorator {
  return jobDecorator({
    name: 'At',
    when,
    options,
    timingKeys: TIMING_KEYS,
    timing: (given, what) => {
      assertText(when, what);
      return { trigger: at(when, pick(given, TIMING_KEYS)) };
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
