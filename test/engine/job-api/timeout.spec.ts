import { Logger } from '@nestjs/common';
import { NEVER, Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ExecutorSession, Work, WorkResult } from '../../../lib/executors/executor.js';
import { RunTimeoutError } from '../../../lib/executors/executor-errors.js';
import { InProcessExecutor } from '../../../lib/executors/in-process/in-process-executor.js';
import { currentRun } from '../../../lib/executors/run-context.js';
import { MemoryJobStore } from '../../../lib/stores/memory/memory-job-store.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { interval } from '../../../lib/triggers/interval.js';
import { deferred } from '../support/deferred.js';
import { settle } from '../../support/virtual-clock.js';
import { Gates, harnesses, records, refusal } from './harnesses.js';

const { create, running } = harnesses();

const SECOND = 1_000;
const every10 = interval({ seconds: 10 });
const hang = (): Promise<never> => new Promise(() => undefined);

/** What is told to people while `act` goes on. */
async function warningsOf(act: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const keep = (message: unknown): void => void warnings.push(String(message));
  const ignore = (): void => undefined;
  Logger.overrideLogger({ log: ignore, error: ignore, debug: ignore, verbose: ignore, warn: keep });
  try {
    await act();
  } finally {
    Logger.overrideLogger(false);
  }
  return warnings;
}

describe.each([
  ['memory', () => new MemoryJobStore()],
  ['SQLite', () => new TypeOrmJobStore({ type: 'better-sqlite3', database: ':memory:' })],
])('a run that takes longer than its timeout, in %s', (_, makeStore) => {
  it('P06 fails with RunTimeoutError, and the next fire runs although the handler never ends', async () => {
    const harness = create({ store: makeStore(), executors: { default: new InProcessExecutor({ concurrency: 1 }) } });
    const signals: AbortSignal[] = [];
    harness.task('hang', () => {
      signals.push(currentRun().signal);
      return hang();
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'hang', trigger: every10, timeout: { seconds: 4 } });

    await harness.clock.advance(14 * SECOND - 1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await harness.clock.advance(1);
    expect(signals[0]?.reason).toBeInstanceOf(RunTimeoutError);
    const [failed] = harness.of('run.failed');
    expect(failed?.error).toMatchObject({
      name: 'RunTimeoutError',
      message: 'Run "slow@2030-01-01T00:00:10.000Z" took longer than its timeout of 4000 ms.',
    });
    await harness.clock.advance(10 * SECOND);
    expect(signals).toHaveLength(2);
    expect(await records(harness, { jobId: 'slow' })).toEqual(['00:00:10 failed', '00:00:20 failed']);
    const { runs } = await harness.service.getRuns({ jobId: 'slow' });
    expect(runs.map(({ duration }) => duration)).toEqual([4 * SECOND, 4 * SECOND]);
  });

  it('is tried again, with the whole time for each attempt', async () => {
    const harness = create({ store: makeStore() });
    let attempts = 0;
    harness.task('work', () => (++attempts < 3 ? hang() : 'done'));
    await harness.scheduler.start();
    const retry = { maxAttempts: 3, delay: { seconds: 2 } };
    await harness.service.addJob({ id: 'slow', task: 'work', trigger: every10, timeout: { seconds: 3 }, retry });
    await harness.clock.advance(19 * SECOND);
    expect(harness.types('run.retrying', 'run.failed')).toEqual(['run.retrying', 'run.retrying']);
    await harness.clock.advance(SECOND);
    expect(harness.of('run.succeeded')[0]).toMatchObject({ attempt: 3, runId: 'slow@2030-01-01T00:00:10.000Z' });
  });

  it('keeps its outcome, whatever the handler does later, which is told', async () => {
    const gates = new Gates();
    const harness = create({ store: makeStore() });
    harness.task('work', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'work', trigger: every10, timeout: { seconds: 1 } });
    await harness.clock.advance(12 * SECOND);
    const warnings = await warningsOf(() => gates.open(0, 'late'));
    expect(warnings).toEqual([
      'Run "slow@2030-01-01T00:00:10.000Z" of job "slow": its handler has ended after its timeout. On record the run has failed already.',
    ]);
    expect(await records(harness, { jobId: 'slow' })).toEqual(['00:00:10 failed']);
    expect(harness.of('run.succeeded')).toEqual([]);
  });
});

