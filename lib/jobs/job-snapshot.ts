import type { TriggerDefinition } from '../triggers/trigger.js';
import type { Coalesce, JobOrigin, JobState } from './job-record.js';
import type { JsonObject, JsonValue } from './json.js';

/** The options a job was stored with, defaults filled in. @publicApi */
export interface JobOptionsSnapshot {
  /** Milliseconds; `null`: never too late. */
  readonly misfireGraceTime: number | null;
  readonly coalesce: Coalesce;
  readonly catchUpLimit: number;
  readonly maxInstances: number;
  readonly maxRuns: number | null;
}

/** A job at one moment, read-only. @publicApi */
export interface JobSnapshot {
  readonly id: string;
  readonly name: string;
  readonly task: string;
  /** Alias of the store that keeps it. */
  readonly store: string;
  readonly executor: string;
  readonly trigger: TriggerDefinition;
  readonly args: readonly JsonValue[];
  readonly nextFire: Date | null;
  readonly lastFire: Date | null;
  readonly state: JobState;
  readonly origin: JobOrigin;
  /** Dispatched schedule fires. */
  readonly runCount: number;
  readonly options: JobOptionsSnapshot;
  readonly tags: readonly string[];
  readonly metadata: JsonObject | null;
}
