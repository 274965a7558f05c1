import { describe, expect, it } from 'vitest';
import { Lives } from '../e2e/support/life.js';
import { ServerTables, type ServerType } from '../stores/typeorm/server-tables.js';
import { isThere, MYSQL, POSTGRES } from '../support/servers.js';
import { Load } from './support/load.js';

const DATABASES: readonly { readonly type: ServerType | 'SQLite file'; readonly isRunnable: boolean }[] = [
  { type: 'postgres', isRunnable: await isThere(POSTGRES) },
  { type: 'mysql', isRunnable: await isThere(MYSQL) },
  { type: 'SQLite file', isRunnable: true },
];

/** The `misfireGraceTime` of the job that has one. */
const SHORTEST_GRACE_MS = 1_000;

const HOUR_MS = 3_600_000;

for (const { type, isRunnable } of DATABASES) {
  const newTables = () => (type === 'SQLite file' ? null : new ServerTables(type));

  describe.skipIf(!isRunnable)(`applications that start in one instant on an empty ${type}`, () => {
    const tables = newTables();
    const lives = Lives.shared(tables);

    it('W13 G1 migrate it once, and each fire is on record once', async () => {
      const load = Load.begin(lives, [{ waits: true }, { waits: true }]);
      await Promise.all(load.all.map((life) => life.tells('loaded')));
      for (const life of load.all) life.say('go');
      await load.isUp();
      await load.goesOn(3);
      load.expectAllOnRecord(await load.end());
      const migrations = tables ? `${tables.prefix}migrations` : 'scheduler_migrations';
      expect(await lives.query(() => `SELECT * FROM ${migrations}`)).toHaveLength(1);
    });
  });

  // A file has no clock of its own: there the processes' clocks are the store's.
  if (type === 'SQLite file') continue;

  describe.skipIf(!isRunnable)(`applications on one ${type} whose clocks are an hour off, either way`, () => {
    const lives = Lives.shared(newTables());

    it('W06 G7 fire nothing early, report nothing as missed that is not, and share the work with one whose clock is right', async () => {
      const load = await Load.start(lives, [{ clockError: HOUR_MS }, { clockError: -HOUR_MS }, {}]);
      await load.goesOn(4);
      const ledger = await load.end();
      load.expectAllOnRecord(ledger);
      expect(ledger.runs.filter(({ startedAt, scheduledAt }) => startedAt !== null && startedAt < scheduledAt)).toEqual(
        [],
      );
      // On a busy machine a fire may be later than that indeed.
      const missed = ledger.runs.filter(({ state }) => state === 'missed');
      expect(
        missed.filter((run) => (run.finishedAt ?? 0) - (run.untilAt ?? run.scheduledAt) <= SHORTEST_GRACE_MS),
      ).toEqual([]);
      expect(new Set(ledger.calls.map(({ pid }) => pid)).size).toBe(3);
    });
  });
}
