import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';
import { aClaim, aJob, aNode, HOUR } from '../../support/store-fixtures.js';
import { shardOf } from '../../../lib/stores/typeorm/tallies.js';
import { openFile, tamper } from './open-store.js';
import { SqliteFolder } from './sqlite-file.js';

const DAY = 24 * HOUR;
const MINUTE = HOUR / 60;
const KEEP_ALL = { maxAge: 30 * DAY, maxRunsPerJob: 1_000, maxRuns: null };

describe('the tallies of a database', () => {
  let folder: SqliteFolder;
  let session: JobStoreSession;

  beforeEach(async () => {
    folder = new SqliteFolder();
    session = await openFile(folder.file());
    await session.joinNode(aNode('node-1'), HOUR);
    await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
  });
  afterEach(async () => {
    await session.close();
    folder.remove();
  });

  const runOnce = async (age: number) => {
    const job = await session.getJob('a');
    const { records } = await session.claim('node-1', [aClaim(job!)]);
    const finishedAt = (await session.now()) - age;
    await session.complete([
      { run: records[0]!.run, state: 'succeeded', finishedAt, outcome: null, retryDelayMs: null },
    ]);
  };
  const succeeded = async (age: number) => {
    const now = await session.now();
    const { tallies } = await session.stats({ from: now - age, to: now + DAY, jobId: 'a' });
    return tallies[0]?.tally.counts.succeeded ?? 0;
  };
  const tallies = () => {
    const database = new Database(folder.file());
    const rows = database.prepare('SELECT span, since FROM scheduler_tally WHERE span > 0').all();
    database.close();
    return rows as { span: number; since: number }[];
  };

  it('are written once the first run has waited for others long enough', async () => {
    await runOnce(2 * MINUTE);
    await session.pruneRuns(KEEP_ALL, 100);
    expect(tallies()).toEqual([]);
    await runOnce(6 * MINUTE);
    await session.pruneRuns(KEEP_ALL, 100);
    expect(new Set(tallies().map(({ span }) => span))).toEqual(new Set([1, 2, 3]));
    expect(await succeeded(HOUR)).toBe(2);
  });

  it('are of days alone for what ended before yesterday', async () => {
    for (const days of [3, 0]) await runOnce(days * DAY + 6 * MINUTE);
    await session.pruneRuns(KEEP_ALL, 0);
    const now = await session.now();
    const spansOf = (isOld: boolean) =>
      new Set(tallies().flatMap(({ span, since }) => (since < now - 2 * DAY === isOld ? [span] : [])));
    expect([spansOf(true), spansOf(false)]).toEqual([new Set([2]), new Set([1, 2, 3])]);
    expect(await succeeded(4 * DAY)).toBe(2);
  });

  it('go when they are too old: hours and quarters after yesterday, days with the history', async () => {
    for (const days of [40, 9, 3]) await runOnce(days * DAY);
    await session.pruneRuns({ ...KEEP_ALL, maxAge: 60 * DAY }, 100);
    for (let i = 0; i < 3; i++) await session.pruneRuns({ ...KEEP_ALL, maxAge: 7 * DAY }, 100);
    const now = await session.now();
    expect(tallies().map(({ span, since }) => [span, Math.ceil((now - since) / DAY)])).toEqual([
      [2, expect.toSatisfy((days: number) => days === 3 || days === 4)],
      [2, expect.toSatisfy((days: number) => days === 3 || days === 4)],
    ]);
  });

  it.each(['', '{', '[[1],[],[]]', 'é', 'g', 'CBB', 'BBDBB'])(
    'that can not be read count nothing: %s',
    async (text) => {
      await runOnce(10 * MINUTE);
      await session.pruneRuns(KEEP_ALL, 100);
      tamper(folder.file(), 'UPDATE scheduler_tally SET tally = ? WHERE span > 0', text);
      expect(await succeeded(HOUR)).toBe(0);
      await runOnce(9 * MINUTE);
      await session.pruneRuns(KEEP_ALL, 100);
      expect(await succeeded(HOUR)).toBe(1);
    },
  );

  it('that can not be read count nothing, and the others in their row count on', async () => {
    await runOnce(10 * MINUTE);
    await session.pruneRuns(KEEP_ALL, 100);
    const shard = shardOf('a');
    const damaged = `x\n? a BBA\nT.gone gone BBA\nT.task a BBDBB\n`;
    tamper(folder.file(), `UPDATE scheduler_tally SET tally = ? || tally WHERE span > 0 AND shard = ${shard}`, damaged);
    expect(await succeeded(HOUR)).toBe(1);
  });

  it('whose mark can not be read are told of, and fires go on', async () => {
    tamper(folder.file(), 'UPDATE scheduler_tally SET tally = ? WHERE span = 0', '[1]');
    await expect(succeeded(HOUR)).rejects.toThrow(/tally/);
    await expect(session.pruneRuns(KEEP_ALL, 100)).rejects.toThrow(/tally/);
    await runOnce(0);
    const { runs } = await session.listRuns({ limit: 10 });
    expect(runs.map(({ state }) => state)).toEqual(['succeeded']);
  });
});
