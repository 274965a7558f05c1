import { describe, expect, it } from 'vitest';
import type { JobOptions } from '../../../lib/jobs/job-options.js';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';
import { LastingStore } from '../../support/lasting-store.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { Gates, harnesses, records, runStates, shutDown, timesOf } from './harnesses.js';

const { create, running } = harnesses();

/** A job every ten seconds from 00:00:10 on, on a store whose scheduler is away from 00:00:05 to 00:01:05. */
async function afterDowntime(options: JobOptions, task?: () => unknown) {
  const store = new LastingStore();
  const clock = new VirtualClock();
  const before = create({ store }, clock);
  before.task('work');
  await before.scheduler.start();
  await before.service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000), ...options });
  await clock.advance(5_000);
  await shutDown(before);
  await clock.advance(59_999);

  const harness = create({ store }, clock);
  const calls = harness.task('work', task);
  await harness.scheduler.start();
  await settle();
  return { harness, clock, calls };
}

describe('fires that fell due while nothing ran', () => {
  it('P02 run as the latest one by default, however late; the others are one skip on record', async () => {
    const { harness, calls, clock } = await afterDowntime({});
    expect(timesOf(calls)).toEqual(['00:01:05']);
    expect(await records(harness)).toEqual(['00:00:10 skipped (coalesced) ×5', '00:01:00 succeeded']);
    await clock.advance(5_000);
    expect(timesOf(calls)).toEqual(['00:01:05', '00:01:10']);
  });

  it("run as the earliest one with coalesce 'earliest'", async () => {
    const { harness, clock } = await afterDowntime({ coalesce: 'earliest' });
    expect(await records(harness)).toEqual(['00:00:10 succeeded', '00:00:20 skipped (coalesced) ×5']);
    await clock.advance(5_000);
    expect((await records(harness)).at(-1)).toBe('00:01:10 succeeded');
  });

  it("run all, in order and one after the other, with coalesce 'all'", async () => {
    const gates = new Gates();
    const { harness, calls } = await afterDowntime({ coalesce: 'all' }, gates.handler);
    expect(harness.types('run.').slice(0, 7)).toEqual([
      ...Array.from({ length: 6 }, () => 'run.queued'),
      'run.started',
    ]);
    for (let i = 0; i < 6; i++) {
      expect(calls).toHaveLength(i + 1);
      await gates.open(i);
    }
    expect(await records(harness)).toEqual(
      ['00:00:10', '00:00:20', '00:00:30', '00:00:40', '00:00:50', '00:01:00'].map((slot) => `${slot} succeeded`),
    );
  });

  it("run the newest catchUpLimit of them with coalesce 'all'; the rest is missed, with a warning event", async () => {
    const { harness } = await afterDowntime({ coalesce: 'all', catchUpLimit: 2 });
    expect(await records(harness)).toEqual([
      '00:00:10 missed (catchUpLimit) ×4',
      '00:00:50 succeeded',
      '00:01:00 succeeded',
    ]);
    expect(harness.of('run.missed')).toMatchObject([
      { jobId: 'poll', reason: 'catchUpLimit', count: 4, until: new Date('2030-01-01T00:00:40Z') },
    ]);
  });

  it('P02 are missed beyond the grace time, on record and with an event, before the rest is coalesced', async () => {
    const { harness } = await afterDowntime({ misfireGraceTime: { seconds: 20 } });
    expect(await records(harness)).toEqual([
      '00:00:10 missed (misfire) ×4',
      '00:00:50 skipped (coalesced)',
      '00:01:00 succeeded',
    ]);
    expect(harness.of('run.missed')).toMatchObject([
      {
        runId: 'poll@2030-01-01T00:00:10.000Z!missed',
        reason: 'misfire',
        count: 4,
        scheduledTime: new Date('2030-01-01T00:00:10Z'),
        until: new Date('2030-01-01T00:00:40Z'),
      },
    ]);
    expect(harness.of('run.skipped')).toMatchObject([{ reason: 'coalesced', count: 1 }]);
  });

  it('are all missed when every one is beyond the grace time; the job goes on', async () => {
    const { harness, calls, clock } = await afterDowntime({ misfireGraceTime: { seconds: 2 } });
    expect(await records(harness)).toEqual(['00:00:10 missed (misfire) ×6']);
    await clock.advance(5_000);
    expect(timesOf(calls)).toEqual(['00:01:10']);
  });

  it('count in the order of their end: a miss, then what was coalesced, then the run', async () => {
    const { harness } = await afterDowntime({ misfireGraceTime: { seconds: 20 } });
    expect(harness.types('run.')).toEqual(['run.missed', 'run.skipped', 'run.started', 'run.succeeded']);
  });

  it('queue behind one another whatever maxInstances allows, and leave no room for new ones until they are through', async () => {
    const gates = new Gates();
    const { harness, clock } = await afterDowntime({ coalesce: 'all', maxInstances: 2 }, gates.handler);
    expect(gates.calls).toBe(2);
    await clock.advance(5_000);
    expect((await records(harness)).at(-1)).toBe('00:01:10 skipped (maxInstances)');
    for (let i = 0; i < 6; i++) await gates.open(i);
    await clock.advance(10_000);
    expect(gates.calls).toBe(7);
    await gates.openAll();
  });
});

