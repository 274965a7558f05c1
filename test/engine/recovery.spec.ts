import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity } from '../../lib/engine/node-identity.js';
import type { NodeDraft } from '../../lib/stores/job-store.js';
import { interval } from '../../lib/triggers/interval.js';
import { Harness } from '../support/scheduler-harness.js';
import { aClaim, aDraft, aJob, aNode, aScope } from '../support/store-fixtures.js';
import { FakeStore } from './support/fake-store.js';
import { runsOf } from './support/slots.js';

const TTL = 15_000;

/** A pid that belonged to a process of this machine which is gone. */
function pidOfTheDead(): number {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  return pid;
}

describe('G3 the runs of a dead node', () => {
  let store: FakeStore;
  let harness: Harness;

  beforeEach(async () => {
    store = new FakeStore();
    harness = new Harness({ store });
    harness.task('Reports.daily');
    await harness.service.getJobs();
  });
  afterEach(() => harness.scheduler.shutdown(0));

  /** Another node that has started a run and is gone now, for all that can be seen from here. */
  async function leaveBehind(node: Partial<NodeDraft>): Promise<void> {
    const draft = { ...aNode('dead'), ...node };
    const now = harness.clock.now();
    await store.inner.joinNode(draft, TTL);
    await store.inner.putJobs(['job'], () => aJob({ id: 'job', nextFireAt: now, dueAt: now }, now));
    await store.inner.peek({ horizonMs: 0, lanes: [{ executor: 'default', limit: 1 }], scope: aScope() });
    const job = await store.inner.getJob('job');
    if (!job) throw new Error('There is no job.');
    await store.inner.claim(draft.id, [aClaim(job, { plan: { nextFireAt: now + 86_400_000 } })]);
    expect((await runsOf(store.inner, 'job')).map(({ state }) => state)).toEqual(['running']);
  }

  const stateOfRun = async (): Promise<string | undefined> => (await runsOf(store.inner, 'job'))[0]?.state;

  it('are put on record at once when its process is gone, on this machine', async () => {
    await leaveBehind({ ...ownIdentity(), pid: pidOfTheDead() });
    await harness.scheduler.start();
    expect(await stateOfRun()).toBe('lost');
    expect(harness.of('node.lost')).toMatchObject([{ lostNode: 'dead' }]);
    expect(harness.of('run.lost')).toMatchObject([{ jobId: 'job', lostNode: 'dead' }]);
  });

  it('are put on record at once when its pid has been given to another process', async () => {
    const own = ownIdentity();
    await leaveBehind({ ...own, pid: process.ppid, incarnation: '1.0' });
    await harness.scheduler.start();
    expect(await stateOfRun()).toBe('lost');
  });

  it('are put on record at once when it was an earlier life of this process', async () => {
    await leaveBehind(ownIdentity());
    await harness.scheduler.start();
    expect(await stateOfRun()).toBe('lost');
  });

  it('wait for its lease when it lives on another machine, and for one whole lease of our own', async () => {
    await leaveBehind({ pid: pidOfTheDead() });
    await harness.scheduler.start();
    await harness.clock.advance(TTL - 1);
    expect(await stateOfRun()).toBe('running');
    await harness.clock.advance(TTL);
    expect(await stateOfRun()).toBe('lost');
    expect(harness.types('node.lost')).toEqual(['node.lost']);
  });

  it('W02 give way at once to a run that waits for them to end', async () => {
    await leaveBehind({ pid: pidOfTheDead() });
    await store.inner.changeJobs(['job'], (job) => ({ ...job, task: 'Reports.daily' }));
    await store.inner.addRuns('job', (job, _facts, now) => [aDraft(job, now)]);
    await harness.scheduler.start();
    await harness.clock.advance(3 * TTL);
    const [lost, next] = await runsOf(store.inner, 'job');
    expect([lost?.state, next?.state]).toEqual(['lost', 'succeeded']);
    expect(next?.startedAt).toBe(lost?.finishedAt);
  });

  it('wait for its lease when it can not be told which machine it runs on', async () => {
    await leaveBehind({ ...ownIdentity(), machine: '', pid: pidOfTheDead() });
    await harness.scheduler.start();
    await harness.clock.advance(TTL - 1);
    expect(await stateOfRun()).toBe('running');
    await harness.clock.advance(TTL);
    expect(await stateOfRun()).toBe('lost');
  });

  it('wait while its process lives, and are left alone as long as it renews its lease', async () => {
    await leaveBehind({ ...ownIdentity(), pid: process.ppid, incarnation: '' });
    await harness.scheduler.start();
    for (let i = 0; i < 10; i++) {
      await harness.clock.advance(5_000);
      await store.inner.renewLease('dead', TTL);
    }
    expect(await stateOfRun()).toBe('running');
    await harness.clock.advance(2 * TTL);
    expect(await stateOfRun()).toBe('lost');
  });

  it('are not judged by a node that could not renew its own lease itself: after an outage nobody is reaped', async () => {
    await leaveBehind({ pid: pidOfTheDead() });
    await harness.scheduler.start();
    await harness.clock.advance(5_000);
    store.faultOf = () => 'throws';
    await harness.clock.advance(4 * TTL);
    store.faultOf = () => null;
    // In this time it sweeps, but has not yet held its lease for long enough to judge.
    await harness.clock.advance(12_000);
    // The other node is back as well, a little later.
    for (let i = 0; i < 5; i++) {
      await store.inner.renewLease('dead', TTL);
      await harness.clock.advance(5_000);
    }
    expect(await stateOfRun()).toBe('running');
    expect(harness.types('node.lost')).toEqual([]);
  });

  it('are found by a sweep of a node that runs already, and one that fails is tried again', async () => {
    harness.task('tick');
    await harness.scheduler.start();
    await harness.clock.advance(2 * TTL);
    await leaveBehind({ ...ownIdentity(), pid: pidOfTheDead() });
    store.resetCounts();
    store.faultOf = (method, n) => (method === 'takeOverNode' && n === 1 ? 'throws' : null);
    await harness.clock.advance(TTL);
    expect(await stateOfRun()).toBe('lost');
    expect(store.count('takeOverNode')).toBe(2);
    expect(harness.types('store.')).toEqual(['store.unavailable', 'store.recovered']);
  });

  it('are taken by one of two nodes that see the same dead one', async () => {
    await leaveBehind({ ...ownIdentity(), pid: pidOfTheDead() });
    const [dead] = (await store.inner.nodes()).nodes;
    if (!dead) throw new Error('There is no node.');
    await store.inner.takeOverNode(dead);
    const again = await store.inner.takeOverNode(dead);
    expect(again).toMatchObject({ taken: false, lost: [] });
    await harness.scheduler.start();
    expect(harness.types('node.lost', 'run.lost')).toEqual([]);
  });

  it('of two schedulers in one process, neither takes the other for dead', async () => {
    const other = new Harness({ store }, harness.clock);
    await Promise.all([harness.scheduler.start(), other.scheduler.start()]);
    await harness.clock.advance(4 * TTL);
    expect((await store.inner.nodes()).nodes).toHaveLength(2);
    await other.scheduler.shutdown(0);
    expect((await store.inner.nodes()).nodes).toHaveLength(1);
    expect([...harness.types('node.lost'), ...other.types('node.lost')]).toEqual([]);
  });
});

describe('G3 a start after a shutdown that could not write', () => {
  it('puts on record what the last life has left running', async () => {
    const store = new FakeStore();
    const harness = new Harness({ store });
    harness.task('tick', () => new Promise(() => undefined));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ seconds: 1 }) });
    await harness.clock.advance(1_000);
    store.faultOf = () => 'throws';
    const stopped = harness.scheduler.shutdown(0);
    await harness.clock.advance(20_000);
    await stopped;
    store.faultOf = () => null;
    expect((await runsOf(store.inner, 'tick'))[0]?.state).toBe('running');
    await harness.scheduler.start();
    expect((await runsOf(store.inner, 'tick'))[0]?.state).toBe('lost');
    expect((await store.inner.nodes()).nodes).toHaveLength(1);
    await harness.scheduler.shutdown(0);
  });
});
