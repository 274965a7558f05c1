import Database from 'better-sqlite3';
import { describe, expect } from 'vitest';
import { at } from '../../lib/index.js';
import { it, type Lives } from './support/life.js';
import { query, runsOf } from './support/records.js';

const LATER = at('2099-01-01T00:00:00Z');

/** SQLite that waits by itself would stop the event loop for as long as the lock is held: five seconds here. */
const LONGEST_GAP_MS = 1_000;

describe('a file that another process keeps locked for seconds', () => {
  async function outlastLock(lives: Lives, leaseTtl: number) {
    const database = lives.file(`lease-of-${leaseTtl}.sqlite`);
    const options = { leaseTtl };
    const store = { type: 'better-sqlite3', database } as const;
    const life = await lives.start('measured', { store, options });
    const slow = await life.ask<{ id: string }>('addJob', { id: 'slow', task: 'gated', trigger: at(new Date()) });
    await life.tells('started', slow.id);
    await life.event('run.succeeded', { jobId: 'beat' }, 3);

    const locker = new Database(database);
    locker.exec('BEGIN EXCLUSIVE');
    await life.ask('ticksSince');
    const refused = life.send('addJob', { id: 'refused', task: 'gated', trigger: LATER });
    const late = lives.begin('measured', { store, options });
    await life.ask('open', 'gate');
    const listed = await life.ask<{ id: string }[]>('getJobs');
    // Reading goes on: the answer came before the one to the question that was asked first.
    expect(life.told('answer')).not.toContain(refused);
    expect(await life.answerTo(refused)).toMatchObject({ error: { code: 'STORE_BUSY', retryable: true } });
    const { ticks, longestGapMs } = await life.ask<{ ticks: number; longestGapMs: number }>('ticksSince');
    const stillRunning = runsOf(database, 'slow').map(({ state }) => state);

    const accepted = life.send('addJob', { id: 'accepted', task: 'gated', trigger: LATER });
    // Questions are answered in order: by the time of this answer the job is waiting for the lock.
    await life.ask('getJobs');
    locker.exec('ROLLBACK');
    locker.close();
    expect(await life.answerTo(accepted)).toMatchObject({ value: { id: 'accepted' } });
    await life.event('run.succeeded', { jobId: 'slow', result: 'done' });
    await life.event('run.succeeded', { jobId: 'beat' }, life.events('run.succeeded', { jobId: 'beat' }).length + 5);
    await late.tells('up');
    await Promise.all([life.end('SIGTERM'), late.end('SIGTERM')]);
    return { database, life, late, listed, stillRunning, ticks, longestGapMs };
  }

  it('P19 W05 blocks no event loop, loses nothing, fails no call but by StoreBusyError, and all fires end on record', async ({
    lives,
  }) => {
    for (const outcome of await Promise.all([2_000, 15_000].map((leaseTtl) => outlastLock(lives, leaseTtl)))) {
      const { database, life, late, listed, stillRunning, ticks, longestGapMs } = outcome;
      expect(longestGapMs).toBeLessThan(LONGEST_GAP_MS);
      expect(ticks).toBeGreaterThan(100);
      expect(listed.map(({ id }) => id)).toEqual(['beat']);
      expect(stillRunning).toEqual(['running']);

      for (const each of [life, late]) {
        const strange = ['run.lost', 'run.fenced', 'node.lost'].flatMap((type) => each.events(type));
        expect(strange).toEqual([]);
        const [failures, recoveries] = ['store.unavailable', 'store.recovered'].map((type) => each.events(type));
        expect(failures?.length).toBe(recoveries?.length);
        expect(each.errors).toBe('');
      }
      const jobs = query<{ id: string }>(database, 'SELECT id FROM scheduler_job ORDER BY id');
      expect(jobs.map(({ id }) => id)).toEqual(['accepted', 'beat']);
      expect(runsOf(database, 'slow')).toMatchObject([{ state: 'succeeded' }]);
      const slots = runsOf(database, 'beat').flatMap(({ scheduledAt, untilAt, count }) => {
        expect(((untilAt ?? scheduledAt) - scheduledAt) / 100 + 1).toBe(count ?? 1);
        return Array.from({ length: count ?? 1 }, (_, i) => scheduledAt + i * 100);
      });
      const [first = 0] = slots.sort((one, other) => one - other);
      expect(slots).toEqual(slots.map((_, i) => first + i * 100));
      expect(new Set(runsOf(database).map(({ state }) => state))).toEqual(new Set(['succeeded', 'skipped']));
    }
  });
});
