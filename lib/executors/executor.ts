import type { Clock } from '../clock.js';
import type { JsonValue } from '../jobs/json.js';

/**
 * Where handlers run. The object holds configuration only: `open` gives a session per application and may be called
 * again, at once or after a shutdown.
 *
 * @example
 * // One run at a time, in this process.
 * class OneByOne implements Executor {
 *   readonly kind = 'one-by-one';
 *
 *   async open({ clock }: ExecutorContext): Promise<ExecutorSession> {
 *     let isBusy = false;
 *     let last: Promise<WorkResult> | null = null;
 *     const carryOut = async (work: Work): Promise<WorkResult> => {
 *       isBusy = true;
 *       try {
 *         return { state: 'succeeded', value: await work.call() };
 *       } catch (error) {
 *         return { state: 'failed', error };
 *       } finally {
 *         isBusy = false;
 *       }
 *     };
 *     return {
 *       freeSlots: () => (isBusy ? 0 : 1),
 *       submit: (work) => (last = carryOut(work)),
 *       shutdown: async ({ timeoutMs }) => {
 *         const timeIsUp = new Promise<void>((resolve) => clock.setTimer(resolve, timeoutMs, { keepAlive: false }));
 *         await Promise.race([last, timeIsUp]);
 *       },
 *     };
 *   }
 * }
 * @publicApi
 */
export interface Executor {
  /** Such as `'in-process'`: for logs. */
  readonly kind: string;
  /** Called at the start, and by `addExecutor` while the scheduler runs. */
  open(context: ExecutorContext): Promise<ExecutorSession>;
}

/** What an executor may know of the scheduler that opens it. @publicApi */
export interface ExecutorContext {
  /** The alias the executor is known by in this scheduler. */
  readonly alias: string;
  /** For every timer of the executor. */
  readonly clock: Clock;
}

/** An open executor. @publicApi */
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

/** One run, ready to be carried out. @publicApi */
export interface Work {
  /** The same for every attempt. */
  readonly runId: string;
  readonly jobId: string;
  /** Name of the task. */
  readonly task: string;
  readonly args: readonly JsonValue[];
  /**
   * Aborted when the run has to end: the scheduler shuts down, the run was taken from this node, or its time is over. In the
   * last case the reason is a {@link RunTimeoutError}: the run fails, whatever becomes of the handler, and its slot is for others.
   */
  readonly signal: AbortSignal;
  /** How long the run may take, in milliseconds; `null`: as long as it likes. */
  readonly timeout: number | null;
  /** Calls the handler inside its run context: for executors that run in this process. */
  call(): unknown;
}

/** What became of the handler: what it returned, or what it threw. @publicApi */
export type WorkResult =
  { readonly state: 'succeeded'; readonly value: unknown } | { readonly state: 'failed'; readonly error: unknown };
