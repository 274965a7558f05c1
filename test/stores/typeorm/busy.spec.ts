import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';
import { StoreBusyError } from '../../../lib/stores/store-errors.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { aJob, SECOND } from '../../support/store-fixtures.js';
import { openFile } from './open-store.js';
import { SqliteFolder } from './sqlite-file.js';

describe('P19 a SQLite file that somebody else has locked', () => {
  let folder: SqliteFolder;
  let clock: VirtualClock;
  let session: JobStoreSession;
  let other: Database.Database;

  beforeEach(async () => {
    folder = new SqliteFolder();
    clock = new VirtualClock();
    session = await openFile(folder.file(), { clock });
    other = new Database(folder.file());
    other.exec('BEGIN IMMEDIATE');
  });
  afterEach(async () => {
    other.close();
    await session.close();
    folder.remove();
  });

  const put = (id: string) => session.putJobs([id], (_id, _stored, { now }) => aJob({ id }, now));

  it('is waited for without holding up the event loop, and written to in the order of the calls', async () => {
    const order: string[] = [];
    const puts = ['a', 'b', 'c'].map(async (id) => {
      await put(id);
      order.push(id);
    });
    await clock.advance(100);
    expect(order).toEqual([]);

    other.exec('COMMIT');
    await clock.advance(10);
    await Promise.all(puts);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('can be read meanwhile', async () => {
    expect((await session.listJobs({})).jobs).toEqual([]);
  });

  it('can be read by one whose own writes wait', async () => {
    const waiting = put('a');
    const read = session.listJobs({});
    expect(await Promise.race([read, settle().then(() => 'waiting')])).toMatchObject({ jobs: [] });
    other.exec('COMMIT');
    await clock.advance(10);
    await waiting;
  });

  it('is given up after five seconds with an error that says that nothing was written', async () => {
    const failed = put('a').catch((error: unknown) => error);
    await clock.advance(4 * SECOND);
    expect(await Promise.race([failed, settle().then(() => 'waiting')])).toBe('waiting');
    await clock.advance(2 * SECOND);

    const error = await failed;
    expect(error).toBeInstanceOf(StoreBusyError);
    expect(error).toMatchObject({ code: 'STORE_BUSY', retryable: true });
    other.exec('COMMIT');
    expect(await session.getJob('a')).toBeNull();
    await put('a');
    expect((await session.getJob('a'))?.id).toBe('a');
  });

  it('does not keep a close waiting: calls that wait are refused', async () => {
    const failed = put('a').catch((error: unknown) => error);
    await settle();
    await session.close();
    expect(await failed).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(clock.pendingTimers).toBeLessThanOrEqual(1);
  });
});
