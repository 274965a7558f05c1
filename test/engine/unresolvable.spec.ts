import { afterEach, describe, expect, it, vi } from 'vitest';
import { InProcessExecutor } from '../../lib/executors/in-process/in-process-executor.js';
import { interval } from '../../lib/triggers/interval.js';
import { Harness } from '../support/scheduler-harness.js';
import { aNode } from '../support/store-fixtures.js';
import { settle } from '../support/virtual-clock.js';
import { FakeStore } from './support/fake-store.js';

const TTL = 15_000;
const JOB = { id: 'job', task: 'gone', trigger: interval({ seconds: 1 }), allowUnknownTask: true };

describe('P04 a job whose task no live node has', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  const reported = (): string[] =>
    harness.events
      .filter(({ type }) => type === 'job.unresolvable' || type === 'job.recovered')
      .map((event) => `${event.type} ${'jobId' in event ? event.jobId : ''}`);

  const addMany = (count: number, from = 0) =>
    harness.service.addJobs(
      Array.from({ length: count }, (_, i) => ({ ...JOB, id: `job-${from + i}`, trigger: interval({ hours: 100 }) })),
    );

  it('is reported once, not before one whole lease has passed, and kept; it fires again when the task is back', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await harness.service.addJob(JOB);
    await harness.clock.advance(TTL - 1);
    expect(reported()).toEqual([]);
    await harness.clock.advance(10 * TTL);
    expect(reported()).toEqual(['job.unresolvable job']);
    expect((await harness.service.getJob('job'))?.state).toBe('active');

    const calls = harness.task('gone');
    await settle();
    expect(reported()).toEqual(['job.unresolvable job', 'job.recovered job']);
    expect(calls).toHaveLength(1);
  });

  it('is not reported when the task comes with another node within that time (a rolling deployment)', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await harness.service.addJob(JOB);
    await harness.clock.advance(TTL - 2_000);
    await store.inner.joinNode({ ...aNode('newer'), tasks: ['gone'] }, 1e9);
    await harness.clock.advance(10 * TTL);
    expect(reported()).toEqual([]);
  });

  it('is found among thousands, whose rows are read a hundred at a time, and then only those that have come since', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await addMany(11_500, 10_000);
    const [find, list] = [vi.spyOn(store.inner, 'findJobsInNeed'), vi.spyOn(store.inner, 'listJobs')];
    // The first round takes two looks, as each ends after ten pages.
    await harness.clock.advance(3 * TTL);
    await settle(500);
    await harness.clock.advance(TTL);
    await settle(500);
    expect(new Set(reported()).size).toBe(11_500);
    const read = await Promise.all(list.mock.results.map(({ value }) => value as ReturnType<typeof store.inner.listJobs>)); // prettier-ignore
    expect(Math.max(...read.map(({ jobs }) => jobs.length))).toBe(100);

    await harness.service.removeJob('job-10050');
    await addMany(1, 10_050);
    await addMany(1, 30_000);
    find.mockClear();
    list.mockClear();
    await harness.clock.advance(14 * TTL);
    expect(find.mock.calls.length).toBeGreaterThan(3 * 14);
    expect(find.mock.calls.length).toBeLessThan(3 * 40);
    expect(list.mock.calls.map(([{ ids }]) => ids)).toEqual([['job-30000']]);
    expect(reported()).toHaveLength(11_501);

    harness.task('gone');
    await settle();
    expect(reported().filter((told) => told.startsWith('job.recovered'))).toHaveLength(11_501);
  });

  it('is found at once in a store of the process itself, however many there are', async () => {
    const store = new FakeStore({ isShared: false });
    harness = new Harness({ store });
    await harness.scheduler.start();
    await addMany(11_000);
    harness.task('any');
    await settle(300);
    expect(new Set(reported()).size).toBe(11_000);
    await addMany(1, 90_000);
    harness.task('another');
    await settle(10);
    expect(reported()).toHaveLength(11_001);
  });

  it('leaves the process a turn for everything else after each hundred', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await addMany(1_500);
    let turns = 0;
    let turn = setImmediate(function next() {
      turns++;
      turn = setImmediate(next);
    });
    const reads: number[] = [];
    store.faultOf = (method) => {
      if (method === 'listJobs') reads.push(turns);
      return null;
    };
    await harness.clock.advance(3 * TTL);
    await settle(100);
    clearImmediate(turn);
    expect(reads).toHaveLength(15);
    // The two pages of ids come without one between them.
    expect(new Set(reads).size).toBeGreaterThanOrEqual(14);
  });

  it('is told of again when it was removed for as long as all others take to be seen, and has come back', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await harness.service.addJobs([JOB, { ...JOB, id: 'other' }]);
    await harness.clock.advance(3 * TTL);
    await harness.service.removeJob('job');
    await harness.clock.advance(2 * TTL);
    await harness.service.addJob(JOB);
    await harness.clock.advance(2 * TTL);
    expect(reported()).toEqual(['job.unresolvable job', 'job.unresolvable other', 'job.unresolvable job']);
  });

  it('is called recovered once, also when the store fails in between', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await addMany(2_500);
    await harness.clock.advance(3 * TTL);
    await settle(100);
    store.resetCounts();
    store.faultOf = (method, n) => (method === 'findJobsInNeed' && n === 2 ? 'throws' : null);
    harness.task('gone');
    await harness.clock.advance(2 * TTL);
    const recovered = reported().filter((told) => told.startsWith('job.recovered'));
    expect(recovered).toHaveLength(2_500);
    expect(new Set(recovered).size).toBe(2_500);
  });

  it('is reported when the node that had the task is gone', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await store.inner.joinNode({ ...aNode('older'), tasks: ['gone'] }, 60_000);
    await harness.service.addJob(JOB);
    await harness.clock.advance(59_000);
    expect(reported()).toEqual([]);
    await harness.clock.advance(3 * TTL);
    expect(reported()).toEqual(['job.unresolvable job']);
  });

  it('is not called recovered when it is removed', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await harness.service.addJobs([JOB, { ...JOB, id: 'other' }]);
    await harness.clock.advance(4 * TTL);
    await harness.service.removeJob('job');
    await harness.clock.advance(2 * TTL);
    harness.task('gone');
    await settle();
    expect(reported()).toEqual(['job.unresolvable job', 'job.unresolvable other', 'job.recovered other']);

    await harness.service.addJob({ ...JOB, id: 'third', task: 'gone-too' });
    await harness.clock.advance(4 * TTL);
    await harness.service.removeJob('third');
    await harness.clock.advance(2 * TTL);
    expect(reported().slice(3)).toEqual(['job.unresolvable third']);
  });

  it('is reported once however many tasks are registered at the same time', async () => {
    const store = new FakeStore({ isShared: false });
    harness = new Harness({ stores: { default: store } });
    await harness.scheduler.start();
    await harness.service.addJob(JOB);
    await settle();
    harness.events.length = 0;
    store.resetCounts();
    await harness.service.addJob({ ...JOB, id: 'other', task: 'gone-too' });
    for (let i = 0; i < 50; i++) harness.task(`task-${i}`);
    await settle();
    expect(reported()).toEqual(['job.unresolvable other']);
    expect(store.count('summarize')).toBeLessThan(10);
  });

  it('is found by the sweep for dead nodes where what jobs need comes with the nodes: nothing else is asked', async () => {
    const store = new FakeStore();
    const open = store.open.bind(store);
    store.open = async (context) => {
      const session = await open(context);
      const nodes: typeof session.nodes = async () => {
        const [seen, needs] = [await session.nodes(), await store.inner.summarize()];
        return { ...seen, needs };
      };
      return Object.assign(Object.create(session) as typeof session, { nodes });
    };
    harness = new Harness({ store });
    await harness.scheduler.start();
    await harness.service.addJob(JOB);
    store.resetCounts();
    await harness.clock.advance(4 * TTL);
    expect(reported()).toEqual(['job.unresolvable job']);
    expect(store.count('summarize')).toBe(0);
    expect(store.count('nodes')).toBeGreaterThan(5);
    expect(store.count('nodes')).toBeLessThan(12);
  });

  it('does not keep others from being looked at when the store fails in between', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.scheduler.start();
    await harness.service.addJobs([JOB, { ...JOB, id: 'other', task: 'gone-too' }]);
    store.faultOf = (method, n) => (method === 'listJobs' && n < 3 ? 'throws' : null);
    store.resetCounts();
    await harness.clock.advance(4 * TTL);
    expect(reported().sort()).toEqual(['job.unresolvable job', 'job.unresolvable other']);
  });
});

describe('P05 a job whose executor no live node has', () => {
  it('is reported once, and fires again when the executor is back', async () => {
    const store = new FakeStore({ isShared: false });
    const harness = new Harness({ store });
    const calls = harness.task('work');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'job', task: 'work', trigger: interval({ seconds: 1 }) });
    const list = vi.spyOn(store.inner, 'listJobs');
    await harness.service.removeExecutor('default');
    await harness.clock.advance(10_000);
    expect(calls).toEqual([]);
    expect(harness.of('job.unresolvable')).toMatchObject([{ jobId: 'job', reason: 'unknown-executor' }]);
    expect(harness.of('job.unresolvable')[0]?.message).toMatch(/"default".*addExecutor/);
    // Only those that need it are read: a store may hold many more.
    expect(list.mock.calls).not.toEqual([]);
    for (const [filter] of list.mock.calls) expect(filter).toMatchObject({ executor: 'default' });

    await harness.service.addExecutor('default', new InProcessExecutor());
    await settle();
    expect(harness.of('job.recovered')).toMatchObject([{ jobId: 'job' }]);
    expect(calls).toHaveLength(1);
    await harness.scheduler.shutdown(0);
  });
});
