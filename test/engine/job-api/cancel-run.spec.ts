import { describe, expect, it } from 'vitest';
import { currentRun } from '../../../lib/executors/run-context.js';
import { RunCancelledError } from '../../../lib/executors/executor-errors.js';
import { RunNotFoundError } from '../../../lib/jobs/job-errors.js';
import type { JobOptions } from '../../../lib/jobs/job-options.js';
import { interval } from '../../../lib/triggers/interval.js';
import { harnesses, records, refusal } from './harnesses.js';

const { create, running } = harnesses();
const MINUTE = 60_000;

/** A job every minute whose handler ends when its signal is aborted, and not before. */
async function patientJob(options: JobOptions = {}) {
  const harness = create();
  const reasons: unknown[] = [];
  harness.task('patient', () => {
    const { signal } = currentRun();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reasons.push(signal.reason);
        reject(signal.reason as Error);
      });
    });
  });
  await harness.scheduler.start();
  const { service, clock } = harness;
  await service.addJob({ id: 'a', task: 'patient', trigger: interval(MINUTE), ...options });
  return { harness, service, clock, reasons };
}

describe('cancelRun', () => {
  it('of a run that runs here aborts its signal, and the run is cancelled, not failed and not tried again', async () => {
    const { harness, service, clock, reasons } = await patientJob({ retry: { maxAttempts: 3 } });
    await clock.advance(MINUTE);
    const runId = 'a@2030-01-01T00:01:00.000Z';
    const run = await service.cancelRun(runId, { wait: true });
    expect(run).toMatchObject({ runId, state: 'cancelled', reason: 'cancelled', attempt: 1 });
    expect(run.error?.name).toBe('RunCancelledError');
    expect(reasons).toEqual([expect.any(RunCancelledError)]);
    expect(harness.of('run.cancelled')).toMatchObject([{ runId, reason: 'cancelled' }]);
    expect(harness.of('run.failed')).toEqual([]);
    await clock.advance(10_000);
    expect(harness.of('run.started')).toHaveLength(1);
  });

  it('of a run that ends well all the same keeps its result', async () => {
    const harness = create();
    let end = (_value: string): void => undefined;
    harness.task('stubborn', () => new Promise<string>((resolve) => (end = resolve)));
    await harness.scheduler.start();
    const { service, clock } = harness;
    await service.addJob({ id: 'a', task: 'stubborn', trigger: interval(MINUTE) });
    await clock.advance(MINUTE);
    const runId = 'a@2030-01-01T00:01:00.000Z';
    expect(await service.cancelRun(runId)).toMatchObject({ state: 'running' });
    end('done');
    await clock.advance(1);
    expect(await service.getRun(runId)).toMatchObject({ state: 'cancelled', result: 'done' });
  });

  it('of a run that waits for its next attempt ends it, and tells so once', async () => {
    const { harness, service, clock } = await (async () => {
      const made = create();
      made.task('broken', () => {
        throw new Error('no');
      });
      await made.scheduler.start();
      return { harness: made, service: made.service, clock: made.clock };
    })();
    await service.addJob({
      id: 'a',
      task: 'broken',
      trigger: interval(MINUTE),
      retry: { maxAttempts: 2, delay: 30_000 },
    });
    await clock.advance(MINUTE);
    const runId = 'a@2030-01-01T00:01:00.000Z';
    expect(await service.cancelRun(runId)).toMatchObject({ state: 'cancelled' });
    expect(await service.cancelRun(runId)).toMatchObject({ state: 'cancelled' });
    await clock.advance(31_000);
    expect(harness.of('run.cancelled')).toHaveLength(1);
    expect(harness.of('run.started')).toHaveLength(1);
  });

  it('P07 of the run that calls is refused to wait, and nothing is cancelled then', async () => {
    const harness = create();
    const states: string[] = [];
    harness.task('self', async () => {
      const { runId, signal } = currentRun();
      const waiting = () => harness.service.cancelRun(runId, { wait: true });
      const error = await refusal(waiting, `cancelRun('${runId}')`, 'Leave wait out');
      states.push(error.code, signal.aborted ? 'aborted' : 'not aborted');
      states.push((await harness.service.cancelRun(runId)).state);
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'a', task: 'self', trigger: interval(MINUTE) });
    await harness.clock.advance(MINUTE + 1);
    expect(states).toEqual(['WAITS_FOR_ITSELF', 'not aborted', 'running']);
    expect(await records(harness)).toEqual(['00:01:00 cancelled (cancelled)']);
  });

  it('is refused for a run that is not there', async () => {
    const { service } = await running();
    expect(await refusal(() => service.cancelRun('a@2030-01-01T00:00:00.000Z'))).toBeInstanceOf(RunNotFoundError);
  });
});

describe("overlap: 'cancelRunning'", () => {
  it('ends the run that is running, and starts the new one when it has ended', async () => {
    const { harness, clock, reasons } = await patientJob({ overlap: 'cancelRunning' });
    await clock.advance(3 * MINUTE + 1_000);
    expect(await records(harness)).toEqual([
      '00:01:00 cancelled (superseded)',
      '00:02:00 cancelled (superseded)',
      '00:03:00 running',
    ]);
    expect(reasons).toMatchObject([{ reason: 'superseded' }, { reason: 'superseded' }]);
  });

  it('holds for runJob and rerun, too', async () => {
    const { service, clock } = await patientJob({ overlap: 'cancelRunning' });
    const first = await service.runJob('a');
    await clock.advance(1);
    const second = await service.runJob('a');
    await clock.advance(1);
    expect((await service.getRun(first.runId))?.state).toBe('cancelled');
    const third = await service.rerun(first.runId);
    await clock.advance(1);
    expect((await service.getRun(second.runId))?.state).toBe('cancelled');
    expect((await service.getRun(third.runId))?.state).toBe('running');
  });
});
