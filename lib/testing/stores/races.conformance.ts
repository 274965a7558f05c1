import { aClaim, aDraft, aJob, HOUR, SECOND } from './store-fixtures.js';
import { lane, type StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';

/** What two sessions on the same data may never do to one another: shared stores only. */
export function describeRaces({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  describe('two sessions on the same data', () => {
    const two = async () => [store(), await store().another('node-2')] as const;

    it('see the same jobs, runs and nodes', async () => {
      const [one, other] = await two();
      await one.put({ id: 'a' });
      const { run } = await other.start('a');
      expect(await one.session.getRun(run.runId)).toMatchObject({ state: 'running', node: 'node-2' });
      expect((await one.session.nodes()).nodes.map(({ id }) => id).toSorted()).toEqual(['node-1', 'node-2']);
    });

    it('P01 G1 claim each slot exactly once, however often both try', async () => {
      const [one, other] = await two();
      const ids = Array.from({ length: 20 }, (_, i) => `job-${String(i).padStart(2, '0')}`);
      await one.putAll(...ids.map((id) => ({ id, maxInstances: 100 })));
      const start = (await one.job('job-00')).nextFireAt as number;

      const claimRounds = async (driver: StoreDriver) => {
        let won = 0;
        for (let round = 0; round < 15; round++) {
          const { jobs } = await driver.peek();
          const { records } = await driver.session.claim(
            driver.node,
            jobs.map((job) => aClaim(job)),
          );
          expect(records.every(({ run }) => run.state === 'running' && run.node === driver.node)).toBe(true);
          won += records.length;
        }
        return won;
      };
      const won = await Promise.all([claimRounds(one), claimRounds(other)]);

      const runs = await one.runs();
      expect(runs).toHaveLength(won[0] + won[1]);
      expect(new Set(runs.map(({ runId }) => runId)).size).toBe(runs.length);
      for (const id of ids) {
        const job = await one.job(id);
        const slots = runs.filter(({ jobId }) => jobId === id).map(({ scheduledAt }) => scheduledAt);
        expect(slots.toSorted((a, b) => a - b)).toEqual(slots.map((_, i) => start + i * SECOND));
        expect(job).toMatchObject({ nextFireAt: start + slots.length * SECOND, runCount: slots.length });
      }
    });

    it('G1 of two claims with the same plans, each entry wins once', async () => {
      const [one, other] = await two();
      const ids = Array.from({ length: 50 }, (_, i) => `job-${i}`);
      await one.putAll(...ids.map((id) => ({ id })));
      const { jobs } = await one.peek();
      const claims = jobs.map((job) => aClaim(job));
      const [first, second] = await Promise.all([
        one.session.claim('node-1', claims),
        other.session.claim('node-2', claims.toReversed()),
      ]);
      expect(first.records.length + second.records.length).toBe(50);
      expect([...first.lost, ...second.lost]).toHaveLength(50);
      const winners = [...first.records, ...second.records].map(({ run }) => run.jobId);
      expect(winners.toSorted()).toEqual(ids.toSorted());
    });

    it('G5 P27 never start more runs of a job than it has instances, by claims and from the queue', async () => {
      const [one, other] = await two();
      await one.putAll({ id: 'a', maxInstances: 3 }, { id: 'b' });
      for (let i = 0; i < 8; i++) {
        await one.session.addRuns(i % 2 ? 'a' : 'b', (job, _facts, now) => [aDraft(job, now)]);
      }
      const work = async (driver: StoreDriver) => {
        for (let round = 0; round < 10; round++) {
          const { jobs } = await driver.peek();
          const { records } = await driver.session.claim(
            driver.node,
            jobs.map((job) => aClaim(job)),
          );
          const taken = await driver.take(lane(2), undefined, driver.node);
          const { runs: running } = await driver.session.listRuns({ states: ['running'], limit: 100 });
          expect(running.filter(({ jobId }) => jobId === 'a').length).toBeLessThanOrEqual(3);
          expect(running.filter(({ jobId }) => jobId === 'b').length).toBeLessThanOrEqual(1);
          const started = records.map(({ run }) => run).filter(({ state }) => state === 'running');
          for (const run of [...started, ...taken]) expect((await driver.end(run)).fenced).toEqual([]);
        }
      };
      await Promise.all([work(one), work(other)]);
      for (let left = await one.take(); left.length > 0; left = await one.take()) {
        for (const run of left) await one.end(run);
      }
      const manual = (await one.runs()).filter(({ origin }) => origin === 'manual');
      expect(manual.map(({ state }) => state)).toEqual(manual.map(() => 'succeeded'));
    });

    it('take each queued run once', async () => {
      const [one, other] = await two();
      await one.put({ id: 'a', maxInstances: 100 });
      for (let i = 0; i < 30; i++) await one.add('a');
      const taken = await Promise.all(
        [one, other, one, other].map((driver) => driver.take(lane(20), undefined, driver.node)),
      );
      // A taker passes by what another one has under its hands: that comes next.
      for (let rest = await one.take(); rest.length > 0; rest = await one.take()) taken.push(rest);
      const ids = taken.flat().map(({ runId }) => runId);
      expect(ids).toHaveLength(30);
      expect(new Set(ids).size).toBe(30);
      expect(new Set(taken.flat().map(({ fence }) => fence)).size).toBe(30);
    });

    it('add one job under one id, the second seeing the first', async () => {
      const [one, other] = await two();
      const seen = await Promise.all(
        [one, other].map((driver) =>
          driver.session.putJobs(['a'], (_id, stored, { now }) => (stored ? null : aJob({ id: 'a' }, now))),
        ),
      );
      expect(seen.flat().filter(({ before }) => before === null)).toHaveLength(1);
      expect(seen.flat().map(({ after }) => after!.gen)).toEqual(Array(2).fill((await one.job('a')).gen));
    });

    it('lose no change to a job', async () => {
      const [one, other] = await two();
      await one.put({ id: 'a' });
      const bump = (driver: StoreDriver) =>
        driver.session.changeJobs(['a'], (job) => ({ ...job, failures: job.failures + 1, gen: job.gen + 1 }));
      await Promise.all(Array.from({ length: 20 }, (_, i) => bump(i % 2 ? one : other)));
      expect(await one.job('a')).toMatchObject({ failures: 20 });
    });

    it('W04 G3 take over a node once, and the other one hears that it was taken', async () => {
      const [one, other] = await two();
      await one.put({ id: 'a' });
      const { run } = await other.start('a');
      const node = (await one.session.nodes()).nodes.find(({ id }) => id === 'node-2')!;
      const results = await Promise.all([one.session.takeOverNode(node), other.session.takeOverNode(node)]);
      expect(results.filter(({ taken }) => taken)).toHaveLength(1);
      expect(results.flatMap(({ lost }) => lost)).toHaveLength(1);
      expect((await other.end(run)).fenced).toHaveLength(1);
      expect((await other.claim('a', {}, 'node-2')).lost).toEqual(['a']);
      expect(await one.story('a')).toEqual(['lost']);
    });

    for (const maxRuns of [null, 25]) {
      it(`P25 prune at the same moment what is too much, and nothing in its place: maxRuns ${maxRuns}`, async () => {
        const [one, other] = await two();
        const sessions = [one, other, await one.another('node-3')].map(({ session }) => session);
        const retention = { maxAge: HOUR, maxRunsPerJob: 10, maxRuns };
        await one.putAll({ id: 'a' }, { id: 'b' });
        for (let round = 1; round <= 5; round++) {
          for (const id of ['a', 'b']) {
            await one.session.addRuns(id, (job, _facts, now) =>
              Array.from({ length: 30 }, (_, i) =>
                aDraft(job, now, { runId: `${id}@${round}-${i}`, scheduledAt: now + i, state: 'skipped' }),
              ),
            );
          }
          const idsOf = async (jobId: string, limit: number) =>
            (await one.session.listRuns({ jobId, limit })).runs.map(({ runId }) => runId);
          const newest = [await idsOf('a', 10), await idsOf('b', 10)];
          for (let batch = 0; batch < 3; batch++) {
            await Promise.all(sessions.map((session) => session.pruneRuns(retention, 30)));
          }
          expect([await idsOf('a', 100), await idsOf('b', 100)]).toEqual(newest);
        }
      });
    }

    it('keep the jobs and runs of a session that was closed', async () => {
      const [one, other] = await two();
      await other.put({ id: 'a' });
      await other.start('a');
      await other.session.close();
      expect(await one.story('a')).toEqual(['running']);
      expect(await one.due()).toEqual(['a']);
    });
  });
}
