import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { isThere, POSTGRES } from '../../support/servers.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { openStore } from './open-store.js';
import { ServerTables } from './server-tables.js';

/** "Ready for query", outside a transaction: the end of the greeting. */
const READY = Buffer.from('Z\0\0\0\x05I', 'latin1');
const ENDED = errorMessage('SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command');

describe.skipIf(!(await isThere(POSTGRES)))(
  'a connection that PostgreSQL ends in the moment in which it has opened',
  () => {
    let tables: ServerTables;
    let proxy: TcpProxy;
    let session: JobStoreSession;
    let dataSource: DataSource | null;
    /** So many new connections are ended. */
    let toEnd: number;

    beforeEach(async () => {
      tables = new ServerTables('postgres');
      dataSource = null;
      toEnd = 0;
      proxy = await TcpProxy.to(POSTGRES.url, (cut) => {
        let isGreeted = false;
        return {
          // One chunk, so that the driver reads both messages in one go.
          fromServer: (chunk) => {
            const isNew = !isGreeted && chunk.subarray(-READY.length).equals(READY);
            if (!isNew) return chunk;
            isGreeted = true;
            if (toEnd <= 0) return chunk;
            toEnd--;
            setImmediate(cut);
            return Buffer.concat([chunk, ENDED]);
          },
        };
      });
    });
    afterEach(async () => {
      await session.close();
      await dataSource?.destroy();
      await proxy.close();
      await tables.drop();
    });

    const url = () => proxy.urlOf(POSTGRES.url);
    const open = async (store: TypeOrmJobStore) => (session = await openStore(store, { clock: new SystemClock() }));
    const callMany = () => Promise.all(Array.from({ length: 6 }, () => session.listJobs({})));

    it('W12 ends neither the process nor a call', async () => {
      await open(new TypeOrmJobStore({ ...tables.options, url: url() }));
      toEnd = 2;
      await callMany();
      expect(toEnd).toBe(0);
    });

    it('W12 ends neither of them with the DataSource of an application', async () => {
      dataSource = await new DataSource({ type: 'postgres', url: url(), poolSize: 4 }).initialize();
      await open(new TypeOrmJobStore({ dataSource, tablePrefix: tables.prefix }));
      toEnd = 2;
      await callMany();
      expect(toEnd).toBe(0);
    });
  },
);

function errorMessage(...fields: readonly string[]): Buffer {
  const body = Buffer.from(`${fields.map((field) => `${field}\0`).join('')}\0`, 'latin1');
  const head = Buffer.from('E\0\0\0\0', 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
