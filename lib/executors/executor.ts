import type { Clock } from '../clock.js';
import type { JsonValue } from '../jobs/json.js';

/**
 * Where handlers run. The object holds configuration only: `open` gives a session per application and may be called
 * again, at once or after a shutdown.
 *
 * @publicApi
 */
export interface Executor {
  /** Such as `'in-process'`: for logs. */
  readonly kind: string;
  open(context: ExecutorContext): Promise<ExecutorSession>;
}

export interface ExecutorContext {
  /** The alias the executor is known by in this scheduler. */
  readonly alias: string;
  /** For every timer of the executor. */
  readonly clock: Clock;
}

export interface ExecutorSession {
  /** How many more runs it can take now. */
  freeSlots(): number;
  /**
   * Carries out one run. Answers at once when the handler was synchronous, so that a run costs no promise.
   * Never throws and never rejects: a failure is an outcome with an `error`.
   */
  submit(work: Work): WorkResult | Promise<WorkResult>;
  /** Waits for what is running, at most `timeoutMs`, then lets go of it. */
  shutdown(options: { readonly timeoutMs: number }): Promise<void>;
}

/** One run, ready to be carried out. */
export interface Work {
  readonly runId: string;
  readonly jobId: string;
  readonly task: string;
  readonly args: readonly JsonValue[];
  readonly signal: AbortSignal;
  /** Calls the handler inside its run context: for executors that run in this process. */
  call(): unknown;
}

/** What became of the handler. */
export type WorkResult =
  { readonly state: 'succeeded'; readonly value: unknown } | { readonly state: 'failed'; readonly error: unknown };
