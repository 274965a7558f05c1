import { aScope, HOUR, MINUTE, SECOND } from './store-fixtures.js';
import { lane, type StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';

export function describePeek({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  describe('peek', () => {
    it('answers nothing when there is nothing', async () => {
      const before = await store().now();
      const { now, ...rest } = await store().peek();
      expect(now).toBeGreaterThanOrEqual(before);
      expect(rest).toEqual({ jobs: [], nextDueAt: null, nextQueuedAt: null, unreadable: [] });
    });

    it('answers what is due, the longest overdue first, with all that a plan needs', async () => {
      const now = await store().now();
      await store().putAll(
        { id: 'b', nextFireAt: now - 2 * SECOND },
        { id: 'c', nextFireAt: now - SECOND },
        { id: 'a', nextFireAt: now - 3 * SECOND },
        { id: 'later', nextFireAt: now + HOUR },
      );
      const { jobs, nextDueAt } = await store().peek();
      expect(jobs.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
      expect(nextDueAt).toBe(now + HOUR);
      const { trigger, ...stored } = await store().job('a');
      expect(jobs[0]).toMatchObject(stored);
      expect(jobs[0]!.trigger.toJSON()).toEqual(trigger.toJSON());
    });

    it('goes by the instant with the jitter, not by the slot', async () => {
      const now = await store().now();
      await store().putAll(
        { id: 'jittered', nextFireAt: now - MINUTE, dueAt: now + HOUR },
        { id: 'second', nextFireAt: now - 3 * SECOND, dueAt: now - SECOND },
        { id: 'first', nextFireAt: now - 2 * SECOND, dueAt: now - 2 * SECOND },
      );
      const { jobs, nextDueAt } = await store().peek();
      expect(jobs.map(({ id }) => id)).toEqual(['first', 'second']);
      expect(nextDueAt).toBe(now + HOUR);
    });

    it('counts a job as due at its very instant', async () => {
      const now = await store().now();
      await store().put({ id: 'a', nextFireAt: now });
      expect(await store().due()).toEqual(['a']);
    });

    it('looks ahead as far as the horizon', async () => {
      const now = await store().now();
      await store().putAll({ id: 'soon', nextFireAt: now + HOUR }, { id: 'later', nextFireAt: now + 3 * HOUR });
      expect(await store().due(lane(10), store().scope, 2 * HOUR)).toEqual(['soon']);
      expect(await store().due()).toEqual([]);
      expect((await store().peek()).nextDueAt).toBe(now + HOUR);
      expect((await store().peek(lane(10), store().scope, 2 * HOUR)).nextDueAt).toBe(now + 3 * HOUR);
    });

    it('answers at most as many jobs as a lane has room for, and when the next of them is due', async () => {
      const now = await store().now();
      const jobs = Array.from({ length: 7 }, (_, i) => ({ id: `job-${i}`, nextFireAt: now - MINUTE + i }));
      await store().putAll(...jobs.toReversed());
      const { jobs: due, nextDueAt } = await store().peek(lane(3));
      expect(due.map(({ id }) => id)).toEqual(['job-0', 'job-1', 'job-2']);
      expect(nextDueAt).toBe(now - MINUTE + 3);
    });

    it('asks each lane on its own, and merges them in order', async () => {
      const now = await store().now();
      await store().putAll(
        { id: 'a', nextFireAt: now - 4 * SECOND },
        { id: 'b', nextFireAt: now - 3 * SECOND },
        { id: 'c', nextFireAt: now - 2 * SECOND, executor: 'cpu' },
        { id: 'd', nextFireAt: now - SECOND, executor: 'cpu' },
        { id: 'e', nextFireAt: now - 5 * SECOND, executor: 'elsewhere' },
      );
      expect(await store().due([...lane(10, 'cpu'), ...lane(1)])).toEqual(['a', 'c', 'd']);
      expect(await store().due(lane(10, 'cpu'))).toEqual(['c', 'd']);
      expect((await store().peek(lane(1, 'cpu'))).nextDueAt).toBe(now - SECOND);
      expect(await store().peek(lane(10, 'unheard-of'))).toMatchObject({ jobs: [], nextDueAt: null });
    });

    it('answers only active jobs', async () => {
      await store().putAll({ id: 'a', state: 'paused' }, { id: 'b', state: 'finished', nextFireAt: null }, { id: 'c' });
      expect(await store().due()).toEqual(['c']);
    });

    it('W10 leaves jobs alone whose task the node does not know, and finds them when it does', async () => {
      await store().putAll({ id: 'a', task: 'Unknown.task' }, { id: 'b' });
      expect(await store().due()).toEqual(['b']);
      expect(await store().due(lane(10), aScope({ tasks: ['Unknown.task'] }))).toEqual(['a']);
      expect(await store().due()).toEqual(['b']);
    });

    it('answers declared jobs only to a node that declares them', async () => {
      await store().putAll({ id: 'a', origin: 'declared' }, { id: 'b', origin: 'declared' }, { id: 'c' });
      expect(await store().due()).toEqual(['c']);
      expect((await store().due(lane(10), aScope({ declaredJobs: ['a', 'c'] }))).toSorted()).toEqual(['a', 'c']);
      expect(await store().due(lane(10), aScope({ tasks: [], declaredJobs: ['b', 'c'] }))).toEqual(['b']);
    });

    it('leaves excluded jobs alone', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      expect(await store().due(lane(10), aScope({ excludedJobs: ['a'] }))).toEqual(['b']);
    });

    it('is not woken by jobs that the node may not claim', async () => {
      const now = await store().now();
      await store().putAll(
        { id: 'unknown', task: 'Unknown.task', nextFireAt: now + MINUTE },
        { id: 'foreign', origin: 'declared', nextFireAt: now + MINUTE },
        { id: 'excluded', nextFireAt: now + MINUTE },
        { id: 'mine', nextFireAt: now + HOUR },
      );
      const scope = aScope({ excludedJobs: ['excluded'] });
      expect((await store().peek(lane(10), scope)).nextDueAt).toBe(now + HOUR);
    });

    it('finds a job that was put, changed or moved to another executor since the last look', async () => {
      const scope = store().scope;
      expect(await store().due(lane(10), scope)).toEqual([]);
      await store().put({ id: 'a' });
      expect(await store().due(lane(10), scope)).toEqual(['a']);
      await store().change('a', { executor: 'cpu' });
      expect(await store().due(lane(10), scope)).toEqual([]);
      expect(await store().due(lane(10, 'cpu'), scope)).toEqual(['a']);
      await store().change('a', { task: 'Unknown.task' });
      expect(await store().due(lane(10, 'cpu'), scope)).toEqual([]);
    });

    it('shows a job that was claimed with its next fire', async () => {
      const { nextFireAt } = await store().put({ id: 'a' });
      const slot = nextFireAt as number;
      await store().claim('a', { plan: { nextFireAt: slot + SECOND, nextDueAt: slot + SECOND + 7 } });
      const { jobs } = await store().peek();
      expect(jobs.map((job) => [job.nextFireAt, job.dueAt])).toEqual([[slot + SECOND, slot + SECOND + 7]]);

      const later = (await store().now()) + HOUR;
      await store().claim('a', { plan: { nextFireAt: later, nextDueAt: later } });
      expect(await store().peek()).toMatchObject({ jobs: [], nextDueAt: later });
    });

    it('keeps due jobs in order through many changes', async () => {
      const now = await store().now();
      const dueAt = (i: number) => now - HOUR + ((i * 7919) % 1000);
      const jobs = Array.from({ length: 200 }, (_, i) => ({ id: `job-${i}`, nextFireAt: dueAt(i) }));
      await store().putAll(...jobs);
      await store().session.removeJobs(jobs.filter((_, i) => i % 3 === 0).map(({ id }) => id));
      const moved = jobs.filter((_, i) => i % 3 === 1).map(({ id }) => id);
      await store().session.changeJobs(moved, (job) => {
        const nextFireAt = now - HOUR + (((job.nextFireAt as number) * 31) % 1000);
        return { ...job, nextFireAt, dueAt: nextFireAt, gen: job.gen + 1 };
      });
      const expected = (await store().session.listJobs({})).jobs
        .map((job) => job.dueAt as number)
        .toSorted((a, b) => a - b);
      const { jobs: all, nextDueAt } = await store().peek(lane(1000));
      expect(all.map((job) => job.dueAt)).toEqual(expected);
      expect(nextDueAt).toBeNull();
      const half = await store().peek(lane(60));
      expect(half.jobs.map((job) => job.dueAt)).toEqual(expected.slice(0, 60));
      expect(half.nextDueAt).toBe(expected[60]);
    });

    it('tells when the first queued run is available', async () => {
      const now = await store().now();
      await store().put({ id: 'a', maxInstances: 5 });
      await store().add('a', { availableAt: now + HOUR });
      expect((await store().peek()).nextQueuedAt).toBe(now + HOUR);
      await store().add('a', { availableAt: now - MINUTE });
      expect((await store().peek()).nextQueuedAt).toBe(now - MINUTE);
      expect((await store().peek(lane(10, 'cpu'))).nextQueuedAt).toBeNull();
    });

    it('is not woken by a queued run that can not start: no free instance, paused, or not in scope', async () => {
      await store().putAll({ id: 'busy' }, { id: 'paused' }, { id: 'foreign', task: 'Unknown.task' });
      const { run } = await store().start('busy');
      await store().add('busy');
      await store().add('paused');
      await store().pause('paused');
      const foreign = await store().add('foreign');
      expect((await store().peek()).nextQueuedAt).toBeNull();

      expect((await store().peek(lane(10), aScope({ tasks: ['Unknown.task'] }))).nextQueuedAt).toBe(
        foreign.availableAt,
      );
      await store().end(run);
      expect((await store().peek()).nextQueuedAt).not.toBeNull();
    });
  });
}
