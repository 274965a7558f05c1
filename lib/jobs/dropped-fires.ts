import { dispatchesLeft, rollUpDue, type RollUp } from './fire-plan.js';
import type { JobRecord } from './job-record.js';
import { runsNowhere } from './runs-nowhere.js';

/**
 * The fires that are overdue at `now` when a job gets another trigger, as one record: nobody decides about them any
 * more, and they would be gone without a word. `null`: there are none.
 *
 * A job that is paused or disabled, or that nobody declares, has no overdue fires.
 */
export function droppedFires(before: JobRecord, after: JobRecord, now: number): RollUp | null {
  if (before.trigger === after.trigger || !isOverdue(before, now)) return null;
  // Taken by `startJob`: fires count from the start only.
  if (before.fence !== after.fence) return null;
  // A one-shot that is given the instant it had still has that fire.
  const isFirstKept = before.nextFireAt === after.nextFireAt && before.series === after.series;
  try {
    return rollUpDue(before, now, 'rescheduled', isFirstKept);
  } catch {
    // A trigger of the user's own that throws must not keep its job from getting another one.
    const slot = before.nextFireAt as number;
    if (isFirstKept) return null;
    return { state: 'skipped', reason: 'rescheduled', scheduledAt: slot, untilAt: slot, count: 1 };
  }
}

function isOverdue(job: JobRecord, now: number): boolean {
  if (job.state !== 'active' || runsNowhere(job.policy)) return false;
  return job.dueAt !== null && job.dueAt <= now && dispatchesLeft(job) !== 0;
}
