import { afterAll, beforeAll, describe, it } from 'vitest';
import { Lives } from '../e2e/support/life.js';
import { Random } from '../e2e/support/random.js';
import { ServerTables, type ServerType } from '../stores/typeorm/server-tables.js';
import { isThere, MYSQL, POSTGRES } from '../support/servers.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { closeConnections } from './support/close-connections.js';
import { Cutting } from './support/cutting.js';
import { Load } from './support/load.js';

const SERVERS: readonly { readonly type: ServerType; readonly url: string; readonly isRunnable: boolean }[] = [
  { type: 'postgres', url: POSTGRES.url, isRunnable: await isThere(POSTGRES) },
  { type: 'mysql', url: MYSQL.url, isRunnable: await isThere(MYSQL) },
];

for (const { type, url, isRunnable } of SERVERS) {
  describe.skipIf(!isRunnable)(`two applications on one ${type}`, () => {
    const tables = new ServerTables(type);
    const lives = Lives.shared(tables);
    const cutting = new Cutting(new Random(Date.now() % 1_000_000));
    let proxy: TcpProxy;
    let load: Load;

    beforeAll(async () => {
      proxy = await TcpProxy.to(url, (cut) => cutting.tap(cut));
      const store = { ...tables.options, url: proxy.urlOf(url) };
      load = await Load.start(lives, [{ store }, { store }]);
    });
    afterAll(() => proxy.close());

    it('G8 W03 have every fire on record when connections break before, during and after commits at random', async () => {
      cutting.isOn = true;
      await cutting.until(8);
      cutting.isOn = false;
      for (let round = 0; round < 3; round++) {
        await load.goesOn();
        await closeConnections(tables, proxy);
      }
      load.expectAllOnRecord(await load.end());
    });
  });
}
