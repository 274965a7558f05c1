import type { DurationInput } from '../triggers/duration.js';
import { interval, type IntervalOptions as IntervalTriggerOptions } from '../triggers/factories.js';
import { type DeclaredJobOptions, pick, triggerDecorator } from './job-decorator.js';
import type { TriggerResolver } from './trigger-resolver.js';

/** The options of {@link Interval}. @publicApi */
export interface IntervalOptions extends DeclaredJobOptions, IntervalTriggerOptions {}

const TIMING_KEYS = ['timeZone', 'startAt', 'endAt', 'immediate'] as const;

/**
 * Runs the method again and again, `every` so long: milliseconds, parts, or ISO 8601 text. The first run comes one
 * interval after the job was first stored, or at `startAt`; `immediate: true` adds one right then. A function in the
 * place of `every` is a {@link TriggerResolver}, which answers it.
 *
 * @example
 * class Feeds { @Interval({ seconds: 30 }) async poll() {} }
 * class Rates { @Interval((config: AppConfig) => config.pollEvery) async poll() {} }
 * @throws {InvalidDecoratorError} when the class is defined, for a duration that is zero, negative or has no fixed
 * length
 * @throws {TriggerResolverError} when the application starts, for what is wrong with a resolver
 * @throws {InvalidJobOptionError} for an option that is unknown, not supported yet, or wrong
 * @publicApi
 */
export function Interval<Config = unknown>(
  every: DurationInput | TriggerResolver<Config, DurationInput>,
  options: IntervalOptions = {},
): MethodDecorator {
  return triggerDecorator<DurationInput, IntervalOptions>({
    name: 'Interval',
    when: every,
    options,
    timingKeys: TIMING_KEYS,
    trigger: (when, given) => interval(when, pick(given, TIMING_KEYS)),
  });
}
