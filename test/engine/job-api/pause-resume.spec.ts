import { describe, expect, it } from 'vitest';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';
import { settle } from '../../support/virtual-clock.js';
import { Gates, harnesses, records, time, timesOf } from './harnesses.js';

const { create, running } = harnesses();

async function slowJob(options: { maxInstances?: number } = {}) {
  const harness = create();
  const gates = new Gates();
  harness.task('slow', gates.handler);
  await harness.scheduler.start();
  await harness.service.addJob({ id: 'slow', task: 'slow', trigger: interval(10_000), ...options });
  return { harness, gates, clock: harness.clock, service: harness.service };
}

describe('a job that is paused', () => {
  it('has no fires, and keeps its next fire for the record', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await clock.advance(10_000);
    expect(await service.pauseJob('poll')).toEqual({ running: [] });
    await clock.advance(100_000);
    expect(calls).toHaveLength(1);
    expect(await service.getJob('poll')).toMatchObject({ state: 'paused', nextFire: new Date('2030-01-01T00:00:20Z') });
    expect(harness.types('job.')).toEqual(['job.added', 'job.paused']);
  });

  it('is one within the very millisecond of its fire, when the pause came first', async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await settle();
    clock.step(10_000);
    await service.pauseJob('poll');
    await clock.advance(60_000);
    expect(calls).toEqual([]);
  });

  it('names the runs that are running: they go on', async () => {
    const { harness, gates, clock, service } = await slowJob({ maxInstances: 2 });
    await clock.advance(20_000);
    const { running: runIds } = await service.pauseJob('slow');
    expect([...runIds].toSorted((a, b) => a.localeCompare(b))).toEqual([
      'slow@2030-01-01T00:00:10.000Z',
      'slow@2030-01-01T00:00:20.000Z',
    ]);
    await gates.openAll();
    expect(await records(harness)).toEqual(['00:00:10 succeeded', '00:00:20 succeeded']);
  });

  it('is waited for until those have ended, with { wait: true }', async () => {
    const { gates, clock, service } = await slowJob({ maxInstances: 2 });
    await clock.advance(20_000);
    let isDone = false;
    const paused = service.pauseJob('slow', { wait: true }).then((result) => {
      isDone = true;
      return result;
    });
    await clock.advance(5_000);
    await gates.open(0);
    await clock.advance(1_000);
    expect(isDone).toBe(false);
    await gates.open(1);
    await clock.advance(0);
    expect(isDone).toBe(true);
    expect((await paused).running).toHaveLength(2);
  });

  it('holds back runs that were queued before: nothing is picked up until it goes on', async () => {
    const { gates, clock, service } = await slowJob({ maxInstances: 2 });
    await service.pauseJob('slow');
    await clock.advance(35_000);
    await service.modifyJob('slow', { maxInstances: 1 });
    await service.resumeJob('slow', { catchUp: true });
    await clock.advance(0);
    expect(gates.calls).toBe(1);
    await gates.openAll();
  });

  it('holds back the rest of a catch-up', async () => {
    const { harness, gates, clock, service } = await slowJob();
    await service.modifyJob('slow', { coalesce: 'all' });
    await service.pauseJob('slow');
    await clock.advance(40_000);
    await service.resumeJob('slow', { catchUp: true });
    await clock.advance(0);
    expect(gates.calls).toBe(1);
    expect((await service.pauseJob('slow')).running).toEqual(['slow@2030-01-01T00:00:10.000Z']);
    await gates.open(0);
    await clock.advance(55_000);
    expect(gates.calls).toBe(1);
    await service.resumeJob('slow');
    await clock.advance(0);
    expect(gates.calls).toBe(2);
    for (let i = 1; i < 4; i++) await gates.open(i);
    expect(await records(harness)).toEqual([
      '00:00:10 succeeded',
      '00:00:20 succeeded',
      '00:00:30 succeeded',
      '00:00:40 succeeded',
    ]);
  });

  it('is not paused a second time: no second event', async () => {
    const { harness, service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await service.pauseJob('poll');
    await service.pauseJob('poll');
    expect(harness.types('job.')).toEqual(['job.added', 'job.paused']);
  });

  it('can be modified and rescheduled, and stays paused', async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await service.pauseJob('poll');
    await service.modifyJob('poll', { tags: ['x'] });
    await service.rescheduleJob('poll', interval(1_000));
    expect(await service.getJob('poll')).toMatchObject({ state: 'paused', tags: ['x'] });
    await clock.advance(10_000);
    expect(calls).toEqual([]);
  });
});

