import type { Scheduler } from '../engine/scheduler.js';
import type { SchedulerModuleOptions } from '../scheduler.options.js';

/** What takes the place of what an application gives the module, in its tests. */
export interface StandIns {
  /** The options to use instead of those given. */
  replace(given: SchedulerModuleOptions): SchedulerModuleOptions;
  /** The scheduler that was made of them. */
  attach(scheduler: Scheduler): void;
  /** Its application closes, which may take until the time has moved. */
  seeThrough(scheduler: Scheduler, closing: Promise<void>): Promise<void>;
}

/**
 * The provider that tests replace: nobody, unless they do. Known in all copies of the package, since an application may
 * load it twice, as ES modules and by `require`.
 */
export const SCHEDULER_STAND_INS = Symbol.for('nestjs-advanced-scheduler.stand-ins');
