import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { aClaim, aJob, aNode, HOUR } from '../../support/store-fixtures.js';
import { isThere, MYSQL, POSTGRES } from '../../support/servers.js';
import { Child } from './child.js';
import { ServerTables, type ServerType } from './server-tables.js';

const SERVERS: readonly { readonly type: ServerType; readonly isRunnable: boolean }[] = [
  { type: 'postgres', isRunnable: await isThere(POSTGRES) },
  { type: 'mysql', isRunnable: await isThere(MYSQL) },
];

/** What is told of transactions that stand still: the settings of a connection, in seconds. */
const SETTINGS: Readonly<Record<ServerType, string>> = {
  postgres: `SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('lock_timeout') AS wait`,
  mysql: 'SELECT @@innodb_lock_wait_timeout AS wait',
};

for (const { type, isRunnable } of SERVERS) {
  describe.skipIf(!isRunnable)(`a process that stands still in the middle of a transaction on ${type}`, () => {
    const tables = new ServerTables(type);
    let session: JobStoreSession;
    let child: Child | null = null;

    afterAll(() => tables.drop());
    beforeEach(async () => {
      ({ session } = await tables.openEmpty(new SystemClock()));
      await session.joinNode(aNode('node-1'), HOUR);
      await session.putJobs(['held', 'other'], (id, _stored, { now }) => aJob({ id, name: 'put' }, now));
    });
    afterEach(async () => {
      await child?.kill();
      child = null;
      await session.close();
    });

    it('W04 holds up nobody else, and what it has locked for no longer than a lease; when it goes on it begins anew', async () => {
      child = new Child('standstill', JSON.stringify(tables.options), 'held');
      await child.toTell('ready');
      child.go();
      await child.toTell('holds');

      const { jobs } = await session.listJobs({ ids: ['other'] });
      const claimed = await session.claim(
        'node-1',
        jobs.map((job) => aClaim(job)),
      );
      expect(claimed.records.map(({ job }) => job.id)).toEqual(['other']);
      expect((await session.renewLease('node-1', HOUR)).renewed).toBe(true);

      const from = performance.now();
      const [changed] = await session.changeJobs(['held'], (job) => ({ ...job, name: 'changed', gen: job.gen + 1 }));
      expect(changed?.after.name).toBe('changed');
      expect(performance.now() - from).toBeLessThan(15_000);

      child.resume();
      await child.toTell('done');
      expect(child.told('changed')).toEqual(['changed, then by the one that stood still']);
      expect(child.told('attempts')).toEqual([2]);
    }, 30_000);

    it('P21 changes no setting of connections that are the application’s', async () => {
      const dataSource = await new DataSource({ type, url: tables.url, poolSize: 1 }).initialize();
      const before: unknown = await dataSource.query(SETTINGS[type]);
      const store = new TypeOrmJobStore({ dataSource, tablePrefix: tables.prefix });
      const own = await store.open({ alias: 'own', clock: new SystemClock(), keepAlive: false, onChange: () => {} });
      await own.changeJobs(['other'], (job) => ({ ...job, name: 'changed', gen: job.gen + 1 }));
      await expect(
        own.changeJobs(['other'], () => {
          throw new Error('refused');
        }),
      ).rejects.toThrow('refused');
      expect(await dataSource.query(SETTINGS[type])).toEqual(before);
      await own.close();
      await dataSource.destroy();
    });
  });
}
