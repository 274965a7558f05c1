import type { EventEmitter } from 'node:events';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';
import type { StoreTransaction } from '../../../lib/stores/store-transaction.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { isThere, MYSQL, POSTGRES } from '../../support/servers.js';
import { aDraft, aJob, HOUR } from '../../support/store-fixtures.js';
import { openFile, openStore } from './open-store.js';
import { ServerTables } from './server-tables.js';
import { SqliteFolder } from './sqlite-file.js';

const add = (within: StoreTransaction, id: string) =>
  within.putJobs([id], (_id, _stored, { now }) => aJob({ id, nextFireAt: now + HOUR }, now));

describe('a transaction of a caller on a SQLite file', () => {
  let folder: SqliteFolder;
  let session: JobStoreSession;
  let dataSource: DataSource;
  beforeEach(async () => {
    folder = new SqliteFolder();
    session = await openFile(folder.file());
    dataSource = await new DataSource({ type: 'better-sqlite3', database: folder.file(), timeout: 1_234 }).initialize();
  });
  afterEach(async () => {
    await dataSource.destroy();
    await session.close();
    folder.remove();
  });

  it('P19 waits for another writer without holding up the event loop, whatever the connection is told to wait', async () => {
    const writer = await new DataSource({ type: 'better-sqlite3', database: folder.file() }).initialize();
    const holding = writer.createQueryRunner();
    await holding.startTransaction();
    await holding.query('CREATE TABLE held (id integer)');
    let turns = 0;
    const transaction = dataSource.transaction(async (manager) => {
      const within = await session.within(manager);
      const added = add(within, 'a');
      // As many turns as the event loop gets while the call waits: a connection that waits itself leaves it none.
      for (; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
      await holding.commitTransaction();
      await added;
      expect(await manager.query('PRAGMA busy_timeout')).toEqual([{ timeout: 1_234 }]);
    });
    const started = performance.now();
    await transaction;
    expect(turns).toBe(20);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await session.getJob('a')).not.toBeNull();
    await writer.destroy();
  });
});

interface Setting {
  readonly Variable_name?: string;
}

/** Those of MySQL that tell the time, or what the statement before was. */
function withoutClocks(settings: unknown): readonly Setting[] {
  const isClock = ({ Variable_name = '' }: Setting): boolean =>
    /^(timestamp|last_insert_id|identity|last_gtid|gtid_seq_no|pseudo_thread_id|in_transaction)$/.test(Variable_name);
  return (settings as readonly Setting[]).filter((setting) => !isClock(setting));
}

