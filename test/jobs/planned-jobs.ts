import type { JobPolicy, JobRecord } from '../../lib/jobs/job-record.js';
import type { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import type { Trigger } from '../../lib/triggers/trigger.js';
import { aJob } from '../support/store-fixtures.js';

/** A job whose next slot is `slot`, on any trigger at all. */
export function jobOn(trigger: Trigger, slot: number, policy: Partial<JobPolicy> = {}, runCount = 0): JobRecord {
  const job = aJob({ id: 'job', nextFireAt: slot }, slot);
  return {
    ...job,
    trigger: { bind: () => trigger } as unknown as StoredTrigger,
    policy: { ...job.policy, ...policy },
    runCount,
  };
}

/** Fires at exactly these instants, ascending. Without `count` when `isCountable` is false. */
export function firesAt(instants: readonly number[], isCountable = true): Trigger {
  const trigger: Trigger = {
    next: (after) => instants.find((fire) => fire > after) ?? null,
    previous: (before) => instants.findLast((fire) => fire < before) ?? null,
    describe: () => 'at given instants',
  };
  if (!isCountable) return trigger;
  return { ...trigger, count: (from, to) => instants.filter((fire) => fire >= from && fire <= to).length };
}

/** Counts how often its trigger is asked anything. */
export class CountingTrigger implements Trigger {
  calls = 0;
  readonly #trigger: Trigger;

  constructor(trigger: Trigger) {
    this.#trigger = trigger;
  }

  next(after: number): number | null {
    this.calls++;
    return this.#trigger.next(after);
  }

  previous(before: number): number | null {
    this.calls++;
    return this.#trigger.previous(before);
  }

  count(from: number, to: number): number {
    this.calls++;
    return this.#trigger.count?.(from, to) ?? 0;
  }

  describe(): string {
    return this.#trigger.describe();
  }
}
