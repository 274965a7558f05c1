import type { JobChanges } from '../jobs/job-input.js';
import type { JobRecord } from '../jobs/job-record.js';
import { JobView } from '../jobs/job-snapshot.js';
import type { Run } from '../jobs/run-snapshot.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import type { InTransaction } from '../stores/store-transaction.js';
import type { JobManager } from './job-manager.js';
import type { PauseOptions, PauseResult, ResumeOptions, RunJobOptions } from './verb-options.js';

/**
 * A job as it was when it was read, with the verbs of `SchedulerService` on it. Each verb acts on the stored job and
 * answers a new snapshot; this one stays as it is.
 *
 * @example
 * const job = await scheduler.getJob('daily-report');
 * if (job?.state === 'active') await job.pause();
 * @publicApi
 */
export class Job extends JobView {
  readonly #manager: JobManager;

  /** @internal */
  constructor(record: JobRecord, store: string, manager: JobManager) {
    super(record, store);
    this.#manager = manager;
  }

  /** As `pauseJob`. @throws {JobNotFoundError | InvalidJobOptionError} */
  pause(options: Omit<PauseOptions, 'store'> = {}): Promise<PauseResult> {
    return this.#manager.pause(this.id, { ...options, store: this.store });
  }

  /** As `resumeJob`. @throws {JobNotFoundError | InvalidJobOptionError} */
  resume(options: Omit<ResumeOptions, 'store'> = {}): Promise<Job> {
    return this.#manager.resume(this.id, { ...options, store: this.store });
  }

  /**
   * As `modifyJob`.
   *
   * @throws {JobNotFoundError | InvalidJobOptionError | InvalidDurationError | InvalidArgumentsError |
   * UnknownExecutorError}
   */
  modify(changes: JobChanges, options: InTransaction = {}): Promise<Job> {
    return this.#manager.modify(this.id, changes, { ...options, store: this.store });
  }

  /** As `rescheduleJob`. @throws {JobNotFoundError | NeverFiresError | TriggerSearchError | InvalidJobOptionError} */
  reschedule(trigger: TriggerDefinition, options: InTransaction = {}): Promise<Job> {
    return this.#manager.reschedule(this.id, trigger, { ...options, store: this.store });
  }

  /**
   * As `runJob`.
   *
   * @throws {JobNotFoundError | JobPausedError | JobNotDeclaredError | JobDisabledError | InvalidArgumentsError |
   * InvalidJobOptionError}
   */
  run(options: Omit<RunJobOptions, 'store'> = {}): Promise<Run> {
    return this.#manager.onDemand.run(this.id, { ...options, store: this.store });
  }

  /** As `removeJob`. @throws {JobNotFoundError | InvalidJobOptionError} */
  remove(options: InTransaction = {}): Promise<void> {
    return this.#manager.remove(this.id, { ...options, store: this.store });
  }
}
