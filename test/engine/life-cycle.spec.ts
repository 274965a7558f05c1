import { afterEach, describe, expect, it } from 'vitest';
import { SchedulerStoppedError, ShutdownAbortError, WaitsForItselfError } from '../../lib/engine/engine-errors.js';
import { currentRun } from '../../lib/executors/run-context.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { Harness } from '../support/scheduler-harness.js';
import { settle } from '../support/virtual-clock.js';
import { deferred } from './support/deferred.js';
import { FakeStore } from './support/fake-store.js';

const EVERY_SECOND = { id: 'tick', task: 'tick', trigger: interval({ seconds: 1 }) };

describe('the life cycle of a scheduler', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  describe('start', () => {
    it('is one start for all who call it while it starts or runs', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      await Promise.all([harness.scheduler.start(), harness.scheduler.start(), harness.scheduler.start()]);
      await harness.scheduler.start();
      expect(store.opened).toBe(1);
      expect(harness.types('scheduler.')).toEqual(['scheduler.started']);
      expect(harness.scheduler.state).toBe('running');
    });

    it('tells all who call it that it failed', async () => {
      const store = new FakeStore();
      store.onOpen = () => Promise.reject(new Error('no route to host'));
      harness = new Harness({ store });
      const starts = await Promise.allSettled([harness.scheduler.start(), harness.scheduler.start()]);
      expect(starts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(harness.scheduler.state).toBe('stopped');
    });

    it('waits for a shutdown under way, then starts as a new node', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      const calls = harness.task('tick');
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      const [first] = (await store.inner.nodes()).nodes;
      const stopped = harness.scheduler.shutdown();
      const started = Promise.all([harness.scheduler.start(), harness.scheduler.start()]);
      await Promise.all([stopped, started]);
      expect(harness.types('scheduler.')).toEqual(['scheduler.started', 'scheduler.stopped', 'scheduler.started']);
      const { nodes } = await store.inner.nodes();
      expect(nodes).toHaveLength(1);
      expect(nodes[0]?.id).not.toBe(first?.id);
      await harness.clock.advance(2_000);
      expect(calls).toHaveLength(2);
    });

    it('refuses to wait for a shutdown that waits for the run it is called from (P07)', async () => {
      harness = new Harness();
      const stopping = deferred();
      let answer: unknown;
      harness.task('restart', async () => {
        await harness.scheduler.shutdown();
        answer = await harness.scheduler.start().catch((error: unknown) => error);
        stopping.resolve();
      });
      await harness.scheduler.start();
      await harness.service.addJob({ id: 'restart', task: 'restart', trigger: at('2030-01-01T00:00:01') });
      await harness.clock.advance(1_000);
      await stopping.promise;
      expect(answer).toBeInstanceOf(WaitsForItselfError);
    });

    it('fires nothing before every store is ready', async () => {
      const [fast, slow] = [new FakeStore(), new FakeStore()];
      harness = new Harness({ stores: { default: fast, slow } });
      const calls = harness.task('tick');
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.scheduler.shutdown();
      await harness.clock.advance(5_000);

      slow.resetCounts();
      slow.faultOf = (method) => (method === 'joinNode' ? 10_000 : null);
      const started = harness.scheduler.start();
      await harness.clock.advance(9_999);
      expect(harness.scheduler.state).toBe('starting');
      expect(calls).toEqual([]);
      await harness.clock.advance(1);
      await started;
      await settle();
      expect(calls).not.toEqual([]);
    });

    it('says that it has started before it says that a run has', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      harness.task('tick');
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.scheduler.shutdown();
      await harness.clock.advance(5_000);
      harness.events.length = 0;
      await harness.scheduler.start();
      await settle();
      const types = harness.types('scheduler.started', 'run.started');
      expect(types).toEqual(['scheduler.started', 'run.started']);
    });

    it('rejects, closes what it opened and has fired nothing when a store fails to open; a later start works', async () => {
      const [good, bad] = [new FakeStore(), new FakeStore()];
      harness = new Harness({ stores: { default: good, bad } });
      const calls = harness.task('tick');
      bad.onOpen = () => Promise.reject(new Error('no route to host'));
      await expect(harness.scheduler.start()).rejects.toThrow('no route to host');
      expect(harness.scheduler.state).toBe('stopped');
      expect([good.opened, good.closed]).toEqual([1, 1]);
      expect(harness.clock.pendingTimers).toBe(0);
      expect(harness.types('scheduler.', 'node.')).toEqual([]);

      bad.onOpen = async () => undefined;
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      expect(calls).toHaveLength(1);
    });

    it('closes a store that opens only after another has failed', async () => {
      const [slow, bad] = [new FakeStore(), new FakeStore()];
      harness = new Harness({ stores: { default: slow, bad } });
      const opening = deferred();
      slow.onOpen = () => opening.promise;
      bad.onOpen = () => Promise.reject(new Error('no route to host'));
      const started = harness.scheduler.start().catch((error: unknown) => error);
      await settle();
      opening.resolve();
      expect(await started).toMatchObject({ message: 'no route to host' });
      expect([slow.opened, slow.closed]).toEqual([1, 1]);
    });

    it.each(['joinNode', 'nodes', 'summarize'] as const)(
      'rejects and fires nothing when %s() fails in one of the stores; a later start works',
      async (method) => {
        const [good, bad] = [new FakeStore(), new FakeStore()];
        harness = new Harness({ stores: { default: good, bad } });
        const calls = harness.task('tick');
        await harness.scheduler.start();
        await harness.service.addJob(EVERY_SECOND);
        await harness.scheduler.shutdown();
        await harness.clock.advance(5_000);

        bad.faultOf = (name) => (name === method ? 'throws' : null);
        await expect(harness.scheduler.start()).rejects.toThrow(`${method}() failed`);
        await settle();
        expect(harness.scheduler.state).toBe('stopped');
        expect(calls).toEqual([]);
        expect([good.closed, bad.closed]).toEqual([good.opened, bad.opened]);
        expect((await good.inner.nodes()).nodes).toEqual([]);
        expect(harness.clock.pendingTimers).toBe(0);

        bad.faultOf = () => null;
        await harness.scheduler.start();
        await settle();
        expect(calls).toHaveLength(1);
      },
    );

    it('rejects when an executor fails to open', async () => {
      const store = new FakeStore();
      const broken = { kind: 'broken', open: () => Promise.reject(new Error('no threads left')) };
      harness = new Harness({ store, executors: { broken } });
      await expect(harness.scheduler.start()).rejects.toThrow('no threads left');
      expect(harness.scheduler.state).toBe('stopped');
      expect([store.opened, store.closed]).toEqual([0, 0]);
    });
  });

  describe('pause and resume', () => {
    it('claims nothing on this node while paused, and makes up for it by the misfire policy', async () => {
      harness = new Harness();
      const calls = harness.task('tick');
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      harness.scheduler.pause();
      expect(harness.scheduler.state).toBe('paused');
      await harness.clock.advance(10_000);
      expect(calls).toHaveLength(1);
      harness.scheduler.resume();
      await settle();
      expect(calls.map(({ at: instant }) => instant)).toEqual(['2030-01-01T00:00:01.000Z', '2030-01-01T00:00:11.000Z']);
      expect(harness.of('run.skipped')).toMatchObject([{ reason: 'coalesced', count: 9 }]);
      expect(harness.types('scheduler.')).toEqual(['scheduler.started', 'scheduler.paused', 'scheduler.resumed']);
    });

    it('can start paused', async () => {
      harness = new Harness();
      const calls = harness.task('tick');
      await harness.scheduler.start({ paused: true });
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(5_000);
      expect(calls).toEqual([]);
      harness.scheduler.resume();
      await settle();
      expect(calls).toHaveLength(1);
    });

    it('starts paused when it was paused before, or while it started', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      const calls = harness.task('tick');
      harness.scheduler.pause();
      await harness.scheduler.start();
      expect(harness.scheduler.state).toBe('paused');
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(5_000);
      expect(calls).toEqual([]);
      await harness.scheduler.shutdown();

      const opened = deferred();
      store.onOpen = () => opened.promise;
      const starting = harness.scheduler.start();
      harness.scheduler.pause();
      opened.resolve();
      await starting;
      expect(harness.scheduler.state).toBe('paused');
      harness.scheduler.resume();
      const again = harness.scheduler.start({ paused: true });
      expect(harness.scheduler.state).toBe('paused');
      await again;
    });

    it('lets what is running go on', async () => {
      harness = new Harness();
      const work = deferred();
      harness.task('tick', () => work.promise);
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      harness.scheduler.pause();
      work.resolve();
      await settle();
      expect(harness.types('run.')).toEqual(['run.started', 'run.succeeded']);
    });

    it('says nothing when there is nothing to pause or resume', async () => {
      harness = new Harness();
      harness.scheduler.pause();
      harness.scheduler.resume();
      await harness.scheduler.start();
      harness.scheduler.resume();
      harness.scheduler.pause();
      harness.scheduler.pause();
      expect(harness.types('scheduler.')).toEqual(['scheduler.started', 'scheduler.paused']);
    });
  });

  describe('shutdown', () => {
    it('lets running handlers end, then closes, and claims nothing meanwhile', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      const work = deferred();
      const calls = harness.task('tick', () => work.promise);
      await harness.scheduler.start();
      await harness.service.addJob({ ...EVERY_SECOND, maxInstances: 10 });
      await harness.clock.advance(1_000);
      const stopped = harness.scheduler.shutdown();
      await settle();
      expect(harness.scheduler.state).toBe('stopping');
      await harness.clock.advance(5_000);
      expect(store.closed).toBe(0);
      work.resolve();
      await stopped;
      expect(harness.scheduler.state).toBe('stopped');
      expect(calls).toHaveLength(1);
      expect(harness.types('run.', 'scheduler.stopped')).toEqual(['run.started', 'run.succeeded', 'scheduler.stopped']);
      expect(store.closed).toBe(1);
      expect((await store.inner.nodes()).nodes).toEqual([]);
    });

    it('aborts the signals of those that are not done in time, and writes down what they make of it', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      harness.task('tick', async () => {
        const { signal } = currentRun();
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      });
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      const stopped = harness.scheduler.shutdown(10_000);
      await harness.clock.advance(9_999);
      expect(harness.types('run.')).toEqual(['run.started']);
      await harness.clock.advance(1);
      await stopped;
      expect(harness.of('run.failed')).toMatchObject([{ error: { name: ShutdownAbortError.name } }]);
      const [run] = (await store.inner.listRuns({ limit: 10 })).runs;
      expect(run?.state).toBe('failed');
    });

    it('puts runs on record as lost that do not end at all, and ignores what they answer later', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      const work = deferred();
      harness.task('tick', () => work.promise);
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      await harness.scheduler.shutdown(0);
      expect(harness.types('run.')).toEqual(['run.started', 'run.lost']);
      const count = store.calls.length;
      work.resolve();
      await settle();
      await harness.clock.advance(60_000);
      expect(store.calls.length).toBe(count);
      expect(harness.types('run.')).toEqual(['run.started', 'run.lost']);
      const [run] = (await store.inner.listRuns({ limit: 10 })).runs;
      expect(run?.state).toBe('lost');
    });

    it('is one shutdown for all who call it, and a shorter time shortens it', async () => {
      harness = new Harness();
      harness.task('tick', () => new Promise(() => undefined));
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      const first = harness.scheduler.shutdown(60_000);
      await harness.clock.advance(10_000);
      const longer = harness.scheduler.shutdown(120_000);
      await harness.clock.advance(10_000);
      const shorter = harness.scheduler.shutdown(5_000);
      await harness.clock.advance(4_999);
      expect(harness.scheduler.state).toBe('stopping');
      await harness.clock.advance(1);
      await Promise.all([first, longer, shorter]);
      expect(harness.types('scheduler.')).toEqual(['scheduler.started', 'scheduler.stopped']);
    });

    it('P12 takes a time beyond what one timer can hold as it is', async () => {
      harness = new Harness();
      const work = deferred();
      let reason: unknown;
      harness.task('tick', () => {
        const { signal } = currentRun();
        signal.addEventListener('abort', () => (reason = signal.reason));
        return work.promise;
      });
      const delays: number[] = [];
      const { setTimer } = harness.clock;
      harness.clock.setTimer = (callback, delayMs) => {
        delays.push(delayMs);
        return setTimer.call(harness.clock, callback, delayMs);
      };
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      const stopped = harness.service.shutdown({ timeout: { days: 60 } });
      await harness.clock.advance(40 * 86_400_000);
      expect(reason).toBeUndefined();
      expect(Math.max(...delays)).toBeLessThan(2 ** 31);
      await harness.clock.advance(20 * 86_400_000);
      await stopped;
      expect(reason).toBeInstanceOf(ShutdownAbortError);
    });

    it('leaves no timer behind', async () => {
      const [one, other] = [new FakeStore(), new FakeStore()];
      harness = new Harness({ stores: { default: one, other } });
      harness.task('tick', () => new Promise(() => undefined));
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(90_000);
      expect(harness.clock.pendingTimers).toBeGreaterThan(0);
      await harness.scheduler.shutdown(0);
      expect(harness.clock.pendingTimers).toBe(0);
    });

    it('leaves no timer behind when the store is away', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      const work = deferred();
      harness.task('tick', () => work.promise);
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      store.faultOf = () => 'throws';
      work.resolve();
      await harness.clock.advance(10_000);
      const stopped = harness.scheduler.shutdown(0);
      await harness.clock.advance(30_000);
      await stopped;
      expect(harness.clock.pendingTimers).toBe(0);
    });

    it('ends within its time when a store does not answer any more (P07)', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      const work = deferred();
      harness.task('tick', () => work.promise);
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      await harness.clock.advance(1_000);
      store.faultOf = () => 'hangs';
      work.resolve();
      await harness.clock.advance(5_000);
      let isOver = false;
      const stopped = harness.scheduler.shutdown(10_000).then(() => (isOver = true));
      await harness.clock.advance(30_000);
      expect(isOver).toBe(true);
      await stopped;
      expect(harness.clock.pendingTimers).toBe(0);
    });

    it('ends within its time when a store does not answer while it starts (P07)', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      store.onOpen = () => new Promise(() => undefined);
      const started = harness.scheduler.start().catch((error: unknown) => error);
      let isOver = false;
      const stopped = harness.scheduler.shutdown(10_000).then(() => (isOver = true));
      await harness.clock.advance(9_000);
      expect(isOver).toBe(false);
      await harness.clock.advance(30_000);
      expect(isOver).toBe(true);
      await stopped;
      expect(await started).toBeInstanceOf(SchedulerStoppedError);
      expect(harness.scheduler.state).toBe('stopped');
      expect(harness.clock.pendingTimers).toBe(0);

      store.onOpen = async () => undefined;
      await harness.scheduler.start();
      expect(harness.scheduler.state).toBe('running');
    });

    it('ends when closing a store or an executor fails, and closes the others', async () => {
      const [bad, good] = [new FakeStore(), new FakeStore()];
      let isShutDown = false;
      const session = (shutdown: () => Promise<void>) => ({
        freeSlots: () => 1,
        submit: () => ({ state: 'succeeded', value: null }) as const,
        shutdown,
      });
      const executor = (shutdown: () => Promise<void>) => ({
        kind: 'fake',
        open: async () => session(shutdown),
      });
      const executors = {
        bad: executor(() => Promise.reject(new Error('threads are stuck'))),
        good: executor(async () => void (isShutDown = true)),
      };
      bad.onClose = () => Promise.reject(new Error('connection reset'));
      harness = new Harness({ stores: { default: bad, good }, executors });
      await harness.scheduler.start();
      await harness.scheduler.shutdown();
      expect(harness.scheduler.state).toBe('stopped');
      expect(good.closed).toBe(1);
      expect(isShutDown).toBe(true);
      expect(harness.types('scheduler.')).toEqual(['scheduler.started', 'scheduler.stopped']);
    });

    it('runs nothing whose claim is answered only after the end', async () => {
      const store = new FakeStore();
      harness = new Harness({ store });
      const calls = harness.task('tick');
      await harness.scheduler.start();
      await harness.service.addJob(EVERY_SECOND);
      store.faultOf = (method) => (method === 'claim' ? 15_000 : null);
      await harness.clock.advance(1_000);
      const stopped = harness.scheduler.shutdown(0);
      await harness.clock.advance(60_000);
      await stopped;
      expect(calls).toEqual([]);
      const [run] = (await store.inner.listRuns({ limit: 10 })).runs;
      expect(run?.state).toBe('lost');
    });

    it('does nothing on a scheduler that was never started, more than once', async () => {
      harness = new Harness();
      await harness.scheduler.shutdown();
      await harness.scheduler.shutdown();
      expect(harness.events).toEqual([]);
      expect(harness.scheduler.state).toBe('stopped');
    });

    it('refuses the calls that come after it, until the next start', async () => {
      harness = new Harness();
      harness.task('tick');
      await harness.scheduler.start();
      await harness.scheduler.shutdown();
      const { service, scheduler } = harness;
      const calls: (() => Promise<unknown>)[] = [
        () => service.addJob(EVERY_SECOND),
        () => service.addJobs([EVERY_SECOND]),
        () => service.getJob('tick'),
        () => service.getJobs(),
        () => service.modifyJob('tick', { name: 'tock' }),
        () => service.rescheduleJob('tick', interval({ seconds: 2 })),
        () => service.pauseJob('tick'),
        () => service.resumeJob('tick'),
        () => service.removeJob('tick'),
        () => service.runJob('tick'),
        () => service.pauseJobs({ store: 'default' }),
        () => service.resumeJobs({ store: 'default' }),
        () => service.removeJobs({ store: 'default' }),
        () => service.getRuns(),
        () => service.getRun('tick@2030-01-01T00:00:00.000Z'),
        () => service.preview('tick'),
        () => service.printJobs(),
      ];
      for (const call of calls) await expect(call()).rejects.toBeInstanceOf(SchedulerStoppedError);
      await scheduler.start();
      await expect(service.addJob(EVERY_SECOND)).resolves.toMatchObject({ id: 'tick' });
    });
  });

  it('adds jobs before the start, whose first fire counts from the start where nobody else fires them', async () => {
    harness = new Harness();
    const calls = harness.task('tick');
    await harness.service.addJob({ ...EVERY_SECOND, trigger: interval({ minutes: 1 }) });
    await harness.clock.advance(45_000);
    await harness.scheduler.start();
    await harness.clock.advance(60_000);
    expect(calls.map(({ at: instant }) => instant)).toEqual(['2030-01-01T00:01:45.000Z']);
  });
});
