import type { StoredTrigger } from '../triggers/stored-trigger.js';
import { identityOf } from '../triggers/trigger-identity.js';
import { canonicalJson } from './definition-hash.js';
import { dueAnew, nextGen } from './job-changes.js';
import { JOB_FORMAT_VERSION, type JobPolicy, type JobRecord, type JobState } from './job-record.js';

/** A job of a document, checked: a record but for what the store that takes it says. */
export type ImportedJob = Omit<JobRecord, 'gen' | 'fence' | 'formatVersion' | 'createdAt' | 'updatedAt'>;

/** What a store tells while it holds the lock of an id. */
interface Facts {
  readonly now: number;
  readonly lastSeries: number;
}

/** How far a job has come. */
type Course = Pick<JobRecord, 'nextFireAt' | 'dueAt' | 'lastFireAt' | 'series' | 'runCount' | 'failures'>;

/**
 * The record of an id that is not stored. It keeps its series: a slot that this store has a run of already, under the
 * same id, is not run once more.
 */
export function newImported(job: ImportedJob, { now }: Facts): JobRecord {
  return { ...job, gen: now, fence: now, formatVersion: JOB_FORMAT_VERSION, createdAt: now, updatedAt: now };
}

/**
 * The job of the document in place of the stored one: as the document says, but where the stored job has the same trigger
 * and has come further, it stays where it is. No slot that either has decided about runs again.
 *
 * A declared job stays one. When its code says something else than that of the document did, the code counts, and
 * the document says only how far the job has come, as long as the trigger is the same, and whether it is paused.
 */
export function replaceByImported(job: ImportedJob, stored: JobRecord, facts: Facts): JobRecord {
  const isOrphaned = stored.policy.orphanedAt !== undefined;
  const { origin, definition } = isOrphaned ? job : stored;
  const isRedeclared = job.origin === 'declared' && origin === 'declared' && definition !== job.definition;
  const hasSameFires = isSameTrigger(job.trigger, stored.trigger);
  const isForeign = isRedeclared && !hasSameDefinition(job.trigger, stored.trigger);
  const keepsCourse = isForeign || (hasSameFires && isFurther(stored, job));
  // The very object, where its fires are the same: by that stores see whether fires of another one are dropped.
  const trigger = keepsCourse || hasSameFires ? stored.trigger : job.trigger;
  const replaced: JobRecord = {
    ...stored,
    ...definedPart(isRedeclared ? stored : job),
    policy: policyOf(isRedeclared ? stored : job, isOrphaned ? null : stored),
    ...(keepsCourse ? courseOf(stored) : courseAfter(job, stored, facts)),
    origin,
    definition,
    trigger,
    gen: nextGen(stored, facts.now),
    updatedAt: facts.now,
  };
  const state = stateOf(replaced, job, stored);
  const pauseReason = state === 'paused' ? job.pauseReason : null;
  return dueAnew({ ...replaced, state, pauseReason }, keepsCourse ? stored : job);
}

function definedPart({ name, task, args, metadata, tags, executor, maxInstances }: ImportedJob) {
  return { name, task, args, metadata, tags, executor, maxInstances };
}

/** Whether a job is disabled, the code says where it is declared. */
function policyOf({ policy }: ImportedJob, declared: JobRecord | null): JobPolicy {
  const disabledAt = declared?.policy.disabledAt;
  return disabledAt === undefined ? policy : { ...policy, disabledAt };
}

function courseOf({ nextFireAt, dueAt, lastFireAt, series, runCount, failures }: ImportedJob): Course {
  return { nextFireAt, dueAt, lastFireAt, series, runCount, failures };
}

/** The course of the document, behind the high-water mark of what was stored. */
function courseAfter(job: ImportedJob, stored: JobRecord, facts: Facts): Course {
  const course = courseOf(job);
  const series = Math.max(job.series, stored.series);
  const mark = later(job.lastFireAt, stored.lastFireAt);
  const isOneShot = job.trigger.definition.kind === 'at';
  // As in `restart`: another one-shot for an instant that is over has that fire.
  if (isOneShot && mark !== null && job.nextFireAt !== null && job.nextFireAt <= mark) {
    return { ...course, series: Math.max(job.series, stored.series + 1, facts.lastSeries + 1), lastFireAt: null };
  }
  return { ...course, series, lastFireAt: mark };
}

function stateOf({ nextFireAt }: JobRecord, job: ImportedJob, stored: JobRecord): JobState {
  const isPaused = job.state === 'paused';
  if (nextFireAt !== null) return isPaused ? 'paused' : 'active';
  // A run of it may still wait for the end of the pause.
  return isPaused && stored.state === 'paused' ? 'paused' : 'finished';
}

/** Whether `one` has decided about slots that `other` has not. */
function isFurther(one: ImportedJob, other: ImportedJob): boolean {
  if (one.series !== other.series) return one.series > other.series;
  return (one.lastFireAt ?? -Infinity) > (other.lastFireAt ?? -Infinity);
}

function later(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

/** Whether two triggers fire at the same instants, also where they count from the moment they were added. */
function isSameTrigger(one: StoredTrigger, other: StoredTrigger): boolean {
  const countsFromAnchor = one.bound.isAnchored || other.bound.isAnchored;
  return hasSameDefinition(one, other) && (!countsFromAnchor || one.anchor === other.anchor);
}

function hasSameDefinition(one: StoredTrigger, other: StoredTrigger): boolean {
  return canonicalJson(identity(one)) === canonicalJson(identity(other));
}

function identity({ definition, timeZone }: StoredTrigger): unknown {
  return identityOf(definition, timeZone);
}
