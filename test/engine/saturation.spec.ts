import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../lib/clock.js';
import { Scheduler } from '../../lib/engine/scheduler.js';
import { functionTask } from '../../lib/executors/function-task.js';
import { InProcessExecutor } from '../../lib/executors/in-process/in-process-executor.js';
import { resolveOptions } from '../../lib/scheduler.options.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { Harness } from '../support/scheduler-harness.js';
import { settle } from '../support/virtual-clock.js';
import { deferred, type Deferred } from './support/deferred.js';
import { FakeStore } from './support/fake-store.js';

const NOW = at('2030-01-01T00:00:00');

/** A handler whose calls end when the test says so. */
class Bench {
  readonly order: unknown[] = [];
  most = 0;
  readonly #open: Deferred[] = [];

  readonly work = (name: unknown): Promise<void> => {
    this.order.push(name);
    const call = deferred();
    this.#open.push(call);
    this.most = Math.max(this.most, this.#open.length);
    return call.promise;
  };

  /** Ends the oldest call. */
  async endOne(): Promise<void> {
    this.#open.shift()?.resolve();
    await settle();
  }
}

describe('executors without a free slot', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  it('are not peeked for, and the loop does not spin, until a slot is free', async () => {
    const store = new FakeStore();
    harness = new Harness({ store, executors: { default: new InProcessExecutor({ concurrency: 1 }) } });
    const bench = new Bench();
    harness.task('work', bench.work);
    await harness.scheduler.start();
    for (const id of ['a', 'b', 'c']) await harness.service.addJob({ id, task: 'work', args: [id], trigger: NOW });
    await settle();
    expect(bench.order).toEqual(['a']);
    store.resetCounts();
    await harness.clock.advance(600_000);
    expect(store.count('peek')).toBe(0);
    await bench.endOne();
    await bench.endOne();
    expect(bench.order).toEqual(['a', 'b', 'c']);
    expect(store.count('peek')).toBeLessThanOrEqual(6);
  });

  it('are shared fairly by the stores that draw on them, and never overdrawn', async () => {
    const [one, other] = [new FakeStore(), new FakeStore()];
    const executors = { default: new InProcessExecutor({ concurrency: 1 }) };
    harness = new Harness({ stores: { default: one, other }, executors });
    const bench = new Bench();
    harness.task('work', bench.work);
    await harness.scheduler.start();
    for (const store of ['default', 'other']) {
      for (let i = 0; i < 6; i++) {
        await harness.service.addJob({ id: `${store}-${i}`, store, task: 'work', args: [store], trigger: NOW });
      }
    }
    for (let i = 0; i < 12; i++) await bench.endOne();
    expect(bench.order).toHaveLength(12);
    expect(bench.most).toBe(1);
    // The first store had the slot before the second had a job; from then on they take turns.
    for (let i = 1; i < 9; i++) expect(bench.order[i]).not.toBe(bench.order[i + 1]);
  });

  it('are not overdrawn by queued runs of several stores that answer slowly', async () => {
    const [one, other] = [new FakeStore(), new FakeStore()];
    const executors = { default: new InProcessExecutor({ concurrency: 1 }) };
    harness = new Harness({ stores: { default: one, other }, executors });
    const bench = new Bench();
    harness.task('work', bench.work);
    await harness.scheduler.start({ paused: true });
    for (const store of ['default', 'other']) {
      await harness.service.addJob({ id: store, store, task: 'work', args: [store], trigger: interval({ days: 1 }) });
      await harness.service.runJob(store, { store });
    }
    one.faultOf = (method) => (method === 'takeQueued' ? 50 : null);
    other.faultOf = one.faultOf;
    harness.scheduler.resume();
    await harness.clock.advance(1_000);
    expect(bench.order).toHaveLength(1);
    await bench.endOne();
    await harness.clock.advance(1_000);
    expect(bench.order).toHaveLength(2);
    expect(bench.most).toBe(1);
  });

  it('do not delay the jobs of other executors, though another store has taken the last slot', async () => {
    const [one, other] = [new FakeStore(), new FakeStore({ pollIntervalMs: 25_000 })];
    const executors = { single: new InProcessExecutor({ concurrency: 1 }) };
    harness = new Harness({ stores: { default: one, other }, executors });
    const bench = new Bench();
    harness.task('work', bench.work);
    const calls = harness.task('tick');
    await harness.scheduler.start();
    const due = at('2030-01-01T00:00:01');
    await harness.service.addJob({ id: 'first', executor: 'single', task: 'work', trigger: due });
    await harness.service.addJob({ id: 'second', executor: 'single', store: 'other', task: 'work', trigger: due });
    await harness.service.addJob({ id: 'free', store: 'other', task: 'tick', trigger: at('2030-01-01T00:00:06') });
    // Both have seen the one free slot when the first of them takes it.
    one.faultOf = (method) => (method === 'peek' ? 5 : null);
    other.faultOf = (method) => (method === 'peek' ? 10 : null);
    await harness.clock.advance(7_000);
    expect(bench.order).toHaveLength(1);
    expect(calls.map(({ at: instant }) => instant.slice(0, 21))).toEqual(['2030-01-01T00:00:06.0']);
  });

  it('with 10,000 overdue jobs do not delay those of another executor', async () => {
    const store = new FakeStore();
    const executors = { slow: new InProcessExecutor({ concurrency: 1 }) };
    harness = new Harness({ store, executors });
    const bench = new Bench();
    harness.task('work', bench.work);
    const calls = harness.task('tick');
    await harness.scheduler.start();
    const overdue = Array.from({ length: 10_000 }, (_, i) => ({
      id: `slow-${i}`,
      executor: 'slow',
      task: 'work',
      trigger: NOW,
    }));
    await harness.service.addJobs(overdue);
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ seconds: 1 }) });
    await settle();
    store.resetCounts();
    await harness.clock.advance(10_000);
    expect(calls.map(({ at: instant }) => instant.slice(17, 23))).toEqual([
      '01.000',
      '02.000',
      '03.000',
      '04.000',
      '05.000',
      '06.000',
      '07.000',
      '08.000',
      '09.000',
      '10.000',
    ]);
    expect(bench.order).toHaveLength(1);
    expect(store.count('peek')).toBeLessThanOrEqual(45);
  });

  it('that fail to say how many slots are free have none, and harm no other', async () => {
    const broken = {
      kind: 'broken',
      open: async () => ({
        freeSlots: (): number => {
          throw new Error('the pool is gone');
        },
        submit: () => ({ state: 'succeeded', value: null }) as const,
        shutdown: async () => undefined,
      }),
    };
    harness = new Harness({ executors: { broken } });
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'stuck', executor: 'broken', task: 'tick', trigger: NOW });
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ seconds: 1 }) });
    await harness.clock.advance(3_000);
    expect(calls).toHaveLength(3);
    expect(harness.types('store.')).toEqual([]);
  });
});

