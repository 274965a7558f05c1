import { describe, expect, it } from 'vitest';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import {
  HistoryPrunedError,
  InvalidJobOptionError,
  JobNotFoundError,
  JobPausedError,
} from '../../../lib/jobs/job-errors.js';
import { MemoryJobStore } from '../../../lib/stores/memory/memory-job-store.js';
import { FakeStore } from '../support/fake-store.js';
import { Gates, harnesses, records, refusal } from './harnesses.js';

const { create, running } = harnesses();
const HOUR = 3_600_000;

describe('a backfill', () => {
  it('runs the slots before the job was there, the earliest first, each as the run that it would have been', async () => {
    const { service, clock, harness, calls } = await running();
    await service.addJob({ id: 'a', task: 'work', args: ['job'], trigger: cron('0 3 * * *') });
    const result = await service.backfill('a', { from: '2029-12-29', to: '2029-12-31' });
    expect(result).toEqual({
      queued: ['a@2029-12-29T03:00:00.000Z', 'a@2029-12-30T03:00:00.000Z', 'a@2029-12-31T03:00:00.000Z'],
      present: [],
      nextFrom: null,
    });
    await clock.advance(1_000);
    expect(calls.map(({ args }) => args)).toEqual([['job'], ['job'], ['job']]);
    expect(harness.of('run.started').map(({ origin, runId }) => [origin, runId])).toEqual(
      result.queued.map((runId) => ['backfill', runId]),
    );
    expect((await service.getJob('a'))?.runCount).toBe(0);
  });

  it('G2 makes no second run for a slot that has one, and leaves the slots to come to the schedule', async () => {
    const { service, clock, calls } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: interval(HOUR) });
    await clock.advance(2 * HOUR);
    const { queued, present } = await service.backfill('a', { from: '2030-01-01', to: '2031-01-01' });
    expect(queued).toEqual([]);
    expect(present).toEqual(['a@2030-01-01T01:00:00.000Z', 'a@2030-01-01T02:00:00.000Z']);
    await clock.advance(HOUR);
    expect(calls).toHaveLength(3);
  });

  it('runs what was skipped', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    const { service, clock } = harness;
    await service.addJob({ id: 'a', task: 'slow', trigger: interval(HOUR) });
    await clock.advance(2.5 * HOUR);
    await gates.openAll();
    const { queued, present } = await service.backfill('a', { from: '2030-01-01' });
    expect({ queued, present }).toEqual({
      queued: ['a@2030-01-01T02:00:00.000Z'],
      present: ['a@2030-01-01T01:00:00.000Z'],
    });
    await clock.advance(1_000);
    await gates.openAll();
    expect(await records(harness)).toContain('02:00:00 succeeded');
  });

  it('never makes a fire of the schedule be skipped: that waits, and comes before the rest of the backfill', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    const { service, clock } = harness;
    await service.addJob({ id: 'a', task: 'slow', trigger: interval(HOUR, { startAt: '2029-12-31T20:30:00Z' }) });
    await service.backfill('a', { from: '2029-12-31T20:00:00Z' });
    await clock.advance(HOUR);
    await gates.open(0);
    await clock.advance(1_000);
    expect(harness.of('run.started').map(({ runId }) => runId)).toEqual([
      'a@2029-12-31T20:30:00.000Z',
      'a@2030-01-01T00:30:00.000Z',
    ]);
    expect(harness.of('run.skipped')).toEqual([]);
    await gates.openAll();
  });

  it('stops at its limit, and says where to go on', async () => {
    const { service } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: cron('0 3 * * *') });
    const range = { to: '2029-12-31' } as const;
    const first = await service.backfill('a', { from: '2029-12-29', ...range, limit: 2 });
    expect(first.queued).toHaveLength(2);
    expect(first.nextFrom).toEqual(new Date('2029-12-31T03:00:00Z'));
    const second = await service.backfill('a', { from: first.nextFrom!, ...range, limit: 2 });
    expect(second).toEqual({ queued: ['a@2029-12-31T03:00:00.000Z'], present: [], nextFrom: null });
  });

  it('refuses slots whose history is gone, unless it is forced', async () => {
    const { service, clock } = await running({ store: new MemoryJobStore({ maxRunsPerJob: 1 }) });
    await service.addJob({ id: 'a', task: 'work', trigger: interval(HOUR) });
    await clock.advance(3 * HOUR);
    const error = await refusal(() => service.backfill('a', { from: '2030-01-01' }));
    expect(error).toBeInstanceOf(HistoryPrunedError);
    expect(error.message).toContain('2030-01-01T02:00:00.000Z');
    expect(await service.backfill('a', { from: '2030-01-01T02:30:00Z' })).toMatchObject({ queued: [] });
    // Before the job was there, nothing of it can have run.
    expect(await service.backfill('a', { from: '2029-01-01', to: '2029-12-31' })).toMatchObject({ queued: [] });
    expect((await service.backfill('a', { from: '2030-01-01', force: true })).queued).toHaveLength(2);
  });

  it('G2 refuses slots that another backfill has run and whose history is gone, unless it is forced', async () => {
    const { service, clock, calls } = await running({ store: new MemoryJobStore({ maxRunsPerJob: 1 }) });
    await service.addJob({ id: 'a', task: 'work', trigger: cron('0 3 * * *') });
    const days = { from: '2029-12-01', to: '2029-12-10' };
    expect((await service.backfill('a', days)).queued).toHaveLength(10);
    await clock.advance(1_000);
    expect(calls).toHaveLength(10);
    expect(await refusal(() => service.backfill('a', days))).toBeInstanceOf(HistoryPrunedError);
    await clock.advance(1_000);
    expect(calls).toHaveLength(10);
    const before = await service.backfill('a', { from: '2029-11-30', to: '2029-11-30' });
    expect(before.queued).toHaveLength(1);
    expect((await service.backfill('a', { ...days, force: true })).queued).toHaveLength(9);
  });

  it('of a paused job has to be forced', async () => {
    const { service, clock, calls } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: cron('0 3 * * *') });
    await service.pauseJob('a');
    const days = { from: '2029-12-31', to: '2029-12-31' };
    expect(await refusal(() => service.backfill('a', days))).toBeInstanceOf(JobPausedError);
    await service.backfill('a', { ...days, force: true });
    await clock.advance(1_000);
    expect(calls).toHaveLength(1);
  });

  it('is refused with what is no range, no limit, no option and no job', async () => {
    const { service } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: cron('0 3 * * *') });
    const from = '2029-12-31';
    expect(await refusal(() => service.backfill('b', { from }))).toBeInstanceOf(JobNotFoundError);
    expect(await refusal(() => service.backfill('a', { from, to: '2029-12-30' }))).toBeInstanceOf(
      InvalidJobOptionError,
    );
    expect(await refusal(() => service.backfill('a', { from, limit: 0 }))).toBeInstanceOf(InvalidJobOptionError);
    expect(await refusal(() => service.backfill('a', { from, until: from } as never))).toBeInstanceOf(
      InvalidJobOptionError,
    );
    expect(await service.getRuns()).toMatchObject({ runs: [] });
  });
});

