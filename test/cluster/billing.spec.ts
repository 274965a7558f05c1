import { describe, expect, it } from 'vitest';
import { Lives } from '../e2e/support/life.js';
import { ServerTables, type ServerType } from '../stores/typeorm/server-tables.js';
import { isThere, MYSQL, POSTGRES } from '../support/servers.js';

const hasPostgres = await isThere(POSTGRES);
const hasMysql = await isThere(MYSQL);

describe('the sample billing on SQLite', () => {
  describeBilling(null);
});
describe.skipIf(!hasPostgres)('the sample billing on PostgreSQL', () => {
  describeBilling('postgres');
});
describe.skipIf(!hasMysql)('the sample billing on MySQL or MariaDB', () => {
  describeBilling('mysql');
});

function describeBilling(server: ServerType | null): void {
  const tables = server && new ServerTables(server, { moreTables: ['invoice', 'outbox'] });
  const lives = Lives.shared(tables);
  const prefix = tables?.prefix ?? '';
  /** A lease longer than the test: only the certainty that the process is gone ends its runs. */
  const options = { leaseTtl: { hours: 1 }, shutdownTimeout: 0 };

  it('W02 has one invoice and one message of a run whose process died after the commit and before the outcome', async () => {
    const first = await lives.start('billing', { options });
    await first.tells('committed');
    const [{ runId } = { runId: '' }] = await lives.runs('make-invoice');
    expect(await lives.runs('make-invoice')).toMatchObject([{ runId, state: 'running', attempt: 1 }]);
    expect(await lives.query(() => `SELECT attempt FROM ${prefix}invoice`)).toEqual([{ attempt: 1 }]);
    await first.end('SIGKILL');

    const second = await lives.start('billing', { options });
    expect(second.events('run.retrying', { jobId: 'make-invoice' })).toMatchObject([{ runId, attempt: 1 }]);
    await second.event('run.succeeded', { runId });
    expect(second.told('committed')[0]).toBe(2);
    await second.ask('open', 'committed');
    await second.end('SIGTERM');

    const [ended] = (await lives.runs('make-invoice')).filter((run) => run.runId === runId);
    expect(ended).toMatchObject({ state: 'succeeded', attempt: 2 });
    const rowsOf = (table: string) =>
      lives.query<object>(
        () => `SELECT * FROM ${prefix}${table} WHERE ${server === 'postgres' ? '"runId"' : 'runId'} = '${runId}'`,
      );
    expect(await rowsOf('invoice')).toMatchObject([{ attempt: 1 }]);
    expect(await rowsOf('outbox')).toHaveLength(1);
    // The job that was committed with the invoice, once.
    const [{ id }] = (await rowsOf('invoice')) as [{ id: number }];
    expect((await lives.jobs()).filter((job) => job.id === `remind-${id}`)).toHaveLength(1);
  });
}
