import { afterAll, describe } from 'vitest';
import { describeJobStore } from '../../conformance/job-store.conformance.js';
import { isThere, MYSQL } from '../../support/servers.js';
import { ServerTables } from './server-tables.js';

const isRunnable = await isThere(MYSQL);

describe.skipIf(!isRunnable)('MySQL or MariaDB', () => {
  const tables = new ServerTables('mysql');
  afterAll(() => tables.drop());
  describeJobStore('MySQL or MariaDB', (clock) => tables.openEmpty(clock), {
    isShared: true,
    usesVirtualClock: false,
    locks: 'rows',
  });
});
