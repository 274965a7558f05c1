import { cron, type CronFields, type CronOptions as CronTriggerOptions } from '../triggers/factories.js';
import { type DeclaredJobOptions, jobDecorator, pick } from './job-decorator.js';

/** The options of {@link Cron}. @publicApi */
export interface CronOptions extends DeclaredJobOptions, CronTriggerOptions {}

const TIMING_KEYS = ['timeZone', 'startAt', 'endAt', 'gap', 'fold'] as const;

/**
 * Runs the method at the times that a cron pattern names: text of five fields, or six with seconds first, or
 * APScheduler's fields by name.
 *
 * Options: those of a job (`id`, `misfireGraceTime`, `maxInstances`, …), those of the trigger (`timeZone`, `startAt`,
 * `endAt`, `gap`, `fold`), and `aliases`. A method may carry several job decorators; all but one need an `id`.
 *
 * @example
 * class Reports { @Cron('0 3 * * *', { id: 'daily-report', timeZone: 'Asia/Tokyo' }) daily() {} }
 * class Digests { @Cron({ dayOfWeek: 'mon-fri', hour: 17, minute: 30 }) send() {} }
 * @throws {InvalidDecoratorError} when the class is defined, for a pattern that is none or can never match
 * @throws {InvalidJobOptionError} for an option that is unknown, not supported yet, or wrong
 * @publicApi
 */
export function Cron(pattern: string | CronFields, options: CronOptions = {}): MethodDecorator {
  return jobDecorator({
    name: 'Cron',
    when: pattern,
    options,
    timingKeys: TIMING_KEYS,
    timing: (given) => ({ trigger: cron(pattern, pick(given, TIMING_KEYS)) }),
  });
}
