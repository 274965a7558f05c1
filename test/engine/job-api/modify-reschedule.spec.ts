import { describe, expect, it } from 'vitest';
import { InProcessExecutor } from '../../../lib/executors/in-process/in-process-executor.js';
import { at } from '../../../lib/triggers/at.js';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import { Harness } from '../../support/scheduler-harness.js';
import { Gates, harnesses, records, refusal, time, timesOf } from './harnesses.js';

const { create, running } = harnesses();
const every10 = interval(10_000);

describe('modifyJob', () => {
  it('that changes nothing is no change, and told to nobody', async () => {
    const { harness, service } = await running();
    const before = await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    for (const nothing of [{}, { tags: undefined, args: undefined }]) {
      expect(await service.modifyJob('poll', nothing)).toEqual(before);
    }
    expect(harness.types('job.')).toEqual(['job.added']);
    expect((await refusal(() => service.modifyJob('other', {}))).code).toBe('JOB_NOT_FOUND');
  });

  it('changes what is given and keeps the rest, the course included', async () => {
    const { harness, clock, service } = await running({ executors: { cpu: new InProcessExecutor() } });
    const options = { tags: ['a'], metadata: { n: 1 }, maxInstances: 3, misfireGraceTime: 5_000, maxRuns: 10 };
    await service.addJob({ id: 'poll', task: 'work', args: [1], trigger: every10, ...options });
    await clock.advance(15_000);
    const after = await service.modifyJob('poll', { coalesce: 'all', name: 'Poll', executor: 'cpu' });
    expect(after).toMatchObject({
      name: 'Poll',
      executor: 'cpu',
      task: 'work',
      args: [1],
      trigger: every10,
      tags: ['a'],
      metadata: { n: 1 },
      state: 'active',
      lastFire: new Date('2030-01-01T00:00:10Z'),
      nextFire: new Date('2030-01-01T00:00:20Z'),
      runCount: 1,
      options: { coalesce: 'all', misfireGraceTime: 5_000, catchUpLimit: 100, maxInstances: 3, maxRuns: 10 },
    });
    expect(harness.of('job.modified')).toMatchObject([{ jobId: 'poll', store: 'default', job: { name: 'Poll' } }]);
  });

  it('changes each of the options', async () => {
    const { service } = await running({ executors: { cpu: new InProcessExecutor() } });
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await service.modifyJob('poll', {
      name: 'Poll',
      args: ['new'],
      misfireGraceTime: { minutes: 1 },
      coalesce: 'earliest',
      catchUpLimit: 7,
      maxInstances: 2,
      overlap: 'queue',
      retry: { maxAttempts: 3 },
      maxRuns: 9,
      executor: 'cpu',
      tags: ['x'],
      metadata: { team: 'a' },
    });
    const options = { misfireGraceTime: 60_000, coalesce: 'earliest', catchUpLimit: 7, maxInstances: 2, maxRuns: 9 };
    expect(await service.getJob('poll')).toMatchObject({
      name: 'Poll',
      args: ['new'],
      executor: 'cpu',
      tags: ['x'],
      metadata: { team: 'a' },
      options: { ...options, overlap: 'queue', retry: { maxAttempts: 3, backoff: 'fixed', delay: 1_000 } },
    });
    await service.modifyJob('poll', { misfireGraceTime: null, overlap: 'skip', retry: null, tags: [], metadata: {} });
    expect(await service.getJob('poll')).toMatchObject({
      tags: [],
      metadata: {},
      options: { ...options, misfireGraceTime: null, overlap: 'skip', retry: null },
    });
  });

  it('names what it can change when it is given something else', async () => {
    const { service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    const change = service.modifyJob('poll', { colour: 'red' } as never);
    await expect(change).rejects.toMatchObject({
      code: 'INVALID_JOB_OPTION',
      message: expect.stringMatching(/unknown option "colour"\. Known: args, name, misfireGraceTime, /) as string,
    });
  });

  it('of a running job takes effect with the next run', async () => {
    const harness = create();
    const gates = new Gates();
    const calls = harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', args: ['old'], trigger: every10 });
    await harness.clock.advance(10_000);
    await harness.service.modifyJob('slow', { args: ['new'] });
    await gates.open(0);
    await harness.clock.advance(10_000);
    expect(calls.map(({ args }) => args)).toEqual([['old'], ['new']]);
    await gates.openAll();
  });

  it('loses none of several changes made at the same time', async () => {
    const { service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await Promise.all([
      service.modifyJob('poll', { coalesce: 'all' }),
      service.modifyJob('poll', { misfireGraceTime: { minutes: 1 } }),
      service.modifyJob('poll', { maxInstances: 4 }),
      service.modifyJob('poll', { catchUpLimit: 5 }),
      service.modifyJob('poll', { maxRuns: 6 }),
      service.modifyJob('poll', { tags: ['x'] }),
    ]);
    expect(await service.getJob('poll')).toMatchObject({
      tags: ['x'],
      options: { coalesce: 'all', misfireGraceTime: 60_000, maxInstances: 4, catchUpLimit: 5, maxRuns: 6 },
    });
  });

  it('changes nothing when one of the changes is wrong', async () => {
    const { harness, service } = await running();
    const before = await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await expect(service.modifyJob('poll', { tags: ['x'], maxInstances: 0 })).rejects.toMatchObject({
      code: 'INVALID_JOB_OPTION',
    });
    expect(await service.getJob('poll')).toEqual(before);
    expect(harness.of('job.modified')).toEqual([]);
  });

  it('works on a job that has finished but for its last run', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'once', task: 'slow', trigger: at('2030-01-01T00:00:01Z') });
    await harness.clock.advance(1_000);
    await harness.service.modifyJob('once', { tags: ['x'] });
    await gates.open(0);
    expect(await harness.service.getJob('once')).toBeNull();
  });
});

