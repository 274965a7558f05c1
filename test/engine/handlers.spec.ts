import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Executor, WorkResult } from '../../lib/executors/executor.js';
import { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { currentRun } from '../../lib/executors/run-context.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { TypeOrmJobStore } from '../../lib/stores/typeorm/typeorm-job-store.js';
import { shutDown } from './job-api/harnesses.js';
import { Harness } from '../support/scheduler-harness.js';
import { aJob } from '../support/store-fixtures.js';
import { FakeStore } from './support/fake-store.js';
import { runsOf } from './support/slots.js';

const EVERY_SECOND = interval({ seconds: 1 });

describe('a handler that goes wrong', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  const hostile = {
    get message(): string {
      throw new Error('no message');
    },
    toString(): string {
      throw new Error('no text');
    },
    toJSON(): string {
      throw new Error('no JSON');
    },
  };

  /** A promise only by its looks. */
  class Torn {
    // oxlint-disable-next-line unicorn/no-thenable -- what users return may be anything
    get then(): never {
      throw new RangeError('too far');
    }
  }

  const failures: [string, () => unknown, string][] = [
    [
      'throws',
      () => {
        throw new RangeError('too far');
      },
      'RangeError',
    ],
    ['rejects', () => Promise.reject(new RangeError('too far')), 'RangeError'],
    [
      'rejects after a while',
      async () => {
        await new Promise(setImmediate);
        throw new RangeError('too far');
      },
      'RangeError',
    ],
    [
      'throws a text',
      () => {
        throw 'no error at all';
      },
      'NonError',
    ],
    ['rejects with undefined', () => Promise.reject(undefined), 'NonError'],
    ['rejects with null', () => Promise.reject(null), 'NonError'],
    [
      'throws what can not even be described',
      () => {
        throw hostile;
      },
      'NonError',
    ],
    ['returns what throws when it is awaited', () => new Torn(), 'RangeError'],
  ];

  it.each(failures)('%s: that run fails, the others go on', async (_, fail, name) => {
    harness = new Harness();
    harness.task('fails', fail);
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'fails', task: 'fails', trigger: EVERY_SECOND });
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: EVERY_SECOND });
    await harness.clock.advance(3_000);
    expect(calls).toHaveLength(3);
    expect(harness.of('run.failed')).toHaveLength(3);
    expect(harness.of('run.failed')[0]).toMatchObject({ jobId: 'fails', error: { name } });
    expect(harness.types('store.')).toEqual([]);
    const { runs } = await harness.service.getRuns({ jobId: 'fails' });
    expect(runs.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed']);
  });

  it('never returns: its own job is skipped on record, the others go on', async () => {
    harness = new Harness();
    harness.task('hangs', () => new Promise(() => undefined));
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'hangs', task: 'hangs', trigger: EVERY_SECOND });
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: EVERY_SECOND });
    await harness.clock.advance(3_000);
    expect(calls).toHaveLength(3);
    const { runs } = await harness.service.getRuns({ jobId: 'hangs' });
    expect(runs.map(({ state }) => state)).toEqual(['skipped', 'skipped', 'running']);
  });

  it('P08 tells started, then one end, of every run; nothing before, between or after', async () => {
    harness = new Harness();
    harness.task('sync');
    harness.task('async', () => new Promise<void>((done) => harness.clock.setTimer(() => done(), 100)));
    harness.task('fails', () => Promise.reject(new Error('no')));
    await harness.scheduler.start();
    for (const task of ['sync', 'async', 'fails']) {
      await harness.service.addJob({ id: task, task, trigger: EVERY_SECOND });
      await harness.service.runJob(task);
    }
    await harness.clock.advance(20_500);
    const lives = new Map<string, string[]>();
    for (const event of harness.events) {
      if (!('runId' in event)) continue;
      const life = lives.get(event.runId) ?? [];
      lives.set(event.runId, [...life, event.type]);
    }
    expect(lives.size).toBe(63);
    for (const [runId, life] of lives) {
      const isManual = runId.includes('#m-');
      const end = runId.startsWith('fails') ? 'run.failed' : 'run.succeeded';
      expect(life).toEqual([...(isManual ? ['run.queued'] : []), 'run.started', end]);
    }
  });
});

describe('an executor that breaks its contract', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  const answers: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('the pool is gone');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the pool is gone'))],
    ['answers nothing', () => undefined],
    ['answers null later', () => Promise.resolve(null)],
    ['answers something else', () => ({ state: 'done' })],
  ];

  it.each(answers)('and %s fails the run, and no other', async (_, submit) => {
    const broken: Executor = {
      kind: 'broken',
      open: async () => ({
        freeSlots: () => 10,
        submit: () => submit() as WorkResult,
        shutdown: async () => undefined,
      }),
    };
    harness = new Harness({ executors: { broken } });
    const calls = harness.task('tick');
    await harness.scheduler.start();
    const trigger = at('2030-01-01T00:00:01');
    await harness.service.addJob({ id: 'a', executor: 'broken', task: 'tick', trigger });
    await harness.service.addJob({ id: 'b', task: 'tick', trigger });
    await harness.service.addJob({ id: 'c', executor: 'broken', task: 'tick', trigger });
    await harness.clock.advance(1_000);
    expect(calls).toHaveLength(1);
    expect(
      harness
        .of('run.failed')
        .map(({ jobId }) => jobId)
        .sort(),
    ).toEqual(['a', 'c']);
    expect(harness.types('store.')).toEqual([]);
  });
});

