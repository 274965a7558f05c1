import { describe, expect, it } from 'vitest';
import { interval } from '../../../lib/triggers/interval.js';
import { JobPausedError } from '../../../lib/jobs/job-errors.js';
import type { JobOptions } from '../../../lib/jobs/job-options.js';
import { Gates, harnesses, records, refusal } from './harnesses.js';

const { create, running } = harnesses();

/** A job every ten seconds whose runs end when the test says so. */
async function slowJob(options: Pick<JobOptions, 'maxInstances' | 'overlap'> = {}) {
  const harness = create();
  const gates = new Gates();
  harness.task('slow', gates.handler);
  await harness.scheduler.start();
  await harness.service.addJob({ id: 'slow', task: 'slow', args: ['job'], trigger: interval(10_000), ...options });
  return { harness, gates, clock: harness.clock, service: harness.service };
}

describe('a handler that takes longer than its interval', () => {
  it('P27 never runs beside itself unless asked to; each fire that found it busy is a skip on record', async () => {
    const { harness, gates, clock } = await slowJob();
    await clock.advance(35_000);
    expect(gates.calls).toBe(1);
    await gates.open(0);
    await clock.advance(5_000);
    expect(gates.calls).toBe(2);
    await gates.openAll();
    expect(await records(harness)).toEqual([
      '00:00:10 succeeded',
      '00:00:20 skipped (maxInstances)',
      '00:00:30 skipped (maxInstances)',
      '00:00:40 succeeded',
    ]);
    expect(harness.of('run.skipped')).toMatchObject([
      { runId: 'slow@2030-01-01T00:00:20.000Z!skipped', reason: 'maxInstances', count: 1 },
      { runId: 'slow@2030-01-01T00:00:30.000Z!skipped', reason: 'maxInstances', count: 1 },
    ]);
  });

  it('P27 runs beside itself up to maxInstances', async () => {
    const { harness, gates, clock } = await slowJob({ maxInstances: 2 });
    await clock.advance(35_000);
    expect(gates.calls).toBe(2);
    expect(await records(harness)).toEqual(['00:00:10 running', '00:00:20 running', '00:00:30 skipped (maxInstances)']);
    await gates.open(1);
    await clock.advance(5_000);
    expect(gates.calls).toBe(3);
    await gates.openAll();
  });

  it('waits once with queueOne: the fires after it are skips on record until it has started', async () => {
    const { harness, gates, clock } = await slowJob({ overlap: 'queueOne' });
    await clock.advance(45_000);
    expect(gates.calls).toBe(1);
    await gates.open(0);
    await clock.advance(1_000);
    expect(gates.calls).toBe(2);
    await clock.advance(4_000);
    await gates.openAll();
    await clock.advance(1_000);
    await gates.openAll();
    expect(await records(harness)).toEqual([
      '00:00:10 succeeded',
      '00:00:20 succeeded',
      '00:00:30 skipped (maxInstances)',
      '00:00:40 skipped (maxInstances)',
      '00:00:50 succeeded',
    ]);
  });

  it('has room again as soon as maxInstances is raised', async () => {
    const { gates, clock, service } = await slowJob();
    await clock.advance(10_000);
    await service.modifyJob('slow', { maxInstances: 2 });
    await clock.advance(10_000);
    expect(gates.calls).toBe(2);
    await gates.openAll();
  });

  it('leaves other jobs alone, those of the same task included', async () => {
    const { gates, clock, service } = await slowJob();
    await service.addJob({ id: 'twin', task: 'slow', trigger: interval(10_000) });
    await clock.advance(10_000);
    expect(gates.calls).toBe(2);
    await gates.openAll();
  });
});

describe('a job that queues what finds it busy', () => {
  it('runs every fire, one after the other, each as soon as the one before it has ended', async () => {
    const { harness, gates, clock } = await slowJob({ overlap: 'queue' });
    await clock.advance(35_000);
    expect(gates.calls).toBe(1);
    expect(await records(harness)).toEqual(['00:00:10 running', '00:00:20 queued', '00:00:30 queued']);
    expect(harness.types('run.')).toEqual(['run.started', 'run.queued', 'run.queued']);
    for (const call of [0, 1, 2]) {
      await gates.open(call);
      await clock.advance(0);
    }
    expect(await records(harness)).toEqual(['00:00:10 succeeded', '00:00:20 succeeded', '00:00:30 succeeded']);
    expect(harness.of('run.started').map(({ lateness }) => lateness)).toEqual([0, 15_000, 5_000]);
    expect(harness.of('run.skipped')).toEqual([]);
  });

  it('starts the next one when any of several instances is free', async () => {
    const { gates, clock } = await slowJob({ overlap: 'queue', maxInstances: 2 });
    await clock.advance(45_000);
    expect(gates.calls).toBe(2);
    await gates.open(1);
    await clock.advance(0);
    expect(gates.calls).toBe(3);
    await gates.open(2);
    await clock.advance(0);
    expect(gates.calls).toBe(4);
    await gates.openAll();
  });

  it('queues runJob, too, behind what waits', async () => {
    const { harness, gates, clock, service } = await slowJob({ overlap: 'queue' });
    await clock.advance(25_000);
    const run = await service.runJob('slow', { args: ['mine'] });
    expect(run).toMatchObject({ state: 'queued', reason: null });
    await service.pauseJob('slow');
    await gates.open(0);
    await service.resumeJob('slow');
    await clock.advance(0);
    expect((await service.getRun(run.runId))?.state).toBe('queued');
    await gates.open(1);
    await clock.advance(0);
    expect((await service.getRun(run.runId))?.state).toBe('running');
    await gates.openAll();
    expect(harness.of('run.skipped')).toEqual([]);
  });

  it('starts a run that runJob has queued while another one was running', async () => {
    const { gates, clock, service } = await slowJob({ overlap: 'queue' });
    await clock.advance(10_000);
    await service.runJob('slow');
    await clock.advance(0);
    await gates.open(0);
    await clock.advance(0);
    expect(gates.calls).toBe(2);
    await gates.openAll();
  });

  it('skips again when it is told to; what waits already runs', async () => {
    const { harness, gates, clock, service } = await slowJob({ overlap: 'queue' });
    await clock.advance(25_000);
    expect(await service.modifyJob('slow', { overlap: 'skip' })).toMatchObject({ options: { overlap: 'skip' } });
    await clock.advance(10_000);
    expect(await records(harness)).toEqual(['00:00:10 running', '00:00:20 queued', '00:00:30 skipped (maxInstances)']);
    await gates.open(0);
    await clock.advance(0);
    expect(gates.calls).toBe(2);
    await gates.openAll();
  });
});

