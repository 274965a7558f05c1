import { afterAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import { describeJobStore } from '../../conformance/job-store.conformance.js';
import { isThere, POSTGRES } from '../../support/servers.js';
import { ServerTables } from './server-tables.js';

const isRunnable = await isThere(POSTGRES);

describe.skipIf(!isRunnable)('PostgreSQL', () => {
  const tables = new ServerTables('postgres');
  afterAll(() => tables.drop());
  describeJobStore('PostgreSQL', (clock) => tables.openEmpty(clock), {
    isShared: true,
    usesVirtualClock: false,
    locks: 'rows',
  });

  it.each(['REPEATABLE READ', 'SERIALIZABLE'] as const)(
    'refuses transactions of a caller that are %s',
    async (level) => {
      const { session, callers, dispose } = await tables.openEmpty(new SystemClock());
      const { dataSource } = await callers!();
      const refused = dataSource.transaction(level, (manager) => session.within(manager));
      await expect(refused).rejects.toMatchObject({
        code: 'TRANSACTION_ISOLATION',
        message: expect.stringMatching(`${level}.*READ COMMITTED`),
      });
      await dispose();
    },
  );

  it('refuses transactions of a caller whose search path leads to other tables', async () => {
    const { session, callers, dispose } = await tables.openEmpty(new SystemClock());
    const { dataSource } = await callers!();
    const refused = dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL search_path TO pg_catalog');
      await session.within(manager);
    });
    await expect(refused).rejects.toMatchObject({ code: 'TRANSACTION_STORE_MISMATCH' });
    await dispose();
  });
});
