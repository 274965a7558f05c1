import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobRecord } from '../../lib/jobs/job-record.js';
import type { StoreTransaction } from '../../lib/stores/store-transaction.js';
import { aDraft, aJob, HOUR } from '../support/store-fixtures.js';
import { onAnotherTrigger } from '../../lib/testing/stores/dropped-fires.conformance.js';
import type { ConformanceOptions } from './job-store.conformance.js';
import type { CallerDatabase, OpenedStore, StoreDriver } from './store-driver.js';

/** A transaction of a caller's own, with the store inside it. */
interface Begun {
  readonly runner: QueryRunner;
  readonly manager: EntityManager;
  readonly within: StoreTransaction;
}

export function describeTransactions(store: () => StoreDriver, options: ConformanceOptions): void {
  if (options.isShared) {
    describeWithin(store);
    if (options.locks === 'rows') describeRowLocks(store);
    return;
  }
  describe('transactions of the caller', () => {
    it('are refused, as its jobs are in the memory of this process', async () => {
      await expect(store().session.within({ queryRunner: { isTransactionActive: true } })).rejects.toMatchObject({
        code: 'TRANSACTION_UNSUPPORTED',
      });
    });
  });
}

/** Callers for the tests of one block: every transaction that a test has left open is rolled back. */
function callers(store: () => StoreDriver) {
  let database: CallerDatabase;
  const begun: QueryRunner[] = [];
  beforeEach(async () => {
    database = await (store().opened as OpenedStore).callers!();
  });
  afterEach(async () => {
    for (const runner of begun.splice(0)) {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  });

  const begin = async (dataSource: DataSource = database.dataSource): Promise<Begun> => {
    const runner = dataSource.createQueryRunner();
    begun.push(runner);
    await runner.startTransaction();
    const within = await store().session.within(runner.manager);
    return { runner, manager: runner.manager, within };
  };
  return {
    begin,
    get database() {
      return database;
    },
    /** Writes a row of the caller's own in the transaction. */
    order: (runner: QueryRunner) => runner.query(`INSERT INTO ${database.table} (id) VALUES (1)`),
    orders: async () => {
      const [row] = (await database.dataSource.query(`SELECT count(*) AS orders FROM ${database.table}`)) as {
        orders: unknown;
      }[];
      return Number(row?.orders);
    },
  };
}

/** What a transaction can do to the jobs `kept` and `new`, and what shows it. */
const CHANGES: readonly [
  string,
  (within: StoreTransaction) => Promise<unknown>,
  (driver: StoreDriver) => Promise<unknown>,
][] = [
  [
    'adding a job',
    (within) => within.putJobs(['new'], (id, _stored, { now }) => aJob({ id }, now)),
    async (driver) => (await driver.session.getJob('new')) !== null,
  ],
  [
    'adding jobs and replacing others',
    (within) =>
      within.putJobs(['new', 'kept'], (id, stored, { now }) => ({
        ...aJob({ id, name: 'put' }, now),
        gen: gen(stored, now),
      })),
    async (driver) => (await driver.session.listJobs({})).jobs.map(({ id, name }) => `${id} ${name}`),
  ],
  [
    'changing a job',
    (within) => within.changeJobs(['kept'], (job, now) => ({ ...job, name: 'changed', gen: gen(job, now) })),
    async (driver) => (await driver.job('kept')).name,
  ],
  [
    'removing a job and what it has queued',
    (within) => within.removeJobs(['kept']),
    async (driver) =>
      [await driver.session.getJob('kept'), await driver.story('kept')].map((x) => JSON.stringify(x)?.slice(0, 40)),
  ],
  [
    'adding a run',
    (within) => within.addRuns('kept', (job, _facts, now) => [aDraft(job, now, { runId: 'kept@by-hand' })]),
    async (driver) => await driver.story('kept'),
  ],
];

function describeWithin(store: () => StoreDriver): void {
  describe('transactions of the caller', () => {
    const caller = callers(store);

    beforeEach(async () => {
      await store().put({ id: 'kept', nextFireAt: (await store().now()) + HOUR });
      await store().add('kept');
    });

    it.each(CHANGES)(
      '%s takes effect with the commit, together with the writes of the caller',
      async (_, act, look) => {
        const { runner, within } = await caller.begin();
        const before = await look(store());
        await act(within);
        await caller.order(runner);
        expect(await look(store())).toEqual(before);

        await runner.commitTransaction();
        expect(await look(store())).not.toEqual(before);
        expect(await caller.orders()).toBe(1);
      },
    );

    it.each(CHANGES)('%s is undone by a rollback, together with the writes of the caller', async (_, act, look) => {
      const { runner, within } = await caller.begin();
      const before = await look(store());
      await caller.order(runner);
      await act(within);

      await runner.rollbackTransaction();
      expect(await look(store())).toEqual(before);
      expect(await caller.orders()).toBe(0);
    });

    it('G8 put overdue fires of a trigger that is replaced on record with the commit, or not at all', async () => {
      await store().put({ id: 'late' });
      const undone = await caller.begin();
      const [rolledBack] = await undone.within.changeJobs(['late'], onAnotherTrigger);
      expect(rolledBack!.dropped).toMatchObject({ state: 'skipped', reason: 'rescheduled' });
      await undone.runner.rollbackTransaction();
      expect(await store().story('late')).toEqual([]);

      const { runner, within } = await caller.begin();
      const put = (job: JobRecord | null, now: number) => onAnotherTrigger(job as JobRecord, now);
      const [result] = await within.putJobs(['late'], (_id, job, { now }) => put(job, now));
      expect(await store().story('late')).toEqual([]);
      await runner.commitTransaction();
      const [run] = await store().runs('late');
      expect(run).toMatchObject({ runId: result!.dropped!.runId, seq: result!.dropped!.seq, reason: 'rescheduled' });
    });

    it('see what they have done themselves', async () => {
      const { within } = await caller.begin();
      await within.putJobs(['new'], (id, _stored, { now }) => aJob({ id, name: 'first' }, now));
      expect((await within.getJob('new'))?.name).toBe('first');
      await within.changeJobs(['new'], (job, now) => ({ ...job, name: 'second', gen: gen(job, now) }));
      const seen: unknown[] = [];
      await within.putJobs(['new'], (_id, stored) => (seen.push(stored?.name), null));
      expect(seen).toEqual(['second']);
      await within.removeJobs(['new']);
      expect(await within.getJob('new')).toBeNull();
    });

    it('know the nodes of the store and its clock', async () => {
      const { within } = await caller.begin();
      const { nodes, now } = await within.nodes();
      expect(nodes.map(({ id }) => id)).toEqual(['node-1']);
      expect(now).toBeGreaterThanOrEqual(nodes[0]!.startedAt);
    });

    it('tell of their commit, in the order in which they were asked to', async () => {
      const { runner, within } = await caller.begin();
      const told: string[] = [];
      within.whenCommitted(() => told.push('first'));
      within.whenCommitted(() => told.push('second'));
      expect(told).toEqual([]);
      await runner.commitTransaction();
      expect(told).toEqual(['first', 'second']);
    });

    it('tell nothing after a rollback, nor does the next one of the same connection', async () => {
      const { runner, within } = await caller.begin();
      const told: string[] = [];
      within.whenCommitted(() => told.push('rolled back'));
      await runner.rollbackTransaction();
      await runner.startTransaction();
      (await store().session.within(runner.manager)).whenCommitted(() => told.push('committed'));
      await runner.commitTransaction();
      expect(told).toEqual(['committed']);
    });

    it('undo with an inner one what was done in it, and nothing else', async () => {
      const { runner, within } = await caller.begin();
      const told: string[] = [];
      const put = async (id: string) => {
        await within.putJobs([id], (_id, _stored, { now }) => aJob({ id }, now));
        within.whenCommitted(() => told.push(id));
      };
      await put('outer');
      await runner.startTransaction();
      await put('undone');
      await runner.rollbackTransaction();
      await runner.startTransaction();
      await put('inner');
      await runner.commitTransaction();
      expect(told).toEqual([]);
      await runner.commitTransaction();
      expect(told).toEqual(['outer', 'inner']);
      expect((await store().session.listJobs({})).jobs.map(({ id }) => id)).toEqual(['inner', 'kept', 'outer']);
    });

    it('go on after a call whose rule has thrown, of which nothing stays', async () => {
      const { runner, within } = await caller.begin();
      await caller.order(runner);
      const refuse = within.putJobs(['new', 'kept'], (id, stored, { now }) => {
        if (stored) throw new Error(`${id} is taken`);
        return aJob({ id }, now);
      });
      await expect(refuse).rejects.toThrow('kept is taken');
      await within.changeJobs(['kept'], (job, now) => ({ ...job, name: 'changed', gen: gen(job, now) }));
      await runner.commitTransaction();
      expect(await caller.orders()).toBe(1);
      expect(await store().session.getJob('new')).toBeNull();
      expect((await store().job('kept')).name).toBe('changed');
    });

    it('let calls that are made at the same time take turns', async () => {
      const { runner, within } = await caller.begin();
      const other = await store().session.within(runner.manager);
      const refused = within.changeJobs(['kept'], () => {
        throw new Error('no');
      });
      const results = await Promise.allSettled([
        within.putJobs(['one'], (id, _stored, { now }) => aJob({ id }, now)),
        refused,
        other.putJobs(['two'], (id, _stored, { now }) => aJob({ id }, now)),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      await runner.commitTransaction();
      expect((await store().session.listJobs({})).jobs.map(({ id }) => id)).toEqual(['kept', 'one', 'two']);
    });

    it('meet the job that another transaction has added under the same id meanwhile', async () => {
      const first = await caller.begin();
      const second = await caller.begin(await caller.database.another());
      await first.within.putJobs(['new'], (id, _stored, { now }) => aJob({ id, name: 'first' }, now));
      const seen: unknown[] = [];
      const put = second.within.putJobs(['new'], (id, stored, { now }) => {
        seen.push(stored?.name ?? null);
        return stored ? null : aJob({ id, name: 'second' }, now);
      });
      await first.runner.commitTransaction();
      await waiting(store(), put);
      await second.runner.commitTransaction();
      expect(seen.at(-1)).toBe('first');
      expect((await store().job('new')).name).toBe('first');
    });

    it('add an id that another transaction has held until it was rolled back', async () => {
      const first = await caller.begin();
      const second = await caller.begin(await caller.database.another());
      await first.within.putJobs(['new'], (id, _stored, { now }) => aJob({ id, name: 'first' }, now));
      const put = second.within.putJobs(['new'], (id, _stored, { now }) => aJob({ id, name: 'second' }, now));
      await first.runner.rollbackTransaction();
      await waiting(store(), put);
      await second.runner.commitTransaction();
      expect((await store().job('new')).name).toBe('second');
    });

    it('act on what others have committed since they began to read, or say that they must be repeated', async () => {
      const { runner, within } = await caller.begin();
      await runner.query(`SELECT * FROM ${caller.database.table}`);
      await within.getJob('kept');
      await store().add('kept', { runId: 'kept@late' });
      let removed;
      try {
        removed = await within.removeJobs(['kept']);
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORE_BUSY', retryable: true });
        return;
      }
      expect(removed[0]?.cancelled.map(({ runId }) => runId)).toContain('kept@late');
      await runner.commitTransaction();
      expect(await store().story('kept')).toEqual(['cancelled/removed', 'cancelled/removed']);
    });

    it('are refused when there is none, or none any more', async () => {
      const refused = { code: 'TRANSACTION_NOT_ACTIVE' };
      const { session } = store();
      await expect(session.within(caller.database.dataSource.manager)).rejects.toMatchObject(refused);
      for (const wrong of [{}, null, 5, { queryRunner: {} }]) {
        await expect(session.within(wrong as never)).rejects.toMatchObject(refused);
      }
      const { runner, within } = await caller.begin();
      await runner.commitTransaction();
      await expect(session.within(runner.manager)).rejects.toMatchObject(refused);
      await expect(within.removeJobs(['kept'])).rejects.toMatchObject(refused);
      expect(await session.getJob('kept')).not.toBeNull();
    });

    it('are refused when they are of another database', async () => {
      for (const dataSource of await caller.database.strangers()) {
        const runner = dataSource.createQueryRunner();
        try {
          await runner.startTransaction();
          await expect(store().session.within(runner.manager)).rejects.toMatchObject({
            code: 'TRANSACTION_STORE_MISMATCH',
          });
        } finally {
          await runner.rollbackTransaction();
          await runner.release();
          await dataSource.destroy();
        }
      }
    });
  });
}

function describeRowLocks(store: () => StoreDriver): void {
  describe('transactions of the caller under way', () => {
    const caller = callers(store);

    it('add jobs beside each other, in the isolation of their database’s default', async () => {
      const first = await caller.begin();
      const second = await caller.begin();
      const put = ({ within }: Begun, id: string) => within.putJobs([id], (_id, _stored, { now }) => aJob({ id }, now));
      await put(first, 'a');
      await put(second, 'b');
      await put(first, 'c');
      await second.runner.commitTransaction();
      await first.runner.commitTransaction();
      expect((await store().session.listJobs({})).jobs.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    });

    it('hold up no claim: it goes past the jobs that they have changed', async () => {
      await store().putAll({ id: 'free' }, { id: 'held' }, { id: 'held-too' });
      const { runner, within } = await caller.begin();
      await within.removeJobs(['held']);
      await within.changeJobs(['held-too'], (job, now) => ({ ...job, gen: gen(job, now) }));

      expect(await store().claim('held')).toMatchObject({ records: [], lost: ['held'] });
      expect(await store().claim('held-too')).toMatchObject({ lost: ['held-too'] });
      expect((await store().start('free')).run.state).toBe('running');
      await runner.commitTransaction();
      expect(await store().session.getJob('held')).toBeNull();
    });
  });
}

/** A database without locks of rows lets a second writer ask again and again, by the clock of the test. */
async function waiting<T>(driver: StoreDriver, call: Promise<T>): Promise<T> {
  const state = { isOver: false };
  const over = call.finally(() => (state.isOver = true));
  over.catch(() => undefined);
  while (!state.isOver) await driver.clock.advance(1);
  return await over;
}

function gen(stored: { readonly gen: number } | null, now: number): number {
  return stored ? Math.max(stored.gen + 1, now) : now;
}
