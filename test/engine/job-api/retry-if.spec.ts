import { describe, expect, it } from 'vitest';
import { currentRun } from '../../../lib/executors/run-context.js';
import { RunTimeoutError } from '../../../lib/executors/executor-errors.js';
import type { FailedAttempt, RetryIf } from '../../../lib/jobs/retry-if.js';
import { at } from '../../../lib/triggers/at.js';
import { recordingLogs } from '../../events/recording-logger.js';
import type { Harness } from '../../support/scheduler-harness.js';
import { FakeStore } from '../support/fake-store.js';
import { declaredJob, harnesses, runStates, shutDown } from './harnesses.js';

const { create } = harnesses();

const once = at('2030-01-01T00:00:10Z');
const retry = { maxAttempts: 4, delay: 5_000 };

class Refused extends Error {}

/** The task `pay`, which fails as `failures` say and then succeeds; answers how often it was called. */
function payments(harness: Harness, failures: readonly Error[], retryIf?: RetryIf): { attempts: number[] } {
  const attempts: number[] = [];
  const pay = () => {
    attempts.push(currentRun().attempt);
    const failure = failures[attempts.length - 1];
    if (failure) throw failure;
  };
  harness.service.registerTask('pay', pay, { retryIf });
  return { attempts };
}

async function warningsOf(act: () => Promise<unknown>): Promise<string[]> {
  return recordingLogs(['warn'], async ({ lines }) => {
    await act();
    return lines.map(({ message }) => message);
  });
}

describe('retryIf of a task', () => {
  it('ends a run whose failure it does not want tried again, although attempts are left', async () => {
    const harness = create();
    const { attempts } = payments(
      harness,
      [new Error('network'), new Refused('no funds')],
      (error) => !(error instanceof Refused),
    );
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'pay', task: 'pay', trigger: once, retry });
    await harness.clock.advance(60_000);
    expect(attempts).toEqual([1, 2]);
    expect(harness.types('run.')).toEqual(['run.started', 'run.retrying', 'run.started', 'run.failed']);
    expect(harness.of('run.failed')).toMatchObject([{ attempt: 2, error: { message: 'no funds' } }]);
    expect(harness.types('job.finished')).toHaveLength(1);
  });

  it('is told of the attempt that has failed, and not asked about the last one', async () => {
    const harness = create();
    const asked: [string, FailedAttempt][] = [];
    payments(harness, [new Error('one'), new Error('two'), new Error('three')], (error, attempt) => {
      asked.push([(error as Error).message, attempt]);
      return true;
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'p', task: 'pay', trigger: once, retry: { maxAttempts: 3, delay: 5_000 } });
    await harness.clock.advance(60_000);
    const of = { runId: 'p@2030-01-01T00:00:10.000Z', jobId: 'p', task: 'pay', maxAttempts: 3 };
    const scheduledTime = new Date('2030-01-01T00:00:10Z');
    expect(asked).toEqual([
      ['one', { ...of, scheduledTime, attempt: 1 }],
      ['two', { ...of, scheduledTime, attempt: 2 }],
    ]);
    expect(await runStates(harness, 'p')).toEqual(['failed']);
  });

  it('makes no retry where the job has none', async () => {
    const harness = create();
    const { attempts } = payments(harness, [new Error('network')], () => true);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'p', task: 'pay', trigger: once });
    await harness.clock.advance(60_000);
    expect(attempts).toEqual([1]);
    expect(await runStates(harness, 'p')).toEqual(['failed']);
  });

  it('that throws is told of, and the run is tried again', async () => {
    const harness = create();
    const { attempts } = payments(harness, [new Error('network')], (error) => {
      return (error as { response: { status: number } }).response.status >= 500;
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'p', task: 'pay', trigger: once, retry });
    const warnings = await warningsOf(() => harness.clock.advance(60_000));
    expect(attempts).toEqual([1, 2]);
    expect(await runStates(harness, 'p')).toEqual(['succeeded']);
    expect(warnings[0]).toMatch(/^The retryIf of job "p" does not work, so its run "p@.*" is tried again: .*status/);
  });

  it('decides about a timeout, too', async () => {
    const harness = create();
    const seen: unknown[] = [];
    const retryIf = (error: unknown) => seen.push(error) === 0;
    harness.service.registerTask('hang', () => new Promise(() => undefined), { retryIf });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'h', task: 'hang', trigger: once, timeout: 1_000, retry });
    await harness.clock.advance(60_000);
    expect(seen).toEqual([expect.any(RunTimeoutError)]);
    expect(harness.of('run.failed')).toMatchObject([{ attempt: 1, error: { name: 'RunTimeoutError' } }]);
  });
});

describe('retryIf of a declared job', () => {
  it('goes before that of its task, which decides about the other jobs of the task', async () => {
    const harness = create();
    const failures = Array.from({ length: 20 }, () => new Error('network'));
    payments(harness, failures, () => false);
    const declared = { ...declaredJob('declared', once, { retry }), task: 'pay', retryIf: () => true };
    harness.scheduler.declare([declared, { ...declaredJob('plain', once, { retry }), task: 'pay' }]);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'added', task: 'pay', trigger: once, retry });
    await harness.clock.advance(60_000);
    const ends = harness.of('run.failed').map(({ jobId, attempt }) => `${jobId} ${attempt}`);
    expect(ends.toSorted()).toEqual(['added 1', 'declared 4', 'plain 1']);
  });

  it('is no part of its definition: another function is no change', async () => {
    const store = new FakeStore();
    const start = async (retryIf?: RetryIf) => {
      const harness = create({ store });
      harness.task('work');
      harness.scheduler.declare([{ ...declaredJob('a', once, { retry }), retryIf }]);
      await harness.scheduler.start();
      await shutDown(harness);
      return harness.types('job.');
    };
    expect(await start()).toEqual(['job.added']);
    expect(await start(() => true)).toEqual([]);
    expect(await start(() => false)).toEqual([]);
  });
});

describe('nobody is asked', () => {
  it('whether a run is tried again that a shutdown has stopped, whatever its handler then throws', async () => {
    const store = new FakeStore();
    const harness = create({ store });
    let asked = 0;
    let isStopping = true;
    const handler = () => {
      const { signal } = currentRun();
      if (!isStopping) return 'done';
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Refused('stopped'))));
    };
    harness.service.registerTask('pay', handler, { retryIf: () => ++asked < 0 });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'p', task: 'pay', trigger: once, retry });
    await harness.clock.advance(10_000);
    await shutDown(harness);
    expect(harness.of('run.retrying')).toMatchObject([{ attempt: 1, error: { message: 'stopped' } }]);
    isStopping = false;
    await harness.scheduler.start();
    await harness.clock.advance(10_000);
    expect(harness.of('run.succeeded')).toMatchObject([{ attempt: 2 }]);
    expect(asked).toBe(0);
  });
});
