import { afterEach, describe, expect, it } from 'vitest';
import { WaitsForItselfError } from '../../lib/engine/engine-errors.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { Harness } from '../support/scheduler-harness.js';
import { settle } from '../support/virtual-clock.js';
import { deferred } from './support/deferred.js';
import { FakeStore } from './support/fake-store.js';

const SOON = at('2030-01-01T00:00:01');

describe('untilIdle', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  /** Waits in the background; `true` once it has been answered. */
  const watch = (): { isIdle: boolean; error?: unknown } => {
    const watched: { isIdle: boolean; error?: unknown } = { isIdle: false };
    harness.scheduler.untilIdle().then(
      () => (watched.isIdle = true),
      (error: unknown) => (watched.error = error),
    );
    return watched;
  };

  it('resolves at once where there is nothing: before the start, without jobs, after the end', async () => {
    harness = new Harness();
    await harness.scheduler.untilIdle();
    await harness.scheduler.start();
    await harness.scheduler.untilIdle();
    await harness.scheduler.shutdown();
    await harness.scheduler.untilIdle();
    expect(harness.types('scheduler.')).toEqual(['scheduler.started', 'scheduler.stopped']);
  });

  it('waits for jobs that were added before the start', async () => {
    harness = new Harness();
    harness.task('work');
    await harness.service.addJob({ id: 'work', task: 'work', trigger: SOON });
    const watched = watch();
    await harness.clock.advance(10_000);
    expect(watched.isIdle).toBe(false);
    await harness.scheduler.start();
    await settle();
    expect(watched.isIdle).toBe(true);
  });

  it('waits for a due job whose task is unknown, until the task comes', async () => {
    harness = new Harness();
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', task: 'work', trigger: SOON, allowUnknownTask: true });
    const watched = watch();
    await harness.clock.advance(10_000);
    expect(watched.isIdle).toBe(false);
    harness.task('work');
    await settle();
    await harness.clock.advance(0);
    expect(watched.isIdle).toBe(true);
  });

  it('waits for the last run, its outcome and what it adds, in every store', async () => {
    harness = new Harness({ stores: { other: new FakeStore() } });
    const work = deferred();
    harness.task('last', () => work.promise);
    harness.task('first', async () => {
      await harness.service.addJob({ id: 'last', store: 'other', task: 'last', trigger: at('2030-01-01T00:00:05') });
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'first', task: 'first', trigger: SOON });
    const watched = watch();
    await harness.clock.advance(20_000);
    expect(watched.isIdle).toBe(false);
    work.resolve();
    await settle();
    expect(watched.isIdle).toBe(true);
    expect(harness.of('run.succeeded').map(({ jobId }) => jobId)).toEqual(['first', 'last']);
  });

  it.each([
    ['is removed', () => harness.service.removeJob('tick')],
    ['is paused', () => harness.service.pauseJob('tick')],
    ['is one of several that are removed', () => harness.service.removeJobs({ task: 'tick' })],
    ['is one of several that are paused', () => harness.service.pauseJobs({ task: 'tick' })],
    ['is in a store that is removed', () => harness.service.removeStore('default')],
  ])('resolves at once when the last job with a fire to come %s', async (_, act) => {
    harness = new Harness({ store: new FakeStore({ pollIntervalMs: 60_000 }) });
    harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ hours: 1 }) });
    const watched = watch();
    await settle();
    expect(watched.isIdle).toBe(false);
    await act();
    await settle();
    expect(watched.isIdle).toBe(true);
  });

  it('is answered by a shutdown, although fires were to come', async () => {
    harness = new Harness();
    harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ hours: 1 }) });
    const watched = watch();
    await harness.scheduler.shutdown();
    await settle();
    expect(watched.isIdle).toBe(true);
  });

  it('waits out a store that fails for a while, and does not fail with it', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    harness.task('work');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', task: 'work', trigger: SOON });
    const watched = watch();
    store.faultOf = () => 'throws';
    await harness.clock.advance(10_000);
    expect(watched).toEqual({ isIdle: false });
    store.faultOf = () => null;
    await harness.clock.advance(30_000);
    expect(watched).toEqual({ isIdle: true });
  });

  it('waits out a store that does not answer for a while', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    harness.task('work');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', task: 'work', trigger: SOON });
    store.faultOf = (method) => (method === 'summarize' ? 'hangs' : null);
    const watched = watch();
    await harness.clock.advance(10_000);
    store.faultOf = () => null;
    await harness.clock.advance(30_000);
    expect(watched).toEqual({ isIdle: true });
  });

  it('fails when nothing runs that could find out later', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    await harness.service.getJobs();
    store.faultOf = () => 'throws';
    await expect(harness.scheduler.untilIdle()).rejects.toThrow('summarize() failed');
  });

  it('is refused inside a run, which would wait for itself (P07)', async () => {
    harness = new Harness();
    let answer: unknown;
    harness.task('wait', async () => {
      answer = await harness.scheduler.untilIdle().catch((error: unknown) => error);
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'wait', task: 'wait', trigger: SOON });
    await harness.clock.advance(1_000);
    expect(answer).toBeInstanceOf(WaitsForItselfError);
  });
});
