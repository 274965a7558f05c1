import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '@nestjs/common';
import type { JsonObject } from '../jobs/json.js';
import { NotInRunError } from './executor-errors.js';

/**
 * What a handler may know of the run it carries out; {@link currentRun} gives it.
 *
 * @publicApi
 */
export interface RunContext {
  /** The same for every attempt of the run, so it serves as an idempotency key. */
  readonly runId: string;
  readonly jobId: string;
  readonly task: string;
  /** The nominal instant of the fire. */
  readonly scheduledTime: Date;
  /** When this attempt started. */
  readonly startedAt: Date;
  /** 1, 2, … with retries. */
  readonly attempt: number;
  /** Aborted when the run has to end: the scheduler shuts down, the run was taken from this node, or its time is over. */
  readonly signal: AbortSignal;
  /** The `metadata` of the job; `null` without any. */
  readonly metadata: JsonObject | null;
  /**
   * A Nest logger whose lines carry the task and the run id as their context, so that those of one run are found
   * together, whichever logger the application has.
   *
   * @example currentRun().logger.warn('Two invoices had no address'); // [Billing.send billing@2027-01-31T03:00:00.000Z] …
   */
  readonly logger: Logger;
  /**
   * Says how far the run is: shown by `getRun`, and told as `run.progress`, at most once a second for each run.
   *
   * @param fraction from 0 to 1
   * @example currentRun().progress(0.5); // half of it is done
   * @throws {InvalidProgressError}
   */
  readonly progress: (fraction: number) => void;
}

const storage = new AsyncLocalStorage<RunContext>();

/**
 * The run that the calling code is part of, also across `await`, timers and enhancers.
 *
 * @example
 * const { runId, scheduledTime, signal } = currentRun();
 * @throws {NotInRunError} when called outside a run.
 * @publicApi
 */
export function currentRun(): RunContext {
  const context = storage.getStore();
  if (!context) throw new NotInRunError();
  return context;
}

/** The run that the calling code is part of, or `undefined` outside of any. */
export function runInProgress(): RunContext | undefined {
  return storage.getStore();
}

/** Calls `fn` inside `context`. */
export function withinRun<Context extends RunContext, T>(context: Context, fn: (context: Context) => T): T {
  return storage.run(context, fn, context);
}

/** Calls `fn` outside of any run: for what a handler sets off that goes on without it. */
export function outsideRuns<T>(fn: () => T): T {
  return storage.exit(fn);
}
