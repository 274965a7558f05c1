import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Completion, JobStoreSession } from '../../lib/stores/job-store.js';
import { at } from '../../lib/triggers/at.js';
import { Harness } from '../support/scheduler-harness.js';
import { deferred } from './support/deferred.js';
import { FakeStore } from './support/fake-store.js';

type Complete = JobStoreSession['complete'];

describe('a shutdown with an outcome that is not on record yet', () => {
  let store: FakeStore;
  let harness: Harness;
  /** In place of the store's; `null`: the store answers. */
  let complete: Complete | null;
  let isOver: boolean;
  let over: Promise<void>;

  const locked: Complete = async (completions) => ({
    fenced: [],
    retrying: [],
    cancelled: [],
    paused: [],
    finished: [],
    busy: completions.map(({ run }) => run),
  });
  const away: Complete = async () => {
    throw new Error('away');
  };

  beforeEach(async () => {
    [complete, isOver] = [null, false];
    store = new FakeStore();
    const open = store.open.bind(store);
    store.open = async (context) => {
      const session = await open(context);
      return Object.assign(Object.create(session) as typeof session, {
        complete: (completions: readonly Completion[]) => (complete ?? session.complete.bind(session))(completions),
      });
    };
    harness = new Harness({ store });
  });
  afterEach(() => over);

  /** Begins to shut down 300 ms after the handler has ended. */
  const shutDown = async (timeoutMs: number): Promise<void> => {
    const work = deferred();
    harness.task('work', () => work.promise);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'job', task: 'work', trigger: at(new Date(harness.clock.now() + 1_000)) });
    await harness.clock.advance(1_000);
    work.resolve();
    await harness.clock.advance(300);
    over = harness.scheduler.shutdown(timeoutMs).finally(() => (isOver = true));
    await harness.clock.advance(0);
  };
  const stateOf = async () => (await store.inner.listRuns({ limit: 1 })).runs[0]?.state;

  it('waits for whoever has locked it as long as for handlers, and keeps its lease meanwhile', async () => {
    complete = locked;
    await shutDown(60_000);
    await harness.clock.advance(50_000);
    expect(isOver).toBe(false);
    const { nodes, now } = await store.inner.nodes();
    expect(nodes[0]?.leaseUntil).toBeGreaterThan(now + 5_000);
    complete = null;
    await harness.clock.advance(100);
    expect(isOver).toBe(true);
    expect(await stateOf()).toBe('succeeded');
  });

  it('does not wait for him for longer than that', async () => {
    complete = locked;
    await shutDown(10_000);
    await harness.clock.advance(9_900);
    expect(isOver).toBe(false);
    await harness.clock.advance(200);
    expect(isOver).toBe(true);
    expect(await stateOf()).toBe('lost');
  });

  it('has a second and a half for it where no time is left, in which it tries often', async () => {
    complete = locked;
    await shutDown(0);
    await harness.clock.advance(1_350);
    expect(isOver).toBe(false);
    complete = null;
    await harness.clock.advance(100);
    expect(isOver).toBe(true);
    expect(await stateOf()).toBe('succeeded');
  });

  it('does not wait for a store that is away as long as for handlers', async () => {
    complete = away;
    await shutDown(60_000);
    await harness.clock.advance(1_500);
    expect(isOver).toBe(true);
  });
});
