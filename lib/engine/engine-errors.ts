import { SchedulerError } from '../errors/scheduler-error.js';

/** The module's options are wrong. @publicApi */
export class InvalidOptionError extends SchedulerError {
  readonly code = 'INVALID_OPTION';
}

/** No store has this alias. @publicApi */
export class UnknownStoreError extends SchedulerError {
  readonly code = 'UNKNOWN_STORE';

  constructor(alias: string, known: readonly string[], what: string) {
    super(`${what}: there is no store "${alias}". Known: ${namesOf(known)}. Add it with addStore() or in the options.`);
  }
}

/** No executor has this alias. @publicApi */
export class UnknownExecutorError extends SchedulerError {
  readonly code = 'UNKNOWN_EXECUTOR';

  constructor(alias: string, known: readonly string[], what: string) {
    super(
      `${what}: there is no executor "${alias}". Known: ${namesOf(known)}. Add it with addExecutor() or in the options.`,
    );
  }
}

/** The alias is taken, or can't be used. @publicApi */
export class InvalidAliasError extends SchedulerError {
  readonly code = 'INVALID_ALIAS';
}

/** The call needs a scheduler that has not been shut down. @publicApi */
export class SchedulerStoppedError extends SchedulerError {
  readonly code = 'SCHEDULER_STOPPED';

  constructor(what: string) {
    super(`${what}: the scheduler has been shut down. Call start() first.`);
  }
}

/** The call would wait for the very run it is made from. @publicApi */
export class WaitsForItselfError extends SchedulerError {
  readonly code = 'WAITS_FOR_ITSELF';

  constructor(what: string, remedy = 'Call it from outside of runs.') {
    super(`${what} was called from inside a run and would wait for that run to end. ${remedy}`);
  }
}

/** Why a run's signal was aborted: the scheduler shuts down and the run had no time left. @publicApi */
export class ShutdownAbortError extends SchedulerError {
  readonly code = 'SHUTDOWN_ABORT';

  constructor() {
    super('The scheduler is shutting down and the time it gives to running handlers is over.');
  }
}

/** Why a run's signal was aborted: other nodes take this one for dead, and have taken its runs. @publicApi */
export class LeaseLostError extends SchedulerError {
  readonly code = 'LEASE_LOST';

  constructor(store: string) {
    super(`This node could not renew its lease on the store "${store}" in time; its runs may have been taken over.`);
  }
}

function namesOf(known: readonly string[]): string {
  return known.length === 0 ? 'none' : known.join(', ');
}
