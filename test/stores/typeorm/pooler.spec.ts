import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import { aJob } from '../../support/store-fixtures.js';
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

  const openThrough = async (tap?: ConstructorParameters<typeof TransactionPooler>[0]) => {
    proxy = await TcpProxy.to(POSTGRES.url, tap === undefined ? undefined : () => new TransactionPooler(tap));
    return await tables.open({ clock: new SystemClock() }, { url: proxy.urlOf(POSTGRES.url) });
  };

  it('P21 behind a pooler that swallows LISTEN says so once, with the remedy, and is polled more often', async () => {
    const session = await openThrough('silent');
    expect(await warned).toMatch(
      /^Store "default": notifications .* don't come through.* every 1000 ms instead.* give the store the address of the database itself/,
    );
    expect(session.pollIntervalMs).toBe(ALONE_MS);
    await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
    expect((await session.getJob('a'))?.id).toBe('a');
    expect(warnings).toHaveLength(1);
    await session.close();
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
    await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
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
