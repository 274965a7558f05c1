import type { DurationInput } from '../triggers/duration.js';
import type { Coalesce } from './coalesce.js';
import type { JsonObject } from './json.js';
import type { Overlap } from './overlap.js';
import type { RetryOptions } from './retry.js';

/** What may be set for every job, by the decorators, by `addJob` and by `jobDefaults`. @publicApi */
export interface JobDefaults {
  /** A fire later than this is recorded as missed and does not run. Default `null`: never too late. */
  readonly misfireGraceTime?: DurationInput | null;
  /** Which of several overdue fires run. Default `'latest'`. */
  readonly coalesce?: Coalesce;
  /** How many overdue fires `coalesce: 'all'` catches up at most. Default 100. */
  readonly catchUpLimit?: number;
  /** How many runs of the job may run at the same time, across all nodes. Default 1. */
  readonly maxInstances?: number;
  /**
   * What becomes of a fire, or of `runJob`, while `maxInstances` runs are running: `'skip'` puts it on record as skipped,
   * `'queue'` lets it wait for its turn, behind those that wait already. The queue has no limit. `'queueOne'` lets one wait
   * that finds no instance, and skips the others until that has started. `'cancelRunning'` does so, too, and has the run
   * cancelled that runs for longest. Default `'skip'`.
   */
  readonly overlap?: Overlap;
  /**
   * How often and after what pauses a run is tried again whose handler has failed or whose process has died. Given as a
   * whole: it is not mixed with that of `jobDefaults`. Default `null`: it is not tried again.
   */
  readonly retry?: RetryOptions | null;
  /**
   * The job pauses itself when so many of its runs in a row have failed for good or were lost, as `pauseJob` would: nothing
   * of it starts, on any node, until `resumeJob`. A run counts once, however often it was attempted; one that succeeds sets
   * the count back. 1 or more. Default `null`: it goes on.
   */
  readonly pauseAfterFailures?: number | null;
  /**
   * How long each attempt of a run may take, from 1 millisecond to 24 days. Then its `signal` is aborted, the attempt has
   * failed with a {@link RunTimeoutError}, and others get its slot, whether or not the handler ends: a handler that goes
   * on should mind the signal. A synchronous handler can't be interrupted. Default `null`: as long as it likes.
   */
  readonly timeout?: DurationInput | null;
  /**
   * Puts every fire off by up to so much, by the same for a job and fire, before its next fire and never past `endAt`, so
   * that jobs of one schedule don't all start at once. Lateness and grace time count from there. Default 0.
   */
  readonly jitter?: DurationInput;
  /** Alias of the executor that runs it. Default `'default'`. */
  readonly executor?: string;
}

/** The options of one job. @publicApi */
export interface JobOptions extends JobDefaults {
  /** Unique in its store: 1 to 191 printable ASCII characters without blanks. */
  readonly id?: string;
  /** Free text for people, in one line: at most 1,000 printable characters. Default: the id. */
  readonly name?: string;
  /** Alias of the store that keeps it. Default `'default'`. */
  readonly store?: string;
  /** The job is retired after so many dispatched schedule fires. Default `null`: no limit. */
  readonly maxRuns?: number | null;
  /** To find jobs by: at most 100, each of 1 to 191 printable characters. */
  readonly tags?: readonly string[];
  /** A JSON object of at most 64 KiB, carried along with the job: handlers find it in `currentRun().metadata`. */
  readonly metadata?: JsonObject;
}
