import type { JobRecord, JobOrigin, JobState, PauseReason } from './job-record.js';
import { optionsOf, type JobOptionsSnapshot } from './job-snapshot.js';
import type { JsonObject, JsonValue } from './json.js';
import type { TriggerDefinition } from '../triggers/trigger.js';

/** Of the documents that are written. Rises when a reader of the one before would misunderstand a document. */
export const JOBS_DOCUMENT_VERSION = 1;

/**
 * The jobs of one or more stores as plain JSON, made by `exportJobs` for `importJobs`. Instants are ISO 8601 texts in UTC.
 *
 * @publicApi
 */
export interface JobsDocument {
  readonly version: typeof JOBS_DOCUMENT_VERSION;
  /** When it was made, by the clock of the process that made it. */
  readonly exportedAt: string;
  readonly jobs: readonly ExportedJob[];
}

/** A job in a {@link JobsDocument}: what it is, and how far it has come. @publicApi */
export interface ExportedJob {
  readonly id: string;
  readonly name: string;
  /** Name of its task. */
  readonly task: string;
  /** Alias of the store that kept it; it goes into the store of that alias unless `importJobs` names another. */
  readonly store: string;
  /** Alias of its executor. */
  readonly executor: string;
  readonly origin: JobOrigin;
  /** A paused job stays paused. */
  readonly state: JobState;
  /** Of a paused job: who has paused it. Default `'manual'`. */
  readonly pauseReason?: PauseReason;
  readonly trigger: ExportedTrigger;
  readonly args: readonly JsonValue[];
  readonly metadata: JsonObject | null;
  readonly tags: readonly string[];
  readonly options: JobOptionsSnapshot;
  /** Where it goes on. One that is past is judged by the misfire policy. */
  readonly nextFire: string | null;
  /** High-water mark: no fire at or before it runs any more. */
  readonly lastFire: string | null;
  /** Dispatched schedule fires, as `maxRuns` counts them. */
  readonly runCount: number;
  /** Runs failed in a row. */
  readonly failures: number;
  /** Part of the ids of its runs from 2 on. */
  readonly series: number;
  /** Of a declared job: the definition that it was declared with, as a hash. */
  readonly declaration?: string;
  /** Of a declared one-shot: when it was stored, past its instant. */
  readonly placedLateAt?: string;
}

/** A trigger with all that its fires depend on, so that they are the same wherever it goes. @publicApi */
export interface ExportedTrigger {
  readonly definition: TriggerDefinition;
  /** What an interval without `startAt` counts from. */
  readonly anchor: string;
  /** The zone of the definition, or else the one that the module had. */
  readonly timeZone: string;
}

/** @param stored jobs, each with the alias of its store */
export function jobsDocument(stored: readonly (readonly [JobRecord, string])[], now: number): JobsDocument {
  const document: JobsDocument = {
    version: JOBS_DOCUMENT_VERSION,
    exportedAt: toText(now),
    jobs: stored.map(([job, store]) => exportedJob(job, store)),
  };
  // A copy: who changes it must not change what a store in memory holds.
  return JSON.parse(JSON.stringify(document)) as JobsDocument;
}

function exportedJob(job: JobRecord, store: string): ExportedJob {
  const { id, name, task, executor, origin, state, args, metadata, tags, runCount, failures, series } = job;
  const { definition, anchor, timeZone } = job.trigger;
  const { placedLateAt } = job.policy;
  return {
    id,
    name,
    task,
    store,
    executor,
    origin,
    state,
    ...(state === 'paused' && job.pauseReason !== null ? { pauseReason: job.pauseReason } : {}),
    trigger: { definition, anchor: toText(anchor), timeZone },
    args,
    metadata,
    tags,
    options: optionsOf(job),
    nextFire: textOrNull(job.nextFireAt),
    lastFire: textOrNull(job.lastFireAt),
    runCount,
    failures,
    series,
    ...(origin === 'declared' ? { declaration: job.definition } : {}),
    ...(placedLateAt === undefined ? {} : { placedLateAt: toText(placedLateAt) }),
  };
}

function textOrNull(instant: number | null): string | null {
  return instant === null ? null : toText(instant);
}

function toText(instant: number): string {
  return new Date(instant).toISOString();
}
