import type { InStore } from './jobs/job-input.js';
import { assertKnownKeys } from './jobs/known-keys.js';
import type { TaskRetryIf } from './jobs/retry-if.js';
import { parseDuration, type DurationInput } from './triggers/duration.js';
import type { InstantInput } from './triggers/instant.js';

/** Which fires `preview` answers. @publicApi */
export interface PreviewQuery extends InStore {
  /** Fires strictly after this instant. Default: now. */
  readonly from?: InstantInput;
  /** How many at most; 0 to 1,000. Default 10. */
  readonly count?: number;
}

/** How long `shutdown`, `removeStore` and `removeExecutor` wait for runs to end. @publicApi */
export interface TimeLimit {
  /** `0` waits for nothing. Default: the module's `shutdownTimeout`. */
  readonly timeout?: DurationInput;
}

/** How `start` starts. @publicApi */
export interface StartOptions {
  /** Starts without claiming anything until `resume()`. Default `false`. */
  readonly paused?: boolean;
}

/** What `registerTask` may know of a task beside its name. @publicApi */
export interface RegisterTaskOptions extends TaskRetryIf {
  /** Names the task had before: stored jobs that carry one still find it. */
  readonly aliases?: readonly string[];
}

/** In milliseconds; `undefined`: the default. */
export function timeoutOf(limit: TimeLimit, what: string): number | undefined {
  assertKnownKeys(limit, ['timeout'], what);
  return limit.timeout === undefined ? undefined : parseDuration(limit.timeout, `${what}: timeout`);
}