describe('beside a backfill of runs that end at once', () => {
  it.each([0, 6_000])('fires of the same job are in time, on a store that plans %i ms ahead', async (peekHorizonMs) => {
    const store = new FakeStore({ isShared: true, peekHorizonMs, pollIntervalMs: 60_000 });
    // As a database, which answers a while after it was asked.
    store.faultOf = () => 2;
    const harness = create({ store });
    const { service, clock } = harness;
    harness.task('work');
    const starting = harness.scheduler.start();
    await clock.advance(1_000);
    await starting;
    const adding = service.addJob({ id: 'a', task: 'work', trigger: cron('* * * * * *'), misfireGraceTime: 1_000 });
    await clock.advance(1_500);
    await adding;
    const filling = service.backfill('a', { from: '2029-12-31', limit: 500 });
    await clock.advance(10_000);
    store.faultOf = () => null;
    expect((await filling).queued).toHaveLength(500);

    const runs = harness.of('run.started').filter(({ origin }) => origin === 'schedule');
    const seconds = runs.map(({ scheduledTime }) => scheduledTime.getTime() - Date.parse('2030-01-01T00:00:00Z'));
    expect(seconds).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((second) => second * 1_000));
    for (const { time, scheduledTime } of runs) expect(time.getTime() - scheduledTime.getTime()).toBeLessThan(100);
    const backfills = harness.of('run.succeeded').filter(({ origin }) => origin === 'backfill');
    expect(backfills).toHaveLength(500);
  });
});
