import { describe, expect, it } from 'vitest';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { TypeOrmJobStore } from '../../lib/stores/typeorm/typeorm-job-store.js';
import { at, cron, except } from '../../lib/triggers/factories.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { harnesses } from './job-api/harnesses.js';

const { running } = harnesses();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** One second after each full hour. Each of the other seconds is looked at, and with each all that is excluded. */
const hourly = except(
  cron('* * * * * *'),
  cron('*/2 * * * * *'),
  cron('1-59/2 1-59 * * * *'),
  cron('3-59/2 0 * * * *'),
  ...Array.from({ length: 40 }, (_, n) => at(new Date(Date.UTC(2020, 0, 1 + n)))),
);
const hour = (n: number): Date => new Date(Date.UTC(2030, 1, 20, n, 0, 1));

describe.each([
  ['memory', () => new MemoryJobStore()],
  ['SQLite', () => new TypeOrmJobStore({ type: 'better-sqlite3', database: ':memory:' })],
])('a job whose next fire takes long to find, in %s', (_, makeStore) => {
  it('runs at each fire that is found, and looks again until the next is found', async () => {
    const clock = new VirtualClock('2030-02-20T00:58:00Z');
    const { harness, service, calls } = await running({ store: makeStore(), timeZone: 'UTC' }, clock);
    const job = await service.addJob({ id: 'hourly', task: 'work', trigger: hourly });
    expect(job.nextFire).toEqual(hour(1));

    await clock.advance(3 * MINUTE);
    expect(calls).toHaveLength(1);
    const searched = await service.getJob('hourly');
    expect(searched).toMatchObject({ state: 'active', lastFire: hour(1), runCount: 1 });
    // Where to look again: the search has got so far.
    expect(Number(searched?.nextFire)).toBeGreaterThan(clock.now());
    expect(Number(searched?.nextFire)).toBeLessThan(Number(hour(2)));

    await clock.advance(3 * HOUR);
    expect(calls).toHaveLength(4);
    expect(await service.getJob('hourly')).toMatchObject({ lastFire: hour(4), runCount: 4 });
    const { runs } = await service.getRuns({ jobId: 'hourly' });
    const slots = runs.map(({ state, scheduledTime }) => ({ state, scheduledTime }));
    const expected = [1, 2, 3, 4].map((n) => ({ state: 'succeeded', scheduledTime: hour(n) }));
    expect(slots.toSorted((a, b) => Number(a.scheduledTime) - Number(b.scheduledTime))).toEqual(expected);
    expect(harness.of('job.unresolvable')).toEqual([]);
  });
});
