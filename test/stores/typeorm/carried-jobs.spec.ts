import type { QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { JobRecord } from '../../../lib/jobs/job-record.js';
import type { RunRecord } from '../../../lib/jobs/run-record.js';
import type { JobStoreSession, PutDecision } from '../../../lib/stores/job-store.js';
import { postgresDialect } from '../../../lib/stores/typeorm/dialects/postgres.js';
import { PositionalSql } from '../../../lib/stores/typeorm/drivers/positional-sql.js';
import { plainClaim } from '../../../lib/stores/typeorm/scripts/plain-claim.js';
import { tableNames } from '../../../lib/stores/typeorm/table-names.js';
import type { OpenedStore } from '../../conformance/store-driver.js';
import { isThere, POSTGRES } from '../../support/servers.js';
import { aClaim, aDraft, aJob, aNode, aPolicy, aScope, HOUR } from '../../support/store-fixtures.js';
import { ServerTables } from './server-tables.js';

const NODE = 'node-1';
const lastFire = { plan: { nextFireAt: null, nextDueAt: null } };
const orKeep: PutDecision = (id, stored, { now }) => (stored ? null : aJob({ id, series: 9 }, now));

describe.skipIf(!(await isThere(POSTGRES)))('a job that is carried by its last run on PostgreSQL', () => {
  const tables = new ServerTables('postgres');
  let store: OpenedStore;
  let session: JobStoreSession;
  let other: QueryRunner;

  beforeEach(async () => {
    store = await tables.openEmpty(new SystemClock());
    ({ session } = store);
    await session.joinNode(aNode(NODE), HOUR);
    other = (await tables.admin()).createQueryRunner();
    await other.startTransaction('READ COMMITTED');
  });
  afterEach(async () => {
    if (other.isTransactionActive) await other.rollbackTransaction();
    await other.release();
    await store.dispose();
  });
  afterAll(() => tables.drop());

  const put = async (overrides: Partial<JobRecord> = {}): Promise<JobRecord> => {
    const [result] = await session.putJobs(['a'], (id, _stored, { now }) => aJob({ ...overrides, id }, now));
    return result!.after!;
  };
  const start = async (job: JobRecord, claim: object = lastFire): Promise<RunRecord> => {
    const { records } = await session.claim(NODE, [aClaim(job, claim)]);
    return records[0]!.run;
  };
  const end = async (run: RunRecord, state: 'succeeded' | 'failed' = 'succeeded') => {
    const finishedAt = await session.now();
    return await session.complete([{ run, state, finishedAt, outcome: null, retryDelayMs: null }]);
  };
  const stored = () => tables.query<{ id: string }[]>(`SELECT id, status FROM ${tables.names.job}`);
  const carried = async () => {
    const rows = await tables.query<{ size: number | null }[]>(
      `SELECT cardinality(carried_job) AS size FROM ${tables.names.run} ORDER BY seq`,
    );
    return rows.map(({ size }) => size);
  };
  /** Claims in a transaction that goes on. */
  const startWithin = async (job: JobRecord): Promise<void> => {
    const { plain } = postgresDialect(tableNames(tables.prefix));
    const query = plainClaim(plain!.claim, NODE, [aClaim(job, lastFire)])!;
    const { text, values } = new PositionalSql('numbered').of(query.sql, query.params);
    await other.query(text, [...values]);
  };

  it('has no row of its own while that runs, and what was kept of it goes with the end', async () => {
    const run = await start(await put());
    expect(await stored()).toEqual([]);
    expect(await carried()).toEqual([16]);
    expect((await end(run)).finished).toEqual([{ id: 'a', gen: run.gen, fence: run.fence }]);
    expect(await stored()).toEqual([]);
    expect(await carried()).toEqual([0]);
  });

  it.each([
    ['is declared', { origin: 'declared' as const }, lastFire],
    ['fires again', {}, {}],
  ])('is only carried where it does not come back: not when it %s', async (_why, overrides, claim) => {
    await start(await put(overrides), claim);
    expect(await stored()).toHaveLength(1);
    expect(await carried()).toEqual([null]);
  });

  it('is not carried while another run of it waits or runs', async () => {
    const first = await put({ maxInstances: 2 });
    await start(first, {});
    await start((await session.getJob('a'))!);
    expect(await stored()).toMatchObject([{ status: 2 }]);
    expect(await carried()).toEqual([null, null]);
  });

  it('is back in its table as soon as somebody changes it', async () => {
    await start(await put());
    await session.changeJobs(['a'], (job) => ({ ...job, name: 'renamed' }));
    expect(await stored()).toMatchObject([{ status: 2 }]);
    expect(await carried()).toEqual([null]);
  });

  it.each([1, 300])('is met by somebody who adds its id, one of %s, while it is being claimed', async (count) => {
    const job = await put();
    await startWithin(job);
    const ids = ['a', ...Array.from({ length: count - 1 }, (_, i) => `b-${i}`)];
    const adding = session.putJobs(ids, orKeep);
    await tables.untilSomebodyWaits();
    await other.commitTransaction();
    const results = await adding;
    expect(results[0]).toMatchObject({ before: { id: 'a', state: 'finished', gen: job.gen }, after: { series: 1 } });
    expect(results.slice(1).every(({ before }) => before === null)).toBe(true);
  });

  it('is changed by both of two who change it at the same moment', async () => {
    await start(await put());
    const { bringBack } = postgresDialect(tableNames(tables.prefix)).carried!;
    const { text, values } = new PositionalSql('numbered').of(bringBack, { ids: '["a"]' });
    await other.query(text, [...values]);
    await other.query(`UPDATE ${tables.names.job} SET name = 'one'`);
    const changing = session.changeJobs(['a'], (job) => ({ ...job, metadata: { two: job.name } }));
    await tables.untilSomebodyWaits();
    await other.commitTransaction();
    await changing;
    expect(await session.getJob('a')).toMatchObject({ name: 'one', metadata: { two: 'one' } });
  });

  it.each(['succeeded', 'failed'] as const)(
    'stays when it gets another fire at the moment at which its run has %s',
    async (state) => {
      const run = await start(await put({ failures: 3 }));
      const { bringBack } = postgresDialect(tableNames(tables.prefix)).carried!;
      const { text, values } = new PositionalSql('numbered').of(bringBack, { ids: '["a"]' });
      await other.query(text, [...values]);
      await other.query(`UPDATE ${tables.names.job} SET status = 1, next_fire_at = 1, due_at = 1`);
      expect((await end(run, state)).busy).toEqual([run]);
      await other.commitTransaction();
      expect(await end(run, state)).toMatchObject({ fenced: [], finished: [] });
      expect(await session.getJob('a')).toMatchObject({ state: 'active', failures: state === 'failed' ? 4 : 0 });
    },
  );

  it('is gone for somebody who changes it at the moment at which its run ends', async () => {
    await start(await put());
    await other.query(`UPDATE ${tables.names.run} SET state = 2, finished_at = 1, carried_job = '{}'`);
    const changing = session.changeJobs(['a'], (job) => job);
    await tables.untilSomebodyWaits();
    await other.commitTransaction();
    expect(await changing).toEqual([]);
    expect(await stored()).toEqual([]);
  });

  it('does not leave a run behind that is asked for while it is being claimed', async () => {
    const job = await put();
    await other.query(`SELECT 1 FROM ${tables.names.node} FOR UPDATE`);
    const claiming = session.claim(NODE, [aClaim(job, lastFire)]);
    await tables.untilSomebodyWaits();
    await session.addRuns('a', (found, _facts, now) => [aDraft(found, now)]);
    await other.commitTransaction();
    const { records } = await claiming;
    expect((await end(records[0]!.run)).finished).toEqual([]);
    const lanes = [{ executor: 'default', limit: 10 }];
    const [taken] = await session.takeQueued({ node: NODE, lanes, scope: aScope() });
    expect((await end(taken!.run)).finished).toHaveLength(1);
    expect(await stored()).toEqual([]);
  });

  it('does not go with its run while somebody asks for another', async () => {
    const run = await start(await put());
    await session.changeJobs(['a'], (job) => ({ ...job, name: 'renamed' }));
    const within = await session.within(other.manager);
    await within.addRuns('a', (found, _facts, now) => [aDraft(found, now)]);
    expect((await end(run)).busy).toEqual([run]);
    await other.commitTransaction();
    expect((await end(run)).finished).toEqual([]);
    expect(await stored()).toHaveLength(1);
  });

  it('is not carried while it could have other runs beside it, which nobody would find', async () => {
    await start(await put({ maxInstances: 2 }));
    expect(await stored()).toHaveLength(1);
    expect(await carried()).toEqual([null]);
  });

  it('keeps nobody from its run who has found it brought back by somebody else', async () => {
    await start(await put());
    const { bringBack } = postgresDialect(tableNames(tables.prefix)).carried!;
    const { text, values } = new PositionalSql('numbered').of(bringBack, { ids: '["a"]' });
    await other.query(text, [...values]);
    const third = (await tables.admin()).createQueryRunner();
    await third.startTransaction('READ COMMITTED');
    const waiting = third.query(text, [...values]);
    await tables.untilSomebodyWaits();
    await other.commitTransaction();
    await waiting;
    try {
      expect(await tables.query(`SELECT 1 FROM ${tables.names.run} FOR UPDATE NOWAIT`)).toHaveLength(1);
    } finally {
      await third.rollbackTransaction();
      await third.release();
    }
    expect(await stored()).toHaveLength(1);
  });

  it('is brought back before others are locked that are changed with it', async () => {
    await start(await put());
    await session.putJobs(['b'], (id, _stored, { now }) => aJob({ id }, now));
    const { bringBack } = postgresDialect(tableNames(tables.prefix)).carried!;
    const { text, values } = new PositionalSql('numbered').of(bringBack, { ids: '["a"]' });
    await other.query(text, [...values]);
    const changing = session.changeJobs(['a', 'b'], (job) => ({ ...job, name: 'renamed' }));
    await tables.untilSomebodyWaits();
    await other.query(`SELECT 1 FROM ${tables.names.job} WHERE id = 'b' FOR UPDATE NOWAIT`);
    await other.commitTransaction();
    expect((await changing).map(({ after }) => after.name)).toEqual(['renamed', 'renamed']);
  });

  it('is gone when its run ends while it is brought back', async () => {
    await start(await put());
    await other.query(`UPDATE ${tables.names.run} SET state = 2, finished_at = 1, carried_job = '{}'`);
    const changing = session.changeJobs(['a', 'b'], (job) => job);
    await tables.untilSomebodyWaits();
    await other.commitTransaction();
    expect(await changing).toEqual([]);
    expect(await stored()).toEqual([]);
  });

  it('is found by somebody who has looked for it just before its run waited for another attempt', async () => {
    const policy = aPolicy({ retry: { maxAttempts: 2, backoff: 'fixed', delay: 0 } });
    const [a] = await session.putJobs(['a', 'b'], (id, _stored, { now }) => aJob({ id, policy }, now));
    const [c] = await session.putJobs(['c'], (id, _stored, { now }) => aJob({ id }, now));
    await start(c!.after!);
    // Holds up the first look, at which `a` is still in its table, and the second one, at which it is carried.
    const third = (await tables.admin()).createQueryRunner();
    await third.startTransaction('READ COMMITTED');
    const { bringBack } = postgresDialect(tableNames(tables.prefix)).carried!;
    const { text, values } = new PositionalSql('numbered').of(bringBack, { ids: '["c"]' });
    await third.query(text, [...values]);
    await other.query(`SELECT 1 FROM ${tables.names.job} WHERE id = 'b' FOR UPDATE`);
    const changing = session.changeJobs(['a', 'b', 'c'], (job) => ({ ...job, name: 'renamed' }));
    await tables.untilSomebodyWaits();
    const run = await start(a!.after!);
    await third.commitTransaction();
    await third.release();
    await tables.untilSomebodyWaits('FOR UPDATE');
    const finishedAt = await session.now();
    await session.complete([{ run, state: 'failed', finishedAt, outcome: null, retryDelayMs: 0 }]);
    await other.commitTransaction();
    expect((await changing).map(({ after }) => [after.id, after.name])).toEqual([
      ['a', 'renamed'],
      ['b', 'renamed'],
      ['c', 'renamed'],
    ]);
  });
});
