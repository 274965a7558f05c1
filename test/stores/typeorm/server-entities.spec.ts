import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import { schedulerEntities } from '../../../lib/stores/typeorm/entities/scheduler-entities.js';
import type { OpenedStore } from '../../conformance/store-driver.js';
import { isThere, MYSQL, POSTGRES } from '../../support/servers.js';
import { aClaim, aJob, aNode, HOUR } from '../../support/store-fixtures.js';
import { ServerTables, type ServerType } from './server-tables.js';

const SERVERS: readonly { readonly type: ServerType; readonly isRunnable: boolean }[] = [
  { type: 'postgres', isRunnable: await isThere(POSTGRES) },
  { type: 'mysql', isRunnable: await isThere(MYSQL) },
];

for (const { type, isRunnable } of SERVERS) {
  describe.skipIf(!isRunnable)(`entities of the tables on ${type}, in a DataSource of an application`, () => {
    const tables = new ServerTables(type);
    const entities = schedulerEntities({ tablePrefix: tables.prefix });
    let store: OpenedStore;
    let application: DataSource;

    beforeEach(async () => {
      store = await tables.openEmpty(new SystemClock());
      const { job, run, runTag, node, tally } = entities;
      const { url } = tables;
      application = await new DataSource({ type, url, entities: [job, run, runTag, node, tally] }).initialize();
    });
    afterEach(async () => {
      await application.destroy();
      await store.dispose();
    });
    afterAll(() => tables.drop());

    it('find what is stored', async () => {
      await store.session.joinNode(aNode('node-1'), HOUR);
      const [put] = await store.session.putJobs(['a'], (id, _stored, { now }) => aJob({ id, tags: ['x'] }, now));
      await store.session.claim('node-1', [aClaim(put!.after!)]);
      const { manager } = application;
      expect(await manager.findOneBy(entities.job, { id: 'a' })).toMatchObject({ status: 1, gen: put!.after!.gen });
      expect(await manager.findOneBy(entities.run, { jobId: 'a' })).toMatchObject({ state: 1, node: 'node-1' });
      expect(await manager.findOneBy(entities.runTag, { tag: 'x' })).not.toBeNull();
      expect(await manager.findOneBy(entities.node, { id: 'node-1' })).toMatchObject({ host: 'host-a' });
      expect(await manager.countBy(entities.tally, {})).toBeGreaterThan(0);
    });

    it('have nothing changed by its synchronize or migration:generate', async () => {
      const { upQueries } = await application.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
      await application.synchronize();
      await store.session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
      expect(await store.session.getJob('a')).toMatchObject({ id: 'a' });
    });
  });
}
