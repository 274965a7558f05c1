import { SchedulerError } from '../errors/scheduler-error.js';

/** A job id that can't be one. @publicApi */
export class InvalidJobIdError extends SchedulerError {
  readonly code = 'INVALID_JOB_ID';
}

/** An option of a job that is unknown, misplaced or has a wrong value. @publicApi */
export class InvalidJobOptionError extends SchedulerError {
  readonly code = 'INVALID_JOB_OPTION';
}

/** Arguments or metadata that would not survive being stored as JSON, or are too large. @publicApi */
export class InvalidArgumentsError extends SchedulerError {
  readonly code = 'INVALID_ARGUMENTS';
}

/** The id is taken in that store. @publicApi */
export class ConflictingJobIdError extends SchedulerError {
  readonly code = 'CONFLICTING_JOB_ID';

  /** @param place where in a list of jobs it was given, such as `addJobs[2]: ` */
  constructor(id: string, store: string, place = '') {
    super(
      `${place}A job with the id "${id}" is already in the store "${store}". Choose another id, ` +
        `or pass onConflict: 'replace' or 'ignore'.`,
    );
  }
}

/** No job has this id. @publicApi */
export class JobNotFoundError extends SchedulerError {
  readonly code = 'JOB_NOT_FOUND';

  /** @param hint what to do, where that is known */
  constructor(
    readonly jobId: string,
    readonly stores: readonly string[],
    hint = '',
  ) {
    super(
      `There is no job with the id "${jobId}" in ${stores.map((alias) => `"${alias}"`).join(', ')}. ` +
        `getJobs() lists those there are; an added one is gone once its last run has ended.${hint}`,
    );
  }
}

/** Several stores hold a job of this id. @publicApi */
export class AmbiguousJobIdError extends SchedulerError {
  readonly code = 'AMBIGUOUS_JOB_ID';

  constructor(id: string, stores: readonly string[]) {
    super(
      `The job id "${id}" is in several stores (${stores.join(', ')}). Say which one with { store: '${stores[0]}' }.`,
    );
  }
}

/** No node that is alive can run this task. @publicApi */
export class UnknownTaskError extends SchedulerError {
  readonly code = 'UNKNOWN_TASK';

  /** @param what names the job, such as `Job "report"` */
  constructor(what: string, task: string, known: readonly string[]) {
    super(
      `${what}: the task "${task}" is unknown. Known here: ${known.slice(0, 20).join(', ') || 'none'}. ` +
        `Decorate the handler with @Task(), call registerTask() first, or pass allowUnknownTask: true ` +
        `if another process will provide it.`,
    );
  }
}

/** What was given as a task can't be one. @publicApi */
export class InvalidTaskError extends SchedulerError {
  readonly code = 'INVALID_TASK';
}

/** The job is paused and `runJob` was not forced. @publicApi */
export class JobPausedError extends SchedulerError {
  readonly code = 'JOB_PAUSED';

  constructor(id: string) {
    super(`Job "${id}" is paused. Resume it, or run it all the same with { force: true }.`);
  }
}

/** No run has this id. @publicApi */
export class RunNotFoundError extends SchedulerError {
  readonly code = 'RUN_NOT_FOUND';

  constructor(runId: string, stores: readonly string[]) {
    super(
      `There is no run "${runId}" in ${stores.map((alias) => `"${alias}"`).join(', ')}. getRuns() lists those there are; ` +
        `what historyRetention no longer covers is gone.`,
    );
  }
}

/** A run that `rerun` can't repeat: it has not ended, or stands for fires that did not run. @publicApi */
export class RunNotRepeatableError extends SchedulerError {
  readonly code = 'RUN_NOT_REPEATABLE';
}

/** Slots whose history is gone were asked for by `backfill`: nobody knows whether they have run. @publicApi */
export class HistoryPrunedError extends SchedulerError {
  readonly code = 'HISTORY_PRUNED';

  constructor(id: string, from: Date, until: Date) {
    super(
      `backfill('${id}'): history of this job from ${from.toISOString()} to ${until.toISOString()} has been pruned, so that ` +
        `slots of that time may have run. Leave that time out, or pass force: true to run them all the same.`,
    );
  }
}

/** The job that `runJob` names is one that no decorator declares any more: no process would take its run. @publicApi */
export class JobNotDeclaredError extends SchedulerError {
  readonly code = 'JOB_NOT_DECLARED';

  constructor(id: string) {
    super(
      `Job "${id}" was declared by a decorator that is gone, so nobody would run it. Declare it again, make it a job of ` +
        `run time by addJob({ id: '${id}', …, onConflict: 'replace' }), or remove it.`,
    );
  }
}

/** The job that `runJob` names is disabled by all processes that declare it: none would take its run. @publicApi */
export class JobDisabledError extends SchedulerError {
  readonly code = 'JOB_DISABLED';

  constructor(id: string, task: string) {
    super(
      `Job "${id}" is disabled, by its decorator, its resolver or the module's overrides, so nobody would run it. Enable ` +
        `it there, or run its task as a job of its own: addJob({ task: '${task}', trigger: at(new Date()) }).`,
    );
  }
}

/** A decorator declares an id that a job added at run time holds. @publicApi */
export class ConflictingDeclaredJobError extends SchedulerError {
  readonly code = 'CONFLICTING_DECLARED_JOB';

  constructor(id: string, source: string, store: string) {
    super(
      `${source} declares the job "${id}", but the store "${store}" holds a job of that id that was added at run time. ` +
        `Give the declared job another id, or remove the stored one.`,
    );
  }
}

/** Two places declare the same id. @publicApi */
export class DuplicateJobIdError extends SchedulerError {
  readonly code = 'DUPLICATE_JOB_ID';

  constructor(id: string, first: string, second: string) {
    super(`The job id "${id}" is declared twice: by ${first} and by ${second}. Give one of them another id.`);
  }
}
