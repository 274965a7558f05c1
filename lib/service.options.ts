import type { InStore } from './jobs/job-input.js';
import { assertKnownKeys } from './jobs/known-keys.js';
import { parseDuration, type DurationInput } from './triggers/duration.js';
import type { InstantInput } from './triggers/instant.js';

/** @publicApi */
export interface PreviewQuery extends InStore {
  /** Fires strictly after this instant. Default: now. */
  readonly from?: InstantInput;
  /** How many. Default 10. */
  readonly count?: number;
}

/** @publicApi */
export interface TimeLimit {
  /** Default: the module's `shutdownTimeout`. */
  readonly timeout?: DurationInput;
}

/** @publicApi */
export interface StartOptions {
  /** Starts without claiming anything until `resume()`. Default `false`. */
  readonly paused?: boolean;
}

/** @publicApi */
export interface RegisterTaskOptions {
  /** Names the task had before: stored jobs that carry one still find it. */
  readonly aliases?: readonly string[];
}

/** In milliseconds; `undefined`: the default. */
export function timeoutOf(limit: TimeLimit, what: string): number | undefined {
  assertKnownKeys(limit, ['timeout'], what);
  return limit.timeout === undefined ? undefined : parseDuration(limit.timeout, `${what}: timeout`);
}