describe('a timeout', () => {
  it('does nothing to a run that ends in time, and leaves no timer behind', async () => {
    const { harness, clock, service } = await running();
    const done = deferred<string>();
    harness.task('wait', () => done.promise);
    await service.addJob({ id: 'quick', task: 'wait', trigger: every10, timeout: { seconds: 5 } });
    await clock.advance(10 * SECOND);
    const timers = clock.pendingTimers;
    done.resolve('fine');
    await settle();
    expect(clock.pendingTimers).toBe(timers - 1);
    await clock.advance(9 * SECOND);
    expect(harness.of('run.succeeded')).toHaveLength(1);
    expect(harness.of('run.failed')).toEqual([]);
  });

  it('unsubscribes an Observable', async () => {
    const { harness, clock, service } = await running();
    let isSubscribed = false;
    const endless = new Observable<never>((subscriber) => {
      isSubscribed = true;
      const inner = NEVER.subscribe(subscriber);
      return () => {
        isSubscribed = false;
        inner.unsubscribe();
      };
    });
    harness.task('watch', () => endless);
    await service.addJob({ id: 'watch', task: 'watch', trigger: every10, timeout: { seconds: 5 } });
    await clock.advance(11 * SECOND);
    expect(isSubscribed).toBe(true);
    await clock.advance(4 * SECOND);
    expect(isSubscribed).toBe(false);
    expect(harness.of('run.failed')).toMatchObject([{ error: { name: 'RunTimeoutError' } }]);
  });

  it('is not told of a handler that fails by its signal', async () => {
    const { harness, clock, service } = await running();
    const mindful = (): Promise<never> =>
      new Promise((_, reject) => {
        const { signal } = currentRun();
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    harness.task('mindful', mindful);
    await service.addJob({ id: 'mindful', task: 'mindful', trigger: every10, timeout: { seconds: 5 } });
    expect(await warningsOf(() => clock.advance(16 * SECOND))).toEqual([]);
    expect(harness.of('run.failed')).toHaveLength(1);
  });

  it('does not hold up a shutdown', async () => {
    const { harness, clock, service } = await running();
    harness.task('hang', hang);
    await service.addJob({ id: 'slow', task: 'hang', trigger: every10, timeout: { seconds: 1 } });
    await clock.advance(12 * SECOND);
    let isOver = false;
    void harness.scheduler.shutdown(25 * SECOND).then(() => (isOver = true));
    await settle();
    expect(isOver).toBe(true);
  });

  it('ends the run of an executor that does not mind it, whose late answer is told', async () => {
    const late = deferred<WorkResult>();
    const seen: (number | null)[] = [];
    const session: ExecutorSession = {
      freeSlots: () => 1,
      submit: (work: Work) => {
        seen.push(work.timeout);
        return late.promise;
      },
      shutdown: () => Promise.resolve(),
    };
    const harness = create({ executors: { far: { kind: 'far', open: () => Promise.resolve(session) } } });
    harness.task('work');
    await harness.scheduler.start();
    const options = { executor: 'far', timeout: { seconds: 2 }, maxRuns: 1 };
    await harness.service.addJob({ id: 'far', task: 'work', trigger: every10, ...options });
    await harness.clock.advance(13 * SECOND);
    expect(seen).toEqual([2 * SECOND]);
    expect(harness.of('run.failed')).toMatchObject([{ error: { name: 'RunTimeoutError' } }]);
    const warnings = await warningsOf(async () => {
      late.resolve({ state: 'failed', error: new Error('no route') });
      await settle();
    });
    expect(warnings).toEqual([expect.stringContaining('its handler has failed (no route) after its timeout')]);
    expect(harness.of('run.failed')).toHaveLength(1);
  });

  it('is told once of a handler that an executor waits for, although its time is over', async () => {
    const gate = deferred<string>();
    const session: ExecutorSession = {
      freeSlots: () => 1,
      submit: async (work) => ({ state: 'succeeded', value: await work.call() }),
      shutdown: () => Promise.resolve(),
    };
    const harness = create({ executors: { patient: { kind: 'patient', open: () => Promise.resolve(session) } } });
    harness.task('work', () => gate.promise);
    await harness.scheduler.start();
    const options = { executor: 'patient', timeout: { seconds: 2 }, maxRuns: 1 };
    await harness.service.addJob({ id: 'patient', task: 'work', trigger: every10, ...options });
    await harness.clock.advance(13 * SECOND);
    const warnings = await warningsOf(async () => {
      gate.resolve('late');
      await settle();
    });
    expect(warnings).toEqual([expect.stringContaining('its handler has ended after its timeout')]);
  });

  it('is shown, changed, taken away and given by jobDefaults', async () => {
    const { service } = await running({ jobDefaults: { timeout: { minutes: 1 } } });
    const job = await service.addJob({ id: 'a', task: 'work', trigger: every10 });
    expect(job.options.timeout).toBe(60 * SECOND);
    expect((await service.modifyJob('a', { timeout: 'PT5S' })).options.timeout).toBe(5 * SECOND);
    expect((await service.modifyJob('a', { timeout: null })).options.timeout).toBeNull();
    await refusal(() => service.modifyJob('a', { timeout: 0 }), 'timeout must be from 1 ms to 24 days');
  });
});
