import { rollUpRunId } from '../../jobs/run-id.js';
import type { JobRecord } from '../../jobs/job-record.js';
import type { ChangedJob, PutResult } from '../../stores/job-store.js';
import { interval } from '../../triggers/factories.js';
import { StoredTrigger } from '../../triggers/stored-trigger.js';
import { aPolicy, HOUR, MINUTE, SECOND } from './store-fixtures.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { each } from '../each.js';

/** The job with another trigger, whose first fire is an hour away. */
export function onAnotherTrigger(job: JobRecord, now: number): JobRecord {
  const trigger = StoredTrigger.of(interval(HOUR), { addedAt: now, timeZone: 'UTC' });
  const next = { trigger, nextFireAt: now + HOUR, dueAt: now + HOUR };
  return { ...job, ...next, gen: Math.max(job.gen + 1, now), updatedAt: now };
}

export function describeDroppedFires({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  const changed = async (ids: readonly string[]): Promise<readonly ChangedJob[]> =>
    await store().session.changeJobs(ids, onAnotherTrigger);
  const replaced = async (ids: readonly string[]): Promise<readonly PutResult[]> =>
    await store().session.putJobs(ids, (_id, job, { now }) => onAnotherTrigger(job as JobRecord, now));

  each(describe, [
    ['changed', changed],
    ['put in its place', replaced],
  ])('overdue fires of a job whose trigger is %s', (_how, replace) => {
    it('G8 are put on record as skipped, as one, and answered', async () => {
      const before = await store().put({ id: 'a', series: 3, fence: 7, args: ['kept'] });
      const [result] = await replace(['a']);
      const now = await store().now();

      const [run, ...others] = await store().runs('a');
      expect(others).toEqual([]);
      const slot = before.nextFireAt as number;
      expect(run).toMatchObject({
        runId: rollUpRunId('a', 3, slot, 'skipped'),
        task: before.task,
        gen: before.gen,
        state: 'skipped',
        reason: 'rescheduled',
        scheduledAt: slot,
        availableAt: slot,
        fence: 7,
        attempt: 1,
        origin: 'schedule',
        node: null,
        args: null,
        startedAt: null,
      });
      const { untilAt, count, finishedAt } = run!;
      // A database's clock goes on meanwhile; the trigger fires each second.
      expect(untilAt).toBe(slot + Math.floor(((finishedAt as number) - slot) / SECOND) * SECOND);
      expect(count).toBe(((untilAt as number) - slot) / SECOND + 1);
      expect(finishedAt).toBeGreaterThanOrEqual(before.createdAt);
      expect(finishedAt).toBeLessThanOrEqual(now);
      expect(result!.dropped).toMatchObject({ ...run });
      expect(await store().due()).toEqual([]);
    });

    it('are those of each job, in its own record', async () => {
      const { nextFireAt } = await store().put({ id: 'a' });
      await store().putAll(
        { id: 'paused', state: 'paused' },
        { id: 'early', nextFireAt: nextFireAt! + 2 * HOUR },
        { id: 'orphan', policy: aPolicy({ orphanedAt: nextFireAt! }) },
        { id: 'late', nextFireAt: nextFireAt! + MINUTE / 2 },
      );
      const results = await replace(['paused', 'late', 'early', 'orphan', 'a']);
      expect(results.map(({ after, dropped }) => [after!.id, dropped?.jobId ?? null])).toEqual([
        ['paused', null],
        ['late', 'late'],
        ['early', null],
        ['orphan', null],
        ['a', 'a'],
      ]);
      const runs = await store().runs();
      expect(runs.map(({ jobId }) => jobId).toSorted()).toEqual(['a', 'late']);
      expect(await store().story('late')).toEqual(['skipped/rescheduled']);
    });

    it('are on record once when an id is given twice', async () => {
      await store().put({ id: 'a' });
      const results = await replace(['a', 'a']);
      expect(results.map(({ dropped }) => dropped?.jobId)).toEqual(['a', undefined]);
      expect(await store().story('a')).toEqual(['skipped/rescheduled']);
    });

    it('are not written again when they are on record already', async () => {
      const { nextFireAt: slot, trigger } = await store().put({ id: 'a' });
      await replace(['a']);
      await store().change('a', { trigger, nextFireAt: slot, dueAt: slot });
      const [again] = await replace(['a']);
      expect(again!.dropped).toBeNull();
      expect(await store().story('a')).toEqual(['skipped/rescheduled']);
    });

    it('leave the runs of the job as they are, and its slots free', async () => {
      await store().put({ id: 'a', maxInstances: 2 });
      const { run } = await store().start('a');
      const { trigger, nextFireAt: slot } = await store().job('a');
      await replace(['a']);
      await store().end(run);
      expect(await store().story('a')).toEqual(['succeeded', 'skipped/rescheduled']);
      await store().change('a', { trigger, nextFireAt: slot, dueAt: slot });
      await store().start('a');
      expect(await store().story('a')).toEqual(['succeeded', 'skipped/rescheduled', 'running']);
    });
  });

  describe('overdue fires of a job that changes', () => {
    it('are none for the record while its trigger stays', async () => {
      await store().put({ id: 'a' });
      const change = (job: JobRecord, now: number): JobRecord => ({ ...job, gen: now + 1, updatedAt: now });
      const [modified] = await store().session.changeJobs(['a'], change);
      expect(modified!.dropped).toBeNull();
      const [left] = await store().session.changeJobs(['a'], () => null);
      expect(left!.dropped).toBeNull();
      const [put] = await store().session.putJobs(['a'], (_id, job, { now }) => change(job as JobRecord, now));
      expect(put!.dropped).toBeNull();
      const [added] = await store().session.putJobs(['b'], (id) => ({ ...put!.after!, id }));
      expect(added!.dropped).toBeNull();
      expect(await store().runs()).toEqual([]);
    });

    it('stay on record when the new trigger has no fire, and the job is gone with it', async () => {
      await store().put({ id: 'a' });
      const [ended] = await store().session.changeJobs(['a'], (job, now) => ({
        ...onAnotherTrigger(job, now),
        state: 'finished',
        nextFireAt: null,
        dueAt: null,
      }));
      expect(ended).toMatchObject({ isRetired: true, dropped: { reason: 'rescheduled' } });
      expect(await store().session.getJob('a')).toBeNull();
      expect(await store().story('a')).toEqual(['skipped/rescheduled']);
    });

    it('are not put on record when the change of another job is refused', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      const refused = store().session.changeJobs(['a', 'b'], (job, now) => {
        if (job.id === 'b') throw new Error('refused');
        return onAnotherTrigger(job, now);
      });
      await expect(refused).rejects.toThrow('refused');
      expect(await store().runs()).toEqual([]);
    });
  });
}
