import { describe, expect, it } from 'vitest';
import { at } from '../../../lib/triggers/at.js';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import { Gates, harnesses, records, runStates, timesOf } from './harnesses.js';

const { create, running } = harnesses();
const noon = at('2030-01-01T12:00:00Z');

describe('a job added at run time whose last fire is done', () => {
  it('is removed, its runs stay, and its id is free', async () => {
    const { harness, clock, service } = await running();
    await service.addJob({ id: 'once', task: 'work', trigger: noon });
    await clock.advance(12 * 3_600_000);
    expect(await service.getJob('once')).toBeNull();
    expect(await service.getJobs({ finished: true })).toEqual([]);
    expect(await runStates(harness, 'once')).toEqual(['succeeded']);
    expect(harness.types('job.', 'run.')).toEqual(['job.added', 'run.started', 'run.succeeded', 'job.finished']);
    await service.addJob({ id: 'once', task: 'work', trigger: interval(1_000) });
  });

  it('is kept until its last run has ended, listed with finished: true alone', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'once', task: 'slow', trigger: at('2030-01-01T00:00:01Z') });
    await harness.clock.advance(1_000);
    expect(await harness.service.getJob('once')).toMatchObject({ state: 'finished', nextFire: null, runCount: 1 });
    expect(await harness.service.getJobs()).toEqual([]);
    expect(await harness.service.getJobs({ finished: true })).toHaveLength(1);
    await gates.open(0);
    expect(await harness.service.getJob('once')).toBeNull();
    expect(harness.of('job.finished').map(({ jobId }) => jobId)).toEqual(['once']);
  });

  it('is removed at the end of its trigger, which endAt includes', async () => {
    const { harness, clock, service, calls } = await running();
    const trigger = interval(1_000, { endAt: '2030-01-01T00:00:03Z' });
    await service.addJob({ id: 'short', task: 'work', trigger });
    await clock.advance(60_000);
    expect(timesOf(calls)).toEqual(['00:00:01', '00:00:02', '00:00:03']);
    expect(await service.getJob('short')).toBeNull();
    expect(harness.of('job.finished')).toHaveLength(1);
  });

  it('is removed when its last run fails, too', async () => {
    const harness = create();
    harness.task('fail', () => {
      throw new Error('no');
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'once', task: 'fail', trigger: at('2030-01-01T00:00:01Z') });
    await harness.clock.advance(1_000);
    expect(await harness.service.getJob('once')).toBeNull();
    expect(await runStates(harness, 'once')).toEqual(['failed']);
  });
});

describe('a finished one-shot that is added again', () => {
  it('for the same instant runs again, in a series of its own', async () => {
    const { harness, clock, service, calls } = await running();
    const reminder = { id: 'reminder', task: 'work', trigger: at('2030-01-01T00:00:10Z') };
    for (let i = 0; i < 3; i++) {
      await service.addJob(reminder);
      await clock.advance(10_000);
    }
    expect(calls).toHaveLength(3);
    const { runs } = await service.getRuns({ jobId: 'reminder' });
    expect(runs.map(({ runId }) => runId).toReversed()).toEqual([
      'reminder@2030-01-01T00:00:10.000Z',
      'reminder~2@2030-01-01T00:00:10.000Z',
      'reminder~3@2030-01-01T00:00:10.000Z',
    ]);
    expect(harness.of('job.finished')).toHaveLength(3);
  });

  it('has a series of its own for another instant, too: run ids never repeat', async () => {
    const { clock, service } = await running();
    await service.addJob({ id: 'reminder', task: 'work', trigger: at('2030-01-01T00:00:10Z') });
    await clock.advance(10_000);
    await service.addJob({ id: 'reminder', task: 'work', trigger: at('2030-01-01T00:00:20Z') });
    await clock.advance(10_000);
    expect(await service.getRun('reminder~2@2030-01-01T00:00:20.000Z')).toMatchObject({ state: 'succeeded' });
  });

  it('runs again when it is replaced while its run is still going on', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    const job = { id: 'once', task: 'slow', trigger: at('2030-01-01T00:00:01Z'), maxInstances: 2 };
    await harness.service.addJob(job);
    await harness.clock.advance(1_000);
    await harness.service.addJob({ ...job, onConflict: 'replace' });
    await harness.clock.advance(0);
    expect(gates.calls).toBe(2);
    await gates.openAll();
    expect((await harness.service.getRuns({ jobId: 'once' })).runs.map(({ runId }) => runId)).toEqual([
      'once~2@2030-01-01T00:00:01.000Z',
      'once@2030-01-01T00:00:01.000Z',
    ]);
    expect(await harness.service.getJob('once')).toBeNull();
    expect(harness.of('job.finished')).toHaveLength(1);
  });

  it('W09 the job that replaces one that runs stays when the old run ends', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'once', task: 'slow', trigger: at('2030-01-01T00:00:01Z') });
    await harness.clock.advance(1_000);
    const trigger = at('2030-01-01T00:01:00Z');
    await harness.service.addJob({ id: 'once', task: 'slow', trigger, onConflict: 'replace' });
    await gates.open(0);
    expect(await harness.service.getJob('once')).toMatchObject({ state: 'active' });
    await harness.clock.advance(60_000);
    expect(gates.calls).toBe(2);
    await gates.openAll();
  });
});

