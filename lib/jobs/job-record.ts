import type { StoredTrigger } from '../triggers/stored-trigger.js';
import type { Coalesce } from './coalesce.js';
import type { JsonObject, JsonValue } from './json.js';
import type { Overlap } from './overlap.js';
import type { RetryPolicy } from './retry.js';

/** `'active'`: it fires; `'paused'`: no fire is claimed; `'finished'`: no fire is left. @publicApi */
export type JobState = 'active' | 'paused' | 'finished';

/** Who paused a job: `'manual'`, a call; `'failures'`, the job itself, by `pauseAfterFailures`. @publicApi */
export type PauseReason = 'manual' | 'failures';

/** `'declared'` by a decorator, or `'added'` at run time. @publicApi */
export type JobOrigin = 'declared' | 'added';

/** The options of a job that decide whether and how often a fire runs, as the store keeps them. */
export interface JobPolicy {
  /** Milliseconds; `null`: never too late. */
  readonly misfireGraceTime: number | null;
  readonly coalesce: Coalesce;
  readonly catchUpLimit: number;
  readonly maxRuns: number | null;
  /** Up to so many milliseconds a fire is put off; not there: none. */
  readonly jitter?: number;
  /** Not there: `'skip'`. */
  readonly overlap?: Overlap;
  /** Not there: a run is attempted once. */
  readonly retry?: RetryPolicy;
  /** Milliseconds; not there: a run may take as long as it likes. */
  readonly timeout?: number;
  /** Not there: it goes on however many runs fail. */
  readonly pauseAfterFailures?: number;
  /** A declared one-shot was past when it was placed, at this instant: epoch ms. */
  readonly placedLateAt?: number;
  /** Since when nobody declares this declared job any more, epoch ms. */
  readonly orphanedAt?: number;
  /** Since when all who declare this declared job have it disabled, epoch ms. */
  readonly disabledAt?: number;
}

/** Version of the stored form of a job; a row with a higher one is left alone by this version of the package. */
export const JOB_FORMAT_VERSION = 1;

/** A job as the stores keep it. Instants are epoch milliseconds. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly task: string;
  readonly trigger: StoredTrigger;
  readonly args: readonly JsonValue[];
  readonly metadata: JsonObject | null;
  readonly tags: readonly string[];
  readonly executor: string;
  readonly origin: JobOrigin;
  readonly state: JobState;
  /** The next slot. */
  readonly nextFireAt: number | null;
  /** The next slot plus its jitter: what the index and the clock see. */
  readonly dueAt: number | null;
  /** High-water mark: no slot at or before it is ever dispatched again in this series. */
  readonly lastFireAt: number | null;
  /** Rises with every change of the definition or state; starts at the store's clock, so it never repeats for an id. */
  readonly gen: number;
  /** Rises with every taking of a slot; starts at the store's clock. */
  readonly fence: number;
  /** Rises when the same slot may run again under this id: part of the run id from 2 on. */
  readonly series: number;
  readonly maxInstances: number;
  readonly policy: JobPolicy;
  /** Dispatched schedule fires. */
  readonly runCount: number;
  /** Runs failed in a row, not attempts: see `failuresAfter` in `jobs/failures.ts`. */
  readonly failures: number;
  /** Of a paused job; without a meaning otherwise. `null` counts as `'manual'`. */
  readonly pauseReason: PauseReason | null;
  /** Hash of the definition as it was declared or added. */
  readonly definition: string;
  readonly formatVersion: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}
