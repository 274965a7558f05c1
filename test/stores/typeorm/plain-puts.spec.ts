import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { JobRecord } from '../../../lib/jobs/job-record.js';
import type { JobStoreSession, PutDecision } from '../../../lib/stores/job-store.js';
import { JobCodec } from '../../../lib/stores/typeorm/codec/job-codec.js';
import { postgresDialect } from '../../../lib/stores/typeorm/dialects/postgres.js';
import { PositionalSql } from '../../../lib/stores/typeorm/drivers/positional-sql.js';
import { plainPut } from '../../../lib/stores/typeorm/scripts/plain-put.js';
import { tableNames } from '../../../lib/stores/typeorm/table-names.js';
import { isThere, POSTGRES } from '../../support/servers.js';
import { aClaim, aJob, aNode, HOUR } from '../../support/store-fixtures.js';
import { ServerTables } from './server-tables.js';

const IDS = Array.from({ length: 50 }, (_, i) => `job-${i}`);

describe.skipIf(!(await isThere(POSTGRES)))('jobs that are stored one by one on PostgreSQL', () => {
  const tables = new ServerTables('postgres');
  let session: JobStoreSession;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    ({ session, dispose } = await tables.openEmpty(new SystemClock()));
  });
  afterEach(() => dispose());
  afterAll(() => tables.drop());

  const put = async (id: string, change: Partial<JobRecord> = {}, decide?: PutDecision) => {
    const [result] = await session.putJobs([id], decide ?? ((_id, _stored, { now }) => aJob({ id, ...change }, now)));
    return result!;
  };
  const storedIds = async () => (await session.listJobs({})).jobs.map(({ id }) => id);
  const commits = async () => {
    const rows = await tables.query<{ xmin: string }[]>(`SELECT DISTINCT xmin::text FROM ${tables.names.job}`);
    return rows.length;
  };

  it('are what the call has answered', async () => {
    const { before, after } = await put('a', { args: [1, { two: '2' }], tags: ['t'] });
    expect(before).toBeNull();
    expect(await session.getJob('a')).toEqual(after);
  });

  it('at the same time share a commit', async () => {
    const results = await Promise.all(IDS.map((id) => put(id)));
    expect(results.map(({ id, after }) => [id, after!.id])).toEqual(IDS.map((id) => [id, id]));
    expect(await storedIds()).toEqual(IDS.toSorted());
    expect(await commits()).toBe(1);
  });

  it('P29 are stored while a test has faked all timers', async () => {
    vi.useFakeTimers();
    try {
      expect((await put('a')).after).toMatchObject({ id: 'a' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('one after the other have a commit each', async () => {
    for (const id of ['a', 'b', 'c']) await put(id);
    expect(await commits()).toBe(3);
  });

  it('are told to other sessions', async () => {
    let tell = (_ids: Promise<string[]>): void => {};
    const other = await tables.open({ clock: new SystemClock(), onChange: () => tell(storedIds()) });
    const seen = new Promise<string[]>((resolve) => (tell = resolve));
    await put('a');
    expect(await seen).toEqual(['a']);
    await other.close();
  });

  it('under the same id at the same time are decided one after the other', async () => {
    const decide =
      (name: string): PutDecision =>
      (id, stored, { now }) =>
        stored ? { ...stored, name, gen: stored.gen + 1 } : aJob({ id, name }, now);
    const results = await Promise.all(['first', 'second'].map((name) => put('a', {}, decide(name))));
    const [winners, losers] = [true, false].map((isNew) => results.filter(({ before }) => (before === null) === isNew));
    expect([winners!.length, losers!.length]).toEqual([1, 1]);
    expect(losers![0]!.before).toEqual(winners![0]!.after);
  });

  it('are stored although the database refuses another, which alone fails', async () => {
    const outcomes = await Promise.allSettled(IDS.map((id) => put(id, id === 'job-7' ? { name: 'a\u0000b' } : {})));
    const failed = outcomes.flatMap(({ status }, i) => (status === 'rejected' ? [IDS[i]] : []));
    expect(failed).toEqual(['job-7']);
    expect(await storedIds()).toEqual(IDS.filter((id) => id !== 'job-7').toSorted());
  });

  it('are stored although the decision about another throws, which fails with its own error', async () => {
    const refuse = () => {
      throw new Error('not this one');
    };
    const outcomes = await Promise.allSettled(IDS.map((id) => put(id, {}, id === 'job-7' ? refuse : undefined)));
    expect(outcomes[7]).toMatchObject({ reason: { message: 'not this one' } });
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(IDS.length - 1);
    expect(await storedIds()).toHaveLength(IDS.length - 1);
  });

  it('are decided by what is stored, also where the decision about a new one would throw', async () => {
    await put('a');
    const { before, after } = await put('a', {}, (_id, stored) => {
      if (!stored) throw new Error('it never fires');
      return null;
    });
    expect(after).toEqual(before);
  });

  it('go on with the series of the runs that are left of an id', async () => {
    await session.joinNode(aNode('node-1'), HOUR);
    const { after } = await put('a');
    const { records } = await session.claim('node-1', [aClaim(after!)]);
    expect(records).toHaveLength(1);
    await session.removeJobs(['a']);
    const facts: number[] = [];
    await put('a', {}, (id, _stored, { now, lastSeries }) => (facts.push(lastSeries), aJob({ id }, now)));
    expect(facts.at(-1)).toBe(1);
  });

  it('have a gen and a fence above those of a job of their id that was removed', async () => {
    const { after: before } = await put('a', {}, (id, _stored, { now }) =>
      aJob({ id, gen: now + HOUR, fence: now + HOUR }, now),
    );
    await session.removeJobs(['a']);
    const { after } = await put('a');
    expect(after!.gen).toBeGreaterThan(before!.gen);
    expect(after!.fence).toBeGreaterThan(before!.fence);
  });

  it('do not wait for somebody who is about to store the id of another', async () => {
    const holder = (await tables.admin()).createQueryRunner();
    await holder.startTransaction();
    const { sql, params } = plainPut(statement(), new JobCodec(), [aJob({ id: 'held' }, 1)], await session.now());
    const { text, values } = new PositionalSql('numbered').of(sql, { ...params, channel: 'none', sender: '' });
    await holder.query(text, [...values]);
    const held = put('held');
    await Promise.all(IDS.map((id) => put(id)));
    expect(await storedIds()).toEqual(IDS.toSorted());
    await holder.commitTransaction();
    await holder.release();
    expect((await held).before).not.toBeNull();
  });

  const statement = () => postgresDialect(tableNames(tables.prefix)).plain!.put;
  const putAt = async (offMs: number) => {
    const now = await session.now();
    const { sql, params } = plainPut(statement(), new JobCodec(), [aJob({ id: 'a' }, now + offMs)], now + offMs);
    const { text, values } = new PositionalSql('numbered').of(sql, { ...params, channel: 'none', sender: '' });
    const [row] = await tables.query<Record<string, unknown>[]>(text, values);
    return { now, row: row! };
  };

  it.each([60_000, -60_000])(
    'are left to the script when they were decided for a time that is off by %i ms',
    async (offMs) => {
      const { now, row } = await putAt(offMs);
      expect(row['id']).toBeNull();
      expect(Number(row['now'])).toBeGreaterThanOrEqual(now);
      expect(await storedIds()).toEqual([]);
    },
  );

  it('have a gen and a fence not below the clock of the store, for however early they were decided', async () => {
    const { now, row } = await putAt(-500);
    const job = (await session.getJob('a'))!;
    expect(job.gen).toBeGreaterThanOrEqual(now);
    expect(job.fence).toBeGreaterThanOrEqual(now);
    expect([Number(row['gen']), Number(row['fence'])]).toEqual([job.gen, job.fence]);
  });
});
