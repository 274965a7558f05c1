import { nextFire } from './first-fire.js';
import { dueOf, newJob, nextGen, policyOfPlacedJob, reconcileJob, restart, type Facts } from './job-changes.js';
import type { JobDraft } from './job-draft.js';
import type { JobRecord } from './job-record.js';

// A declared job that is disabled keeps its row as it is, with a mark: what it did, whether it is paused, and what was
// changed of it at run time is there when it is enabled again.

/** Marks a declared job that no node runs, since all that declare it have it disabled. */
export function disableJob(stored: JobRecord, now: number): JobRecord | null {
  const { orphanedAt, disabledAt, ...policy } = stored.policy;
  if (disabledAt !== undefined && orphanedAt === undefined) return null;
  const marked = { ...policy, disabledAt: disabledAt ?? now };
  return { ...stored, policy: marked, gen: nextGen(stored, now), updatedAt: now };
}

/** A declared job that is disabled when it is stored for the first time. */
export function newDisabledJob(draft: JobDraft, facts: Facts): JobRecord {
  const job = newJob(draft, facts);
  return { ...job, policy: { ...job.policy, disabledAt: facts.now } };
}

/**
 * A declared job that was disabled goes on from now, as it is declared now. A fire that is still to come stays; those
 * that fell into the meantime are left out, but that of a one-shot is missed.
 *
 * @throws {TriggerSearchError} naming the job
 */
export function enableJob(draft: JobDraft, stored: JobRecord, now: number): JobRecord {
  const { orphanedAt: _orphanedAt, disabledAt: _disabledAt, ...policy } = stored.policy;
  const enabled: JobRecord = { ...stored, policy, gen: nextGen(stored, now), updatedAt: now };
  const reconciled = reconcileJob(draft, enabled, now) ?? enabled;
  // Another trigger counts from now anyway.
  return reconciled.trigger === stored.trigger ? goneOnFrom(reconciled, draft, now) : reconciled;
}

function goneOnFrom(job: JobRecord, draft: JobDraft, now: number): JobRecord {
  if (job.state === 'finished' || job.dueAt === null || job.dueAt >= now) return job;
  const placed = job.lastFireAt === null ? beginAnew(job, draft, now) : withNextFire(job, now);
  return placed.nextFireAt === null ? { ...placed, state: 'finished' } : placed;
}

/** It has not begun yet: its time counts from now, as that of a job that is new. */
function beginAnew(job: JobRecord, draft: JobDraft, now: number): JobRecord {
  const { definition, timeZone } = job.trigger;
  const placed = restart(job, definition, timeZone, now);
  const kept = { kind: definition.kind, policy: placed.policy };
  return { ...placed, policy: policyOfPlacedJob(draft, placed.nextFireAt, now, kept) };
}

function withNextFire(job: JobRecord, now: number): JobRecord {
  const after = Math.max(now - 1, job.lastFireAt ?? 0);
  const next = nextFire(job.trigger.bind(job.id), job.id, after);
  return { ...job, nextFireAt: next, dueAt: dueOf(job, next) };
}
