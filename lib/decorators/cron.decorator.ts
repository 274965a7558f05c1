import { cron, type CronFields, type CronOptions as CronTriggerOptions } from '../triggers/factories.js';
import { type DeclaredJobOptions, pick, triggerDecorator } from './job-decorator.js';
import type { TriggerResolver } from './trigger-resolver.js';

/** The options of {@link Cron}. @publicApi */
export interface CronOptions extends DeclaredJobOptions, CronTriggerOptions {}

const TIMING_KEYS = ['timeZone', 'startAt', 'endAt', 'gap', 'fold'] as const;

/**
 * Runs the method at the times that a cron pattern names: text of five fields, or six with seconds first, or
 * APScheduler's fields by name. A function in its place is a {@link TriggerResolver}, which answers the pattern.
 *
 * Options: those of a job (`id`, `misfireGraceTime`, `maxInstances`, …), those of the trigger (`timeZone`, `startAt`,
 * `endAt`, `gap`, `fold`), `aliases` and `disabled`. A method may carry several job decorators; all but one need an `id`.
 *
 * @example
 * class Reports { @Cron('0 3 * * *', { id: 'daily-report', timeZone: 'Asia/Tokyo' }) daily() {} }
 * class Backups { @Cron((config: AppConfig) => config.backupCron, { id: 'backup' }) make() {} }
 * class Digests { @Cron({ dayOfWeek: 'mon-fri', hour: 17, minute: 30 }) send() {} }
 * @throws {InvalidDecoratorError} when the class is defined, for a pattern that is none or can never match
 * @throws {TriggerResolverError} when the application starts, for what is wrong with a resolver
 * @throws {InvalidJobOptionError} for an option that is unknown, not supported yet, or wrong
 * @publicApi
 */
export function Cron<Config = unknown>(
  pattern: string | CronFields | TriggerResolver<Config, string | CronFields>,
  options: CronOptions = {},
): MethodDecorator {
  return triggerDecorator<string | CronFields, CronOptions>({
    name: 'Cron',
    when: pattern,
    options,
    timingKeys: TIMING_KEYS,
    trigger: (when, given) => cron(when, pick(given, TIMING_KEYS)),
  });
}
