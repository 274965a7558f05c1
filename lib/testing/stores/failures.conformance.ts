import type { RunRecord } from '../../jobs/run-record.js';
import type { Completion } from '../../stores/job-store.js';
import { aClaim, aNode, aPolicy, aScope, HOUR, type JobOverrides } from './store-fixtures.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { each } from '../each.js';

const lastFire = { plan: { nextFireAt: null, nextDueAt: null } };

export function describeFailures({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  const put = (pauseAfterFailures: number, overrides: Partial<JobOverrides> = {}) =>
    store().put({ id: 'a', policy: aPolicy({ pauseAfterFailures }), ...overrides });
  const start = async (overrides = {}): Promise<RunRecord> => (await store().start('a', overrides)).run;
  const fail = async () => store().end(await start(), 'failed');
  const endAll = async (...ends: readonly [RunRecord, Completion['state']][]) => {
    const finishedAt = await store().now();
    return await store().session.complete(
      ends.map(([run, state]) => ({ run, state, finishedAt, outcome: null, retryDelayMs: null })),
    );
  };

  describe('a job that pauses itself after failures', () => {
    it('goes on until so many runs in a row have failed, and is then paused with the outcome of the last', async () => {
      await put(3);
      expect((await fail()).paused).toEqual([]);
      expect((await fail()).paused).toEqual([]);
      const { gen, fence, nextFireAt } = await store().job('a');
      const { paused, finished } = await fail();
      expect(paused).toMatchObject([{ id: 'a', failures: 3 }]);
      expect(finished).toEqual([]);
      const job = await store().job('a');
      expect(job).toMatchObject({ state: 'paused', pauseReason: 'failures', failures: 3 });
      expect(job.gen).toBeGreaterThan(gen);
      expect(job.fence).toBe(fence + 1);
      // The claim of the third run has advanced it, the pause has not.
      expect(job.nextFireAt).toBeGreaterThanOrEqual(nextFireAt as number);
      expect(await store().due()).toEqual([]);
    });

    it('starts to count anew after a run that has succeeded', async () => {
      await put(2);
      await fail();
      await store().end(await start());
      expect((await fail()).paused).toEqual([]);
      expect(await store().job('a')).toMatchObject({ state: 'active', failures: 1 });
    });

    it('counts a run once, whatever became of its attempts before the last', async () => {
      const retry = { maxAttempts: 2, backoff: 'fixed', delay: 0 } as const;
      await put(1, { policy: aPolicy({ pauseAfterFailures: 1, retry }) });
      expect((await store().fail(await start(), 0)).paused).toEqual([]);
      const [second] = await store().take();
      expect((await store().end(second!, 'failed')).paused).toMatchObject([{ id: 'a', failures: 1 }]);
    });

    it('counts no run that was given up, and none of the job as it was before a change', async () => {
      await put(1, { maxInstances: 2 });
      await store().end(await start(), 'cancelled');
      const before = await start();
      await store().change('a', { name: 'b' });
      expect((await store().end(before, 'failed')).paused).toEqual([]);
      expect(await store().job('a')).toMatchObject({ state: 'active', failures: 0 });
    });

    it('G4 is not paused by an outcome that is refused', async () => {
      await put(1);
      const run = await start();
      await store().end(run);
      expect(await store().end(run, 'failed')).toMatchObject({ paused: [] });
      expect(await store().job('a')).toMatchObject({ state: 'active' });
    });

    it('goes on for ever without the option', async () => {
      await store().put({ id: 'a' });
      for (let i = 0; i < 5; i++) expect((await fail()).paused).toEqual([]);
      expect(await store().job('a')).toMatchObject({ state: 'active', failures: 5, pauseReason: null });
    });

    it('is told from the others of a batch, each by its own runs', async () => {
      await put(1);
      await store().putAll(
        { id: 'b', policy: aPolicy({ pauseAfterFailures: 2 }) },
        { id: 'c', policy: aPolicy({ pauseAfterFailures: 1 }) },
        { id: 'd' },
      );
      const runs = [];
      for (const id of ['a', 'b', 'c', 'd']) runs.push((await store().start(id)).run);
      const [a, b, c, d] = runs as [RunRecord, RunRecord, RunRecord, RunRecord];
      const { paused } = await endAll([a, 'failed'], [b, 'failed'], [c, 'succeeded'], [d, 'failed']);
      expect(paused).toMatchObject([{ id: 'a' }]);
      const { jobs } = await store().session.listJobs({});
      expect(jobs.map(({ id, state, failures }) => `${id} ${state} ${failures}`)).toEqual([
        'a paused 1',
        'b active 1',
        'c active 0',
        'd active 1',
      ]);
    });

    it('counts the runs of a batch in their order, and none after the one that paused it', async () => {
      await put(2, { maxInstances: 4 });
      const runs = [await start(), await start(), await start(), await start()] as const;
      const { paused } = await endAll(
        [runs[0], 'failed'],
        [runs[1], 'failed'],
        [runs[2], 'succeeded'],
        [runs[3], 'failed'],
      );
      expect(paused).toMatchObject([{ id: 'a', failures: 2 }]);
      expect(await store().job('a')).toMatchObject({ state: 'paused', failures: 2 });
    });

    it('is not paused by two failures that a success of the same batch parts', async () => {
      await put(2, { maxInstances: 3 });
      const runs = [await start(), await start(), await start()] as const;
      await endAll([runs[0], 'failed'], [runs[1], 'succeeded'], [runs[2], 'failed']);
      expect(await store().job('a')).toMatchObject({ state: 'active', failures: 1 });
    });
  });

  describe('once a job has paused itself', () => {
    it('no claim of it wins that was planned before', async () => {
      await put(1, { maxInstances: 3 });
      const run = await start();
      const planned = aClaim(await store().job('a'));
      await store().end(run, 'failed');
      const { lost, records } = await store().session.claim('node-1', [planned]);
      expect([lost, records]).toEqual([['a'], []]);
      expect(await store().story('a')).toEqual(['failed']);
    });

    it('none of its queued runs is picked up, on any node; a forced one is', async () => {
      await store().session.joinNode(aNode('node-2'), HOUR);
      await put(1, { maxInstances: 3 });
      const run = await start();
      await store().add('a');
      await store().end(run, 'failed');
      expect(await store().take(undefined, undefined, 'node-2')).toEqual([]);
      expect((await store().peek()).nextQueuedAt).toBeNull();
      const forced = await store().add('a');
      expect(await store().take(undefined, undefined, 'node-2')).toMatchObject([{ runId: forced.runId }]);
    });

    it('runs that are under way end as they do, and count no more', async () => {
      await put(1, { maxInstances: 3 });
      const [one, two] = [await start(), await start()];
      await store().end(one, 'failed');
      expect(await store().end(two, 'failed')).toMatchObject({ fenced: [], paused: [] });
      expect(await store().story('a')).toEqual(['failed', 'failed']);
      expect(await store().job('a')).toMatchObject({ state: 'paused', failures: 1 });
    });

    it('a forced run counts, but pauses it no second time', async () => {
      await put(1);
      await fail();
      const { gen } = await store().job('a');
      await store().add('a');
      const [forced] = await store().take();
      expect(await store().end(forced!, 'failed')).toMatchObject({ paused: [] });
      expect(await store().job('a')).toMatchObject({ state: 'paused', pauseReason: 'failures', failures: 2, gen });
    });
  });

  each(it, [['failed'], ['succeeded']])(
    'a run that was forced upon a paused job counts although the job is changed meanwhile: %s',
    async (state) => {
      await put(9);
      await fail();
      await store().pause('a');
      await store().add('a');
      const [forced] = await store().take();
      await store().change('a', { name: 'b' });
      await store().end(forced!, state);
      expect(await store().job('a')).toMatchObject({ state: 'paused', failures: state === 'failed' ? 2 : 0 });
    },
  );

  describe('a job without a fire left that fails too often', () => {
    it('is paused while a run of it waits, and keeps that', async () => {
      await put(1, { maxInstances: 2 });
      const run = await start(lastFire);
      await store().add('a');
      expect(await store().end(run, 'failed')).toMatchObject({ paused: [{ id: 'a' }], finished: [] });
      expect(await store().job('a')).toMatchObject({ state: 'paused', nextFireAt: null });
      expect(await store().take()).toEqual([]);
    });

    it('is finished and not paused when none is left', async () => {
      await put(1);
      const { paused, finished } = await store().end(await start(lastFire), 'failed');
      expect(paused).toEqual([]);
      expect(finished.map(({ id }) => id)).toEqual(['a']);
      expect(await store().session.getJob('a')).toBeNull();
    });

    it('is finished and not paused when its last runs end together', async () => {
      await put(1, { maxInstances: 2 });
      const runs = [await start(), await start(lastFire)] as const;
      const { paused, finished } = await endAll([runs[0], 'failed'], [runs[1], 'failed']);
      expect([paused.length, finished.length]).toEqual([0, 1]);
    });

    it('is finished and not paused when it is kept, and run by hand later', async () => {
      await put(1, { origin: 'declared' });
      await store().end(await start(lastFire), 'failed');
      await store().add('a');
      const [manual] = await store().take(undefined, aScope({ declaredJobs: ['a'] }));
      expect(await store().end(manual!, 'failed')).toMatchObject({ paused: [], finished: [] });
      expect(await store().job('a')).toMatchObject({ state: 'finished', failures: 2 });
    });
  });

  each(describe, [
    ['the death of a node', 'takeOverNode'],
    ['the shutdown of a node that leaves runs behind', 'leaveNode'],
  ])('%s', (_name, how) => {
    const depart = async () => {
      if (how === 'leaveNode') return await store().session.leaveNode('node-1');
      const [node] = (await store().session.nodes()).nodes;
      return await store().session.takeOverNode(node!);
    };

    it('G3 is a failed run for each run that is lost by it, and pauses the job', async () => {
      await put(2, { maxInstances: 3 });
      await store().put({ id: 'b', policy: aPolicy({ pauseAfterFailures: 2 }) });
      await start();
      await start();
      await store().start('b');
      const { lost, paused } = await depart();
      expect(lost).toHaveLength(3);
      expect(paused).toMatchObject([{ id: 'a', failures: 2 }]);
      expect(await store().job('a')).toMatchObject({ state: 'paused', pauseReason: 'failures', failures: 2 });
      expect(await store().job('b')).toMatchObject({ state: 'active', failures: 1 });
    });

    it('is none for a run that is tried again', async () => {
      const retry = { maxAttempts: 2, backoff: 'fixed', delay: 0 } as const;
      await put(1, { policy: aPolicy({ pauseAfterFailures: 1, retry }) });
      await start();
      expect(await depart()).toMatchObject({ lost: [], paused: [] });
      expect(await store().job('a')).toMatchObject({ state: 'active', failures: 0 });
    });
  });
}