describe('a job with maxRuns', () => {
  it('retires after so many dispatched fires', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'thrice', task: 'work', trigger: interval(1_000), maxRuns: 3 });
    await clock.advance(10_000);
    expect(timesOf(calls)).toEqual(['00:00:01', '00:00:02', '00:00:03']);
    expect(await service.getJob('thrice')).toBeNull();
    expect(harness.types('job.')).toEqual(['job.added', 'job.finished']);
  });

  it('does not count what runJob asks for', async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'twice', task: 'work', trigger: interval(1_000), maxRuns: 2 });
    for (let i = 0; i < 3; i++) {
      await service.runJob('twice');
      await clock.advance(0);
    }
    expect(await service.getJob('twice')).toMatchObject({ runCount: 0 });
    await clock.advance(10_000);
    expect(calls).toHaveLength(5);
  });

  it('does not count skips', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'twice', task: 'slow', trigger: interval(1_000), maxRuns: 2 });
    await harness.clock.advance(3_000);
    await gates.open(0);
    await harness.clock.advance(5_000);
    expect(gates.calls).toBe(2);
    await gates.openAll();
    expect(await records(harness)).toEqual([
      '00:00:01 succeeded',
      '00:00:02 skipped (maxInstances)',
      '00:00:03 skipped (maxInstances)',
      '00:00:04 succeeded',
    ]);
    expect(await harness.service.getJob('twice')).toBeNull();
  });

  it('does not count misses and what was coalesced', async () => {
    const { harness, clock, service } = await running();
    const options = { misfireGraceTime: { seconds: 2 }, maxRuns: 2 };
    await service.addJob({ id: 'twice', task: 'work', trigger: interval(1_000), ...options });
    await service.pauseJob('twice');
    await clock.advance(10_000);
    await service.resumeJob('twice', { catchUp: true });
    await clock.advance(5_000);
    expect(await records(harness)).toEqual([
      '00:00:01 missed (misfire) ×7',
      '00:00:08 skipped (coalesced) ×2',
      '00:00:10 succeeded',
      '00:00:11 succeeded',
    ]);
  });

  it("counts what a catch-up queues: with 'all' the oldest run, then the job is over", async () => {
    const { harness, clock, service } = await running();
    await service.addJob({ id: 'twice', task: 'work', trigger: interval(1_000), coalesce: 'all', maxRuns: 2 });
    await service.pauseJob('twice');
    await clock.advance(5_000);
    await service.resumeJob('twice', { catchUp: true });
    await clock.advance(5_000);
    expect(await records(harness)).toEqual(['00:00:01 succeeded', '00:00:02 succeeded']);
    expect(await service.getJob('twice')).toBeNull();
    expect(harness.of('job.finished')).toHaveLength(1);
  });

  it('runs no more when maxRuns is lowered to what it has run', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'many', task: 'work', trigger: interval(1_000), maxRuns: 10 });
    await clock.advance(3_000);
    await service.modifyJob('many', { maxRuns: 2 });
    await clock.advance(10_000);
    expect(calls).toHaveLength(3);
    expect(await service.getJob('many')).toBeNull();
    expect(await runStates(harness, 'many')).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });
});

describe('a job that never has a fire', () => {
  it.each([
    ['a date that does not exist', () => cron('0 0 31 2 *')],
    ['an end that has passed', () => interval(1_000, { endAt: '2029-12-31T23:00:00Z' })],
    ['a year that has passed', () => cron({ year: 2020, month: 1 })],
  ])('is refused: %s', async (_name, trigger) => {
    const { service } = await running();
    const add = async () => service.addJob({ id: 'never', task: 'work', trigger: trigger() });
    await expect(add()).rejects.toMatchObject({ code: 'NEVER_FIRES' });
    expect(await service.getJobs({ finished: true })).toEqual([]);
  });
});
