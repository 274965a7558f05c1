import type { QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { JobStoreSession, TakenRun } from '../../../lib/stores/job-store.js';
import { aClaim, aDraft, aJob, aNode, aScope, HOUR } from '../../support/store-fixtures.js';
import { isThere, MYSQL, POSTGRES } from '../../support/servers.js';
import { ServerTables, type ServerType } from './server-tables.js';

const SERVERS: readonly { readonly type: ServerType; readonly isRunnable: boolean }[] = [
  { type: 'postgres', isRunnable: await isThere(POSTGRES) },
  { type: 'mysql', isRunnable: await isThere(MYSQL) },
];

const HELD = 'held';
const LANES = [{ executor: 'default', limit: 500 }];

/** Of a few rows, and of a list that names nearly all, an optimizer likes to read the whole table. */
const CROWDS = [1, 40, 450];

for (const { type, isRunnable } of SERVERS) {
  describe.skipIf(!isRunnable)(`P20 while another connection to ${type} holds the rows of one job and node`, () => {
    const tables = new ServerTables(type);
    let session: JobStoreSession;
    let holder: QueryRunner;
    let started: readonly TakenRun[];

    afterAll(() => tables.drop());
    beforeEach(async () => {
      ({ session } = await tables.openEmpty(new SystemClock()));
      for (const node of ['node-1', HELD]) await session.joinNode(aNode(node), HOUR);
    });
    afterEach(async () => {
      await holder.rollbackTransaction();
      await holder.release();
      await session.close();
    });

    const idsOf = (count: number) => Array.from({ length: count }, (_, i) => `${i % 2 ? 'a' : 'z'}-${i}`);

    /** Jobs of which each runs, and the held one, which runs as well. */
    const runAll = async (count: number, change: object = {}) => {
      const ids = [...idsOf(count), HELD];
      await session.putJobs(ids, (id, _stored, { now }) => aJob({ id, maxInstances: 2, ...change }, now));
      const { jobs } = await session.listJobs({});
      const { records } = await session.claim(
        'node-1',
        jobs.map((job) => aClaim(job)),
      );
      started = records;
      expect(records).toHaveLength(count + 1);
    };

    /** Locks the rows of one job, its runs and a node. */
    const hold = async () => {
      holder = (await tables.admin()).createQueryRunner();
      await holder.startTransaction('READ COMMITTED');
      const { job, run, node } = tables.names;
      const force = (index: string) => (type === 'mysql' ? `FORCE INDEX (${index})` : '');
      await holder.query(`SELECT 1 FROM ${node} ${force('PRIMARY')} WHERE id = '${HELD}' FOR UPDATE`);
      await holder.query(`SELECT 1 FROM ${job} ${force('PRIMARY')} WHERE id = '${HELD}' FOR UPDATE`);
      await holder.query(`SELECT 1 FROM ${run} ${force(`${run}_job`)} WHERE job_id = '${HELD}' FOR UPDATE`);
    };

    const others = async () => (await session.listJobs({})).jobs.filter(({ id }) => id !== HELD);
    const ended = (taken: TakenRun, finishedAt: number) => ({
      run: taken.run,
      state: 'succeeded' as const,
      finishedAt,
      outcome: null,
      retryDelayMs: null,
    });

    it('who takes a node over waits for the job before it locks a run, as whoever has the job may want the run', async () => {
      await runAll(0);
      const nodes = (await session.nodes()).nodes;
      const { job, run } = tables.names;
      holder = (await tables.admin()).createQueryRunner();
      await holder.startTransaction('READ COMMITTED');
      await holder.query(`SELECT 1 FROM ${job} WHERE id = '${HELD}' FOR UPDATE`);
      const takingOver = session.takeOverNode(nodes.find(({ id }) => id === 'node-1')!);
      await tables.untilSomebodyWaits();
      await holder.query(`SELECT 1 FROM ${run} WHERE job_id = '${HELD}' FOR UPDATE NOWAIT`);
      await holder.rollbackTransaction();
      expect((await takingOver).lost).toHaveLength(1);
      await holder.startTransaction();
    });

    describe.each(CROWDS)('and %i other jobs are there', { timeout: 10_000 }, (count) => {
      it('those are claimed', async () => {
        await runAll(count);
        await hold();
        const jobs = await others();
        const { records, lost } = await session.claim(
          'node-1',
          jobs.map((job) => aClaim(job)),
        );
        expect([records.length, lost]).toEqual([count, []]);
      });

      it('those are claimed by the script, which takes what is not plain', async () => {
        await runAll(count);
        await hold();
        const jobs = await others();
        const { records } = await session.claim(
          'node-1',
          jobs.map((job) => aClaim(job, { plan: { backlog: [{ scheduledAt: 1, dueAt: 1 }] } })),
        );
        expect(records).toHaveLength(2 * count);
      });

      it('their queued runs are taken', async () => {
        await runAll(count);
        for (const id of [...idsOf(Math.min(count, 5)), HELD]) {
          await session.addRuns(id, (job, _facts, now) => [aDraft(job, now)]);
        }
        await hold();
        const taken = await session.takeQueued({ node: 'node-1', lanes: LANES, scope: aScope() });
        expect(taken.map(({ job }) => job.id).sort()).toEqual(idsOf(Math.min(count, 5)).sort());
      });

      it('those are put, changed and removed', async () => {
        await runAll(count);
        await hold();
        const ids = idsOf(count);
        await session.putJobs([...ids, 'new'], (id, stored, { now }) => stored ?? aJob({ id }, now));
        expect(await session.changeJobs(ids, (job) => ({ ...job, gen: job.gen + 1 }))).toHaveLength(count);
        expect(await session.removeJobs([...ids, 'new'])).toHaveLength(count + 1);
      });

      it('their runs end, fail for now, and retire them with the last', async () => {
        await runAll(count);
        const last = await session.claim(
          'node-1',
          (await session.listJobs({})).jobs.map((job) => aClaim(job, { plan: { nextFireAt: null, nextDueAt: null } })),
        );
        await hold();
        const now = await session.now();
        const completions = started.filter(({ job }) => job.id !== HELD).map((taken) => ended(taken, now));
        const [first, ...rest] = completions as [(typeof completions)[0]];
        await session.complete([{ ...first, state: 'failed', retryDelayMs: 0 } as never, ...rest]);
        const lasts = last.records.filter(({ job }) => job.id !== HELD).map((taken) => ended(taken, now));
        const { finished, fenced } = await session.complete(lasts);
        expect([finished.length, fenced]).toEqual([count - 1, []]);
      });

      it('their runs are pruned', async () => {
        await runAll(count);
        const now = await session.now();
        await session.complete(started.filter(({ job }) => job.id !== HELD).map((taken) => ended(taken, now - HOUR)));
        await hold();
        expect(await session.pruneRuns({ maxAge: 1, maxRuns: null, maxRunsPerJob: 9 }, 1_000)).toBe(count);
      });
    });

    it('the leases of other nodes are given, renewed and ended', { timeout: 10_000 }, async () => {
      await runAll(3);
      await hold();
      expect((await session.renewLease('node-1', HOUR)).renewed).toBe(true);
      await session.joinNode(aNode('node-2'), HOUR);
      await session.joinNode(aNode('node-1'), HOUR);
      expect((await session.leaveNode('node-2')).taken).toBe(true);
    });
  });
}