describe('runJob', () => {
  it('queues a run of its own now, which starts at once when the job is idle; the schedule goes on', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', args: ['job'], trigger: interval(10_000) });
    await clock.advance(3_000);
    const run = await service.runJob('poll');
    expect(run).toMatchObject({
      jobId: 'poll',
      store: 'default',
      state: 'queued',
      origin: 'manual',
      scheduledTime: new Date('2030-01-01T00:00:03Z'),
      args: null,
    });
    expect(run.runId).toMatch(/^poll@2030-01-01T00:00:03\.000Z#m-[0-9a-f]{8}$/);
    await clock.advance(0);
    expect(await service.getRun(run.runId)).toMatchObject({ state: 'succeeded', lateness: 0 });
    expect(harness.types('run.')).toEqual(['run.queued', 'run.started', 'run.succeeded']);
    expect(await service.getJob('poll')).toMatchObject({ nextFire: new Date('2030-01-01T00:00:10Z'), lastFire: null });
    await clock.advance(7_000);
    expect(calls).toHaveLength(2);
  });

  it('takes arguments for this run alone', async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', args: ['job'], trigger: interval(10_000) });
    const run = await service.runJob('poll', { args: ['mine', { n: 1 }] });
    expect(run.args).toEqual(['mine', { n: 1 }]);
    await clock.advance(10_000);
    expect(calls.map(({ args }) => args)).toEqual([['mine', { n: 1 }], ['job']]);
  });

  it('is skipped, and says so, when maxInstances are busy', async () => {
    const { harness, gates, clock, service } = await slowJob();
    await clock.advance(10_000);
    const run = await service.runJob('slow');
    expect(run).toMatchObject({ state: 'skipped', reason: 'maxInstances', origin: 'manual' });
    expect(harness.of('run.skipped').map(({ runId }) => runId)).toEqual([run.runId]);
    await gates.openAll();
    await clock.advance(0);
    expect(gates.calls).toBe(1);
  });

  it('counts a run that waits as busy', async () => {
    const { gates, service, clock } = await slowJob();
    const [first, second] = await Promise.all([service.runJob('slow'), service.runJob('slow')]);
    expect([first.state, second.state]).toEqual(['queued', 'skipped']);
    await clock.advance(0);
    expect(gates.calls).toBe(1);
    await gates.openAll();
  });

  it('gives every call a run of its own within one millisecond', async () => {
    const { service, clock, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000), maxInstances: 3 });
    const runs = await Promise.all([1, 2, 3].map(() => service.runJob('poll')));
    expect(new Set(runs.map(({ runId }) => runId)).size).toBe(3);
    await clock.advance(0);
    expect(calls).toHaveLength(3);
  });

  it('makes the next fire of the schedule wait its turn, and no run overtakes', async () => {
    const { harness, gates, clock, service } = await slowJob();
    await clock.advance(9_000);
    await service.runJob('slow');
    await clock.advance(1_000);
    expect((await records(harness)).at(-1)).toBe('00:00:10 skipped (maxInstances)');
    await gates.openAll();
  });

  it('before the start queues the run, which the start picks up', async () => {
    const harness = create();
    const calls = harness.task('work');
    await harness.service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    expect((await harness.service.runJob('poll')).state).toBe('queued');
    await harness.scheduler.start();
    await harness.clock.advance(0);
    expect(calls).toHaveLength(1);
  });

  it('refuses a paused job, and leaves nothing on record', async () => {
    const { harness, service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await service.pauseJob('poll');
    const error = await refusal(() => service.runJob('poll'), '"poll"', 'paused', '{ force: true }');
    expect(error).toBeInstanceOf(JobPausedError);
    expect(await records(harness)).toEqual([]);
    expect(harness.types('run.')).toEqual([]);
  });

  it('runs a paused job with force: this run and no other', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(10_000) });
    await service.pauseJob('poll');
    await service.runJob('poll', { force: true });
    await clock.advance(30_000);
    expect(calls).toHaveLength(1);
    expect(await service.getJob('poll')).toMatchObject({ state: 'paused' });
    expect(await records(harness)).toEqual(['00:00:00 succeeded']);
  });
});
