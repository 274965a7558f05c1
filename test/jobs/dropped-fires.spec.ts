import { describe, expect, it } from 'vitest';
import { droppedFires } from '../../lib/jobs/dropped-fires.js';
import { pauseJob, rescheduleJob, startJob } from '../../lib/jobs/job-changes.js';
import type { JobRecord } from '../../lib/jobs/job-record.js';
import { at, cron, interval } from '../../lib/triggers/factories.js';
import { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import type { Trigger } from '../../lib/triggers/trigger.js';
import { aJob, aPolicy, HOUR, SECOND } from '../support/store-fixtures.js';
import { firesAt, jobOn } from './planned-jobs.js';

const NOW = Date.UTC(2030, 0, 1);
/** Its fires of the last four seconds are overdue, and one is due right now. */
const overdue = aJob({ id: 'poll', nextFireAt: NOW - 4 * SECOND }, NOW - 5 * SECOND);
const hourly = (job: JobRecord): JobRecord => rescheduleJob(job, interval(HOUR), 'UTC', NOW);

function once(instant: number, overrides: Partial<JobRecord> = {}): JobRecord {
  const trigger = StoredTrigger.of(at(new Date(instant)), { addedAt: NOW - HOUR, timeZone: 'UTC' });
  return aJob({ id: 'once', trigger, nextFireAt: instant, ...overrides }, NOW - HOUR);
}

describe('the fires that are overdue when a job gets another trigger', () => {
  it('are one record, from the first to the last', () => {
    expect(droppedFires(overdue, hourly(overdue), NOW)).toEqual({
      state: 'skipped',
      reason: 'rescheduled',
      scheduledAt: NOW - 4 * SECOND,
      untilAt: NOW,
      count: 5,
    });
  });

  it('are those of the store that are due by its clock, jitter included', () => {
    const trigger = firesAt([10, 20, 30, 40]);
    const before = { ...jobOn(trigger, 10), dueAt: 10 };
    const after = { ...hourly(overdue), fence: before.fence };
    expect(droppedFires(before, after, 25)).toMatchObject({ scheduledAt: 10, untilAt: 20, count: 2 });
    const late = { ...before, dueAt: 26 };
    expect(droppedFires(late, after, 25)).toBeNull();
  });

  it('are none while the trigger stays the same, whatever else changes', () => {
    expect(droppedFires(overdue, { ...overdue, args: [1], gen: overdue.gen + 1, updatedAt: NOW }, NOW)).toBeNull();
  });

  it.each<[what: string, before: JobRecord]>([
    ['is not due yet', { ...overdue, nextFireAt: NOW + 1, dueAt: NOW + 1 }],
    ['is put off by jitter', { ...overdue, dueAt: NOW + 1 }],
    ['is paused', pauseJob(overdue, NOW, false) as JobRecord],
    ['nobody declares', { ...overdue, policy: aPolicy({ orphanedAt: NOW - HOUR }) }],
    ['is disabled', { ...overdue, policy: aPolicy({ disabledAt: NOW - HOUR }) }],
    ['is over', { ...overdue, state: 'finished', nextFireAt: null, dueAt: null }],
  ])('are none of a job that %s', (_what, before) => {
    expect(droppedFires(before, hourly(before), NOW)).toBeNull();
  });

  it('are none of a job that maxRuns has ended', () => {
    const before = { ...overdue, policy: aPolicy({ maxRuns: 3 }), runCount: 3 };
    expect(droppedFires(before, hourly(overdue), NOW)).toBeNull();
  });

  it('are none of a job that was added before the start: its first fire counts from there', () => {
    const before = { ...overdue, trigger: StoredTrigger.of(cron('* * * * * *'), { addedAt: 0, timeZone: 'UTC' }) };
    const after = startJob(before, NOW) as JobRecord;
    expect(after.nextFireAt).toBe(NOW);
    expect(droppedFires(before, after, NOW)).toBeNull();
    expect(droppedFires(before, rescheduleJob(before, cron('* * * * * *'), 'UTC', NOW), NOW)).not.toBeNull();
  });

  it('are none of a one-shot that is given the very instant it had: it still has that fire', () => {
    const before = once(NOW - SECOND);
    for (const trigger of [at(new Date(NOW - SECOND)), at(new Date(NOW - SECOND), { timeZone: 'Asia/Tokyo' })]) {
      const after = rescheduleJob(before, trigger, 'UTC', NOW);
      expect(after.nextFireAt).toBe(NOW - SECOND);
      expect(droppedFires(before, after, NOW)).toBeNull();
    }
    const later = rescheduleJob(before, at(new Date(NOW + SECOND)), 'UTC', NOW);
    expect(droppedFires(before, later, NOW)).toMatchObject({ scheduledAt: NOW - SECOND, count: 1 });
  });

  it('are those after the one that a one-shot in place of the trigger keeps', () => {
    const after = rescheduleJob(overdue, at(new Date(NOW - 4 * SECOND)), 'UTC', NOW);
    expect(droppedFires(overdue, after, NOW)).toMatchObject({ scheduledAt: NOW - 3 * SECOND, untilAt: NOW, count: 4 });
  });

  it('are told by the first of them when the trigger throws: it does not keep its job from getting another', () => {
    const broken: Trigger = {
      next: () => {
        throw new Error('broken');
      },
      previous: () => {
        throw new Error('broken');
      },
      describe: () => 'broken',
    };
    const before = jobOn(broken, NOW - SECOND);
    const after = { ...hourly(overdue), fence: before.fence };
    expect(droppedFires(before, after, NOW)).toMatchObject({ scheduledAt: NOW - SECOND, untilAt: NOW - SECOND });
  });
});
