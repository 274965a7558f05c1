import type { RunCounts } from '../../jobs/run-tally.js';
import type { StatsQuery, Tallied } from '../../stores/job-store.js';
import { aPolicy, HOUR, MINUTE, SECOND } from './store-fixtures.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';

const DAY = 24 * HOUR;
const KEEP_ALL = { maxAge: 30 * DAY, maxRunsPerJob: 10_000, maxRuns: null };

export function describeStats({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  /** Runs and completes a fire of a job, which took so long and ended `age` ago. */
  const runOnce = async (
    id: string,
    { state = 'succeeded', age = 0 }: { state?: 'succeeded' | 'failed'; age?: number } = {},
  ) => {
    const { run } = await store().start(id);
    const finishedAt = (await store().now()) - age;
    await store().session.complete([{ run, state, finishedAt, outcome: null, retryDelayMs: null }]);
  };

  const since = async (age: number, query: Partial<StatsQuery> = {}) => {
    const now = await store().now();
    return await store().session.stats({ from: now - age, to: now + DAY, ...query });
  };

  const tallied = async (age: number, of: { task: string } | { jobId: string }): Promise<Tallied | undefined> => {
    const { tallies } = await since(age);
    return tallies.find((each) =>
      'jobId' in of ? each.jobId === of.jobId : each.jobId === null && each.task === of.task,
    );
  };

  const countsOf = async (age: number, of: { task: string } | { jobId: string }): Promise<RunCounts | undefined> =>
    (await tallied(age, of))?.tally.counts;

  /** What holds at once must hold after the store has had time to add up. */
  const nowAndLater = async (check: () => Promise<void>) => {
    await check();
    await store().session.pruneRuns(KEEP_ALL, 100);
    await check();
  };

  const NONE = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0, missed: 0, lost: 0 };

  describe('P24 statistics', () => {
    it('count runs by how they ended, under their job and under its task', async () => {
      await store().putAll({ id: 'a', task: 'T.one' }, { id: 'b', task: 'T.one' }, { id: 'c', task: 'T.two' });
      for (const id of ['a', 'a', 'b', 'c']) await runOnce(id, { age: 10 * MINUTE });
      await runOnce('a', { state: 'failed', age: 10 * MINUTE });
      await store().add('b');
      await store().session.removeJobs(['b']);
      await nowAndLater(async () => {
        expect(await countsOf(HOUR, { jobId: 'a' })).toEqual({ ...NONE, succeeded: 2, failed: 1 });
        expect(await countsOf(HOUR, { jobId: 'c' })).toEqual({ ...NONE, succeeded: 1 });
        expect(await countsOf(HOUR, { task: 'T.one' })).toEqual({ ...NONE, succeeded: 3, failed: 1, cancelled: 1 });
        expect(await countsOf(HOUR, { task: 'T.two' })).toEqual({ ...NONE, succeeded: 1 });
      });
    });

    it('count each fire of a roll-up', async () => {
      const slot = (await store().put({ id: 'a' })).nextFireAt as number;
      const missed = {
        state: 'missed',
        reason: 'misfire',
        scheduledAt: slot,
        untilAt: slot + 4 * SECOND,
        count: 5,
      } as const;
      const skipped = { ...missed, state: 'skipped', reason: 'coalesced', count: 3 } as const;
      await store().claim('a', { plan: { run: null, rollUps: [missed, skipped] } });
      await nowAndLater(async () => {
        expect(await countsOf(HOUR, { jobId: 'a' })).toEqual({ ...NONE, missed: 5, skipped: 3 });
      });
    });

    const aRetry = { maxAttempts: 3, backoff: 'fixed', delay: 0 } as const;

    it('count no run that waits or runs, and one that was tried again once', async () => {
      await store().put({ id: 'a', maxInstances: 1 });
      await store().start('a');
      await store().add('a');
      await store().put({ id: 'b', policy: aPolicy({ retry: aRetry }) });
      const { run } = await store().start('b');
      await store().fail(run, 0);
      expect((await since(HOUR)).tallies).toEqual([]);
      const [again] = await store().take();
      await store().end(again!);
      expect(await countsOf(HOUR, { jobId: 'b' })).toEqual({ ...NONE, succeeded: 1 });
    });

    it('tell how long runs took and how late they were, within a tenth', async () => {
      await store().put({ id: 'a' });
      for (const ms of [1, 2, 3, 4, 5, 6, 7, 500, 500, 9_000]) {
        const { run } = await store().start('a');
        const finishedAt = (run.startedAt as number) + ms;
        await store().session.complete([{ run, state: 'succeeded', finishedAt, outcome: null, retryDelayMs: null }]);
      }
      const { runs } = await store().session.listRuns({ limit: 100 });
      const lateness = runs
        .map((run) => (run.startedAt as number) - run.availableAt)
        .toSorted((one, other) => one - other);
      const { tally } = (await tallied(HOUR, { jobId: 'a' })) as Tallied;
      expect(tally.durations.percentile(0.5)).toBe(5);
      expect(Math.abs((tally.durations.percentile(0.9) as number) / 500 - 1)).toBeLessThan(0.1);
      expect(Math.abs((tally.durations.percentile(0.95) as number) / 9_000 - 1)).toBeLessThan(0.1);
      expect(Math.abs((tally.lateness.percentile(0.5) as number) / (lateness[4] as number) - 1)).toBeLessThan(0.1);
    });

    it('count what has ended within the time, and say what that is', async () => {
      await store().put({ id: 'a' });
      await runOnce('a', { age: 9 * DAY });
      await runOnce('a', { age: 8 * DAY });
      await runOnce('a', { age: 6 * DAY });
      await runOnce('a');
      const now = await store().now();
      await nowAndLater(async () => {
        const all = await store().session.stats({ from: now - 10 * DAY, to: now + DAY });
        expect(all.tallies[0]?.tally.counts.succeeded).toBe(4);
        const { from, to, tallies } = await store().session.stats({ from: now - 8.5 * DAY, to: now - 5.5 * DAY });
        expect(from).toBeLessThanOrEqual(now - 8.5 * DAY);
        expect(to).toBeGreaterThanOrEqual(now - 5.5 * DAY);
        expect([from % HOUR === 0 || from === now - 8.5 * DAY, to % HOUR === 0 || to === now - 5.5 * DAY]).toEqual([
          true,
          true,
        ]);
        const ends = [9, 8, 6, 0].map((days) => now - days * DAY);
        const within = ends.filter((end) => end >= from - MINUTE && end < to + MINUTE).length;
        expect(tallies[0]?.tally.counts.succeeded).toBe(within);
        expect((await store().session.stats({ from: now - 3 * DAY, to: now - 2 * DAY })).tallies).toEqual([]);
      });
    });

    it('are given of one job alone', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      for (const id of ['a', 'b', 'b']) await runOnce(id, { age: 10 * MINUTE });
      await nowAndLater(async () => {
        const { tallies } = await since(HOUR, { jobId: 'b' });
        expect(tallies.map(({ jobId, tally }) => [jobId, tally.counts.succeeded])).toEqual([['b', 2]]);
        for (const jobId of ['nobody', '']) expect((await since(HOUR, { jobId })).tallies).toEqual([]);
      });
    });

    it('have runs of a one-shot job that is gone under its task', async () => {
      await store().put({ id: 'once', task: 'T.once', origin: 'added' });
      const { run } = await store().start('once', { plan: { nextFireAt: null, nextDueAt: null } });
      const { finished } = await store().end(run);
      expect(finished.map(({ id }) => id)).toEqual(['once']);
      await nowAndLater(async () => {
        expect(await countsOf(HOUR, { task: 'T.once' })).toEqual({ ...NONE, succeeded: 1 });
        expect(await countsOf(HOUR, { jobId: 'once' })).toBeUndefined();
      });
    });

    it('count what has left the history, or say since when they count', async () => {
      await store().put({ id: 'a' });
      for (let i = 0; i < 5; i++) await runOnce('a', { age: (5 - i) * SECOND });
      const lastPruned = (await store().runs('a'))[2]?.finishedAt as number;
      expect(await store().session.pruneRuns({ ...KEEP_ALL, maxRunsPerJob: 2 }, 100)).toBe(3);
      for (const of of [{ jobId: 'a' }, { task: (await store().job('a')).task }]) {
        const { from, tally } = (await tallied(HOUR, of)) as Tallied;
        expect(tally.counts.succeeded).toBe(from > lastPruned ? 2 : 5);
      }
    });

    it('count every run that the history has, also when later ones of the same task have left it', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      for (let i = 0; i < 3; i++) await runOnce('b', { state: 'failed', age: 10 * MINUTE });
      for (let i = 0; i < 5; i++) await runOnce('a', { age: 5 * MINUTE });
      expect(await store().session.pruneRuns({ ...KEEP_ALL, maxRunsPerJob: 3 }, 100)).toBe(2);
      await nowAndLater(async () => {
        const counts = await countsOf(HOUR, { task: (await store().job('a')).task });
        expect(counts?.failed).toBe(3);
        expect(counts?.succeeded).toBeGreaterThanOrEqual(3);
        expect(await countsOf(HOUR, { jobId: 'b' })).toEqual({ ...NONE, failed: 3 });
      });
    });

    it('count a run once whose end comes to be recorded long after it', async () => {
      await store().put({ id: 'a' });
      await runOnce('a', { age: 10 * MINUTE });
      await store().session.pruneRuns(KEEP_ALL, 100);
      await runOnce('a', { age: 20 * MINUTE });
      await runOnce('a', { state: 'failed', age: 5 * MINUTE });
      await nowAndLater(async () => {
        expect(await countsOf(2 * HOUR, { jobId: 'a' })).toEqual({ ...NONE, succeeded: 2, failed: 1 });
      });
    });

    it('count many', async () => {
      await store().put({ id: 'a' });
      await store().session.addRuns('a', (job, _facts, now) =>
        Array.from({ length: 1_200 }, (_, i) => ({
          runId: `a@many#${i}`,
          scheduledAt: now,
          availableAt: now,
          state: 'skipped' as const,
          reason: 'maxInstances' as const,
          origin: 'manual' as const,
          args: null,
        })),
      );
      await nowAndLater(async () => {
        const asked = (await store().now()) - HOUR;
        const { from, tally } = (await tallied(HOUR, { jobId: 'a' })) as Tallied;
        expect(tally.counts.skipped).toBe(from > asked ? (await store().runs('a')).length : 1_200);
      });
    });
  });
}

/** Of stores that sessions share. */
export function describeSharedStats({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  describe('P24 statistics of a shared store', () => {
    it('count each run once, whoever adds it up', async () => {
      const sessions = [store(), await store().another('node-2'), await store().another('node-3')].map(
        ({ session }) => session,
      );
      await store().putAll({ id: 'a' }, { id: 'b' });
      for (let round = 1; round <= 3; round++) {
        for (const id of ['a', 'b']) {
          const { run } = await store().start(id);
          const finishedAt = (await store().now()) - (20 - round) * MINUTE;
          await store().session.complete([{ run, state: 'succeeded', finishedAt, outcome: null, retryDelayMs: null }]);
        }
        await Promise.all(sessions.map((session) => session.pruneRuns(KEEP_ALL, 100)));
        const now = await store().now();
        for (const session of sessions) {
          const { tallies } = await session.stats({ from: now - HOUR, to: now + DAY });
          expect(tallies.map(({ tally }) => tally.counts.succeeded).toSorted((one, other) => one - other)).toEqual([
            round,
            round,
            2 * round,
          ]);
        }
      }
    });
  });
}
