import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { JobStoreSession, TakenRun } from '../../../lib/stores/job-store.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { aClaim, aJob, aNode, aPolicy, aScope, HOUR } from '../../support/store-fixtures.js';
import { isThere, MYSQL, POSTGRES } from '../../support/servers.js';
import { openStore } from './open-store.js';
import { ServerTables } from './server-tables.js';

/** As much of the drivers' connections as is needed to come between two of their statements. */
interface PostgresConnection {
  query(query: { text: string } | string): Promise<unknown>;
}

interface MysqlConnection {
  query(query: { sql: string } | string, ...more: unknown[]): unknown;
  promise(): unknown;
}

type DriverConnection = PostgresConnection | MysqlConnection;

/** The look at what is queued: the jobs are locked after it. */
const LOOK = /LIMIT.*UNION ALL.*LIMIT.*UNION ALL.*LIMIT/s;
const LANES = [{ executor: 'default', limit: 10 }];

for (const [name, type, isRunnable] of [
  ['PostgreSQL', 'postgres', await isThere(POSTGRES)],
  ['MySQL or MariaDB', 'mysql', await isThere(MYSQL)],
] as const) {
  describe.skipIf(!isRunnable)(
    `a node on ${name} that others overtake between its look at the queue and its locks`,
    () => {
      let tables: ServerTables;
      let dataSource: DataSource;
      let slow: JobStoreSession;
      let quick: JobStoreSession;
      /** Called once, after the next look of `slow`. */
      let meanwhile: (() => Promise<void>) | null;

      beforeEach(async () => {
        tables = new ServerTables(type);
        dataSource = await new DataSource({ type, url: tables.options.url as string }).initialize();
        quick = await tables.open({ clock: new SystemClock() });
        slow = await openStore(new TypeOrmJobStore({ dataSource, tablePrefix: tables.prefix }));
        meanwhile = null;
        comeBetween(dataSource, async (sql) => {
          if (!meanwhile || !LOOK.test(sql)) return;
          const once = meanwhile;
          meanwhile = null;
          await once();
        });
        for (const node of ['slow', 'quick']) await quick.joinNode(aNode(node), HOUR);
        const policy = aPolicy({ retry: { maxAttempts: 5, backoff: 'fixed', delay: 0 } });
        await quick.putJobs(['a'], (id, _stored, { now }) => aJob({ id, policy }, now));
      });
      afterEach(async () => {
        await slow.close();
        await quick.close();
        await dataSource.destroy();
        await tables.drop();
      });

      const take = (session: JobStoreSession, node: string) =>
        session.takeQueued({ node, lanes: LANES, scope: aScope() });
      const fail = async ({ run }: TakenRun, retryDelayMs: number) =>
        await quick.complete([{ run, state: 'failed', finishedAt: await quick.now(), outcome: null, retryDelayMs }]);
      /** The job's run, which has failed once and waits for its second attempt. */
      const failOnce = async () => {
        const job = (await quick.getJob('a'))!;
        const { records } = await quick.claim('quick', [aClaim(job)]);
        await fail(records[0]!, 0);
        return records[0]!.run.runId;
      };

      it.each([
        ['it waits for the one after it', 0],
        ['the one after it is still far', HOUR],
      ])('G1 P01 does not take the attempt that they have taken, when it has failed and %s', async (_, delay) => {
        const runId = await failOnce();
        const attempts: number[] = [];
        meanwhile = async () => {
          const [taken] = await take(quick, 'quick');
          attempts.push(taken!.run.attempt);
          await fail(taken!, delay);
        };
        for (const { run } of await take(slow, 'slow')) attempts.push(run.attempt);
        expect(meanwhile).toBeNull();
        expect(attempts).toEqual([2]);
        expect(await quick.getRun(runId)).toMatchObject({ state: 'queued', attempt: 3 });
        expect((await take(slow, 'slow')).map(({ run }) => run.attempt)).toEqual(delay === 0 ? [3] : []);
      });
    },
  );
}

/** Has `then` awaited after each statement of a DataSource's connections. */
function comeBetween(dataSource: DataSource, then: (sql: string) => Promise<void>): void {
  const met = new WeakSet<DriverConnection>();
  const create = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (mode) => {
    const runner = create(mode);
    const connect = runner.connect.bind(runner) as () => Promise<DriverConnection>;
    runner.connect = async () => {
      const connection = await connect();
      if (!met.has(connection)) watch(connection, then);
      met.add(connection);
      return connection;
    };
    return runner;
  };
}

function watch(connection: DriverConnection, then: (sql: string) => Promise<void>): void {
  if ('promise' in connection) watchMysql(connection, then);
  else watchPostgres(connection, then);
}

function watchMysql(connection: MysqlConnection, then: (sql: string) => Promise<void>): void {
  const query = connection.query.bind(connection);
  connection.query = (asked, ...more) => {
    const answered = more.pop() as (...answer: unknown[]) => void;
    return query(asked, ...more, (...answer: unknown[]) => {
      void then(typeof asked === 'string' ? asked : asked.sql).finally(() => answered(...answer));
    });
  };
}

function watchPostgres(connection: PostgresConnection, then: (sql: string) => Promise<void>): void {
  const query = connection.query.bind(connection);
  connection.query = async (asked) => {
    const answer = await query(asked);
    await then(typeof asked === 'string' ? asked : asked.text);
    return answer;
  };
}
