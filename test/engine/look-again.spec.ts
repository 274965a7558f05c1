import { describe, expect, it } from 'vitest';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { TypeOrmJobStore } from '../../lib/stores/typeorm/typeorm-job-store.js';
import { allOf, anyOf, at, cron, defineTrigger, except, interval } from '../../lib/triggers/factories.js';
import { bindTrigger } from '../../lib/triggers/bind-trigger.js';
import type { TriggerDefinition } from '../../lib/triggers/trigger.js';
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

const START = '2030-03-01T00:00:00Z';
const FIRST = new Date('2030-03-01T01:00:00Z');
/** The two meet again after 400,640,231 ms, which takes tens of thousands of looks to find. */
const meeting = allOf(interval(20_011, { startAt: FIRST }), interval(20_021, { startAt: FIRST }), { threshold: 0 });
const SECOND_MEETING = new Date(FIRST.getTime() + 20_011 * 20_021);

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

  it('is found by going on and on where the process stood still for days, and nothing else wakes it', async () => {
    const clock = new VirtualClock(START);
    const jobDefaults = { misfireGraceTime: null };
    const { harness, service } = await running({ store: makeStore(), timeZone: 'UTC', jobDefaults }, clock);
    await service.addJob({ id: 'rare', task: 'work', trigger: meeting });
    clock.step(100 * HOUR);
    await clock.advance(HOUR);
    expect(harness.of('run.succeeded').map(({ scheduledTime }) => scheduledTime)).toEqual([FIRST]);
    expect(harness.types('job.unresolvable')).toEqual(['job.unresolvable']);
    expect(harness.types('job.recovered')).toEqual(['job.recovered']);
  });
});

/** Asks a trigger of ours, and does not tell how far that has got. */
const asksOurs = defineTrigger('test:asks-meeting', ({ definition }: { definition: TriggerDefinition }) => {
  const ours = bindTrigger(definition, { jobId: '', addedAt: new Date(START), timeZone: 'UTC' });
  return { next: (after) => ours.next(after), previous: (before) => ours.previous(before) };
});

const RARE: [string, TriggerDefinition][] = [
  ['a search', meeting],
  ['a search without a day', except(meeting, '2031-01-01')],
  ['a search without the fires of another trigger', except(meeting, cron('0 0 1 1 *'))],
  ['a search within a search', allOf(meeting, interval(20_011, { startAt: FIRST }), { threshold: 0 })],
  ['one of several', anyOf(meeting, at('2031-01-01T00:00:00Z'))],
  [
    'one of several of which one is over',
    anyOf(meeting, except(cron('0 12 * * *'), cron('0 12 * * sun'), { endAt: '2030-02-01' })),
  ],
  [
    'one of several of which one begins later',
    anyOf(meeting, except(cron('0 12 * * *'), cron('0 12 * * sun'), { startAt: '2031-02-01' })),
  ],
  ['a kind of its own that searches', asksOurs({ definition: meeting })],
];

describe.each(RARE)('a job whose next fire can not be found at once, by %s', (_, trigger) => {
  it('runs when it is due, whether or not the next fire is known, and goes on searching', async () => {
    const clock = new VirtualClock(START);
    const { harness, service } = await running({ timeZone: 'UTC' }, clock);
    const job = await service.addJob({ id: 'rare', task: 'work', trigger });
    expect(job.nextFire).toEqual(FIRST);

    await clock.advanceTo('2030-03-01T01:00:01Z');
    expect(harness.of('run.succeeded').map(({ scheduledTime }) => scheduledTime)).toEqual([FIRST]);
    await clock.advanceTo(new Date(SECOND_MEETING.getTime() + 1_000));
    const runs = harness.of('run.succeeded').map(({ scheduledTime }) => scheduledTime);
    expect(runs).toEqual([FIRST, SECOND_MEETING]);
    // Only a kind that does not tell how far it has got seems to get nowhere.
    expect(harness.types('job.unresolvable').length > 0).toBe(trigger.kind === 'test:asks-meeting');
  });

  it('goes on by itself after a time in which the process stood still, and misses no more than what it slept through', async () => {
    const clock = new VirtualClock(START);
    const { harness, service } = await running({ timeZone: 'UTC', jobDefaults: { misfireGraceTime: null } }, clock);
    await service.addJob({ id: 'rare', task: 'work', trigger });
    clock.step(100 * HOUR);
    await clock.advance(HOUR);
    expect(harness.of('run.succeeded').map(({ scheduledTime }) => scheduledTime)).toEqual([FIRST]);
    await clock.advanceTo(new Date(SECOND_MEETING.getTime() + 1_000));
    expect(harness.of('run.succeeded').map(({ scheduledTime }) => scheduledTime)).toEqual([FIRST, SECOND_MEETING]);
  });
});
