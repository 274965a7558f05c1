import { describe, expect, it } from 'vitest';
import { ofType } from '../../../lib/events/event-stream.js';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';
import type { Harness } from '../../support/scheduler-harness.js';
import { Gates, harnesses } from './harnesses.js';

const { create, running } = harnesses();
const every10 = interval(10_000);

/** The types of the events of each run, in order. */
function lives(harness: Harness): Record<string, string> {
  const found: Record<string, string> = {};
  for (const event of harness.events) {
    if (!('runId' in event)) continue;
    const { runId, type } = event;
    found[runId] = found[runId] ? `${found[runId]} ${type.slice(4)}` : type.slice(4);
  }
  return found;
}

describe('the events of a run', () => {
  it('P08 come in one order: queued perhaps, started, one end', async () => {
    const harness = create();
    harness.task('sync', () => 1);
    harness.task('async', async () => 2);
    harness.task('fails', () => {
      throw new Error('no');
    });
    harness.task('rejects', async () => {
      throw new Error('no');
    });
    await harness.scheduler.start();
    const trigger = at('2030-01-01T00:00:01Z');
    await harness.service.addJobs(
      ['sync', 'async', 'fails', 'rejects'].map((task) => ({ id: task, task, trigger, maxInstances: 2 })),
    );
    const manual = await harness.service.runJob('sync');
    await harness.clock.advance(1_000);
    const slot = '@2030-01-01T00:00:01.000Z';
    expect(lives(harness)).toEqual({
      [manual.runId]: 'queued started succeeded',
      [`sync${slot}`]: 'started succeeded',
      [`async${slot}`]: 'started succeeded',
      [`fails${slot}`]: 'started failed',
      [`rejects${slot}`]: 'started failed',
    });
  });

  it('P08 keep their order while a run is slow and others overtake it', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: every10, maxInstances: 3 });
    await harness.clock.advance(30_000);
    for (const call of [2, 0, 1]) await gates.open(call);
    expect(Object.values(lives(harness))).toEqual(Array.from({ length: 3 }, () => 'started succeeded'));
    expect(harness.of('run.succeeded').map(({ scheduledTime }) => scheduledTime.getUTCSeconds())).toEqual([30, 10, 20]);
  });

  it('say what the run is, when, where, and how it ended', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: at('2030-01-01T00:00:10Z') });
    await harness.clock.advance(10_000);
    await harness.clock.advance(400);
    await gates.open(0, { rows: 3 });
    const [node] = harness.of('run.started').map((event) => event.node);
    const common = {
      node,
      store: 'default',
      jobId: 'slow',
      runId: 'slow@2030-01-01T00:00:10.000Z',
      task: 'slow',
      scheduledTime: new Date('2030-01-01T00:00:10Z'),
      attempt: 1,
      origin: 'schedule',
      startedAt: new Date('2030-01-01T00:00:10Z'),
    };
    expect(node).toMatch(/^[0-9a-f-]{36}$/);
    expect(harness.of('run.started')).toEqual([
      { type: 'run.started', time: new Date('2030-01-01T00:00:10Z'), lateness: 0, ...common },
    ]);
    expect(harness.of('run.succeeded')).toEqual([
      {
        type: 'run.succeeded',
        time: new Date('2030-01-01T00:00:10.400Z'),
        duration: 400,
        result: { rows: 3 },
        ...common,
      },
    ]);
    expect(harness.of('job.finished')).toMatchObject([{ jobId: 'slow', store: 'default' }]);
  });

  it('P28 of one that failed carry name, message and stack of what was thrown, whatever it was', async () => {
    const harness = create();
    const thrown: unknown[] = [new RangeError('too far'), 'a text', { code: 5 }, undefined];
    harness.task('fails', () => {
      throw thrown.shift();
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'fails', task: 'fails', trigger: every10 });
    await harness.clock.advance(40_000);
    const errors = harness.of('run.failed').map(({ error }) => error);
    expect(errors).toMatchObject([
      { name: 'RangeError', message: 'too far', stack: expect.stringContaining('run-events.spec') },
      { name: 'NonError', message: 'a text' },
      { name: 'NonError', message: '{"code":5}' },
      { name: 'NonError', message: 'undefined' },
    ]);
    // A handler that fails ends neither its job nor the loop.
    expect(await harness.service.getJob('fails')).toMatchObject({ state: 'active' });
  });

  it('are narrowed by ofType', async () => {
    const { clock, service } = await running();
    const ended: string[] = [];
    const subscription = service.events$
      .pipe(ofType('run.succeeded', 'run.failed'))
      .subscribe((event) => ended.push(`${event.type} ${event.duration}`));
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await clock.advance(10_000);
    subscription.unsubscribe();
    await clock.advance(10_000);
    expect(ended).toEqual(['run.succeeded 0']);
  });

  it('tell of a change before a subscriber that asks can miss it: the store knows already', async () => {
    const { clock, service } = await running();
    const seen: Promise<unknown>[] = [];
    service.events$.pipe(ofType('run.succeeded')).subscribe(({ runId }) => seen.push(service.getRun(runId)));
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await clock.advance(10_000);
    expect(await Promise.all(seen)).toMatchObject([{ state: 'succeeded' }]);
  });
});

describe('the events of a job', () => {
  it('tell each change once, with the job as it is then', async () => {
    const { harness, service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await service.modifyJob('poll', { tags: ['x'] });
    await service.rescheduleJob('poll', interval(20_000));
    await service.pauseJob('poll');
    await service.resumeJob('poll');
    await service.addJob({ id: 'poll', task: 'work', trigger: every10, onConflict: 'replace' });
    await service.removeJob('poll');
    expect(harness.types('job.')).toEqual([
      'job.added',
      'job.modified',
      'job.rescheduled',
      'job.paused',
      'job.resumed',
      'job.modified',
      'job.removed',
    ]);
    expect(harness.of('job.modified')[0]?.job).toMatchObject({ id: 'poll', store: 'default', tags: ['x'] });
  });

  it('are told before the start, too', async () => {
    const harness = create();
    harness.task('work');
    await harness.service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await harness.service.pauseJob('poll');
    expect(harness.types('job.')).toEqual(['job.added', 'job.paused']);
  });
});
