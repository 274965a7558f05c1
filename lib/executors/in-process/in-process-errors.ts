import { SchedulerError } from '../../errors/scheduler-error.js';
import { showValue } from '../../errors/show-value.js';

/** An option of the in-process executor is unknown or has a value that makes no sense. @publicApi */
export class InvalidInProcessOptionError extends SchedulerError {
  readonly code = 'INVALID_IN_PROCESS_OPTION';

  private constructor(message: string) {
    super(message);
  }

  static notAnObject(options: unknown): InvalidInProcessOptionError {
    return new InvalidInProcessOptionError(
      `InProcessExecutor takes an object of options, such as { concurrency: 20 }, but was given ${showValue(options)}.`,
    );
  }

  static unknown(option: string, known: readonly string[]): InvalidInProcessOptionError {
    return new InvalidInProcessOptionError(
      `InProcessExecutor has no option "${option}". It knows: ${known.join(', ')}.`,
    );
  }

  static concurrency(value: unknown): InvalidInProcessOptionError {
    return new InvalidInProcessOptionError(
      `The option "concurrency" of InProcessExecutor is ${showValue(value)}. Give it a whole number of at least 1.`,
    );
  }
}
