import { pauseJob, resumeJob } from '../jobs/job-changes.js';
import { JobNotFoundError } from '../jobs/job-errors.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { ChangedJob } from '../stores/job-store.js';
import type { StoreAccess } from './store-access.js';

// Changes of stored jobs, each with what has to be told and woken for it.

/** @throws {JobNotFoundError} */
export async function changeOne(
  { store, jobs, afterwards }: StoreAccess,
  id: string,
  change: (job: JobRecord, now: number) => JobRecord | null,
  tell: (after: JobRecord) => void,
): Promise<JobRecord> {
  const [changed] = await jobs.changeJobs([id], change);
  if (!changed) throw new JobNotFoundError(id, [store.alias]);
  const { after, isRetired, dropped } = changed;
  afterwards(() => {
    if (dropped) store.events.recorded(dropped);
    if (isRetired) store.events.finished(after);
    store.runner?.wake();
    tell(after);
  });
  return after;
}

export async function pauseIn(
  { store, jobs, afterwards }: StoreAccess,
  ids: readonly string[],
): Promise<readonly ChangedJob[]> {
  const changed = await jobs.changeJobs(ids, pauseJob);
  afterwards(() => {
    for (const { after } of changed.filter(isChanged)) store.events.paused(after, 'manual');
  });
  return changed;
}

/** Answers those that were paused. */
export async function resumeIn(
  { store, jobs, afterwards }: StoreAccess,
  ids: readonly string[],
  catchUp: boolean,
): Promise<JobRecord[]> {
  const changed = await jobs.changeJobs(ids, (job, now) => resumeJob(job, now, catchUp));
  const resumed = changed.filter(isChanged);
  afterwards(() => {
    for (const { after, isRetired } of resumed) {
      store.events.job('job.resumed', after.id);
      if (isRetired) store.events.finished(after);
    }
    store.runner?.wake();
  });
  return resumed.map(({ after }) => after);
}

/** Answers the ids of those that were there to be removed. */
export async function removeIn(
  { store, jobs, afterwards }: StoreAccess,
  ids: readonly string[],
  tell: (removed: readonly string[]) => void,
): Promise<readonly string[]> {
  const removed = await jobs.removeJobs(ids);
  const removedIds = removed.map(({ job }) => job.id);
  afterwards(() => {
    for (const { cancelled } of removed) for (const run of cancelled) store.events.recorded(run);
    if (removedIds.length > 0) tell(removedIds);
  });
  return removedIds;
}

export function isChanged({ before, after }: ChangedJob): boolean {
  return before.gen !== after.gen;
}