describe('a failing claim of a scheduler with a saturated executor', () => {
  it('is tried again after a pause, not in a spin', async () => {
    const store = new FakeStore();
    const executors = { single: new InProcessExecutor({ concurrency: 1 }) };
    const harness = new Harness({ store, executors });
    const bench = new Bench();
    harness.task('work', bench.work);
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'busy', executor: 'single', task: 'work', trigger: NOW });
    await settle();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: at('2030-01-01T00:00:01') });
    store.faultOf = (method) => (method === 'claim' ? 'throws' : null);
    store.resetCounts();
    await harness.clock.advance(61_000);
    // 0.5, 1, 2, 4, 8, 16, 20, 20 s, each up to a quarter less.
    expect(store.count('claim')).toBeGreaterThanOrEqual(6);
    expect(store.count('claim')).toBeLessThanOrEqual(10);
    store.faultOf = () => null;
    await harness.clock.advance(20_000);
    expect(calls).toHaveLength(1);
    expect(harness.types('store.')).toEqual(['store.unavailable', 'store.recovered']);
    await harness.scheduler.shutdown(0);
  });
});

describe('a job that keeps the loop busy', () => {
  it('lets timers and I/O of the application through', async () => {
    const scheduler = new Scheduler(resolveOptions({ clock: new SystemClock() }));
    const service = new SchedulerService(scheduler);
    let runs = 0;
    let isEnough = false;
    const again = async (): Promise<void> => {
      runs++;
      if (!isEnough) await service.runJob('again');
    };
    scheduler.tasks.register(functionTask('again', again, {}));
    await scheduler.start();
    await service.addJob({ id: 'again', task: 'again', maxInstances: 2, trigger: interval({ days: 1 }) });
    await service.runJob('again');
    for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve));
    isEnough = true;
    await scheduler.shutdown();
    expect(runs).toBeGreaterThan(1);
  });
});
