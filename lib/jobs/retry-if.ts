import { types } from 'node:util';
import { isObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { InvalidJobOptionError } from './job-errors.js';
import type { RetryOptions } from './retry.js';

/** The attempt that has failed, as {@link RetryIf} is told of it. @publicApi */
export interface FailedAttempt {
  /** The same for every attempt. */
  readonly runId: string;
  readonly jobId: string;
  /** Name of the task. */
  readonly task: string;
  /** The nominal instant of the fire. */
  readonly scheduledTime: Date;
  /** 1, 2, …: which attempt has failed. */
  readonly attempt: number;
  /** How many the run has at most. */
  readonly maxAttempts: number;
}

/**
 * Says of a failed attempt with others left whether the run is tried again; `false` lets it fail at once. It is called in
 * the process in which the handler has failed, with what that has thrown, and has to answer at once.
 *
 * One that throws, or answers neither `true` nor `false`, is told of by a warning, and the run is tried again, as without it.
 *
 * @example
 * const unlessRefused: RetryIf = (error) => !(error instanceof TypeError);
 * @publicApi
 */
export type RetryIf = (error: unknown, attempt: FailedAttempt) => boolean;

/** What everybody takes who makes a handler known. @publicApi */
export interface TaskRetryIf {
  /**
   * Which failures of the handler are worth another attempt: it is asked for every job of this task that has a `retry`.
   * Default: all are. It stays in this process; no store keeps it.
   */
  readonly retryIf?: RetryIf;
}

/** {@link RetryOptions} on a decorator. @publicApi */
export interface DeclaredRetryOptions extends RetryOptions {
  /**
   * Which failures are worth another attempt. Default: what `@Task(…, { retryIf })` on the same method says, or all. Not part of
   * what is stored: another function is no change of the job.
   */
  readonly retryIf?: RetryIf;
}

/** What a function has to say about a failure; an `Error` says why it has nothing to say. */
export type RetryVerdict = 'retry' | 'fail' | Error;

/**
 * @param what names the option in messages, such as `@Task('send'): retryIf`
 * @throws {InvalidJobOptionError} for what is no function, or one that can't answer at once
 */
export function checkedRetryIf(value: unknown, what: string): RetryIf | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'function') {
    throw new InvalidJobOptionError(`${what} must be a function (error) => boolean, got ${showValue(value)}.`);
  }
  if (types.isAsyncFunction(value) || types.isGeneratorFunction(value)) {
    throw new InvalidJobOptionError(
      `${what} has to answer at once, true or false: make it a plain function, neither async nor a generator.`,
    );
  }
  return value as RetryIf;
}

/** What a decorator says of retries, apart: what a store keeps, and the function, which none can. */
interface SplitRetry {
  readonly retry: RetryOptions | null | undefined;
  readonly retryIf: RetryIf | undefined;
}

/** @throws {InvalidJobOptionError} for a `retryIf` that can't be asked; what else is wrong is found by `resolveRetry` */
export function splitRetryIf(given: DeclaredRetryOptions | null | undefined, what: string): SplitRetry {
  if (!isObject(given) || !('retryIf' in given)) return { retry: given, retryIf: undefined };
  const { retryIf, ...retry } = given;
  return { retry, retryIf: checkedRetryIf(retryIf, `${what}: retry.retryIf`) };
}

/** Asks the function, whatever it does. */
export function askRetryIf(retryIf: RetryIf, error: unknown, attempt: FailedAttempt): RetryVerdict {
  try {
    const answer: unknown = retryIf(error, attempt);
    if (typeof answer === 'boolean') return answer ? 'retry' : 'fail';
    // A promise that is rejected later, and that nobody looks at, would end the process.
    if (answer instanceof Promise) answer.catch(() => undefined);
    return new TypeError(`it has answered ${showValue(answer)}, neither true nor false`);
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new TypeError(`it has thrown ${showValue(thrown)}`);
  }
}
