import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../lib/clock.js';
import { at } from '../../lib/index.js';
import { TypeOrmJobStore } from '../../lib/typeorm.js';
import { ServerTables, type ServerType } from '../stores/typeorm/server-tables.js';
import { Harness } from '../support/scheduler-harness.js';
import { isThere, MYSQL, POSTGRES } from '../support/servers.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { VirtualClock } from '../support/virtual-clock.js';
import { closeConnections } from './support/close-connections.js';
import { PrivateServer } from './support/private-server.js';

const SERVERS: readonly { readonly type: ServerType; readonly url: string; readonly isRunnable: boolean }[] = [
  { type: 'postgres', url: POSTGRES.url, isRunnable: await isThere(POSTGRES) },
  { type: 'mysql', url: MYSQL.url, isRunnable: await isThere(MYSQL) },
];

const AHEAD_MS = 700;

function ended(harness: Harness, jobId: string): Promise<void> {
  return new Promise((resolve) => {
    harness.service.events$.subscribe((event) => {
      if (event.type === 'run.succeeded' && event.jobId === jobId) resolve();
    });
  });
}

async function latenessOf(harness: Harness, jobId: string, due: Date): Promise<number> {
  await ended(harness, jobId);
  const [started] = harness.of('run.started').filter((event) => event.jobId === jobId);
  if (!started) throw new Error(`"${jobId}" has ended without a start.`);
  return started.time.getTime() - due.getTime();
}

async function startOn(tables: ServerTables, url: string): Promise<Harness> {
  const store = new TypeOrmJobStore({ ...tables.options, url });
  const harness = new Harness({ store }, new SystemClock() as unknown as VirtualClock);
  harness.task('note');
  await harness.scheduler.start();
  return harness;
}

/** As many connections as the pool has. */
function useAll(harness: Harness): Promise<unknown> {
  return Promise.all(Array.from({ length: 8 }, () => harness.service.getJobs()));
}

for (const { type, url, isRunnable } of SERVERS) {
  describe.skipIf(!isRunnable)(`a scheduler whose idle connections ${type} has closed`, { timeout: 20_000 }, () => {
    const tables = new ServerTables(type);
    let proxy: TcpProxy;
    let idle: Harness;

    const start = () => startOn(tables, proxy.urlOf(url));
    beforeEach(async () => {
      proxy = await TcpProxy.to(url);
      idle = await start();
      await useAll(idle);
    });
    afterEach(async () => {
      await idle.scheduler.shutdown();
      await proxy.close();
    });
    afterAll(() => tables.drop());

    const close = () => closeConnections(tables, proxy);

    it('W12 fires on time what it had planned', async () => {
      const due = new Date(Date.now() + AHEAD_MS);
      await idle.service.addJob({ id: 'planned', task: 'note', trigger: at(due) });
      const lateness = latenessOf(idle, 'planned', due);
      await close();
      expect(await lateness).toBeLessThan(500);
      expect(idle.types('store.')).toEqual([]);
    });

    it('W12 serves every call', async () => {
      await close();
      await useAll(idle);
      await close();
      await idle.service.addJob({ id: 'added', task: 'note', trigger: at('2099-01-01T00:00:00Z') });
      await close();
      await idle.service.pauseJob('added');
      await close();
      const done = ended(idle, 'added');
      const { runId } = await idle.service.runJob('added', { force: true });
      // What is under way when a connection breaks may be told of; this is about those that are idle.
      await done;
      await close();
      expect((await idle.service.getRun(runId))?.runId).toBe(runId);
      await close();
      await idle.service.removeJob('added');
      expect(idle.types('store.')).toEqual([]);
    });

    it('W12 hears of the jobs that others add', async () => {
      const other = await start();
      other.service.pause();
      await close();
      const due = new Date(Date.now() + AHEAD_MS);
      const lateness = latenessOf(idle, 'foreign', due);
      await other.service.addJob({ id: 'foreign', task: 'note', trigger: at(due) });
      expect(await lateness).toBeLessThan(1_500);
      expect([...idle.types('store.'), ...other.types('store.')]).toEqual([]);
      await other.scheduler.shutdown();
    });
  });

  describe.skipIf(!PrivateServer.isThere(type))(
    `a scheduler on a ${type} that closes what is idle for a second`,
    () => {
      let server: PrivateServer;
      let tables: ServerTables;
      let proxy: TcpProxy;

      beforeAll(async () => {
        server = await PrivateServer.create(type, { idleLimitS: 1 });
        // More than the polls of a second keep busy.
        tables = new ServerTables(type, { url: server.url, poolSize: 8 });
        proxy = await TcpProxy.to(server.url);
      });
      afterAll(async () => {
        await proxy.close();
        await server.remove();
      });

      it(
        'W12 fires on time, hears of others, serves every call, and nobody sees an error',
        { timeout: 20_000 },
        async () => {
          const [idle, other] = await Promise.all([0, 1].map(() => startOn(tables, proxy.urlOf(server.url))));
          if (!idle || !other) throw new Error('Two were to start.');
          other.service.pause();
          for (const round of [1, 2]) {
            const closed = proxy.connectionsEnd(4);
            await Promise.all([useAll(idle), useAll(other)]);
            await closed;
            const due = new Date(Date.now() + AHEAD_MS);
            const lateness = latenessOf(idle, `foreign-${round}`, due);
            await other.service.addJob({ id: `foreign-${round}`, task: 'note', trigger: at(due) });
            expect(await lateness).toBeLessThan(500);
            await useAll(idle);
          }
          expect([...idle.types('store.'), ...other.types('store.')]).toEqual([]);
          await Promise.all([idle, other].map(({ scheduler }) => scheduler.shutdown()));
        },
      );
    },
  );
}
