import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { JobStoreSession, PutDecision } from '../../../lib/stores/job-store.js';
import type { OpenedStore } from '../../conformance/store-driver.js';
import { isThere, POSTGRES } from '../../support/servers.js';
import { aClaim, aJob, aNode, HOUR } from '../../support/store-fixtures.js';
import { ServerTables } from './server-tables.js';

/** More than go in the first statement, and than go in one of those that follow. */
const IDS = Array.from({ length: 2600 }, (_, i) => `job-${i}`);
const LAST = IDS.at(-1)!;

const asNew: PutDecision = (id, _stored, { now }) => aJob({ id }, now);
const orIgnore: PutDecision = (id, stored, { now }) => (stored ? null : aJob({ id }, now));
const orRefuse: PutDecision = (id, stored, { now }) => {
  if (stored) throw new Error(`${id} is taken`);
  return aJob({ id }, now);
};

describe.skipIf(!(await isThere(POSTGRES)))('many jobs that are stored in one call on PostgreSQL', () => {
  const tables = new ServerTables('postgres');
  let store: OpenedStore;
  let session: JobStoreSession;

  beforeEach(async () => {
    store = await tables.openEmpty(new SystemClock());
    ({ session } = store);
  });
  afterEach(() => store.dispose());
  afterAll(() => tables.drop());

  const storedIds = async () => (await session.listJobs({})).jobs.map(({ id }) => id);
  const commits = async () => {
    const rows = await tables.query<{ xmin: string }[]>(`SELECT DISTINCT xmin::text FROM ${tables.names.job}`);
    return rows.length;
  };

  it('are what the call has answered, in its order and of one commit', async () => {
    const shuffled = IDS.toReversed();
    const results = await session.putJobs(shuffled, (id, _stored, { now }) => aJob({ id, args: [id, '"\\\n'] }, now));
    expect(results.map(({ id, before, after }) => [id, before, after!.id])).toEqual(
      shuffled.map((id) => [id, null, id]),
    );
    const { jobs } = await session.listJobs({});
    expect(jobs).toEqual(IDS.toSorted().map((id) => results[shuffled.indexOf(id)]!.after));
    expect(await commits()).toBe(1);
  });

  it.each([IDS[0]!, LAST])('leave nothing behind when one of them (%s) is taken and refused for it', async (taken) => {
    await session.putJobs([taken], asNew);
    await expect(session.putJobs(IDS, orRefuse)).rejects.toThrow(`${taken} is taken`);
    expect(await storedIds()).toEqual([taken]);
  });

  it.each([IDS[0]!, LAST])('are decided by what is stored where one of them (%s) is', async (taken) => {
    const [first] = await session.putJobs([taken], asNew);
    const results = await session.putJobs(IDS, orIgnore);
    const place = IDS.indexOf(taken);
    expect(results[place]).toMatchObject({ before: first!.after, after: first!.after });
    expect(results.filter(({ before }) => before !== null)).toHaveLength(1);
    expect(await storedIds()).toEqual(IDS.toSorted());
  });

  it('are stored when none of them can be decided about without knowing what is stored', async () => {
    await session.putJobs(IDS, asNew);
    const results = await session.putJobs(IDS, (_id, stored) => ({ ...stored!, name: 'new', gen: stored!.gen + 1 }));
    expect(results.every(({ after }) => after!.name === 'new')).toBe(true);
    const { jobs } = await session.listJobs({});
    expect(jobs.every(({ name }) => name === 'new')).toBe(true);
  });

  it('fail with the error of a decision, and leave nothing behind', async () => {
    const refuse: PutDecision = (id, stored, facts) => {
      if (id === LAST) throw new Error('not this one');
      return asNew(id, stored, facts);
    };
    await expect(session.putJobs(IDS, refuse)).rejects.toThrow('not this one');
    expect(await storedIds()).toEqual([]);
  });

  it('end as the last decision about an id has them', async () => {
    const name = (id: string, stored: unknown) => (stored ? `second ${id}` : id);
    const results = await session.putJobs([...IDS, LAST], (id, stored, { now }) =>
      aJob({ id, name: name(id, stored) }, now),
    );
    expect(results.at(-1)).toMatchObject({ before: { name: LAST }, after: { name: `second ${LAST}` } });
    expect(await session.getJob(LAST)).toMatchObject({ name: `second ${LAST}` });
    expect(await storedIds()).toHaveLength(IDS.length);
  });

  it('G2 go on with the series of the runs that are left of an id', async () => {
    await session.joinNode(aNode('node-1'), HOUR);
    const [put] = await session.putJobs([LAST], asNew);
    await session.claim('node-1', [aClaim(put!.after!)]);
    await session.removeJobs([LAST]);
    const series = new Map<string, number>();
    await session.putJobs(IDS, (id, _stored, { now, lastSeries }) => {
      series.set(id, lastSeries);
      return aJob({ id, series: lastSeries + 1 }, now);
    });
    expect([series.get(IDS[0]!), series.get(LAST)]).toEqual([0, 1]);
  });

  it('have a gen and a fence above those of a job of their id that was removed', async () => {
    const later: PutDecision = (id, _stored, { now }) => aJob({ id, gen: now + HOUR, fence: now + HOUR }, now);
    const [before] = await session.putJobs([LAST], later);
    await session.removeJobs([LAST]);
    const after = (await session.putJobs(IDS, asNew)).at(-1)!.after!;
    expect(after.gen).toBeGreaterThan(before!.after!.gen);
    expect(await session.getJob(LAST)).toMatchObject({ gen: after.gen, fence: after.fence });
  });

  it('are stored once when two sessions store the same ones at the same time', async () => {
    const other = await store.another!();
    const both = await Promise.all([session.putJobs(IDS, orIgnore), other.putJobs(IDS, orIgnore)]);
    const winners = both.map((results) => results.filter(({ before }) => before === null).length);
    expect(winners.toSorted((a, b) => a - b)).toEqual([0, IDS.length]);
    expect(await storedIds()).toEqual(IDS.toSorted());
  });

  it('are stored once by four sessions that store the same ones in opposite orders, and none has to begin anew', async () => {
    const MANY = Array.from({ length: 20_000 }, (_, i) => `many-${i}`);
    const sessions = [session, await store.another!(), await store.another!(), await store.another!()];
    let decisions = 0;
    const decide: PutDecision = (...given) => {
      decisions++;
      return orIgnore(...given);
    };
    const all = await Promise.all(sessions.map((each, i) => each.putJobs(i % 2 ? MANY : MANY.toReversed(), decide)));
    const winners = all.map((results) => results.filter(({ before }) => before === null).length);
    expect(winners.toSorted((a, b) => a - b)).toEqual([0, 0, 0, MANY.length]);
    // Once as if it were new, and once more where it turned out to be there.
    expect(decisions).toBeLessThanOrEqual((1 + 3 * 2) * MANY.length);
  });

  it('are told to other sessions', async () => {
    let tell = (_ids: Promise<string[]>): void => {};
    const other = await tables.open({ clock: new SystemClock(), onChange: () => tell(storedIds()) });
    const seen = new Promise<string[]>((resolve) => (tell = resolve));
    await session.putJobs(IDS, asNew);
    expect(await seen).toHaveLength(IDS.length);
    await other.close();
  });

  it("come and go with a caller's transaction", async () => {
    const { dataSource } = await store.callers!();
    const rolledBack = dataSource.transaction(async (manager) => {
      await (await session.within(manager)).putJobs(IDS, asNew);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await storedIds()).toEqual([]);
    await dataSource.transaction(async (manager) => (await session.within(manager)).putJobs(IDS, asNew));
    expect(await storedIds()).toEqual(IDS.toSorted());
  });

  it("do not spoil a caller's transaction when one of them is taken and refused for it", async () => {
    await session.putJobs([LAST], asNew);
    const { dataSource } = await store.callers!();
    await dataSource.transaction(async (manager) => {
      const within = await session.within(manager);
      await expect(within.putJobs(IDS, orRefuse)).rejects.toThrow(`${LAST} is taken`);
      const results = await within.putJobs(IDS, orIgnore);
      expect(results.filter(({ before }) => before !== null)).toHaveLength(1);
    });
    expect(await storedIds()).toEqual(IDS.toSorted());
  });
});
