import { SchedulerError } from '../errors/scheduler-error.js';

/** A class without a name, as one that `mixin()` makes, can't name its tasks and jobs. @publicApi */
export class AnonymousClassError extends SchedulerError {
  readonly code = 'ANONYMOUS_CLASS';

  constructor(key: string, module: string) {
    super(
      `The method "${key}" of a class without a name, provided by ${module}, is a task; mixin() gives another name at each start. Name the class, ` +
        `or give the method @Task('…') and each of its jobs an id.`,
    );
  }
}

/** An event handler stands on a class that has no single instance. @publicApi */
export class UnsupportedEventHandlerError extends SchedulerError {
  readonly code = 'UNSUPPORTED_EVENT_HANDLER';

  constructor(source: string, why: string) {
    super(
      `${source}: @OnSchedulerEvent needs a singleton, and its class is ${why}. ` +
        `Move the handler to a provider of default scope.`,
    );
  }
}

/** The module is imported twice in one application, with options that contradict each other. @publicApi */
export class ConflictingModuleOptionsError extends SchedulerError {
  readonly code = 'CONFLICTING_MODULE_OPTIONS';

  constructor(option: string) {
    super(
      `SchedulerModule is imported more than once in this application, and the option "${option}" differs. ` +
        `The module is global: import it once, in the root module, or with the same options everywhere.`,
    );
  }
}

/** `SchedulerModule` is imported without options, and nowhere with them. @publicApi */
export class NotConfiguredError extends SchedulerError {
  readonly code = 'NOT_CONFIGURED';

  constructor() {
    super('SchedulerModule is imported bare. Import SchedulerModule.forRoot(), or forRootAsync(), in the root module.');
  }
}

/** One of the module's `overrides` does not fit the jobs that decorators declare. @publicApi */
export class InvalidOverrideError extends SchedulerError {
  readonly code = 'INVALID_OVERRIDE';
}

/** What `forRootAsync` was given can't lead to options. @publicApi */
export class InvalidAsyncOptionsError extends SchedulerError {
  readonly code = 'INVALID_ASYNC_OPTIONS';

  constructor(problem: string) {
    super(`SchedulerModule.forRootAsync(): ${problem}`);
  }
}