describe('listeners and subscribers that throw', () => {
  it('harm neither the loop nor each other', async () => {
    const harness = new Harness();
    const calls = harness.task('tick');
    let seen = 0;
    harness.service.events$.subscribe(() => {
      throw new Error('a bad subscriber');
    });
    harness.scheduler.events.addListener(['run.succeeded'], () => Promise.reject(new Error('a bad listener')), 'test');
    harness.scheduler.events.addListener(
      ['run.started'],
      () => {
        throw new Error('a bad listener');
      },
      'test',
    );
    harness.service.events$.subscribe((event) => void (seen += event.type === 'run.succeeded' ? 1 : 0));
    const onUncaught = vi.fn<(error: unknown) => void>();
    process.on('uncaughtException', onUncaught);
    process.on('unhandledRejection', onUncaught);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: EVERY_SECOND });
    await harness.clock.advance(5_000);
    await harness.scheduler.shutdown(0);
    process.removeListener('uncaughtException', onUncaught);
    process.removeListener('unhandledRejection', onUncaught);
    expect(calls).toHaveLength(5);
    expect(seen).toBe(5);
    expect(onUncaught).not.toHaveBeenCalled();
  });
});

describe('a handler that changes what it is given', () => {
  const stores = {
    memory: () => new MemoryJobStore(),
    database: () => new TypeOrmJobStore({ type: 'better-sqlite3', database: ':memory:' }),
  };

  it.each(Object.entries(stores))('changes it for that run alone, with a %s', async (_, store) => {
    const harness = new Harness({ store: store() });
    const seen: unknown[] = [];
    harness.task('changes', (given) => {
      const { items } = given as { items: number[] };
      const metadata = currentRun().metadata as { count: number };
      seen.push([[...items], metadata.count]);
      items.push(1);
      metadata.count++;
      expect(currentRun().metadata).toEqual({ count: 2 });
    });
    await harness.scheduler.start();
    const job = { task: 'changes', args: [{ items: [] }], metadata: { count: 1 }, trigger: interval(100) };
    await harness.service.addJob({ id: 'changes', ...job });
    await harness.clock.advance(1_000);
    await harness.service.pauseJob('changes');
    await harness.service.modifyJob('changes', { coalesce: 'all', maxInstances: 9 });
    await harness.clock.advance(500);
    await harness.service.resumeJob('changes', { catchUp: true });
    await harness.service.runJob('changes');
    await harness.clock.advance(100);
    expect(seen).toEqual(Array.from({ length: 17 }, () => [[], 1]));
    expect(await harness.service.getJob('changes')).toMatchObject({ args: [{ items: [] }], metadata: { count: 1 } });
    await shutDown(harness);
  });
});

describe('P05 a trigger that throws', () => {
  it('is reported once, keeps its job from firing and harms no other; replaced, the job fires again', async () => {
    const store = new FakeStore({ pollIntervalMs: 1_000 });
    const harness = new Harness({ store });
    const calls = harness.task('tick');
    await harness.scheduler.start();
    const now = harness.clock.now();
    const trigger = StoredTrigger.of(EVERY_SECOND, { addedAt: now, timeZone: 'UTC' });
    const broken = Object.create(trigger, {
      bind: {
        value: () => {
          throw new Error('the calendar is torn');
        },
      },
    }) as StoredTrigger;
    const due = { task: 'tick', nextFireAt: now + 1_000, dueAt: now + 1_000 };
    await store.inner.putJobs(['torn'], () => aJob({ id: 'torn', ...due, trigger: broken, args: ['torn'] }, now));
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: EVERY_SECOND });
    await harness.clock.advance(60_500);
    expect(calls.filter(({ args }) => args.length === 0)).toHaveLength(60);
    expect(calls.filter(({ args }) => args[0] === 'torn')).toEqual([]);
    expect(harness.of('job.unresolvable')).toMatchObject([
      { jobId: 'torn', reason: 'unreadable', message: 'the calendar is torn' },
    ]);
    expect(harness.types('store.')).toEqual([]);

    await harness.service.rescheduleJob('torn', EVERY_SECOND);
    await harness.clock.advance(20_500);
    expect(calls.filter(({ args }) => args[0] === 'torn')).toHaveLength(20);
    expect(harness.of('job.recovered')).toMatchObject([{ jobId: 'torn' }]);
    expect((await runsOf(store.inner, 'torn')).every(({ state }) => state === 'succeeded' || state === 'skipped')).toBe(
      true,
    );
    await harness.scheduler.shutdown(0);
  });
});
