import { LAST_INSTANT } from '../triggers/civil.js';
import type { Trigger } from '../triggers/trigger.js';
import type { JobPolicy } from './job-record.js';
import { lookAhead } from './look-ahead.js';
import { stableChoice } from './stable-choice.js';

/** What the jitter of a job depends on. */
interface JitteredJob {
  readonly id: string;
  readonly policy: Pick<JobPolicy, 'jitter'>;
}

/**
 * When a slot is due: up to `jitter` milliseconds after it, always the same for a job and slot, before the next slot and
 * never past the end of the trigger. The schedule itself knows nothing of it.
 *
 * @param trigger the job's, bound
 */
export function dueAtOf(job: JitteredJob, trigger: Trigger, slot: number): number {
  const { jitter } = job.policy;
  return jitter === undefined ? slot : slot + offsetOf(job.id, trigger, slot, jitter);
}

function offsetOf(jobId: string, trigger: Trigger, slot: number, jitter: number): number {
  const next = lookAhead(trigger, slot, slot).at ?? Infinity;
  const end = Math.min(trigger.endAt ?? Infinity, LAST_INSTANT);
  const choices = Math.min(jitter + 1, next - slot, Math.max(0, end - slot) + 1);
  return stableChoice(`jitter:${jobId}@${slot}`, choices);
}