describe('rescheduleJob', () => {
  it('gives another trigger that counts from now, and keeps everything else', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', args: [1], tags: ['x'], trigger: every10 });
    await clock.advance(14_000);
    const job = await service.rescheduleJob('poll', interval(3_000));
    expect([time(job.nextFire), job.tags, job.args, job.runCount]).toEqual(['00:00:17', ['x'], [1], 1]);
    await clock.advance(7_000);
    expect(timesOf(calls)).toEqual(['00:00:10', '00:00:17', '00:00:20']);
    expect(harness.of('job.rescheduled')).toMatchObject([{ jobId: 'poll', job: { trigger: interval(3_000) } }]);
  });

  it('G8 puts fires on record as skipped that were overdue, and tells of them before the change', async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    service.pause();
    await clock.advance(35_000);
    await service.rescheduleJob('poll', interval(3_000));
    service.resume();
    await clock.advance(3_000);
    expect(timesOf(calls)).toEqual(['00:00:38']);
    expect(await records(harness)).toEqual(['00:00:10 skipped (rescheduled) ×3', '00:00:38 succeeded']);
    const [skipped, ...others] = harness.of('run.skipped');
    expect(others).toEqual([]);
    expect(skipped).toMatchObject({
      jobId: 'poll',
      reason: 'rescheduled',
      count: 3,
      scheduledTime: new Date('2030-01-01T00:00:10Z'),
      until: new Date('2030-01-01T00:00:30Z'),
    });
    expect(await service.getRun(skipped!.runId)).toMatchObject({ state: 'skipped', count: 3 });
    expect(harness.types('job.re', 'run.sk')).toEqual(['run.skipped', 'job.rescheduled']);
  });

  it('keeps the fire of an overdue one-shot that is given its instant once more', async () => {
    const { harness, clock, service } = await running();
    const trigger = at('2030-01-01T00:00:10Z');
    await service.addJob({ id: 'once', task: 'work', trigger });
    service.pause();
    await clock.advance(35_000);
    await service.rescheduleJob('once', trigger);
    service.resume();
    await clock.advance(0);
    expect(await records(harness)).toEqual(['00:00:10 succeeded']);
  });

  it('reads wall-clock times in the zone of the module', async () => {
    const { service } = await running({ timeZone: 'Asia/Tokyo' });
    await service.addJob({ id: 'daily', task: 'work', trigger: every10 });
    const job = await service.rescheduleJob('daily', cron('0 12 * * *'));
    expect(time(job.nextFire)).toBe('03:00:00');
  });

  it('runs a past at() at once', async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'once', task: 'work', trigger: at('2030-01-01T05:00:00Z') });
    await service.rescheduleJob('once', at('2029-12-31T23:00:00Z'));
    await clock.advance(0);
    expect(calls).toHaveLength(1);
    expect(await service.getJob('once')).toBeNull();
  });

  it.each([
    ['every second', cron('* * * * * *')],
    ['every 10 s from the same start', interval(10_000, { startAt: '2030-01-01T00:00:00Z' })],
    ['an interval from now', interval(1_000)],
    ['an immediate interval', interval(5_000, { immediate: true })],
  ])('from inside its own handler fires the slot no second time: %s', async (_name, trigger) => {
    const harness = create();
    let isRescheduled = false;
    const slots: string[] = [];
    harness.task('self', async () => {
      slots.push(new Date(harness.clock.now()).toISOString());
      if (isRescheduled) return;
      isRescheduled = true;
      await harness.service.rescheduleJob('self', trigger);
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'self', task: 'self', trigger: every10 });
    await harness.clock.advance(10_900);
    expect(slots.filter((slot) => time(slot) === '00:00:10')).toHaveLength(1);
    const { runs } = await harness.service.getRuns();
    expect(new Set(runs.map(({ runId }) => runId)).size).toBe(runs.length);
    expect(runs.filter(({ reason }) => reason === 'duplicate')).toEqual([]);
    await harness.clock.advance(10_000);
    expect(slots.length).toBeGreaterThan(1);
  });

  it('lets a one-shot give itself its next instant, again and again', async () => {
    const harness = create();
    const calls = harness.task('chain', async () => {
      await harness.service.rescheduleJob('chain', at(new Date(harness.clock.now() + 7_000)));
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'chain', task: 'chain', trigger: at('2030-01-01T00:00:01Z') });
    await harness.clock.advance(15_000);
    expect(timesOf(calls)).toEqual(['00:00:01', '00:00:08', '00:00:15']);
    expect(await harness.service.getJob('chain')).toMatchObject({ state: 'active', runCount: 3 });
    expect(harness.of('job.finished')).toEqual([]);
  });

  it('to an instant that was dispatched before runs it in a series of its own', async () => {
    const { harness, clock, service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await clock.advance(20_000);
    await service.rescheduleJob('poll', at('2030-01-01T00:00:10Z'));
    await clock.advance(0);
    expect(await service.getRun('poll~2@2030-01-01T00:00:10.000Z')).toMatchObject({ state: 'succeeded' });
    expect(await records(harness)).toEqual(['00:00:10 succeeded', '00:00:10 succeeded', '00:00:20 succeeded']);
  });

  it('refuses a trigger that never fires, and keeps the old one', async () => {
    const { service } = await running();
    const before = await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    const reschedule = () => service.rescheduleJob('poll', interval(1_000, { endAt: '2029-12-31' }));
    expect((await refusal(reschedule, '"poll"', 'never fires')).code).toBe('NEVER_FIRES');
    expect(await service.getJob('poll')).toEqual(before);
  });

  it('W08 wins against a claim of the old trigger that is on its way', async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await clock.advance(9_999);
    const change = service.rescheduleJob('poll', interval(60_000));
    await clock.advance(1);
    await change;
    await clock.advance(50_000);
    expect(calls).toEqual([]);
    await clock.advance(10_000);
    expect(calls).toHaveLength(1);
  });
});

