import { afterEach, describe, expect, it } from 'vitest';
import { PlannedFires } from '../../lib/engine/planned-fires.js';
import { interval } from '../../lib/triggers/interval.js';
import { aJob } from '../support/store-fixtures.js';
import { Harness } from '../support/scheduler-harness.js';
import { FakeStore } from './support/fake-store.js';
import { flawsOf, runsOf } from './support/slots.js';

const due = (id: string, dueAt: number) => aJob({ id, nextFireAt: dueAt, dueAt }, 0);

describe('planned fires', () => {
  it('are taken when they are due, in order, once', () => {
    const planned = new PlannedFires();
    planned.replace([due('a', 10), due('b', 20), due('c', 30)], 100);
    expect(planned.takeDue(20).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(planned.takeDue(20)).toEqual([]);
    expect(planned.nextDueAt).toBe(30);
  });

  it('take in what is due again before the end of what is known, and nothing beyond or inactive', () => {
    const planned = new PlannedFires();
    planned.replace([due('a', 10), due('c', 30)], 100);
    for (const job of [due('b', 20), due('d', 100), aJob({ id: 'e', state: 'paused', dueAt: 25 }, 0)]) planned.add(job);
    expect(planned.takeDue(1_000).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('know nothing once they are forgotten', () => {
    const planned = new PlannedFires();
    planned.replace([due('a', 10)], 100);
    planned.forget();
    planned.add(due('b', 20));
    expect([planned.nextDueAt, planned.until]).toEqual([null, -Infinity]);
  });
});

describe('a store that looks ahead', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  async function start(pollIntervalMs = 10_000): Promise<FakeStore> {
    const store = new FakeStore({ pollIntervalMs, peekHorizonMs: pollIntervalMs + 1_000 });
    harness = new Harness({ store });
    harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'a', task: 'tick', trigger: interval(1_000) });
    await harness.clock.advance(0);
    store.resetCounts();
    return store;
  }

  it('is asked once in a poll interval, and every fire claimed at its instant nevertheless', async () => {
    const store = await start();
    await harness.clock.advance(40_000);
    expect(store.count('claim')).toBe(40);
    expect(store.count('peek')).toBeLessThanOrEqual(5);
    const starts = harness.of('run.started').map(({ scheduledTime, time }) => time.getTime() - scheduledTime.getTime());
    expect(starts).toEqual(starts.map(() => 0));
    expect(flawsOf(await runsOf(store.inner, 'a'), 1_000, harness.clock.now() - 1_000)).toEqual([]);
  });

  it('is asked again as soon as a plan turns out to be wrong', async () => {
    const store = await start();
    await store.inner.changeJobs(['a'], (job) => ({ ...job, gen: job.gen + 1 }));
    await harness.clock.advance(1_000);
    expect(harness.of('run.started')).toHaveLength(1);
    await harness.clock.advance(20_000);
    expect(flawsOf(await runsOf(store.inner, 'a'), 1_000, harness.clock.now() - 1_000)).toEqual([]);
  });

  it('has new jobs and queued runs looked at as soon as they are told', async () => {
    const store = await start(60_000);
    await harness.clock.advance(500);
    await harness.service.addJob({ id: 'b', task: 'tick', trigger: interval(100) });
    await harness.service.runJob('a');
    await harness.clock.advance(400);
    expect((await runsOf(store.inner, 'b')).length).toBe(4);
    expect(harness.of('run.succeeded').some(({ runId }) => runId.startsWith('a@') && runId.includes('#m-'))).toBe(true);
  });

  it('keeps the promise of a pause, though the job was planned', async () => {
    const store = await start();
    await harness.service.pauseJob('a');
    await harness.clock.advance(5_000);
    expect(await runsOf(store.inner, 'a')).toEqual([]);
  });
});
