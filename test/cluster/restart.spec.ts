import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lives } from '../e2e/support/life.js';
import { ServerTables, type ServerType } from '../stores/typeorm/server-tables.js';
import { Load } from './support/load.js';
import { PrivateServer } from './support/private-server.js';

const TYPES: readonly ServerType[] = ['postgres', 'mysql'];

for (const type of TYPES) {
  describe.skipIf(!PrivateServer.isThere(type))(`applications whose ${type} crashes under load and comes back`, () => {
    let server: PrivateServer;
    let lives: Lives;

    beforeAll(async () => {
      server = await PrivateServer.create(type);
      lives = new Lives(new ServerTables(type, { url: server.url }));
      lives.open();
    });
    afterAll(async () => {
      await lives.close();
      await server.remove();
    });

    it('W05 G8 go on, say so once, and have every fire on record', async () => {
      const load = await Load.start(lives, [{}, {}]);
      await load.goesOn();
      await server.kill();
      await Promise.all(load.all.map((life) => life.event('store.unavailable')));
      await server.start();
      await Promise.all(load.all.map((life) => life.event('store.recovered')));
      await load.goesOn();
      load.expectAllOnRecord(await load.end());
      for (const life of load.all) expect(life.events('store.unavailable')).toHaveLength(1);
    });
  });
}
