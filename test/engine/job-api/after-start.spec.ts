import { describe, expect, it } from 'vitest';
import type { AfterStart, DeclaredJob } from '../../../lib/jobs/declared-job.js';
import { LastingStore } from '../../support/lasting-store.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { harnesses, records, runStates, shutDown, timesOf } from './harnesses.js';

const { create } = harnesses();

function afterStart(scope: AfterStart['scope'], delayMs = 0): DeclaredJob {
  return {
    id: 'warm-up',
    task: 'work',
    trigger: null,
    afterStart: { scope, delayMs },
    options: {},
    disabled: false,
    source: 'Caches.warmUp',
  };
}

async function started(job: DeclaredJob, store: LastingStore, clock: VirtualClock) {
  const harness = create({ store }, clock);
  const calls = harness.task('work');
  harness.scheduler.declare([job]);
  await harness.scheduler.start();
  await settle();
  return { harness, calls };
}

describe('a job that is declared for after the start', () => {
  it('of the node runs once in every process, in the store that each has for itself', async () => {
    const [store, clock] = [new LastingStore(), new VirtualClock()];
    const first = await started(afterStart('node'), store, clock);
    const second = await started(afterStart('node'), store, clock);
    expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
    expect(await first.harness.service.getJobs({ finished: true })).toMatchObject([
      { store: 'local', state: 'finished' },
    ]);
    await clock.advance(60_000);
    expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
  });

  it('of the cluster runs once when its first node starts, and not for those that join', async () => {
    const [store, clock] = [new LastingStore(), new VirtualClock()];
    const first = await started(afterStart('cluster'), store, clock);
    await clock.advance(5_000);
    const second = await started(afterStart('cluster'), store, clock);
    await clock.advance(5_000);
    expect([first.calls.length, second.calls.length]).toEqual([1, 0]);
    expect(await runStates(first.harness, 'warm-up')).toEqual(['succeeded']);
  });

  it('of the cluster does not run for one that joins when the first node has left', async () => {
    const [store, clock] = [new LastingStore(), new VirtualClock()];
    const first = await started(afterStart('cluster'), store, clock);
    await clock.advance(5_000);
    const second = await started(afterStart('cluster'), store, clock);
    await shutDown(first.harness);
    await clock.advance(5_000);
    const third = await started(afterStart('cluster'), store, clock);
    expect([first, second, third].map(({ calls }) => calls.length)).toEqual([1, 0, 0]);
  });

  it('of the cluster runs again when all nodes were gone', async () => {
    const [store, clock] = [new LastingStore(), new VirtualClock()];
    const first = await started(afterStart('cluster'), store, clock);
    await shutDown(first.harness);
    await clock.advance(60_000);
    const second = await started(afterStart('cluster'), store, clock);
    expect(second.calls).toHaveLength(1);
    expect(await runStates(second.harness, 'warm-up')).toEqual(['succeeded', 'succeeded']);
  });

  it('G8 of the cluster is on record as skipped for a start that nobody has survived until its delay was over', async () => {
    const [store, clock] = [new LastingStore(), new VirtualClock()];
    const first = await started(afterStart('cluster', 10_000), store, clock);
    await shutDown(first.harness);
    await clock.advance(60_000);
    const { harness } = await started(afterStart('cluster', 10_000), store, clock);
    await clock.advance(10_000);
    expect(await records(harness)).toEqual(['00:00:10 skipped (rescheduled)', '00:01:10 succeeded']);
    expect(harness.of('run.skipped')).toMatchObject([{ jobId: 'warm-up', reason: 'rescheduled', count: 1 }]);
  });

  it('of the cluster keeps a pause at the next start', async () => {
    const [store, clock] = [new LastingStore(), new VirtualClock()];
    const first = await started(afterStart('cluster', 10_000), store, clock);
    await first.harness.service.pauseJob('warm-up');
    await shutDown(first.harness);
    await clock.advance(60_000);
    const second = await started(afterStart('cluster', 10_000), store, clock);
    await clock.advance(60_000);
    expect(second.calls).toEqual([]);
    await second.harness.service.resumeJob('warm-up');
    await clock.advance(1_000);
    expect(second.calls).toHaveLength(1);
  });

  it('waits for its delay, counted from the start', async () => {
    const [store, clock] = [new LastingStore(), new VirtualClock()];
    for (const scope of ['node', 'cluster'] as const) {
      const { harness, calls } = await started({ ...afterStart(scope, 10_000), id: scope }, store, clock);
      await clock.advance(9_000);
      expect(calls).toEqual([]);
      await clock.advance(1_000);
      expect(calls).toHaveLength(1);
      await shutDown(harness);
    }
  });

  it('runs again when the scheduler is started again', async () => {
    const harness = create();
    const calls = harness.task('work');
    harness.scheduler.declare([afterStart('node')]);
    for (let i = 0; i < 2; i++) {
      await harness.scheduler.start();
      await harness.clock.advance(1_000);
      await shutDown(harness);
    }
    expect(timesOf(calls)).toHaveLength(2);
  });
});
