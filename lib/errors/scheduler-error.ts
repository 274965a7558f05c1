/**
 * The base of every error this package throws. `code` is stable across versions and safe to switch on;
 * the message names the job, the option and the remedy, and may change.
 *
 * @example
 * try {
 *   await scheduler.addJob(draft);
 * } catch (error) {
 *   if (!(error instanceof SchedulerError && error.code === 'CONFLICTING_JOB_ID')) throw error;
 * }
 * @publicApi
 */
export abstract class SchedulerError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
