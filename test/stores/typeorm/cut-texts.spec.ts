import { DataSource } from 'typeorm';
import { afterAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { isThere, MYSQL } from '../../support/servers.js';
import { HOUR } from '../../support/store-fixtures.js';
import { ServerTables } from './server-tables.js';

const LONG_AGO = 40 * 24 * HOUR;

describe.skipIf(!(await isThere(MYSQL)))('stats on MySQL or MariaDB', () => {
  const tables = new ServerTables('mysql');
  afterAll(() => tables.drop());

  it('are whole although the connections of the application cut long texts off', async () => {
    const dataSource = await new DataSource({ type: 'mysql', url: MYSQL.url, poolSize: 1 }).initialize();
    await dataSource.query('SET SESSION group_concat_max_len = 64');
    const store = new TypeOrmJobStore({ dataSource, tablePrefix: tables.prefix });
    const session = await store.open({
      alias: 'default',
      keepAlive: false,
      onChange: () => {},
      clock: new SystemClock(),
    });
    // One run that has succeeded, of each of ten jobs, on one day.
    const day = Math.floor((Date.now() - LONG_AGO) / (24 * HOUR)) * 24 * HOUR;
    for (let i = 0; i < 10; i++) {
      await tables.query(`INSERT INTO ${tables.names.tally} VALUES (2, ?, 'send', ?, 'BBA')`, [day, `job-${i}`]);
    }
    const stats = await session.stats({ from: day, to: Date.now() });
    expect(stats.tallies.map(({ jobId, tally }) => [jobId, tally.counts.succeeded])).toEqual(
      Array.from({ length: 10 }, (_, i) => [`job-${i}`, 1]),
    );
    await session.close();
    await dataSource.destroy();
  });
});