describe('the verbs on a job', () => {
  it('act on the stored job, in its own store, and leave the snapshot as it is', async () => {
    const { clock, service, calls } = await running();
    // The same id in two stores: the verbs know which one is meant.
    await service.addJob({ id: 'poll', task: 'work', trigger: every10, store: 'local' });
    const job = await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    expect(await job.pause()).toEqual({ running: [] });
    expect(job.state).toBe('active');
    expect((await service.getJob('poll', { store: 'default' }))?.state).toBe('paused');
    expect((await service.getJob('poll', { store: 'local' }))?.state).toBe('active');

    expect((await job.resume()).state).toBe('active');
    expect((await job.modify({ tags: ['x'] })).tags).toEqual(['x']);
    expect(time((await job.reschedule(interval(60_000))).nextFire)).toBe('00:01:00');
    expect((await job.run({ args: ['now'] })).store).toBe('default');
    await clock.advance(0);
    expect(calls.map(({ args }) => args)).toEqual([['now']]);
    await job.remove();
    expect(await service.getJob('poll')).toMatchObject({ store: 'local' });
    await expect(job.pause()).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });
});

describe('a limit of runs', () => {
  it('is taken away by null', async () => {
    const harness = new Harness();
    harness.task('work');
    await harness.service.addJob({ id: 'job', task: 'work', trigger: interval({ hours: 1 }), maxRuns: 3 });
    const job = await harness.service.modifyJob('job', { maxRuns: null });
    expect(job.options.maxRuns).toBeNull();
    await harness.scheduler.shutdown(0);
  });
});
