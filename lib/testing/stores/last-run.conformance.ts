import type { JobFilter } from '../../stores/job-store.js';
import { each } from '../each.js';
import type { StoreDriver } from './store-driver.js';
import { aJob, aPolicy, aScope, HOUR } from './store-fixtures.js';
import type { StoreTestFramework } from './store-test-framework.js';

const RETRY = { maxAttempts: 2, backoff: 'fixed', delay: 0 } as const;
const lastFire = { plan: { nextFireAt: null, nextDueAt: null } };

/** What is asked of, and done to, a job that has no fire left while its last run runs, wherever the store keeps it. */
export function describeLastRun({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  const details = {
    args: [{ amount: 7 }, 'ü "quoted" \\ {braces}'],
    metadata: { owner: 'billing' },
    tags: ['monthly', 'äöü'],
    name: 'a, name {with} "marks" \\',
  };
  const isFound = async (filter: JobFilter) => (await store().session.listJobs(filter)).jobs.map(({ id }) => id);

  describe('a job while its last run runs', () => {
    it('is found as it was, but for its fires', async () => {
      const before = await store().put({ id: 'a', failures: 2, runCount: 4, ...details });
      const { run } = await store().start('a', lastFire);
      expect(await store().job('a')).toEqual({
        ...before,
        state: 'finished',
        nextFireAt: null,
        dueAt: null,
        lastFireAt: before.nextFireAt,
        fence: run.fence,
        runCount: 5,
      });
    });

    each<readonly [JobFilter]>(it, [
      [{}],
      [{ ids: ['a', 'b'] }],
      [{ tasks: ['Reports.daily'] }],
      [{ executor: 'default' }],
      [{ tags: ['monthly'] }],
      [{ states: ['finished'] }],
      [{ origin: 'added' }],
      [{ ids: ['a'], tasks: ['Reports.daily'], executor: 'default', states: ['active', 'finished'], origin: 'added' }],
    ])('is listed under %j', async (filter) => {
      await store().put({ id: 'a', ...details });
      await store().start('a', lastFire);
      expect(await isFound(filter)).toEqual(['a']);
    });

    each<readonly [JobFilter]>(it, [
      [{ ids: ['b'] }],
      [{ tasks: ['Reports.weekly'] }],
      [{ executor: 'other' }],
      [{ tags: ['weekly'] }],
      [{ states: ['active', 'paused'] }],
      [{ origin: 'declared' }],
    ])('is not listed under %j', async (filter) => {
      await store().put({ id: 'a', ...details });
      await store().start('a', lastFire);
      expect(await isFound(filter)).toEqual([]);
    });

    it('is listed in the order of ids, once', async () => {
      await store().putAll({ id: 'c' }, { id: 'a' }, { id: 'b' });
      await store().start('b', lastFire);
      expect(await isFound({})).toEqual(['a', 'b', 'c']);
    });

    it('is neither due nor needs anybody who could run it', async () => {
      await store().put({ id: 'a' });
      await store().start('a', lastFire);
      expect(await store().peek()).toMatchObject({ jobs: [], nextDueAt: null, nextQueuedAt: null });
      expect(await store().session.summarize()).toMatchObject({
        jobs: 0,
        tasks: [],
        executors: [],
        hasUnfinishedRuns: true,
      });
    });

    it('can get another fire, and stays when the run ends', async () => {
      await store().put({ id: 'a', ...details });
      const { run } = await store().start('a', lastFire);
      const nextFireAt = (await store().now()) + HOUR;
      const changed = await store().change('a', { state: 'active', nextFireAt, dueAt: nextFireAt });
      expect(changed).toMatchObject({ ...details, runCount: 1, lastFireAt: run.scheduledAt });
      expect((await store().end(run)).finished).toEqual([]);
      expect(await store().job('a')).toMatchObject({ ...details, state: 'active', nextFireAt });
    });

    it('is handed to a change with its running run, and left as it is by one that changes nothing', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a', lastFire);
      const before = await store().job('a');
      const seen: boolean[] = [];
      const [changed] = await store().session.changeJobs(['a'], (_job, _now, hasUnfinishedRun) => {
        seen.push(hasUnfinishedRun);
        return null;
      });
      expect(changed).toMatchObject({ before, after: before, running: [run.runId], isRetired: false });
      expect(seen.at(-1)).toBe(true);
      expect((await store().end(run)).finished).toHaveLength(1);
      expect(await isFound({})).toEqual([]);
    });

    it('is what a decision about its id sees, one of many or alone', async () => {
      const ids = ['a', ...Array.from({ length: 300 }, (_, i) => `b-${i}`)];
      let series = 0;
      for (const asked of [['a'], ids]) {
        await store().session.removeJobs(['a']);
        await store().put({ id: 'a', series: ++series });
        const { run } = await store().start('a', lastFire);
        const before = await store().job('a');
        const results = await store().session.putJobs(asked, (id, stored, { now }) =>
          stored ? null : aJob({ id }, now),
        );
        expect(results.filter((result) => result.before !== null)).toEqual([
          { id: 'a', before, after: before, dropped: null },
        ]);
        expect((await store().end(run)).finished).toHaveLength(1);
      }
    });

    it('can be removed, and no attempt follows', async () => {
      await store().put({ id: 'a', policy: aPolicy({ retry: RETRY }) });
      const { run } = await store().start('a', lastFire);
      const before = await store().job('a');
      expect(await store().session.removeJobs(['a'])).toEqual([{ job: before, cancelled: [] }]);
      expect(await isFound({})).toEqual([]);
      expect(await store().fail(run, 0)).toMatchObject({ retrying: [], finished: [] });
      expect(await store().story('a')).toEqual(['failed']);
    });

    it('takes runs that are asked for, and ends with the last of them', async () => {
      await store().put({ id: 'a', ...details });
      const { run } = await store().start('a', lastFire);
      await store().add('a');
      expect((await store().end(run)).finished).toEqual([]);
      const [taken] = await store().session.takeQueued({
        node: 'node-1',
        lanes: [{ executor: 'default', limit: 10 }],
        scope: aScope(),
      });
      expect(taken?.job).toMatchObject(details);
      expect((await store().end(taken!.run)).finished).toHaveLength(1);
      expect(await isFound({})).toEqual([]);
    });

    it('has its statistics', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      await store().end(run);
      await store().start('a', lastFire);
      const now = await store().now();
      const { tallies } = await store().session.stats({ from: now - HOUR, to: now + HOUR, jobId: 'a' });
      expect(tallies).toMatchObject([{ jobId: 'a', tally: { counts: { succeeded: 1 } } }]);
    });

    it('waits with its run for the next attempt', async () => {
      await store().put({ id: 'a', ...details, policy: aPolicy({ retry: RETRY }) });
      const { run } = await store().start('a', lastFire);
      expect((await store().fail(run, 0)).retrying).toMatchObject([{ state: 'queued', attempt: 2 }]);
      expect(await store().job('a')).toMatchObject({ ...details, state: 'finished' });
      const [again] = await store().take();
      expect((await store().end(again!)).finished).toHaveLength(1);
      expect(await store().story('a')).toEqual(['succeeded']);
    });

    each<readonly ['died' | 'left']>(it, [['died'], ['left']])(
      'waits with its run for the next attempt when its node has %s',
      async (how) => {
        await store().put({ id: 'a', ...details, policy: aPolicy({ retry: RETRY }) });
        await store().start('a', lastFire);
        const [node] = (await store().session.nodes()).nodes;
        const { requeued, finished } =
          how === 'died' ? await store().session.takeOverNode(node!) : await store().session.leaveNode(node!.id);
        expect([requeued.length, finished]).toEqual([1, []]);
        expect(await store().job('a')).toMatchObject({ ...details, state: 'finished' });
      },
    );

    it('ends when its run is lost', async () => {
      await store().put({ id: 'a' });
      await store().start('a', lastFire);
      const { lost, finished } = await store().session.leaveNode('node-1');
      expect([lost.length, finished.map(({ id }) => id)]).toEqual([1, ['a']]);
      expect(await isFound({})).toEqual([]);
    });

    it('ends when its run is cancelled', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a', lastFire);
      expect(await store().session.cancelRun(run.runId)).toMatchObject({ hasEnded: false, finished: [] });
      expect(await store().session.runsToCancel('node-1')).toEqual([{ runId: run.runId, reason: 'cancelled' }]);
      expect((await store().end(run, 'cancelled')).finished).toHaveLength(1);
      expect(await isFound({})).toEqual([]);
    });

    it('knows of the runs that are pruned meanwhile', async () => {
      await store().put({ id: 'a' });
      const { run: pruned } = await store().start('a');
      await store().end(pruned);
      const { run } = await store().start('a', lastFire);
      const retention = { maxAge: HOUR, maxRunsPerJob: 0, maxRuns: null };
      expect(await store().session.pruneRuns(retention, 10)).toBe(1);
      const seen: unknown[] = [];
      await store().session.addRuns('a', (_job, facts) => (seen.push(facts.pruned), []));
      expect(seen.at(-1)).toEqual({ from: pruned.scheduledAt, until: pruned.scheduledAt });
      await store().end(run);
    });

    it('pauses itself over the failure of that run, if it is to', async () => {
      await store().put({ id: 'a', ...details, policy: aPolicy({ pauseAfterFailures: 1 }) });
      const { run } = await store().start('a', lastFire);
      const { paused, finished } = await store().end(run, 'failed');
      const left = await isFound({});
      expect([paused.length + finished.length, left.length]).toEqual([1, paused.length]);
    });
  });
}