for (const [name, type, isRunnable] of [
  ['PostgreSQL', 'postgres', await isThere(POSTGRES)],
  ['MySQL or MariaDB', 'mysql', await isThere(MYSQL)],
] as const) {
  describe.skipIf(!isRunnable)(`a transaction of a caller on ${name}`, () => {
    let tables: ServerTables;
    let dataSource: DataSource;
    let session: JobStoreSession;
    beforeEach(async () => {
      tables = new ServerTables(type);
      const { url } = tables.options;
      dataSource = await new DataSource({ type, url, poolSize: 2 }).initialize();
      session = await openStore(new TypeOrmJobStore({ dataSource, tablePrefix: tables.prefix }));
    });
    afterEach(async () => {
      await session.close();
      await dataSource.destroy();
      await tables.drop();
    });

    /** What another connection has to say to end that of a transaction. */
    async function killing(manager: EntityManager): Promise<string> {
      const [{ id }] = (await manager.query(
        type === 'postgres' ? 'SELECT pg_backend_pid() AS id' : 'SELECT CONNECTION_ID() AS id',
      )) as [{ id: number }];
      return type === 'postgres' ? `SELECT pg_terminate_backend(${id})` : `KILL ${id}`;
    }

    it.each(['the store has connections of its own', 'the store shares its DataSource'])(
      'keeps the settings of its session: %s',
      async (whose) => {
        const store = whose.includes('own')
          ? new TypeOrmJobStore({ ...tables.options, tablePrefix: tables.prefix })
          : new TypeOrmJobStore({ dataSource, tablePrefix: tables.prefix });
        const asked = await openStore(store);
        const runner = dataSource.createQueryRunner();
        const settings = (): Promise<unknown> =>
          runner.query(type === 'postgres' ? 'SELECT name, setting FROM pg_settings' : 'SHOW SESSION VARIABLES');
        const before = await settings();
        await runner.startTransaction();
        if (type === 'postgres') await runner.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
        await add(await asked.within(runner.manager), 'a');
        await runner.commitTransaction();
        const after = await settings();
        await runner.release();
        await asked.close();
        expect(withoutClocks(after)).toEqual(withoutClocks(before));
      },
    );

    it('needs no second connection of a DataSource that the store shares: more of them than connections come through', async () => {
      await session.putJobs(['shared'], (id, _stored, { now }) => aJob({ id, nextFireAt: now + HOUR }, now));
      const ids = Array.from({ length: 8 }, (_, i) => `job-${i}`);
      await Promise.all(
        ids.map((id) =>
          dataSource.transaction(async (manager) => {
            const within = await session.within(manager);
            await add(within, id);
            await within.addRuns(id, (job, _facts, now) => [aDraft(job, now)]);
            await within.nodes();
            const [changed] = await within.changeJobs([id], (job, now) => ({ ...job, name: 'new', gen: now + 1 }));
            expect(changed?.after.name).toBe('new');
            if (id !== 'job-0') await within.removeJobs([id]);
          }),
        ),
      );
      expect((await session.listJobs({})).jobs.map(({ id }) => id)).toEqual(['job-0', 'shared']);
    });

    it('that would wait for another one which waits for it is told to be repeated, and the other one goes on', async () => {
      for (const id of ['a', 'b']) {
        await session.putJobs([id], (_id, _stored, { now }) => aJob({ id, nextFireAt: now + HOUR }, now));
      }
      const runners = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      for (const runner of runners) await runner.startTransaction('READ COMMITTED');
      const withins = await Promise.all(runners.map((runner) => session.within(runner.manager)));
      const change = (within: StoreTransaction | undefined, id: string) =>
        within!.changeJobs([id], (job) => ({ ...job, name: 'changed', gen: job.gen + 1 }));
      await change(withins[0], 'a');
      await change(withins[1], 'b');
      const ends = await Promise.allSettled(
        [change(withins[0], 'b'), change(withins[1], 'a')].map(async (call, i) => {
          try {
            await call;
            await runners[i]!.commitTransaction();
          } catch (error) {
            await runners[i]!.rollbackTransaction();
            throw error;
          } finally {
            await runners[i]!.release();
          }
        }),
      );
      expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const refused = ends.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(refused.reason).toMatchObject({ code: 'STORE_BUSY', retryable: true });
      expect((await session.listJobs({})).jobs.map((job) => job.name)).toEqual(['changed', 'changed']);
    });

    it('that an error of the caller’s own has spoiled is to be rolled back, and one that it has not goes on', async () => {
      const transaction = dataSource.transaction(async (manager) => {
        await manager.query('SELECT nonsense').catch(() => undefined);
        await add(await session.within(manager), 'a');
      });
      const [end] = await Promise.allSettled([transaction]);
      // MySQL goes on after any error of a statement.
      const spoiled = {
        status: 'rejected',
        reason: {
          code: 'STORE_UNAVAILABLE',
          message: expect.stringMatching(/transaction is aborted.*Roll the transaction back/) as string,
        },
      };
      expect(end).toMatchObject(type === 'mysql' ? { status: 'fulfilled' } : spoiled);
    });

    it('whose connection has broken is rolled back by the server, and tells nobody of anything', async () => {
      const told: string[] = [];
      const broken = dataSource.transaction(async (manager) => {
        const within = await session.within(manager);
        await add(within, 'gone');
        within.whenCommitted(() => told.push('gone'));
        await tables.query(await killing(manager));
        await add(within, 'late');
      });
      await expect(broken).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(told).toEqual([]);
      expect((await session.listJobs({})).jobs).toEqual([]);
      await dataSource.transaction(async (manager) => {
        const within = await session.within(manager);
        await add(within, 'next');
        within.whenCommitted(() => told.push('next'));
      });
      expect(told).toEqual(['next']);
    });

    it('whose connection is known to have broken is refused as such', async () => {
      const broken = dataSource.transaction(async (manager) => {
        const within = await session.within(manager);
        const runner = manager.queryRunner as QueryRunner;
        const connection = (await runner.connect()) as EventEmitter;
        // Not `once` of node:events: it rejects at the error that comes first.
        const ended = new Promise((resolve) => connection.once('end', resolve));
        await tables.query(await killing(manager));
        await ended;
        await add(within, 'late');
      });
      await expect(broken).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });
  });
}
