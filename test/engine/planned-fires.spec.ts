import { afterEach, describe, expect, it } from 'vitest';
import { PlannedFires } from '../../lib/engine/planned-fires.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { aJob } from '../support/store-fixtures.js';
import { UnreadableJobError } from '../../lib/stores/store-errors.js';
import { Harness } from '../support/scheduler-harness.js';
import { FakeStore } from './support/fake-store.js';
import { flawsOf, runsOf } from './support/slots.js';

const due = (id: string, dueAt: number) => aJob({ id, nextFireAt: dueAt, dueAt }, 0);

const LANES = [{ executor: 'default', limit: 500 }];

describe('planned fires', () => {
  it('are taken when they are due, in order, once', () => {
    const planned = new PlannedFires();
    planned.replace([due('a', 10), due('b', 20), due('c', 30)], 100);
    expect(planned.takeDue(20, LANES).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(planned.takeDue(20, LANES)).toEqual([]);
    expect(planned.nextDueAt).toBe(30);
  });

  it('take in what is due again before the end of what is known, and nothing beyond or inactive', () => {
    const planned = new PlannedFires();
    planned.replace([due('a', 10), due('c', 30)], 100);
    for (const job of [due('b', 20), due('d', 100), aJob({ id: 'e', state: 'paused', dueAt: 25 }, 0)]) planned.add(job);
    expect(planned.takeDue(1_000, LANES).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('wait in the plan, in order, where their executor has no room', () => {
    const planned = new PlannedFires();
    const other = { ...due('x', 5), executor: 'other' };
    planned.replace([other, due('a', 10), due('b', 20), due('c', 30)], 100);
    expect(planned.takeDue(20, [{ executor: 'default', limit: 1 }]).map(({ id }) => id)).toEqual(['a']);
    expect(planned.nextDueAt).toBe(5);
    expect(planned.takeDue(50, [{ executor: 'other', limit: 9 }]).map(({ id }) => id)).toEqual(['x']);
    expect(planned.takeDue(50, LANES).map(({ id }) => id)).toEqual(['b', 'c']);
  });

  it('go on from another place when somebody else takes them in the same order, those that are due alone', () => {
    const planned = new PlannedFires();
    const ids = Array.from({ length: 50 }, (_, i) => `job-${i}`);
    planned.replace([...ids.map((id) => due(id, 10)), due('later', 60)], 100);
    planned.reorderDue(10);
    const taken = planned.takeDue(10, LANES).map(({ id }) => id);
    const start = ids.indexOf(taken[0] as string);
    expect(taken).toEqual([...ids.slice(start), ...ids.slice(0, start)]);
    expect(planned.nextDueAt).toBe(60);
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

  it('is asked for a backlog of several batches once, and gives it out in the order in which it was due', async () => {
    const store = new FakeStore({ pollIntervalMs: 10_000, peekHorizonMs: 11_000 });
    harness = new Harness({ store });
    harness.task('tick');
    const instants = Array.from({ length: 350 }, (_, i) => harness.clock.now() + 1_000 + i);
    await harness.service.addJobs(
      instants.map((instant, i) => ({ id: `job-${i}`, task: 'tick', trigger: at(new Date(instant)) })),
    );
    await harness.clock.advance(5_000);
    store.resetCounts();
    await harness.scheduler.start();
    await harness.clock.advance(0);
    expect(harness.of('run.started').map(({ jobId }) => jobId)).toEqual(instants.map((_, i) => `job-${i}`));
    expect([store.count('claim'), store.count('peek')]).toEqual([4, 1]);
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

describe('a job that is found damaged after it was planned', () => {
  it('P05 is told of once: what was planned before is no proof that it can be read', async () => {
    const store = new FakeStore({ peekHorizonMs: 10_000, pollIntervalMs: 10_000 });
    const open = store.open.bind(store);
    const error = new UnreadableJobError('tick', new Error('damaged'));
    store.open = async (context) => {
      const session = await open(context);
      const findUnreadable = async () => ({ jobs: [{ id: 'tick', error }], runs: [], hasSeenAll: true });
      return Object.assign(Object.create(session) as typeof session, { findUnreadable });
    };
    const harness = new Harness({ store });
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval(1_000) });
    await harness.clock.advance(3_500);
    expect(calls).toHaveLength(3);
    expect(harness.types('job.')).toEqual(['job.added', 'job.unresolvable']);
    await harness.scheduler.shutdown(0);
  });
});
