import type { DurationInput } from '../triggers/duration.js';
import { interval, type IntervalOptions as IntervalTriggerOptions } from '../triggers/factories.js';
import { type DeclaredJobOptions, jobDecorator, pick } from './job-decorator.js';

/** The options of {@link Interval}. @publicApi */
export interface IntervalOptions extends DeclaredJobOptions, IntervalTriggerOptions {}

const TIMING_KEYS = ['timeZone', 'startAt', 'endAt', 'immediate'] as const;

/**
 * Runs the method again and again, `every` so long: milliseconds, parts, or ISO 8601 text. The first run comes one
 * interval after the job was first stored, or at `startAt`; `immediate: true` adds one right then.
 *
 * @example
 * class Feeds { @Interval({ seconds: 30 }) async poll() {} }
 * @throws {InvalidDecoratorError} when the class is defined, for a duration that is zero, negative or has no fixed
 * length
 * @throws {InvalidJobOptionError} for an option that is unknown, not supported yet, or wrong
 * @publicApi
 */
export function Interval(every: DurationInput, options: IntervalOptions = {}): MethodDecorator {
  return jobDecorator({
    name: 'Interval',
    when: every,
    options,
    timingKeys: TIMING_KEYS,
    timing: (given) => ({ trigger: interval(every, pick(given, TIMING_KEYS)) }),
  });
}