describe('a handler that pauses its own job', () => {
  it('is named as running, and is the last one', async () => {
    const harness = create();
    const answers: unknown[] = [];
    harness.task('self', async () => answers.push(await harness.service.pauseJob('self')));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'self', task: 'self', trigger: interval(1_000) });
    await harness.clock.advance(10_000);
    expect(answers).toEqual([{ running: ['self@2030-01-01T00:00:01.000Z'] }]);
    expect(await records(harness)).toEqual(['00:00:01 succeeded']);
  });

  it('P07 may wait for the end of its other runs: its own is not waited for', async () => {
    const harness = create();
    const gates = new Gates();
    const answers: unknown[] = [];
    harness.task('self', async () => {
      if (gates.calls === 0) return gates.handler();
      return answers.push(await harness.service.pauseJob('self', { wait: true }));
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'self', task: 'self', trigger: interval(1_000), maxInstances: 2 });
    await harness.clock.advance(5_000);
    expect(answers).toEqual([]);
    await gates.open(0);
    await harness.clock.advance(0);
    expect(answers).toEqual([{ running: ['self@2030-01-01T00:00:01.000Z', 'self@2030-01-01T00:00:02.000Z'] }]);
    expect(await records(harness)).toEqual(['00:00:01 succeeded', '00:00:02 succeeded']);
  });

  it('may wait for another job to end', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    const calls = harness.task('stopper', () => harness.service.pauseJob('slow', { wait: true }));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: at('2030-01-01T00:00:01Z') });
    await harness.service.addJob({ id: 'stopper', task: 'stopper', trigger: at('2030-01-01T00:00:02Z') });
    await harness.clock.advance(3_000);
    expect(calls).toHaveLength(1);
    await gates.open(0);
    await harness.clock.advance(0);
    expect(await records(harness)).toEqual(['00:00:01 succeeded', '00:00:02 succeeded']);
  });
});

describe('a paused job that is resumed', () => {
  it('goes on from now: what fell due meanwhile is none of its fires', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await service.pauseJob('poll');
    await clock.advance(35_000);
    const job = await service.resumeJob('poll');
    expect([job.state, time(job.nextFire)]).toEqual(['active', '00:00:40']);
    await clock.advance(5_000);
    expect(timesOf(calls)).toEqual(['00:00:40']);
    expect(await records(harness)).toEqual(['00:00:40 succeeded']);
    expect(harness.types('job.')).toEqual(['job.added', 'job.paused', 'job.resumed']);
  });

  it('keeps its next fire when that is still to come', async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await service.pauseJob('poll');
    await clock.advance(4_000);
    await service.resumeJob('poll');
    await clock.advance(6_000);
    expect(timesOf(calls)).toEqual(['00:00:10']);
  });

  it('treats the pause as downtime with { catchUp: true }', async () => {
    const { harness, clock, service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000), misfireGraceTime: { seconds: 20 } });
    await service.pauseJob('poll');
    await clock.advance(45_000);
    await service.resumeJob('poll', { catchUp: true });
    await clock.advance(0);
    expect(await records(harness)).toEqual([
      '00:00:10 missed (misfire) ×2',
      '00:00:30 skipped (coalesced)',
      '00:00:40 succeeded',
    ]);
  });

  it.each([
    [null, 'succeeded'],
    [{ minutes: 2 }, 'succeeded'],
    [{ seconds: 30 }, 'missed (misfire)'],
  ] as const)('judges its only fire, when that has passed, by a grace time of %j: %s', async (grace, end) => {
    const { harness, clock, service } = await running();
    const trigger = at('2030-01-01T00:00:10Z');
    await service.addJob({ id: 'once', task: 'work', trigger, misfireGraceTime: grace });
    await service.pauseJob('once');
    await clock.advance(60_000);
    await service.resumeJob('once');
    await clock.advance(0);
    expect(await records(harness)).toEqual([`00:00:10 ${end}`]);
    expect(await service.getJob('once')).toBeNull();
  });

  it('is answered as it is when it was not paused', async () => {
    const { harness, service } = await running();
    const job = await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    expect(await service.resumeJob('poll')).toEqual(job);
    expect(harness.types('job.')).toEqual(['job.added']);
  });
});

describe('a scheduler that is paused', () => {
  it('starts nothing on this node until it goes on; what fell due is judged then', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    service.pause();
    expect(service.state).toBe('paused');
    await clock.advance(25_000);
    expect(calls).toEqual([]);
    service.resume();
    await settle();
    expect(await records(harness)).toEqual(['00:00:10 skipped (coalesced)', '00:00:20 succeeded']);
    expect(harness.types('scheduler.')).toEqual(['scheduler.started', 'scheduler.paused', 'scheduler.resumed']);
  });

  it('may be started paused', async () => {
    const harness = create();
    const calls = harness.task('work');
    await harness.service.start({ paused: true });
    await harness.service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await harness.clock.advance(15_000);
    expect([harness.service.state, calls.length]).toEqual(['paused', 0]);
    harness.service.resume();
    await settle();
    expect(calls).toHaveLength(1);
  });
});
