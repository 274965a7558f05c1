import type { RunRecord, RunState } from '../../jobs/run-record.js';
import type { RunFilter } from '../../stores/job-store.js';
import { HOUR, MINUTE, SECOND } from './store-fixtures.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';

const KEEP_ALL = { maxAge: HOUR, maxRunsPerJob: 1_000, maxRuns: null };

export function describeHistory({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  /** Runs and completes fires of a job, each ended at `now - age`. */
  const runTimes = async (id: string, times: number, age = 0) => {
    const finishedAt = (await store().now()) - age;
    for (let i = 0; i < times; i++) {
      const { run } = await store().start(id);
      await store().session.complete([{ run, state: 'succeeded', finishedAt, outcome: null, retryDelayMs: null }]);
    }
  };

  describe('history', () => {
    it('finds a run by its id, whatever its state', async () => {
      await store().put({ id: 'a@b', maxInstances: 2 });
      await store().put({ id: 'a' });
      const running = (await store().start('a@b')).run.runId;
      const queued = (await store().add('a@b')).runId;
      const other = (await store().start('a')).run.runId;
      expect(await store().session.getRun(running)).toMatchObject({ runId: running, jobId: 'a@b', state: 'running' });
      expect(await store().session.getRun(queued)).toMatchObject({ runId: queued, jobId: 'a@b', state: 'queued' });
      expect(await store().session.getRun(other)).toMatchObject({ runId: other, jobId: 'a' });
      expect(await store().session.getRun(`${running}x`)).toBeNull();
      expect(await store().session.getRun('nobody@2030-01-01T00:00:00.000Z')).toBeNull();
    });

    it('gives copies of runs', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId } = run;
      const result = { list: [1] };
      await store().session.complete([
        { run, state: 'succeeded', finishedAt: 1, outcome: { result }, retryDelayMs: null },
      ]);
      result.list.push(2);
      const read = await store().session.getRun(runId);
      (read!.outcome!.result as typeof result).list.push(3);
      expect((await store().session.getRun(runId))!.outcome).toEqual({ result: { list: [1] } });
    });

    it('lists the latest slot first, of one slot the most recently recorded', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      const { run } = await store().start('a');
      const slot = run.scheduledAt;
      for (const [i, offset] of [0, -HOUR, HOUR, 0].entries()) {
        await store().add(i % 2 ? 'a' : 'b', { runId: `by-hand-${i}`, scheduledAt: slot + offset });
      }
      const { runs } = await store().session.listRuns({ limit: 10 });
      expect(runs.map(({ runId }) => runId)).toEqual(['by-hand-2', 'by-hand-3', 'by-hand-0', run.runId, 'by-hand-1']);
    });

    const pagedLists: [name: string, filter: Partial<RunFilter>, hasBounds: boolean][] = [
      ['of all', {}, false],
      ['of a job', { jobId: 'a' }, false],
      ['of some states', { states: ['queued', 'running'] }, false],
      ['within a time', {}, true],
    ];
    for (const [name, filter, hasBounds] of pagedLists) {
      it(`goes on after the last run of a page: ${name}`, async () => {
        await store().put({ id: 'a' });
        const slot = (await store().start('a')).run.scheduledAt;
        for (const [i, offset] of [0, -HOUR, 0, HOUR].entries()) {
          await store().add('a', { runId: `by-hand-${i}`, scheduledAt: slot + offset });
        }
        const query = hasBounds ? { ...filter, from: slot - HOUR, to: slot + HOUR } : filter;
        const { runs: all } = await store().session.listRuns({ ...query, limit: 100 });
        const pages: string[][] = [];
        let before: RunRecord | undefined;
        for (let i = 0; i < 4; i++) {
          const { runs: page } = await store().session.listRuns({ ...query, limit: 2, before });
          pages.push(page.map(({ runId }) => runId));
          before = page.at(-1) ?? before;
        }
        expect(pages.map((page) => page.length)).toEqual([2, 2, 1, 0]);
        expect(pages.flat()).toEqual(all.map(({ runId }) => runId));
        const { runs: rest } = await store().session.listRuns({ ...filter, limit: 9, to: slot - 1, before: all[1] });
        expect(rest.map(({ runId }) => runId)).toEqual(['by-hand-1']);
      });
    }

    it('filters by job, states and slots, all of which must hold', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      await store().put({ id: 'b' });
      await runTimes('a', 3);
      await runTimes('b', 1);
      await store().start('a');
      await store().claim('a');
      const list = async (filter: object) =>
        (await store().session.listRuns({ limit: 100, ...filter })).runs.map(
          ({ jobId, scheduledAt }) => `${jobId}${(scheduledAt - slot) / SECOND}`,
        );

      expect(await list({ jobId: 'a' })).toEqual(['a4', 'a3', 'a2', 'a1', 'a0']);
      expect(await list({ jobId: 'nobody' })).toEqual([]);
      expect(await list({ jobId: 'a', states: ['running', 'skipped'] })).toEqual(['a4', 'a3']);
      expect(await list({ states: [] })).toEqual([]);
      expect(await list({ jobId: 'a', from: slot + SECOND, to: slot + 3 * SECOND })).toEqual(['a3', 'a2', 'a1']);
      expect(await list({ from: slot + 4 * SECOND })).toEqual(['a4']);
      expect(await list({ jobId: 'a', states: ['succeeded'], to: slot + SECOND, limit: 1 })).toEqual(['a1']);
    });
  });

  describe('runs of tagged jobs', () => {
    const LONG = `${'🙂'.repeat(190)}é`;
    const listed = async (filter: Partial<RunFilter>): Promise<string[]> => {
      const { runs } = await store().session.listRuns({ limit: 100, ...filter });
      return runs.map(({ jobId }) => jobId);
    };

    it('keep the tags that the job had, whatever has made them', async () => {
      const tags = ['eu', 'billing'];
      const job = await store().put({ id: 'a', tags, maxInstances: 2 });
      const { run } = await store().start('a');
      expect(run.tags).toEqual(tags);
      const slot = (job.nextFireAt as number) + SECOND;
      const rollUps = [{ state: 'missed', reason: 'misfire', scheduledAt: slot, untilAt: slot, count: 1 } as const];
      await store().claim('a', { plan: { run: null, rollUps } });
      await store().change('a', { tags: ['us'] });
      expect((await store().add('a')).tags).toEqual(['us']);
      expect((await store().runs('a')).map((each) => each.tags)).toEqual([tags, tags, ['us']]);
      await store().end(run);
      expect((await store().session.getRun(run.runId))!.tags).toEqual(tags);
      expect(await listed({ tags: ['eu'] })).toEqual(['a', 'a']);
      expect(await listed({ tags: ['us'] })).toEqual(['a']);
    });

    it('are found by all of their tags, which are compared to the last character', async () => {
      await store().putAll(
        { id: 'a', tags: ['eu', LONG] },
        { id: 'b', tags: ['eu', 'EU', 'eu ', "d'or"] },
        { id: 'c', tags: ['us'] },
        { id: 'd' },
      );
      for (const id of ['a', 'b', 'c', 'd']) await store().start(id);
      expect(await listed({ tags: ['eu'] })).toEqual(['b', 'a']);
      expect(await listed({ tags: ['eu', LONG] })).toEqual(['a']);
      expect(await listed({ tags: [LONG, 'eu', LONG] })).toEqual(['a']);
      expect(await listed({ tags: ['eu '] })).toEqual(['b']);
      expect(await listed({ tags: ["d'or", 'EU'] })).toEqual(['b']);
      expect(await listed({ tags: ['us', 'eu'] })).toEqual([]);
      expect(await listed({ tags: ['e'] })).toEqual([]);
      expect(await listed({ tags: [] })).toHaveLength(4);
      expect(await listed({ tags: Array.from({ length: 1_000 }, (_, i) => `${i}`) })).toEqual([]);
    });

    it('are found by what else is asked for as well, a page after the other', async () => {
      await store().putAll({ id: 'a', tags: ['eu', 'x'] }, { id: 'b', tags: ['eu'] });
      for (const id of ['a', 'b', 'a', 'b', 'a']) {
        await store().end((await store().start(id)).run, id === 'a' ? 'failed' : 'succeeded');
      }
      const { run } = await store().start('b');
      expect(await listed({ tags: ['eu'], jobId: 'b' })).toEqual(['b', 'b', 'b']);
      expect(await listed({ tags: ['x'], jobId: 'b' })).toEqual([]);
      expect(await listed({ tags: ['eu'], states: ['running'] })).toEqual(['b']);
      expect(await listed({ tags: ['eu', 'x'], states: ['failed', 'running'] })).toEqual(['a', 'a', 'a']);
      expect(await listed({ tags: ['x'], states: ['succeeded'] })).toEqual([]);
      expect(await listed({ tags: ['eu'], states: ['succeeded'] })).toEqual(['b', 'b']);
      const { runs: all } = await store().session.listRuns({ limit: 100 });
      const first = await store().session.listRuns({ tags: ['eu'], limit: 4 });
      const second = await store().session.listRuns({ tags: ['eu'], limit: 4, before: first.runs[3] });
      expect([...first.runs, ...second.runs].map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq));
      const slots = all.map(({ scheduledAt }) => scheduledAt).filter((slot) => slot < run.scheduledAt);
      expect(await listed({ tags: ['eu'], to: run.scheduledAt - 1 })).toHaveLength(slots.length);
      expect(await listed({ tags: ['eu'], from: run.scheduledAt + 1 })).toHaveLength(
        all.filter(({ scheduledAt }) => scheduledAt > run.scheduledAt).length,
      );
    });

    it('are found no more when they are pruned', async () => {
      await store().put({ id: 'a', tags: ['eu', LONG] });
      await runTimes('a', 2, 2 * HOUR);
      await runTimes('a', 1, MINUTE);
      expect(await store().session.pruneRuns(KEEP_ALL, 100)).toBe(2);
      expect(await listed({ tags: ['eu', LONG] })).toEqual(['a']);
    });
  });

  describe('runs of some states', () => {
    const choices: (readonly RunState[])[] = [
      ['failed'],
      ['lost'],
      ['running'],
      ['queued', 'running'],
      ['failed', 'skipped', 'failed'],
      ['missed', 'cancelled', 'queued'],
      ['succeeded'],
      ['failed', 'succeeded', 'running'],
    ];
    for (const states of choices) {
      it(`are listed in the order of their slots, a page after the other: ${states.join(', ')}`, async () => {
        const { session } = store();
        await store().put({ id: 'a', maxInstances: 9 });
        for (const state of ['succeeded', 'failed', 'cancelled', 'failed', 'succeeded'] as const) {
          await store().end((await store().start('a')).run, state);
        }
        await store().start('a');
        const { run } = await store().start('a');
        const slot = run.scheduledAt;
        await store().add('a', { scheduledAt: slot, state: 'skipped', reason: 'maxInstances' });
        await store().add('a', { scheduledAt: slot - 9 * SECOND });
        await store().add('a', { scheduledAt: slot + 9 * SECOND, state: 'skipped', reason: 'maxInstances' });
        const next = slot + SECOND;
        const rollUps = [{ state: 'missed', reason: 'misfire', scheduledAt: next, untilAt: next, count: 1 } as const];
        await store().claim('a', { plan: { run: null, rollUps } });

        const { runs: all } = await session.listRuns({ limit: 100 });
        expect(all).toHaveLength(11);
        const among = all.filter(({ state }) => states.includes(state)).map(({ runId }) => runId);
        const listed: string[] = [];
        let before: RunRecord | undefined;
        do {
          const { runs } = await session.listRuns({ states, limit: 2, before });
          listed.push(...runs.map(({ runId }) => runId));
          before = runs[1];
        } while (before);
        expect(listed).toEqual(among);
        const within = { from: slot - 2 * SECOND, to: slot };
        const { runs: some } = await session.listRuns({ states, ...within, limit: 100 });
        expect(some.map(({ runId }) => runId)).toEqual(
          all
            .filter(({ scheduledAt }) => scheduledAt >= within.from && scheduledAt <= within.to)
            .filter(({ state }) => states.includes(state))
            .map(({ runId }) => runId),
        );
      });
    }
  });

  describe('P25 pruning', () => {
    it('deletes what has ended longer ago than the retention covers', async () => {
      await store().put({ id: 'a' });
      await runTimes('a', 2, 2 * HOUR);
      await runTimes('a', 1, MINUTE);
      expect(await store().session.pruneRuns(KEEP_ALL, 100)).toBe(2);
      expect(await store().runs('a')).toHaveLength(1);
      expect(await store().session.pruneRuns(KEEP_ALL, 100)).toBe(0);
    });

    it('keeps the newest of each job', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      await runTimes('a', 5);
      await runTimes('b', 2);
      const newest = (await store().runs('a')).slice(-3).map(({ runId }) => runId);
      expect(await store().session.pruneRuns({ ...KEEP_ALL, maxRunsPerJob: 3 }, 100)).toBe(2);
      expect((await store().runs('a')).map(({ runId }) => runId)).toEqual(newest);
      expect(await store().runs('b')).toHaveLength(2);
    });

    it('keeps the newest of all', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      await runTimes('a', 3);
      await runTimes('b', 2);
      expect(await store().session.pruneRuns({ ...KEEP_ALL, maxRuns: 3 }, 100)).toBe(2);
      expect((await store().runs()).map(({ jobId }) => jobId)).toEqual(['a', 'b', 'b']);
    });

    it('keeps as many of all as there may be, when a job has to do with fewer', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      await runTimes('a', 3);
      await runTimes('b', 4);
      const limits = { ...KEEP_ALL, maxRunsPerJob: 2, maxRuns: 4 };
      await store().session.pruneRuns(limits, 100);
      expect((await store().runs()).map(({ jobId }) => jobId)).toEqual(['a', 'a', 'b', 'b']);
      expect(await store().session.pruneRuns(limits, 100)).toBe(0);
    });

    it('deletes misses, skips and cancelled runs like others', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      const rollUps = [{ state: 'missed', reason: 'misfire', scheduledAt: slot, untilAt: slot, count: 1 } as const];
      await store().claim('a', { plan: { run: null, rollUps } });
      await store().add('a', { state: 'skipped', reason: 'maxInstances' });
      await store().add('a');
      await store().session.removeJobs(['a']);
      expect(await store().session.pruneRuns({ ...KEEP_ALL, maxRunsPerJob: 0 }, 100)).toBe(3);
      expect(await store().runs()).toEqual([]);
    });

    it('never deletes a run that has not ended', async () => {
      await store().put({ id: 'a', maxInstances: 2 });
      await store().start('a');
      await store().add('a');
      await store().untilLater();
      expect(await store().session.pruneRuns({ maxAge: 0, maxRunsPerJob: 0, maxRuns: 0 }, 100)).toBe(0);
      expect(await store().story('a')).toEqual(['running', 'queued']);
    });

    it('deletes at most as many as it is told to, the oldest first', async () => {
      await store().put({ id: 'a' });
      await runTimes('a', 5);
      const newest = (await store().runs('a')).slice(-2).map(({ runId }) => runId);
      const retention = { ...KEEP_ALL, maxRunsPerJob: 1 };
      expect(await store().session.pruneRuns(retention, 3)).toBe(3);
      expect((await store().runs('a')).map(({ runId }) => runId)).toEqual(newest);
      expect(await store().session.pruneRuns(retention, 3)).toBe(1);
      expect(await store().session.pruneRuns(retention, 3)).toBe(0);
    });

    it('G2 does not make a slot run twice: the high-water mark survives it', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      await runTimes('a', 1, 2 * HOUR);
      await store().session.pruneRuns(KEEP_ALL, 100);
      expect(await store().runs('a')).toEqual([]);
      await store().change('a', { nextFireAt: slot, dueAt: slot });
      await store().claim('a');
      expect(await store().story('a')).toEqual(['skipped/duplicate']);
    });
  });
}
