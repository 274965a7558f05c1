import { StoredTrigger } from '../triggers/stored-trigger.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import { dispatchesLeft } from './fire-plan.js';
import { firstFire, nextFire } from './first-fire.js';
import { dueAtOf } from './jitter.js';
import { draftHash, hasSameTrigger, type JobDraft } from './job-draft.js';
import { InvalidJobOptionError } from './job-errors.js';
import { JOB_FORMAT_VERSION, type JobPolicy, type JobRecord, type PauseReason } from './job-record.js';
import { runsNowhere } from './runs-nowhere.js';
import { namingJob } from './search-of-job.js';

/** What a store tells while it holds the lock of an id. */
export interface Facts {
  readonly now: number;
  readonly lastSeries: number;
}

/** The record of an id that is not stored yet. */
export function newJob(draft: JobDraft, facts: Facts): JobRecord {
  const { now } = facts;
  const { definition, timeZone } = draft;
  const trigger = draft.trigger?.addedAt(now) ?? StoredTrigger.of(definition, { addedAt: now, timeZone });
  const nextFireAt = firstFire(trigger, draft.id, now);
  const policy = policyOfPlacedJob(draft, nextFireAt, now);
  const { name, executor, maxInstances, tags, metadata } = draft.options;
  // One literal: spread into it, `definedPart` makes the record five times as large, which 100,000 jobs feel.
  return {
    id: draft.id,
    name,
    task: draft.task,
    args: draft.args,
    metadata,
    tags,
    executor,
    maxInstances,
    definition: draftHash(draft),
    policy,
    trigger,
    origin: draft.origin,
    state: nextFireAt === null ? 'finished' : 'active',
    nextFireAt,
    dueAt: dueOf({ id: draft.id, policy, trigger }, nextFireAt),
    lastFireAt: null,
    gen: now,
    fence: now,
    series: facts.lastSeries + 1,
    runCount: 0,
    failures: 0,
    pauseReason: null,
    formatVersion: JOB_FORMAT_VERSION,
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * A declared one-shot that is past when it is stored, or given that instant, has been missed, unless it has a grace
 * time of its own: its first claim puts the miss on record.
 *
 * @param kept what the job has of its own, where that is not what the draft says
 */
export function policyOfPlacedJob(
  { origin, definition, options }: JobDraft,
  nextFireAt: number | null,
  now: number,
  kept: { readonly kind: string; readonly policy: JobPolicy } = { kind: definition.kind, policy: options.policy },
): JobPolicy {
  const isPastOneShot = kept.kind === 'at' && nextFireAt !== null && nextFireAt < now;
  if (origin !== 'declared' || !isPastOneShot || options.hasOwnGrace) return kept.policy;
  return { ...kept.policy, placedLateAt: now };
}

/**
 * The draft in place of the stored job. An unchanged trigger that still has a next fire keeps its course: next fire,
 * pause, high-water mark and run count. Otherwise the job starts as a new one does.
 */
export function replaceJob(draft: JobDraft, stored: JobRecord, now: number): JobRecord {
  const changed = { ...stored, ...definedPart(draft), gen: nextGen(stored, now), updatedAt: now };
  if (hasSameTrigger(stored, draft) && stored.nextFireAt !== null) return dueAnew(changed, stored);
  const restarted = restart(changed, draft.definition, draft.timeZone, now);
  return { ...restarted, runCount: 0, failures: 0, state: restarted.nextFireAt === null ? 'finished' : 'active' };
}

/**
 * A declared job against what is stored of it: the same definition keeps the row as it is, next fire and changes made
 * at run time included; a changed trigger is computed anew, a pause is kept, a finished job comes back.
 */
export function reconcileJob(draft: JobDraft, stored: JobRecord, now: number): JobRecord | null {
  if (stored.definition === draftHash(draft)) return reviveJob(stored, now);
  const changed: JobRecord = { ...stored, ...definedPart(draft), gen: nextGen(stored, now), updatedAt: now };
  if (hasSameTrigger(stored, draft)) return withRunsLeft(dueAnew(changed, stored), stored, now);
  const restarted = restart(changed, draft.definition, draft.timeZone, now);
  if (restarted.nextFireAt === null) return { ...restarted, state: 'finished' };
  return {
    ...restarted,
    policy: policyOfPlacedJob(draft, restarted.nextFireAt, now),
    state: stored.state === 'paused' ? 'paused' : 'active',
    // What `maxRuns` has ended would else come back without a run left.
    runCount: stored.state === 'finished' ? 0 : stored.runCount,
  };
}

/** A job that `maxRuns` had ended goes on when that lets it. */
function withRunsLeft(job: JobRecord, before: JobRecord, now: number): JobRecord {
  const mayGoOn = before.state === 'finished' && dispatchesLeft(before) === 0 && dispatchesLeft(job) !== 0;
  const nextFireAt = mayGoOn
    ? nextFire(job.trigger.bind(job.id), job.id, Math.max(now - 1, job.lastFireAt ?? 0))
    : null;
  return nextFireAt === null ? job : { ...job, state: 'active', nextFireAt, dueAt: dueOf(job, nextFireAt) };
}

/** A declared job that nobody declared for a while, or that others took for such a one or for disabled, goes on as it was. */
export function reviveJob(stored: JobRecord, now: number): JobRecord | null {
  if (!runsNowhere(stored.policy)) return null;
  const { orphanedAt: _orphanedAt, disabledAt: _disabledAt, ...policy } = stored.policy;
  return { ...stored, policy, gen: nextGen(stored, now), updatedAt: now };
}

/**
 * Another trigger for a stored job. A pause is kept, a finished declared job comes back.
 *
 * @throws {InvalidJobOptionError} when `maxRuns` would let none of its fires through
 * @throws {TriggerSearchError} naming the job
 */
export function rescheduleJob(
  stored: JobRecord,
  definition: TriggerDefinition,
  timeZone: string,
  now: number,
): JobRecord {
  if (dispatchesLeft(stored) === 0) {
    throw new InvalidJobOptionError(
      `Job "${stored.id}": its maxRuns (${stored.policy.maxRuns}) is used up, so that it would never fire. ` +
        `Raise it with modifyJob() first.`,
    );
  }
  const changed = { ...stored, gen: nextGen(stored, now), updatedAt: now };
  const restarted = restart(changed, definition, timeZone, now);
  if (stored.state === 'paused') return restarted;
  return { ...restarted, state: restarted.nextFireAt === null ? 'finished' : 'active' };
}

/** What `modifyJob` may change; the trigger is `rescheduleJob`'s. */
export type JobModification = Partial<
  Pick<JobRecord, 'name' | 'args' | 'metadata' | 'tags' | 'executor' | 'maxInstances'>
> & { readonly policy?: Partial<JobPolicy> };

export function modifyJob(stored: JobRecord, change: JobModification, now: number): JobRecord {
  const policy = { ...stored.policy, ...change.policy };
  const changed = { ...stored, ...change, policy, gen: nextGen(stored, now), updatedAt: now };
  return withRunsLeft(dueAnew(changed, stored), stored, now);
}

/** A job without a fire left is paused as well while a run of it is queued, such as a retry, or may come to be. */
export function pauseJob(
  stored: JobRecord,
  now: number,
  hasUnfinishedRun: boolean,
  pauseReason: PauseReason = 'manual',
): JobRecord | null {
  if (stored.state === 'paused' || (stored.state === 'finished' && !hasUnfinishedRun)) return null;
  return { ...stored, state: 'paused', pauseReason, gen: nextGen(stored, now), updatedAt: now };
}

/**
 * Goes on from now, or, with `catchUp`, treats the pause as downtime; runs that had failed are forgotten. A job whose only fire passed meanwhile keeps it,
 * so that its misfire policy judges it.
 */
export function resumeJob(stored: JobRecord, now: number, catchUp: boolean): JobRecord | null {
  if (stored.state !== 'paused') return null;
  const course = courseAfterPause(stored, now, catchUp);
  return {
    ...stored,
    ...course,
    state: course.nextFireAt === null ? 'finished' : 'active',
    pauseReason: null,
    failures: 0,
    gen: nextGen(stored, now),
    updatedAt: now,
  };
}

/** A trigger that throws leaves the job the fire it had: the claim of that tells what is wrong, and keeps the job. */
function courseAfterPause(stored: JobRecord, now: number, catchUp: boolean): Pick<JobRecord, 'nextFireAt' | 'dueAt'> {
  const { id, trigger, nextFireAt, dueAt } = stored;
  if (catchUp || dueAt === null || dueAt >= now) return { nextFireAt, dueAt };
  try {
    const next = trigger.bind(id).next(now - 1) ?? nextFireAt;
    return { nextFireAt: next, dueAt: dueOf(stored, next) };
  } catch {
    return { nextFireAt, dueAt };
  }
}

/**
 * A job that was added before the scheduler started: its first fire counts from the start. One whose last fire has
 * passed by then keeps it, so that its misfire policy judges it; so does one whose trigger throws, which must not keep
 * others from starting. What else was due before is taken, as by a claim, and comes to nothing.
 */
export function startJob(stored: JobRecord, now: number): JobRecord | null {
  const changed = { ...stored, gen: nextGen(stored, now), fence: stored.fence + 1, updatedAt: now };
  try {
    const restarted = restart(changed, stored.trigger.definition, stored.trigger.timeZone, now);
    return restarted.nextFireAt === null ? null : restarted;
  } catch {
    return null;
  }
}

/** Marks a declared job that nobody declares any more, once. */
export function orphanJob(stored: JobRecord, now: number): JobRecord | null {
  if (stored.policy.orphanedAt !== undefined) return null;
  return { ...stored, policy: { ...stored.policy, orphanedAt: now }, gen: nextGen(stored, now), updatedAt: now };
}

function definedPart(draft: JobDraft) {
  const { name, executor, maxInstances, policy, tags, metadata } = draft.options;
  const { task, args } = draft;
  return { name, task, args, metadata, tags, executor, maxInstances, policy, definition: draftHash(draft) };
}

/**
 * Places a job's trigger anew. When its first slot is one that may have been dispatched before, the series rises, so
 * that the slot has a run id of its own, and the high-water mark is cleared.
 */
export function restart(job: JobRecord, definition: TriggerDefinition, timeZone: string, now: number): JobRecord {
  const trigger = StoredTrigger.of(definition, { addedAt: now, timeZone });
  const { placedLateAt: _placedLateAt, ...policy } = job.policy;
  // A handler that reschedules its own job within the millisecond of its fire must not fire that slot again.
  const from = definition.kind === 'at' || job.lastFireAt === null ? now : Math.max(now, job.lastFireAt + 1);
  const nextFireAt = firstFire(trigger, job.id, from);
  const repeats = nextFireAt !== null && job.lastFireAt !== null && nextFireAt <= job.lastFireAt;
  return {
    ...job,
    policy,
    trigger,
    nextFireAt,
    dueAt: dueOf({ ...job, trigger }, nextFireAt),
    series: repeats ? job.series + 1 : job.series,
    lastFireAt: repeats ? null : job.lastFireAt,
  };
}

/** When a slot of a job is due. */
export function dueOf(
  { id, policy, trigger }: Pick<JobRecord, 'id' | 'policy' | 'trigger'>,
  slot: number | null,
): number | null {
  if (slot === null || policy.jitter === undefined) return slot;
  try {
    return dueAtOf({ id, policy }, trigger.bind(id), slot);
  } catch (error) {
    throw namingJob(error, id);
  }
}

/** A job that keeps its next fire, due as its policy says now. */
export function dueAnew(job: JobRecord, before: Pick<JobRecord, 'policy'>): JobRecord {
  return job.policy.jitter === before.policy.jitter ? job : { ...job, dueAt: dueOf(job, job.nextFireAt) };
}

/** Rises even when the clock stands still or steps back. */
export function nextGen(stored: JobRecord, now: number): number {
  return Math.max(stored.gen + 1, now);
}
