import { createRequire } from 'node:module';
import { copyFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import { StoreUnavailableError } from '../../../lib/stores/store-errors.js';
import {
  SchedulerJobEntity,
  SchedulerRunEntity,
  schedulerEntities,
} from '../../../lib/stores/typeorm/entities/scheduler-entities.js';
import { schedulerMigrations } from '../../../lib/stores/typeorm/migrations/scheduler-migrations.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { StoreDriverMissingError, StoreSchemaMissingError } from '../../../lib/stores/typeorm/typeorm-errors.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { aClaim, aJob, aNode, HOUR } from '../../support/store-fixtures.js';
import { openFile, openStore } from './open-store.js';
import { SqliteFolder } from './sqlite-file.js';

describe('a SQLite store', () => {
  let folder: SqliteFolder;

  beforeEach(() => {
    folder = new SqliteFolder();
  });
  afterEach(() => {
    folder.remove();
  });

  it('P03 keeps jobs, runs and nodes when it is opened again', async () => {
    const clock = new VirtualClock();
    const first = await openFile(folder.file(), { clock });
    await first.joinNode(aNode('node-1'), HOUR);
    await first.putJobs(['a'], (id, _stored, { now }) =>
      aJob({ id, args: [1, { b: [null] }], metadata: { team: 'x' }, tags: ['t'], name: 'Grüße 🙂' }, now),
    );
    const job = await first.getJob('a');
    if (!job) throw new Error('not stored');
    const { records } = await first.claim('node-1', [aClaim(job)]);
    const [run] = records;
    if (!run) throw new Error('not started');
    const outcome = { result: { sum: 1.5, text: '"quoted"\n' } };
    await first.complete([{ run: run.run, state: 'succeeded', finishedAt: clock.now(), outcome, retryDelayMs: null }]);
    const before = [await first.listJobs({}), await first.listRuns({ limit: 9 }), (await first.nodes()).nodes];
    await first.close();

    const second = await openFile(folder.file(), { clock });
    expect(await second.getRun(run.run.runId)).toMatchObject({ state: 'succeeded', outcome });
    expect(
      JSON.stringify([await second.listJobs({}), await second.listRuns({ limit: 9 }), (await second.nodes()).nodes]),
    ).toBe(JSON.stringify(before));
    await second.close();
  });

  it('says that its file was deleted or replaced under it, and goes on when it is back', async () => {
    const clock = new VirtualClock();
    const session = await openFile(folder.file(), { clock });
    await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
    const write = () => session.changeJobs(['a'], () => null);
    renameSync(folder.file(), folder.file('away'));
    await clock.advance(1_000);
    await expect(session.getJob('a')).rejects.toThrow(/jobs\.sqlite was deleted or moved away\. Put it back/);
    await expect(write()).rejects.toBeInstanceOf(StoreUnavailableError);
    copyFileSync(folder.file('away'), folder.file());
    await expect(session.getJob('a')).rejects.toThrow('was replaced by another one');
    renameSync(folder.file('away'), folder.file());
    expect(await session.getJob('a')).toMatchObject({ id: 'a' });
    await write();
    await session.close();
  });

  it('retires while it prunes what has finished without anybody noticing', async () => {
    const session = await openFile(folder.file(), { clock: new VirtualClock() });
    const finished = { state: 'finished', nextFireAt: null, dueAt: null } as const;
    await session.putJobs(['added', 'declared'], (id, _stored, { now }) =>
      aJob({ id, ...finished, origin: id as 'added' | 'declared' }, now),
    );
    await session.pruneRuns({ maxAge: HOUR, maxRunsPerJob: 10, maxRuns: null }, 100);
    expect((await session.listJobs({})).jobs.map(({ id }) => id)).toEqual(['declared']);
    await session.close();
  });

  it('can be opened twice at once and again after a close, each session with a connection of its own', async () => {
    const store = new TypeOrmJobStore({ type: 'better-sqlite3', database: folder.file() });
    const [one, other] = await Promise.all([openStore(store), openStore(store)]);
    await one.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
    await one.close();
    expect((await other.getJob('a'))?.id).toBe('a');
    await other.close();

    const again = await openStore(store);
    expect((await again.getJob('a'))?.id).toBe('a');
    await again.close();
    await again.close();
  });

  it('refuses every call after its close', async () => {
    const session = await openFile(folder.file());
    await session.close();
    await expect(session.listJobs({})).rejects.toThrow(StoreUnavailableError);
    await expect(session.putJobs(['a'], () => null)).rejects.toThrow(/has been closed/);
  });

  it('in memory is nobody else’s, and empty each time', async () => {
    const store = new TypeOrmJobStore({ type: 'better-sqlite3', database: ':memory:' });
    const [one, other] = await Promise.all([openStore(store), openStore(store)]);
    await one.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
    expect(await other.getJob('a')).toBeNull();
    expect(one.isShared).toBe(false);
    await one.close();
    await other.close();
  });

  it('lives beside another one in the same file under another prefix', async () => {
    const jobs = await openFile(folder.file());
    const billing = await openFile(folder.file(), {}, { tablePrefix: 'billing_' });
    await jobs.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
    await billing.putJobs(['b'], (id, _stored, { now }) => aJob({ id }, now));
    expect((await jobs.listJobs({})).jobs.map((job) => job.id)).toEqual(['a']);
    expect((await billing.listJobs({})).jobs.map((job) => job.id)).toEqual(['b']);
    await jobs.close();
    await billing.close();
  });

  it('writes ahead, and makes every commit durable', async () => {
    let pragma: (name: string) => unknown = () => null;
    const prepareDatabase = (database: Database.Database) => {
      pragma = (name) => database.pragma(name, { simple: true });
    };
    const session = await openFile(folder.file(), {}, { prepareDatabase });
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('busy_timeout')]).toEqual(['wal', 2, 0]);
    await session.close();
  });

  it('says so when the folder of its file does not exist, and does not make it', async () => {
    await expect(openFile(folder.file('no/such/jobs.sqlite'))).rejects.toThrow(StoreUnavailableError);
    await expect(openFile(folder.file('no/such/jobs.sqlite'))).rejects.toThrow(
      /the folder .*no.such of database .* does not exist/,
    );
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('says so when the file is no database, or must exist and does not', async () => {
    writeFileSync(folder.file('text.sqlite'), 'This is a text, and no database at all. '.repeat(50));
    await expect(openFile(folder.file('text.sqlite'))).rejects.toThrow(/"default".*text.sqlite.*not a database/);
    const missing = openFile(folder.file('missing.sqlite'), {}, { fileMustExist: true });
    await expect(missing).rejects.toThrow(StoreUnavailableError);
  });

  it('names what to install when the driver is missing', async () => {
    const load = vi.spyOn(platformTools(), 'load').mockImplementation(() => {
      throw new Error(`Cannot find package 'better-sqlite3'`);
    });
    try {
      const opening = openFile(folder.file());
      await expect(opening).rejects.toThrow(StoreDriverMissingError);
      await expect(opening).rejects.toThrow(/npm i typeorm better-sqlite3/);
    } finally {
      load.mockRestore();
    }
  });

  it('takes another driver', async () => {
    const opened: string[] = [];
    class Recording extends Database {
      constructor(file: string, options: Database.Options) {
        super(file, options);
        opened.push(file);
      }
    }
    const session = await openFile(folder.file(), {}, { driver: Recording });
    await session.close();
    expect(opened).toEqual([folder.file()]);
  });

  it('stays readable under a clock that tells fractions of a millisecond', async () => {
    const clock = new VirtualClock();
    clock.step(0.25);
    const session = await openFile(folder.file(), { clock });
    await session.joinNode(aNode('node-1'), HOUR);
    await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
    const job = await session.getJob('a');
    if (!job) throw new Error('not stored');
    const { records } = await session.claim('node-1', [aClaim(job)]);
    const completions = records.map(({ run }) => ({
      run,
      state: 'failed' as const,
      finishedAt: clock.now(),
      outcome: null,
      retryDelayMs: null,
    }));
    await session.complete(completions);

    expect((await session.listRuns({ limit: 9 })).runs.map((run) => run.state)).toEqual(['failed']);
    expect((await session.listJobs({})).unreadable).toEqual([]);
    expect((await session.nodes()).nodes).toHaveLength(1);
    await session.close();
  });

  it('holds nothing of the clock after its close', async () => {
    const clock = new VirtualClock();
    const session = await openFile(folder.file(), { clock });
    expect(clock.pendingTimers).toBe(1);
    await session.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets the process end unless it is to keep it alive', async () => {
    const asked: boolean[] = [];
    class WatchedClock extends SystemClock {
      override setTimer(callback: () => void, delayMs: number, options: { keepAlive: boolean }) {
        asked.push(options.keepAlive);
        return super.setTimer(callback, delayMs, options);
      }
    }
    for (const keepAlive of [false, true]) {
      const session = await openFile(folder.file(), { clock: new WatchedClock(), keepAlive });
      await session.close();
    }
    expect(asked).toEqual([false, true]);
  });
});

describe('the tables of a SQLite store', () => {
  let folder: SqliteFolder;
  let dataSource: DataSource | null = null;

  beforeEach(() => {
    folder = new SqliteFolder();
  });
  afterEach(async () => {
    if (dataSource?.isInitialized) await dataSource.destroy();
    dataSource = null;
    folder.remove();
  });

  const connect = async (prefix: { tablePrefix?: string } = {}) => {
    const { job, run, runTag, node, tally } = schedulerEntities(prefix);
    dataSource = new DataSource({
      type: 'better-sqlite3',
      database: folder.file(),
      entities: [job, run, runTag, node, tally],
      migrations: schedulerMigrations(prefix),
    });
    return await dataSource.initialize();
  };

  it.each([{}, { tablePrefix: 'billing_' }])(
    'are left alone by what TypeORM makes of the entities: %j',
    async (prefix) => {
      const session = await openFile(folder.file(), {}, prefix);
      await session.close();
      const { upQueries } = await (await connect(prefix)).driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    },
  );

  it('can be queried through the entities', async () => {
    const session = await openFile(folder.file());
    await session.joinNode(aNode('node-1'), HOUR);
    await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
    const stored = await session.getJob('a');
    if (!stored) throw new Error('not stored');
    await session.claim('node-1', [aClaim(stored)]);
    await session.close();

    const { manager } = await connect();
    expect(await manager.findOneBy(SchedulerJobEntity, { id: 'a' })).toMatchObject({
      task: stored.task,
      status: 1,
      gen: stored.gen,
      lastFireAt: stored.nextFireAt,
    });
    expect(await manager.findBy(SchedulerRunEntity, { jobId: 'a', state: 1 })).toMatchObject([
      { seq: 1, node: 'node-1' },
    ]);
  });

  it('can be made by the user’s own migrations, and are then used as they are, with migrate or without', async () => {
    const own = await connect();
    await own.runMigrations();
    for (const migrate of [false, true]) {
      const session = await openFile(folder.file(), {}, { migrate });
      await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
      await session.close();
    }
    expect(await own.manager.countBy(SchedulerJobEntity, {})).toBe(1);
  });

  it('can be taken away again', async () => {
    const own = await connect();
    await own.runMigrations();
    await own.undoLastMigration();
    await expect(openFile(folder.file(), {}, { migrate: false })).rejects.toThrow(StoreSchemaMissingError);
  });

  it('are asked for by name when they are missing and the store may not make them', async () => {
    const opening = openFile(folder.file(), {}, { migrate: false, tablePrefix: 'my_' });
    await expect(opening).rejects.toThrow(/no table my_job, my_run, my_run_tag, my_node, my_tally.*migrate/);
  });
});

/** By what TypeORM loads drivers; it is not exported. */
function platformTools(): { load(name: string): unknown } {
  const require = createRequire(import.meta.url);
  const module = require('typeorm/platform/PlatformTools.js') as { PlatformTools: { load(name: string): unknown } };
  return module.PlatformTools;
}
