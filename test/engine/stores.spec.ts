import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { InvalidAliasError, InvalidOptionError, SchedulerStoppedError } from '../../lib/engine/engine-errors.js';
import { showValue } from '../../lib/errors/show-value.js';
import { currentRun } from '../../lib/executors/run-context.js';
import { InProcessExecutor } from '../../lib/executors/in-process/in-process-executor.js';
import { TypeOrmJobStore } from '../../lib/stores/typeorm/typeorm-job-store.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { recordingLogs } from '../events/recording-logger.js';
import { SqliteFolder } from '../stores/typeorm/sqlite-file.js';
import { Harness } from '../support/scheduler-harness.js';
import { settle } from '../support/virtual-clock.js';
import { declaredJob } from './job-api/harnesses.js';
import { deferred } from './support/deferred.js';
import { FakeStore, type Fault } from './support/fake-store.js';

const EVERY_SECOND = interval({ seconds: 1 });

function rejectWith(reason: Error): () => Promise<never> {
  return () => Promise.reject(reason);
}

describe('several stores', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  const faults: Exclude<Fault, null>[] = ['throws', 'hangs', 10_000];
  it.each(faults)('P05 one that fails (%s) does not delay the jobs of another', async (fault) => {
    const [good, bad] = [new FakeStore(), new FakeStore()];
    harness = new Harness({ stores: { default: good, bad } });
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'bad', store: 'bad', task: 'tick', args: ['bad'], trigger: EVERY_SECOND });
    await harness.service.addJob({ id: 'good', task: 'tick', args: ['good'], trigger: EVERY_SECOND });
    await harness.clock.advance(2_000);
    bad.faultOf = (method) => (method === 'joinNode' ? null : fault);
    calls.length = 0;
    await harness.clock.advance(60_000);
    const instants = calls.filter(({ args }) => args[0] === 'good').map(({ at: instant }) => instant.slice(14));
    expect(instants).toHaveLength(60);
    expect(instants.every((instant) => instant.endsWith('.000Z'))).toBe(true);
    bad.faultOf = () => null;
    await harness.clock.advance(45_000);
    expect(harness.types('store.recovered', 'run.lost', 'run.fenced')).toEqual(
      harness.types('store.unavailable').map(() => 'store.recovered'),
    );
    calls.length = 0;
    await harness.clock.advance(3_000);
    expect(calls.filter(({ args }) => args[0] === 'bad')).toHaveLength(3);
  });

  it('are refused when two of them are one database, at the start and later', async () => {
    const folder = new SqliteFolder();
    const open = (): TypeOrmJobStore => new TypeOrmJobStore({ type: 'better-sqlite3', database: folder.file() });
    const refusal = { code: 'INVALID_ALIAS', message: expect.stringMatching(/^The store "two" is the database of/) };
    harness = new Harness({ stores: { default: open(), two: open() } });
    await expect(harness.scheduler.start()).rejects.toMatchObject(refusal);
    await harness.scheduler.shutdown(0);

    harness = new Harness({ store: open() });
    await harness.scheduler.start();
    await expect(harness.service.addStore('two', open())).rejects.toMatchObject(refusal);
    await harness.service.removeStore('default');
    await harness.service.addStore('two', open());
    await harness.scheduler.shutdown(0);
    folder.remove();
  });

  it('added while the scheduler starts fires from then on', async () => {
    const [first, late] = [new FakeStore(), new FakeStore()];
    harness = new Harness({ store: first });
    const calls = harness.task('tick');
    first.faultOf = (method) => (method === 'joinNode' ? 5_000 : null);
    const started = harness.scheduler.start();
    await settle();
    const added = harness.service.addStore('late', late);
    await harness.clock.advance(5_000);
    await Promise.all([started, added]);
    await harness.service.addJob({ id: 'tick', store: 'late', task: 'tick', trigger: EVERY_SECOND });
    await harness.clock.advance(2_000);
    expect(calls).toHaveLength(2);
  });

  it('one that is added but can not be opened leaves no trace, and may be added again', async () => {
    harness = new Harness();
    const calls = harness.task('tick');
    await harness.scheduler.start();
    const store = new FakeStore();
    for (const fail of [
      () => (store.onOpen = () => Promise.reject(new Error('no route to host'))),
      () => {
        store.onOpen = async () => undefined;
        store.faultOf = (method) => (method === 'joinNode' ? 'throws' : null);
      },
      () => (store.faultOf = (method) => (method === 'putJobs' || method === 'summarize' ? 'throws' : null)),
    ]) {
      fail();
      await expect(harness.service.addStore('more', store)).rejects.toThrow(/no route|failed/);
      await expect(harness.service.getJobs({ store: 'more' })).rejects.toMatchObject({ code: 'UNKNOWN_STORE' });
      expect(store.closed).toBe(store.opened);
    }
    expect(harness.types('store.added')).toEqual([]);
    store.faultOf = () => null;
    await harness.service.addStore('more', store);
    await harness.service.addJob({ id: 'tick', store: 'more', task: 'tick', trigger: EVERY_SECOND });
    await harness.clock.advance(1_000);
    expect(calls).toHaveLength(1);
  });

  it.each([undefined, 'no route to host', { errno: -111 }])(
    'one whose open() throws %o, which is no error, is named, and may be added again',
    async (thrown) => {
      harness = new Harness();
      await harness.scheduler.start();
      const store = new FakeStore();
      store.onOpen = rejectWith(thrown as never);
      const adding = harness.service.addStore('more', store);
      await expect(adding).rejects.toBeInstanceOf(InvalidOptionError);
      await expect(adding).rejects.toThrow(
        `The store "more" could not be opened: its open() threw ${showValue(thrown)}.`,
      );
      store.onOpen = async () => undefined;
      await harness.service.addStore('more', store);
      expect(harness.types('store.added')).toEqual(['store.added']);
    },
  );

  it('one that is still being added when the scheduler shuts down is closed with the others, and fires nothing', async () => {
    const store = new FakeStore();
    harness = new Harness();
    const calls = harness.task('tick');
    await harness.service.addStore('more', store);
    await harness.service.addJob({ id: 'tick', store: 'more', task: 'tick', trigger: EVERY_SECOND });
    await harness.service.removeStore('more');
    await harness.scheduler.start();
    await harness.clock.advance(5_000);

    store.faultOf = (method) => (method === 'joinNode' ? 5_000 : null);
    const added = harness.service.addStore('more', store).catch((error: unknown) => error);
    await settle();
    const stopped = harness.scheduler.shutdown(20_000);
    await harness.clock.advance(30_000);
    await Promise.all([added, stopped]);
    expect(store.closed).toBe(store.opened);
    expect((await store.inner.nodes()).nodes).toEqual([]);
    expect(harness.clock.pendingTimers).toBe(0);
    expect(calls).toEqual([]);
  });

  it('one that becomes ready only while it is being left is not started any more', async () => {
    const store = new FakeStore();
    harness = new Harness();
    await harness.scheduler.start();
    store.faultOf = (method) => (method === 'summarize' ? 1_000 : method === 'leaveNode' ? 1_500 : null);
    const added = harness.service.addStore('more', store).catch((error: unknown) => error);
    await settle();
    const stopped = harness.scheduler.shutdown(0);
    await harness.clock.advance(10_000);
    await Promise.all([added, stopped]);
    expect(store.closed).toBe(store.opened);
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it('one that is locked by another process when it is left is given up, which is no failure of the store', async () => {
    const folder = new SqliteFolder();
    harness = new Harness({ store: new TypeOrmJobStore({ type: 'better-sqlite3', database: folder.file() }) });
    await harness.scheduler.start();
    const locker = new Database(folder.file());
    locker.exec('BEGIN EXCLUSIVE');
    const lines = await recordingLogs(['warn', 'error'], async (logger) => {
      const stopped = harness.scheduler.shutdown(0);
      await harness.clock.advance(3_000);
      await stopped;
      return logger.lines.map(({ message }) => message);
    });
    expect(lines).toEqual(['Gave up at shutdown: leaving the store "default" takes more than 1000 ms.']);
    expect(harness.types('store.')).toEqual([]);
    locker.close();
    folder.remove();
  });

  it('an executor that is not known is told of with those that are, or with none', async () => {
    harness = new Harness();
    const { service } = harness;
    await expect(service.removeExecutor('cpu')).rejects.toThrow('Known: default. Add it');
    await service.removeExecutor('default');
    await expect(service.removeExecutor('cpu')).rejects.toThrow('Known: none. Add it');
  });

  it('added or removed after a shutdown, one is used by the next start, or is not', async () => {
    const [first, second, broken] = [new FakeStore(), new FakeStore(), new FakeStore()];
    harness = new Harness({ store: first });
    const calls = harness.task('work');
    await harness.scheduler.start();
    await harness.service.removeStore('default');
    await harness.scheduler.shutdown();
    harness.scheduler.declare([declaredJob('tick', EVERY_SECOND)]);
    await expect(harness.scheduler.start()).rejects.toMatchObject({ code: 'UNKNOWN_STORE' });

    // As the error of that start says.
    await harness.service.addStore('default', second);
    expect(second.opened).toBe(0);
    await expect(harness.service.addStore('default', broken)).rejects.toMatchObject({ code: 'INVALID_ALIAS' });
    await expect(harness.service.getJobs()).rejects.toMatchObject({ code: 'SCHEDULER_STOPPED' });
    await harness.service.addStore('broken', broken);
    broken.onOpen = () => Promise.reject(new Error('no route to host'));
    await expect(harness.scheduler.start()).rejects.toThrow('no route to host');
    await harness.service.removeStore('broken');
    expect(harness.types('store.')).toEqual(['store.removed', 'store.added', 'store.added', 'store.removed']);

    await harness.scheduler.start();
    await harness.clock.advance(1_000);
    expect(calls).toHaveLength(1);
    expect([first, second, broken].map(({ opened }) => opened)).toEqual([1, 2, 0]);
    await harness.scheduler.shutdown();
    expect(second.closed).toBe(2);
  });

  it('removed, one drains its runs before it is closed, and its own handlers may use it until then (P07)', async () => {
    const store = new FakeStore();
    harness = new Harness({ stores: { more: store } });
    const [work, done] = [deferred(), deferred<unknown>()];
    harness.task('work', async () => {
      await work.promise;
      await harness.service.getJob('work', { store: 'more' }).then(done.resolve, done.resolve);
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', store: 'more', task: 'work', trigger: EVERY_SECOND });
    await harness.clock.advance(1_000);
    const removed = Promise.all([harness.service.removeStore('more'), harness.service.removeStore('more')]);
    await harness.clock.advance(5_000);
    expect(store.closed).toBe(0);
    work.resolve();
    await removed;
    expect(await done.promise).toMatchObject({ id: 'work' });
    expect(store.closed).toBe(1);
    expect(harness.types('run.')).toEqual(['run.started', 'run.succeeded']);
    expect(harness.types('store.')).toEqual(['store.removed']);
    await expect(harness.service.getJob('work', { store: 'more' })).rejects.toMatchObject({ code: 'UNKNOWN_STORE' });
  });

  it('being removed is cut short by a shutdown with less time', async () => {
    const store = new FakeStore();
    harness = new Harness({ stores: { more: store } });
    harness.task('work', () => new Promise(() => undefined));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', store: 'more', task: 'work', trigger: EVERY_SECOND });
    await harness.clock.advance(1_000);
    const removed = harness.service.removeStore('more', { timeout: { hours: 1 } });
    const stopped = harness.scheduler.shutdown(5_000);
    await harness.clock.advance(5_000);
    await Promise.all([removed, stopped]);
    expect(store.closed).toBe(1);
    expect(harness.types('run.lost')).toEqual(['run.lost']);
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it('drained but not yet closed still answer handlers of others, and are not opened again (P07)', async () => {
    const [quick, slow] = [new FakeStore(), new FakeStore()];
    harness = new Harness({ stores: { default: quick, slow } });
    const [work, seen] = [deferred(), deferred<unknown>()];
    harness.task('work', async () => {
      await work.promise;
      await harness.service.addJob({ id: 'new', task: 'work', trigger: at('2031-01-01T00:00:00') });
      await harness.service.getJob('new').then(seen.resolve, seen.resolve);
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', store: 'slow', task: 'work', trigger: EVERY_SECOND });
    await harness.clock.advance(1_000);
    const stopped = harness.scheduler.shutdown();
    await harness.clock.advance(2_000);
    work.resolve();
    await stopped;
    expect(await seen.promise).toMatchObject({ id: 'new' });
    expect([quick.opened, quick.closed]).toEqual([1, 1]);
    expect((await quick.inner.getJob('new'))?.state).toBe('active');
  });

  it('a handler that outlives the shutdown can not open one again', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    const [work, seen] = [deferred(), deferred<unknown>()];
    harness.task('work', async () => {
      await work.promise;
      await harness.service.getJobs().then(seen.resolve, seen.resolve);
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', task: 'work', trigger: EVERY_SECOND });
    await harness.clock.advance(1_000);
    await harness.scheduler.shutdown(0);
    work.resolve();
    expect(await seen.promise).toBeInstanceOf(SchedulerStoppedError);
    expect([store.opened, store.closed]).toEqual([1, 1]);
  });

  it('added by a handler, one fires outside of that handler’s run', async () => {
    const store = new FakeStore();
    harness = new Harness();
    const runs: string[] = [];
    harness.task('add', () => harness.service.addStore('more', store));
    harness.task('look', () => void runs.push(currentRun().jobId));
    let outcome: unknown;
    harness.scheduler.events.addListener(
      ['run.succeeded'],
      (event) => {
        if ('jobId' in event && event.jobId === 'look') outcome = harness.scheduler.untilIdle();
      },
      'test',
    );
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'add', task: 'add', trigger: at('2030-01-01T00:00:01') });
    await harness.clock.advance(1_000);
    await harness.service.addJob({ id: 'look', store: 'more', task: 'look', trigger: at('2030-01-01T00:00:02') });
    await harness.clock.advance(1_000);
    expect(runs).toEqual(['look']);
    // Inside a run, untilIdle() would refuse to wait for itself.
    await expect(outcome).resolves.toBeUndefined();
  });

  it.each([
    ['', InvalidAliasError],
    ['two words', InvalidAliasError],
    ['x'.repeat(65), InvalidAliasError],
    [undefined as unknown as string, InvalidAliasError],
    ['default', InvalidAliasError],
  ])('and executors are refused under the alias %j', async (alias, error) => {
    harness = new Harness();
    await expect(harness.service.addStore(alias, new FakeStore())).rejects.toBeInstanceOf(error);
    await expect(harness.service.addExecutor(alias, new InProcessExecutor())).rejects.toBeInstanceOf(error);
  });

  it.each([undefined, null, 'sqlite', {}])('and executors that are none are refused: %j', async (none) => {
    harness = new Harness();
    const nothing = none as never;
    await expect(harness.service.addStore('more', nothing)).rejects.toBeInstanceOf(InvalidOptionError);
    await expect(harness.service.addExecutor('more', nothing)).rejects.toBeInstanceOf(InvalidOptionError);
  });
});

describe('an executor', () => {
  it('that can not be opened leaves no trace, and may be added again', async () => {
    const harness = new Harness();
    await harness.scheduler.start();
    let isBroken = true;
    const inProcess = new InProcessExecutor();
    const executor = {
      kind: 'fake',
      open: (context: Parameters<InProcessExecutor['open']>[0]) =>
        isBroken ? Promise.reject(new Error('no threads left')) : inProcess.open(context),
    };
    await expect(harness.service.addExecutor('more', executor)).rejects.toThrow('no threads left');
    isBroken = false;
    await harness.service.addExecutor('more', executor);
    expect(harness.types('executor.')).toEqual(['executor.added']);
    await harness.scheduler.shutdown(0);
  });

  it('whose open() throws what is no error is named', async () => {
    const harness = new Harness();
    await harness.scheduler.start();
    const executor = { kind: 'fake', open: rejectWith('no threads left' as never) };
    const adding = harness.service.addExecutor('more', executor);
    await expect(adding).rejects.toBeInstanceOf(InvalidOptionError);
    await expect(adding).rejects.toThrow(
      `The executor "more" could not be opened: its open() threw 'no threads left'.`,
    );
    expect(harness.types('executor.')).toEqual([]);
    await harness.scheduler.shutdown(0);
  });

  it('removed by a handler that runs on it does not wait for that handler (P07)', async () => {
    const harness = new Harness({ executors: { more: new InProcessExecutor() } });
    const answered = deferred();
    harness.task('leave', async () => {
      await harness.service.removeExecutor('more');
      answered.resolve();
    });
    await harness.scheduler.start();
    const due = at('2030-01-01T00:00:01');
    await harness.service.addJob({ id: 'leave', executor: 'more', task: 'leave', trigger: due });
    await harness.clock.advance(1_000);
    await answered.promise;
    await settle();
    expect(harness.types('run.', 'executor.')).toEqual(['run.started', 'executor.removed', 'run.succeeded']);
    await harness.scheduler.shutdown(0);
  });
});
