import { afterAll, describe } from 'vitest';
import { describeJobStore } from '../../conformance/job-store.conformance.js';
import { isThere, POSTGRES } from '../../support/servers.js';
import { ServerTables } from './server-tables.js';

const isRunnable = await isThere(POSTGRES);

describe.skipIf(!isRunnable)('PostgreSQL', () => {
  const tables = new ServerTables('postgres');
  afterAll(() => tables.drop());
  describeJobStore('PostgreSQL', (clock) => tables.openEmpty(clock), { isShared: true, usesVirtualClock: false });
});