describe('a one-shot that fell due while nothing ran', () => {
  it.each([
    [undefined, 'succeeded'],
    [{ minutes: 2 }, 'succeeded'],
    [{ seconds: 30 }, 'missed'],
  ] as const)('with a grace time of %j is %s, and then gone', async (misfireGraceTime, state) => {
    const store = new LastingStore();
    const clock = new VirtualClock();
    const before = create({ store }, clock);
    before.task('work');
    await before.scheduler.start();
    const trigger = at('2030-01-01T00:00:10Z');
    await before.service.addJob({ id: 'once', task: 'work', trigger, misfireGraceTime });
    await shutDown(before);
    await clock.advance(70_000);

    const harness = create({ store }, clock);
    harness.task('work');
    await harness.scheduler.start();
    await settle();
    expect(await runStates(harness, 'once')).toEqual([state]);
    expect(await harness.service.getJobs({ finished: true })).toEqual([]);
    expect(harness.of('job.finished')).toHaveLength(1);
  });
});

describe('a year of downtime', () => {
  it('P11 of a one-second job costs no more than a minute of it', async () => {
    const store = new LastingStore();
    const clock = new VirtualClock();
    const before = create({ store }, clock);
    before.task('work');
    await before.scheduler.start();
    await before.service.addJob({
      id: 'poll',
      task: 'work',
      trigger: interval(1_000),
      coalesce: 'all',
      catchUpLimit: 3,
    });
    await shutDown(before);
    await clock.advance(365 * 86_400_000 - 1);

    const harness = create({ store }, clock);
    const calls = harness.task('work');
    await harness.scheduler.start();
    await settle();
    expect(calls).toHaveLength(3);
    const { runs } = await harness.service.getRuns();
    expect(runs.map(({ state, count }) => [state, count])).toEqual([
      ['succeeded', 1],
      ['succeeded', 1],
      ['succeeded', 1],
      ['missed', 365 * 86_400 - 3],
    ]);
  });
});

describe('a clock that jumps', () => {
  it('P13 ahead makes one run of what was slept through, within the longest sleep', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(60_000) });
    clock.step(3_600_000);
    await clock.advance(60_000);
    expect(calls.length).toBeGreaterThanOrEqual(1);
    const { runs } = await service.getRuns({ state: 'skipped' });
    expect(runs).toMatchObject([{ reason: 'coalesced' }]);
    const slots = runs.reduce((sum, { count }) => sum + count, 0) + calls.length;
    expect(slots).toBe(61);
    expect(harness.of('run.missed')).toEqual([]);
  });

  it('P13 back fires no slot twice: the job waits for the time to come again', async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await clock.advance(30_000);
    clock.step(-20_000);
    await clock.advance(20_000);
    expect(calls).toHaveLength(3);
    await clock.advance(10_000);
    expect(timesOf(calls).at(-1)).toBe('00:00:40');
  });
});
