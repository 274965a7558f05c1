import type { StoredTrigger } from '../triggers/stored-trigger.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import type { Coalesce } from './coalesce.js';
import type { JobOrigin, JobPolicy, JobRecord, JobState, PauseReason } from './job-record.js';
import type { JsonObject, JsonValue } from './json.js';
import type { Overlap } from './overlap.js';
import type { RetryPolicy } from './retry.js';

/** The options a job was stored with, defaults filled in. @publicApi */
export interface JobOptionsSnapshot {
  /** Milliseconds; `null`: never too late. */
  readonly misfireGraceTime: number | null;
  readonly coalesce: Coalesce;
  readonly catchUpLimit: number;
  readonly maxInstances: number;
  readonly overlap: Overlap;
  /** `null`: a run is attempted once. */
  readonly retry: RetryPolicy | null;
  /** `null`: it goes on however many runs fail. */
  readonly pauseAfterFailures: number | null;
  /** Milliseconds that an attempt may take; `null`: no limit. */
  readonly timeout: number | null;
  /** `null`: no limit. */
  readonly maxRuns: number | null;
  /** Milliseconds. */
  readonly jitter: number;
}

/** A job at one moment, read-only. @publicApi */
export interface JobSnapshot {
  readonly id: string;
  /** For people: the id unless one was given. */
  readonly name: string;
  /** Name of its task. */
  readonly task: string;
  /** Alias of the store that keeps it. */
  readonly store: string;
  /** Alias of the executor that runs it. */
  readonly executor: string;
  readonly trigger: TriggerDefinition;
  /** The trigger in words: `at 03:00, Monday to Friday (Europe/Berlin)`. Not part of the snapshot as JSON. */
  readonly schedule: string;
  readonly args: readonly JsonValue[];
  /**
   * The next fire, without its jitter; `null` without one, and while the job is disabled. Where `allOf` or `except` have not found it yet, the instant
   * at which the search goes on: there is no fire before it, and there may be none at it.
   */
  readonly nextFire: Date | null;
  /** The last fire that was decided about, whatever came of it; `null` before the first. */
  readonly lastFire: Date | null;
  /**
   * `'disabled'`: all processes that declare the job have it disabled, so nobody fires it. A pause it may have is not to
   * be seen then, and holds when it is enabled again.
   */
  readonly state: JobState | 'disabled';
  /** Who has paused it; `null`: it is not paused. */
  readonly pauseReason: PauseReason | null;
  readonly origin: JobOrigin;
  /** Dispatched schedule fires. */
  readonly runCount: number;
  /** How many runs in a row have failed or were lost, up to the last that has ended; none from before a change or pause. */
  readonly failures: number;
  readonly options: JobOptionsSnapshot;
  readonly tags: readonly string[];
  readonly metadata: JsonObject | null;
}

/** A copy of a stored job for those outside, so that nobody sees it change or changes it. */
export class JobView implements JobSnapshot {
  readonly id: string;
  readonly name: string;
  readonly task: string;
  readonly store: string;
  readonly executor: string;
  readonly trigger: TriggerDefinition;
  readonly args: readonly JsonValue[];
  readonly nextFire: Date | null;
  readonly lastFire: Date | null;
  readonly state: JobState | 'disabled';
  readonly pauseReason: PauseReason | null;
  readonly origin: JobOrigin;
  readonly runCount: number;
  readonly failures: number;
  readonly options: JobOptionsSnapshot;
  readonly tags: readonly string[];
  readonly metadata: JsonObject | null;

  readonly #stored: StoredTrigger;

  constructor(record: JobRecord, store: string) {
    this.id = record.id;
    this.name = record.name;
    this.task = record.task;
    this.store = store;
    this.executor = record.executor;
    this.trigger = record.trigger.definition;
    this.#stored = record.trigger;
    this.args = record.args;
    const isDisabled = record.state !== 'finished' && record.policy.disabledAt !== undefined;
    this.nextFire = isDisabled ? null : dateOrNull(record.nextFireAt);
    this.lastFire = dateOrNull(record.lastFireAt);
    this.state = isDisabled ? 'disabled' : record.state;
    this.pauseReason = this.state === 'paused' ? (record.pauseReason ?? 'manual') : null;
    this.origin = record.origin;
    this.runCount = record.runCount;
    this.failures = record.failures;
    this.options = optionsOf(record);
    this.tags = record.tags;
    this.metadata = record.metadata;
  }

  /** Made when it is read: events carry snapshots that few people look at. */
  get schedule(): string {
    return this.#stored.bind(this.id).describe();
  }
}

/** What was last made, and of what: most jobs that are shown together have the same options. */
let lastOptions: JobOptionsSnapshot | null = null;
let lastPolicy: JobPolicy | null = null;

export function optionsOf({ maxInstances, policy }: JobRecord): JobOptionsSnapshot {
  if (lastOptions && policy === lastPolicy && maxInstances === lastOptions.maxInstances) return lastOptions;
  lastPolicy = policy;
  lastOptions = Object.freeze(makeOptions(maxInstances, policy));
  return lastOptions;
}

function makeOptions(maxInstances: number, policy: JobPolicy): JobOptionsSnapshot {
  const {
    misfireGraceTime,
    coalesce,
    catchUpLimit,
    maxRuns,
    overlap = 'skip',
    retry,
    pauseAfterFailures = null,
    timeout = null,
    jitter = 0,
  } = policy;
  const ofRuns = { maxInstances, overlap, retry: retry ? { ...retry } : null, pauseAfterFailures, timeout, maxRuns };
  return { misfireGraceTime, coalesce, catchUpLimit, ...ofRuns, jitter };
}

function dateOrNull(instant: number | null): Date | null {
  return instant === null ? null : new Date(instant);
}
