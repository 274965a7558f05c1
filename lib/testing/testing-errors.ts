import { SchedulerError } from '../errors/scheduler-error.js';

/** A `ManualScheduler` has no application that it could drive, or is to drive two at once. @publicApi */
export class ManualSchedulerError extends SchedulerError {
  readonly code = 'MANUAL_SCHEDULER';

  private constructor(message: string) {
    super(message);
  }

  static noBuilder(got: string): ManualSchedulerError {
    return new ManualSchedulerError(
      `override() takes the builder that Test.createTestingModule() returns, before compile(), and got ${got}.`,
    );
  }

  static noApplication(what: string): ManualSchedulerError {
    return new ManualSchedulerError(
      `${what}: no application has been made yet. Pass the builder to override(), compile() it, and see that one of its ` +
        `modules imports SchedulerModule.forRoot().`,
    );
  }

  static notStarted(what: string): ManualSchedulerError {
    return new ManualSchedulerError(
      `${what}: the scheduler has not started, so nothing would fire. compile() calls no hooks: await init() of the ` +
        `module or application first, or start() where autoStart is false.`,
    );
  }

  static taken(): ManualSchedulerError {
    return new ManualSchedulerError(
      'This ManualScheduler drives an application that is still open. Close that one, or make another ManualScheduler.',
    );
  }
}

/** `drain()` has given up: runs are left that do not end. @publicApi */
export class NotDrainedError extends SchedulerError {
  readonly code = 'NOT_DRAINED';

  /** Ids of the runs that are left, as many as the history tells at once. */
  readonly runIds: readonly string[];

  constructor(runIds: readonly string[]) {
    super(
      `drain(): the time given by "within" is over, and there are runs that have not ended: ${runIds.join(', ')}. ` +
        `Let go a handler that waits for the test, or give the retries more time.`,
    );
    this.runIds = runIds;
  }
}
