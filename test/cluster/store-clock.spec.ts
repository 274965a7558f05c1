import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../lib/clock.js';
import { interval } from '../../lib/index.js';
import { TypeOrmJobStore } from '../../lib/typeorm.js';
import { SqliteFolder } from '../stores/typeorm/sqlite-file.js';
import { ServerTables, type ServerType } from '../stores/typeorm/server-tables.js';
import { Harness } from '../support/scheduler-harness.js';
import { isThere, MYSQL, POSTGRES } from '../support/servers.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { VirtualClock } from '../support/virtual-clock.js';

interface SteppingServer {
  readonly type: ServerType;
  readonly url: string;
  readonly isRunnable: boolean;
  /** How the store asks for the time, and a function with a name of the same length that stands in for it. */
  readonly clock: string;
  readonly standIn: string;
  create(name: string, skewTable: string): string;
}

const SERVERS: readonly SteppingServer[] = [
  {
    type: 'postgres',
    url: POSTGRES.url,
    isRunnable: await isThere(POSTGRES),
    clock: 'statement_timestamp()',
    standIn: 'stepping_timestamp_()',
    create: (name, skew) =>
      `CREATE OR REPLACE FUNCTION ${name} RETURNS timestamptz LANGUAGE sql STABLE
       AS 'SELECT statement_timestamp() + (SELECT max(ms) FROM ${skew}) * interval ''1 millisecond'''`,
  },
  {
    type: 'mysql',
    url: MYSQL.url,
    isRunnable: await isThere(MYSQL),
    clock: 'NOW(3)',
    standIn: 'nowS()',
    create: (name, skew) =>
      `CREATE FUNCTION ${name} RETURNS datetime(3) READS SQL DATA
       RETURN NOW(3) + INTERVAL (SELECT max(ms) FROM ${skew}) * 1000 MICROSECOND`,
  },
];

const EVERY_MS = 200;
const BACK_MS = 2_000;

const startedSlots = (harness: Harness): string[] =>
  harness.of('run.started').map(({ scheduledTime }) => scheduledTime.toISOString());

function expectEachOnce(harness: Harness, everyMs: number): void {
  const slots = startedSlots(harness);
  expect(new Set(slots).size).toBe(slots.length);
  const [first] = slots as [string];
  const expected = slots.map((_slot, index) => new Date(Date.parse(first) + index * everyMs).toISOString());
  expect(slots).toEqual(expected);
  expect(harness.types('run.lost', 'run.missed', 'run.skipped', 'node.lost', 'store.')).toEqual([]);
}

for (const { type, url, isRunnable, clock, standIn, create } of SERVERS) {
  describe.skipIf(!isRunnable)(`a scheduler whose ${type} steps its clock`, () => {
    const tables = new ServerTables(type, { moreTables: ['skew'] });
    const skew = `${tables.prefix}skew`;
    let proxy: TcpProxy;
    let harness: Harness;

    beforeAll(async () => {
      expect(standIn).toHaveLength(clock.length);
      await tables.query(`CREATE TABLE ${skew} (ms bigint NOT NULL)`);
      await tables.query(`INSERT INTO ${skew} VALUES (0)`);
      await tables.query(`DROP FUNCTION IF EXISTS ${type === 'mysql' ? standIn.slice(0, -2) : standIn}`);
      await tables.query(create(standIn, skew));
      const patch = (chunk: Buffer): Buffer =>
        Buffer.from(chunk.toString('latin1').replaceAll(clock, standIn), 'latin1');
      proxy = await TcpProxy.to(url, () => ({ fromClient: patch }));
    });
    afterEach(() => harness.scheduler.shutdown());
    afterAll(async () => {
      await proxy.close();
      await tables.query(`DROP FUNCTION ${type === 'mysql' ? standIn.slice(0, -2) : standIn}`);
      await tables.drop();
    });

    it('W07 G2 waits when it steps back, and fires nothing twice', { timeout: 30_000 }, async () => {
      const store = new TypeOrmJobStore({ ...tables.options, url: proxy.urlOf(url) });
      harness = new Harness({ store }, new SystemClock() as unknown as VirtualClock);
      harness.task('tick');
      await harness.scheduler.start();
      const hasStarted = (count: number) =>
        new Promise<void>((resolve) => {
          const target = startedSlots(harness).length + count;
          harness.service.events$.subscribe(() => startedSlots(harness).length >= target && resolve());
        });
      // Nothing but the clock may keep a fire from starting: not even a slow machine.
      const patient = { coalesce: 'all', overlap: 'queue' } as const;
      await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval(EVERY_MS), ...patient });
      await hasStarted(5);
      await tables.query(`UPDATE ${skew} SET ms = ${-BACK_MS}`);
      const stepped = performance.now();
      await hasStarted(5);
      // One or two may have been under way in that moment; the others had to wait.
      expect(performance.now() - stepped).toBeGreaterThan(BACK_MS);
      await hasStarted(5);
      expectEachOnce(harness, EVERY_MS);
    });
  });
}

describe('a scheduler on a SQLite file, whose clock is that of the machine', () => {
  const folder = new SqliteFolder();
  let harness: Harness;
  afterEach(async () => {
    await harness.scheduler.shutdown(0);
    folder.remove();
  });

  it('W07 G2 waits when it steps back, and fires nothing twice', async () => {
    harness = new Harness({ store: new TypeOrmJobStore({ type: 'better-sqlite3', database: folder.file() }) });
    harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ seconds: 10 }) });
    await harness.clock.advance(35_000);
    harness.clock.step(-60_000);
    await harness.clock.advance(60_000);
    expect(startedSlots(harness)).toHaveLength(3);
    await harness.clock.advance(60_000);
    expect(startedSlots(harness)).toHaveLength(9);
    expectEachOnce(harness, 10_000);
  });
});
