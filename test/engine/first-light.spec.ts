import { afterEach, describe, expect, it } from 'vitest';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { cron } from '../../lib/triggers/cron.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { Harness } from '../support/scheduler-harness.js';

describe('a scheduler on the memory store', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  it('fires an interval at each of its instants, exactly', async () => {
    harness = new Harness();
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ seconds: 10 }) });
    await harness.clock.advance(35_000);
    expect(calls.map(({ at: instant }) => instant)).toEqual([
      '2030-01-01T00:00:10.000Z',
      '2030-01-01T00:00:20.000Z',
      '2030-01-01T00:00:30.000Z',
    ]);
  });

  it('fires cron jobs and one-shots, and forgets a one-shot that is done', async () => {
    harness = new Harness({}, new VirtualClock('2030-01-01T00:00:30Z'));
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'cron', task: 'tick', args: ['cron'], trigger: cron('*/5 * * * *') });
    await harness.service.addJob({ id: 'once', task: 'tick', args: ['at'], trigger: at('2030-01-01T00:07:00') });
    await harness.clock.advance(600_000);
    expect(calls.map(({ args }) => args[0])).toEqual(['cron', 'at', 'cron']);
    expect(await harness.service.getJob('once')).toBeNull();
    expect((await harness.service.getRuns({ jobId: 'once' })).runs).toHaveLength(1);
  });

  it('tells the life of a run in order, once each', async () => {
    harness = new Harness();
    harness.task('work', async () => ({ done: true }));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', task: 'work', trigger: at('2030-01-01T00:00:01') });
    await harness.clock.advance(1_000);
    expect(harness.types('run.', 'job.')).toEqual(['job.added', 'run.started', 'run.succeeded', 'job.finished']);
    expect(harness.of('run.succeeded')[0]).toMatchObject({
      runId: 'work@2030-01-01T00:00:01.000Z',
      result: { done: true },
    });
  });

  it('is one node to all its stores, and says so in its events', async () => {
    harness = new Harness();
    harness.task('work');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', task: 'work', trigger: at('2030-01-01T00:00:01') });
    await harness.clock.advance(1_000);
    const nodes = new Set(harness.events.map(({ node }) => node));
    expect(nodes.size).toBe(1);
    expect(harness.of('node.joined').map(({ store }) => store)).toEqual(['default', 'local']);
  });
});
