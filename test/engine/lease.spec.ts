import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaseLostError } from '../../lib/engine/engine-errors.js';
import { currentRun } from '../../lib/executors/run-context.js';
import type { NodeRecord } from '../../lib/stores/job-store.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { Harness } from '../support/scheduler-harness.js';
import { deferred, type Deferred } from './support/deferred.js';
import { FakeStore } from './support/fake-store.js';
import { flawsOf, runsOf } from './support/slots.js';
import { SuspendingClock } from './support/suspending-clock.js';

const EVERY_SECOND = interval({ seconds: 1 });
const TTL = 15_000;

describe('the lease of a node', () => {
  let store: FakeStore;
  let harness: Harness;
  let calls: { at: string }[];

  beforeEach(async () => {
    store = new FakeStore();
    harness = new Harness({ store }, new SuspendingClock());
    calls = harness.task('tick');
    await harness.scheduler.start();
  });
  afterEach(async () => {
    store.faultOf = () => null;
    await harness.scheduler.shutdown(0);
  });

  const addTick = () => harness.service.addJob({ id: 'tick', task: 'tick', trigger: EVERY_SECOND });
  const own = async (): Promise<NodeRecord> => {
    const [node] = (await store.inner.nodes()).nodes;
    if (!node) throw new Error('There is no node.');
    return node;
  };
  const suspend = (ms: number): void => (harness.clock as SuspendingClock).suspend(ms);

  it('is renewed every third of its time', async () => {
    store.resetCounts();
    await harness.clock.advance(60_000);
    expect(store.count('renewLease')).toBe(12);
    expect((await own()).leaseUntil).toBe(harness.clock.now() + TTL);
  });

  it('that is not renewed in time ends claims, 1 s before the store ends it; renewed, they go on', async () => {
    await addTick();
    store.faultOf = (method) => (method === 'renewLease' ? 'throws' : null);
    await harness.clock.advance(13_999);
    expect(calls).toHaveLength(13);
    store.resetCounts();
    await harness.clock.advance(10_000);
    expect(calls).toHaveLength(13);
    expect(store.count('claim')).toBe(0);
    expect(store.count('peek')).toBe(0);
    store.faultOf = () => null;
    await harness.clock.advance(5_000);
    expect(calls.length).toBeGreaterThan(14);
    expect(harness.types('store.', 'node.')).toEqual([
      'node.joined',
      'node.joined',
      'store.unavailable',
      'store.recovered',
    ]);
    expect(flawsOf(await runsOf(store.inner, 'tick'), 1_000, harness.clock.now() - 1_000)).toEqual([]);
  });

  it('is taken for lost only once: its end and its return are one story', async () => {
    await addTick();
    store.faultOf = () => 'throws';
    await harness.clock.advance(120_000);
    store.faultOf = () => null;
    await harness.clock.advance(30_000);
    expect(harness.types('store.')).toEqual(['store.unavailable', 'store.recovered']);
  });

  it('renewed by an answer that comes after its end goes on at once', async () => {
    await addTick();
    // Asked for at 5.0 and 14.9 s, answered at 9.9 and 19.8 s: from 19.0 to 19.8 s it is over.
    store.faultOf = (method) => (method === 'renewLease' ? 4_900 : null);
    await harness.clock.advance(19_790);
    expect(calls).toHaveLength(18);
    await harness.clock.advance(10);
    expect(calls).toHaveLength(19);
    store.faultOf = () => null;
    await harness.clock.advance(5_000);
    expect(calls).toHaveLength(24);
    expect(harness.types('store.')).toEqual([]);
  });

  it('holds back what was claimed when it ended during the claim, and lets it go when it is renewed', async () => {
    await harness.service.addJob({ id: 'once', task: 'tick', trigger: at('2030-01-01T00:00:10') });
    store.faultOf = (method, n) => {
      if (method === 'claim') return 5_000;
      return method === 'renewLease' && n <= 2 ? 'throws' : null;
    };
    await harness.clock.advance(14_990);
    expect(calls).toEqual([]);
    await harness.clock.advance(1_000);
    expect(calls).toMatchObject([{ at: '2030-01-01T00:00:15.000Z' }]);
    expect(harness.types('run.')).toEqual(['run.started', 'run.succeeded']);
  });

  it('leaves handlers alone when it ends, unless abortOnLeaseExpiry says otherwise', async () => {
    const aborted: unknown[] = [];
    const watch = (): Promise<void> => {
      const { signal } = currentRun();
      signal.addEventListener('abort', () => aborted.push(signal.reason));
      return new Promise(() => undefined);
    };
    harness.task('watch', watch);
    await harness.service.addJob({ id: 'watch', task: 'watch', trigger: at('2030-01-01T00:00:01') });
    store.faultOf = (method) => (method === 'renewLease' ? 'throws' : null);
    await harness.clock.advance(60_000);
    expect(aborted).toEqual([]);

    const strictStore = new FakeStore();
    const strict = new Harness({ store: strictStore, abortOnLeaseExpiry: true });
    strict.task('watch', watch);
    await strict.scheduler.start();
    await strict.service.addJob({ id: 'watch', task: 'watch', trigger: at('2030-01-01T00:00:01') });
    strictStore.faultOf = (method) => (method === 'renewLease' ? 'hangs' : null);
    await strict.clock.advance(13_999);
    expect(aborted).toEqual([]);
    await strict.clock.advance(1);
    expect(aborted).toEqual([expect.any(LeaseLostError)]);
    await strict.scheduler.shutdown(0);
  });

  describe('W04 G4 P23 taken over by another node', () => {
    let reasons: unknown[];
    let work: Deferred;

    beforeEach(async () => {
      reasons = [];
      work = deferred();
      harness.task('work', () => {
        const { signal } = currentRun();
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        return work.promise;
      });
      await harness.service.addJob({ id: 'work', task: 'work', trigger: at('2030-01-01T00:00:01') });
      await addTick();
      await harness.clock.advance(2_000);
    });

    it('aborts handlers as soon as it learns so, and comes back as a new node', async () => {
      const before = await own();
      await store.inner.takeOverNode(before);
      expect(reasons).toEqual([]);
      await harness.clock.advance(5_000);
      expect(reasons).toEqual([expect.any(LeaseLostError)]);
      const after = await own();
      expect(after.id).not.toBe(before.id);
      calls.length = 0;
      await harness.clock.advance(3_000);
      expect(calls).toHaveLength(3);
      expect(harness.of('run.started').at(-1)?.node).toBe(after.id);
    });

    it('can not write an outcome any more: run.fenced, and the record stays as the other node has written it', async () => {
      await store.inner.takeOverNode(await own());
      work.resolve();
      await harness.clock.advance(5_000);
      const [run] = await runsOf(store.inner, 'work');
      expect(run?.state).toBe('lost');
      const life = harness.events.filter((event) => 'jobId' in event && event.jobId === 'work').map(({ type }) => type);
      expect(life).toEqual(['job.added', 'run.started', 'run.fenced']);
    });

    it('claims nothing in the meantime: the store refuses, and there is no spin', async () => {
      await store.inner.takeOverNode(await own());
      store.resetCounts();
      calls.length = 0;
      await harness.clock.advance(2_900);
      expect(calls).toEqual([]);
      expect(store.count('claim')).toBeLessThan(15);
    });

    it('even twice in a row, it is one new node each time', async () => {
      const ids = new Set<string>();
      for (let i = 0; i < 3; i++) {
        const node = await own();
        ids.add(node.id);
        await store.inner.takeOverNode(node);
        await harness.clock.advance(6_000);
        expect((await store.inner.nodes()).nodes).toHaveLength(1);
      }
      expect(ids.size).toBe(3);
    });

    it('tries again to come back until it can, as one node', async () => {
      await store.inner.takeOverNode(await own());
      let claims = 0;
      store.faultOf = (method, n) => {
        if (method === 'claim' && store.count('joinNode') > 0 && store.count('joinNode') < 4) claims++;
        return method === 'joinNode' && n <= 3 ? 'throws' : null;
      };
      store.resetCounts();
      await harness.clock.advance(30_000);
      expect(store.count('joinNode')).toBe(4);
      expect(claims).toBe(0);
      expect((await store.inner.nodes()).nodes).toHaveLength(1);
      calls.length = 0;
      await harness.clock.advance(3_000);
      expect(calls).toHaveLength(3);
      expect(harness.types('store.')).toEqual(['store.unavailable', 'store.recovered']);
    });

    it('joins once, though joining takes longer than the next renewal', async () => {
      await store.inner.takeOverNode(await own());
      store.faultOf = (method) => (method === 'joinNode' ? 8_000 : null);
      store.resetCounts();
      await harness.clock.advance(30_000);
      expect(store.count('joinNode')).toBe(1);
      expect((await store.inner.nodes()).nodes).toHaveLength(1);
    });

    it('does not run what it had claimed before, when the answer comes after it', async () => {
      calls.length = 0;
      store.faultOf = (method, n) => (method === 'claim' && n === 1 ? 9_000 : null);
      store.resetCounts();
      await harness.clock.advance(1_000);
      await store.inner.takeOverNode(await own());
      await harness.clock.advance(20_000);
      const lost = (await runsOf(store.inner, 'tick')).filter(({ state }) => state === 'lost');
      expect(lost).toHaveLength(1);
      const started = harness.of('run.started').map(({ runId }) => runId);
      expect(started).not.toContain(lost[0]?.runId);
    });

    it('while it stops, it does not come back', async () => {
      await store.inner.takeOverNode(await own());
      store.resetCounts();
      const stopped = harness.scheduler.shutdown(20_000);
      await harness.clock.advance(8_000);
      work.resolve();
      await harness.clock.advance(20_000);
      await stopped;
      expect(store.count('joinNode')).toBe(0);
      expect((await store.inner.nodes()).nodes).toEqual([]);
      expect(harness.of('run.fenced').map(({ jobId }) => jobId)).toContain('work');
    });
  });

  it('W04 after a stop for longer than the lease, nothing is claimed or dispatched before it is renewed', async () => {
    await addTick();
    await harness.clock.advance(2_500);
    suspend(60_000);
    store.faultOf = (method) => (method === 'renewLease' ? 'throws' : null);
    store.resetCounts();
    await harness.clock.advance(10_000);
    expect(store.count('claim')).toBe(0);
    expect(calls).toHaveLength(2);
    store.faultOf = () => null;
    await harness.clock.advance(6_000);
    expect(calls.length).toBeGreaterThan(2);
    expect(flawsOf(await runsOf(store.inner, 'tick'), 1_000, harness.clock.now() - 1_000)).toEqual([]);
  });

  it('W05 survives the database being away for three times its length under load: nobody is reaped, no run lost', async () => {
    const work = deferred();
    harness.task('long', () => work.promise);
    await addTick();
    await harness.service.addJob({ id: 'long', task: 'long', trigger: at('2030-01-01T00:00:01') });
    await harness.clock.advance(5_500);
    const node = await own();
    store.faultOf = () => 'throws';
    store.resetCounts();
    await harness.clock.advance(TTL);
    // Handlers go on, and their outcomes wait.
    work.resolve();
    await harness.clock.advance(2 * TTL);
    // 0.5, 1, 2, 4, 8, 16, 20 s for each service: not a hammering.
    expect(store.calls.length).toBeLessThan(60);
    store.faultOf = () => null;
    await harness.clock.advance(25_000);
    expect((await own()).id).toBe(node.id);
    expect(harness.types('store.', 'run.lost', 'run.fenced', 'node.lost')).toEqual([
      'store.unavailable',
      'store.recovered',
    ]);
    const [long] = await runsOf(store.inner, 'long');
    expect(long?.state).toBe('succeeded');
    expect(flawsOf(await runsOf(store.inner, 'tick'), 1_000, harness.clock.now() - 1_000)).toEqual([]);
  });
});
