import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { JobRecord } from '../../../lib/jobs/job-record.js';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { aClaim, aJob, aNode, HOUR } from '../../support/store-fixtures.js';
import { isThere, POSTGRES } from '../../support/servers.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { ServerTables } from './server-tables.js';
import { TransactionPooler } from './transaction-pooler.js';

const NOTIFIED_MS = 10_000;
const ALONE_MS = 1_000;

describe.skipIf(!(await isThere(POSTGRES)))('a store on PostgreSQL', { timeout: 30_000 }, () => {
  let proxy: TcpProxy;
  const tables = new ServerTables('postgres');
  let warned: Promise<string>;
  const warnings: string[] = [];

  beforeEach(() => {
    warnings.length = 0;
    warned = new Promise((resolve) => {
      vi.spyOn(Logger.prototype, 'warn').mockImplementation((text: string) => {
        warnings.push(text);
        resolve(text);
      });
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await proxy.close();
  });
  afterAll(() => tables.drop());

  /** Names of the statements that were prepared. */
  const prepared = new Set<string>();

  const openThrough = async (kind?: ConstructorParameters<typeof TransactionPooler>[0]) => {
    prepared.clear();
    proxy = await TcpProxy.to(POSTGRES.url, () => {
      const pooler = kind === undefined ? null : new TransactionPooler(kind);
      return {
        fromClient(chunk) {
          for (const [, name] of chunk.toString('latin1').matchAll(/P.{4}(scheduler_[0-9a-f]{12}_\d+)\0/gs))
            prepared.add(name as string);
          return pooler?.fromClient(chunk) ?? chunk;
        },
        fromServer: (chunk) => pooler?.fromServer(chunk) ?? chunk,
      };
    });
    return await tables.open({ clock: new SystemClock() }, { url: proxy.urlOf(POSTGRES.url) });
  };

  /** On the only connection of an application's pool, where notifications come through. */
  const openOnOneConnection = async () => {
    proxy = await TcpProxy.to(POSTGRES.url);
    const dataSource = await new DataSource({ type: 'postgres', url: POSTGRES.url, poolSize: 1 }).initialize();
    const store = new TypeOrmJobStore({ dataSource, tablePrefix: tables.prefix });
    const context = { alias: 'default', keepAlive: false, onChange: () => {}, clock: new SystemClock() };
    const session = await store.open(context);
    await vi.waitFor(() => expect(session.pollIntervalMs).toBe(NOTIFIED_MS));
    return { dataSource, session };
  };

  const put = (session: JobStoreSession, ...ids: readonly string[]) =>
    session.putJobs(ids, (id, _stored, { now }) => aJob({ id }, now));

  /** Claims and completes the next fire of each job, and answers whose runs have succeeded. */
  const fire = async (session: JobStoreSession, ids: readonly string[], before = async () => {}) => {
    await session.joinNode(aNode('node-1'), HOUR);
    const succeeded: string[] = [];
    for (const id of ids) {
      await before();
      const { records } = await session.claim('node-1', [aClaim((await session.getJob(id)) as JobRecord)]);
      await before();
      const finishedAt = await session.now();
      for (const { run } of records) {
        await session.complete([{ run, state: 'succeeded', finishedAt, outcome: null, retryDelayMs: null }]);
        if ((await session.getRun(run.runId))?.state === 'succeeded') succeeded.push(run.jobId);
      }
    }
    return succeeded;
  };

  it('P21 behind a pooler that swallows LISTEN says so once, with the remedy, and is polled more often', async () => {
    const session = await openThrough('silent');
    expect(await warned).toMatch(
      /^Store "default": notifications .* don't come through.* every 1000 ms instead.* give the store the address of the database itself/,
    );
    expect(session.pollIntervalMs).toBe(ALONE_MS);
    await put(session, 'a');
    expect((await session.getJob('a'))?.id).toBe('a');
    expect(warnings).toHaveLength(1);
    await session.close();
  });

  it('P21 behind a pooler prepares no statement, which another session would not know', async () => {
    const session = await openThrough('silent');
    await warned;
    for (const id of ['a', 'b', 'c']) await put(session, id);
    expect(await fire(session, ['a'])).toEqual(['a']);
    expect(prepared.size).toBe(0);
    await session.close();
  });

  it('prepares what stores a new job, claims and completes where notifications come through', async () => {
    const session = await openThrough();
    await vi.waitFor(() => expect(session.pollIntervalMs).toBe(NOTIFIED_MS));
    for (const id of ['d', 'e', 'f']) await put(session, id);
    expect(prepared.size).toBe(1);
    expect(await fire(session, ['d', 'e'])).toEqual(['d', 'e']);
    expect(prepared.size).toBe(3);
    expect(await fire(session, ['f'])).toEqual(['f']);
    expect(prepared.size).toBe(3);
    await session.close();
  });

  it('stores, claims and completes although somebody has thrown away what was prepared', async () => {
    const { dataSource, session } = await openOnOneConnection();
    for (const id of ['f', 'g']) await put(session, id);
    expect(await dataSource.query('SELECT name FROM pg_prepared_statements')).toHaveLength(1);
    for (const id of ['h', 'i']) {
      await dataSource.query('DEALLOCATE ALL');
      await put(session, id);
    }
    const forget = () => dataSource.query<void>('DEALLOCATE ALL');
    expect(await fire(session, ['g', 'h', 'i'], forget)).toEqual(['g', 'h', 'i']);
    await session.close();
    await dataSource.destroy();
  });

  it('claims with no plan of when its tables were small', async () => {
    const { dataSource, session } = await openOnOneConnection();
    const planned = async () => {
      const rows = await dataSource.query<{ size: string }[]>(
        `SELECT substring(statement FROM 'coalesce\\(''([0-9.]+)''') AS size FROM pg_prepared_statements WHERE statement LIKE '%SKIP LOCKED%'`,
      );
      return rows.map(({ size }) => size);
    };
    await put(session, 'small');
    for (let times = 0; times < 8; times++) expect(await fire(session, ['small'])).toEqual(['small']);
    expect(await planned()).toEqual(['0.0']);

    await put(session, ...Array.from({ length: 1_000 }, (_, i) => `many-${i}`));
    expect(await fire(session, ['many-500'])).toEqual(['many-500']);
    const [size, ...others] = await planned();
    expect(size).toMatch(/^[1-9]\.0$/);
    expect(others).toEqual([]);
    await session.close();
    await dataSource.destroy();
  });

  it('P21 behind a pooler that refuses LISTEN says so, too', async () => {
    const session = await openThrough('refusing');
    expect(await warned).toMatch(/don't come through/);
    expect(session.pollIntervalMs).toBe(ALONE_MS);
    await session.close();
  });

  it('without one hears of changes, and complains of nothing when its connections break', async () => {
    let changed: () => void = () => {};
    const news = () => new Promise<void>((resolve) => (changed = resolve));
    const session = await openThrough();
    const listener = await tables.open(
      { clock: new SystemClock(), onChange: () => changed() },
      { url: proxy.urlOf(POSTGRES.url) },
    );
    await vi.waitFor(() => expect(listener.pollIntervalMs).toBe(NOTIFIED_MS));
    const heard = news();
    await put(session, 'a');
    await heard;

    // Whatever was changed meanwhile is news as soon as it listens again.
    const heardAgain = news();
    proxy.cutAll();
    await heardAgain;
    await vi.waitFor(() => expect(listener.pollIntervalMs).toBe(NOTIFIED_MS), { timeout: 10_000 });
    expect(warnings).toEqual([]);
    await listener.close();
    await session.close();
  });
});
