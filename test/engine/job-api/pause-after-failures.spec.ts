import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { SchedulerModuleOptions } from '../../../lib/scheduler.options.js';
import type { JobOptions } from '../../../lib/jobs/job-options.js';
import { interval } from '../../../lib/triggers/interval.js';
import { recordingLogs } from '../../events/recording-logger.js';
import { FakeStore } from '../support/fake-store.js';
import { declaredJob, Gates, harnesses, runStates, shutDown, timesOf } from './harnesses.js';

const { create } = harnesses();

const every10 = interval({ seconds: 10 });

/** The job `sync`, due every ten seconds, which fails as long as `isBroken`. */
async function syncing(job: JobOptions, options: SchedulerModuleOptions = {}) {
  const harness = create(options);
  const state = { isBroken: true };
  const calls = harness.task('sync', () => {
    if (state.isBroken) throw new Error('no answer');
  });
  await harness.scheduler.start();
  await harness.service.addJob({ id: 'sync', task: 'sync', trigger: every10, ...job });
  return { harness, calls, state, clock: harness.clock, service: harness.service };
}

describe('a job with pauseAfterFailures', () => {
  it('pauses itself after so many failed runs in a row, tells why, and fires no more', async () => {
    const { harness, calls, clock, service } = await syncing({ pauseAfterFailures: 3 });
    await clock.advance(120_000);
    expect(timesOf(calls)).toEqual(['00:00:10', '00:00:20', '00:00:30']);
    expect(harness.types('run.failed', 'job.')).toEqual([
      'job.added',
      'run.failed',
      'run.failed',
      'run.failed',
      'job.paused',
    ]);
    expect(harness.of('job.paused')).toMatchObject([{ jobId: 'sync', reason: 'failures', failures: 3 }]);
    const job = await service.getJob('sync');
    expect(job).toMatchObject({ state: 'paused', pauseReason: 'failures', failures: 3 });
    expect(job?.options.pauseAfterFailures).toBe(3);
  });

  it('is told from one that somebody has paused', async () => {
    const { harness, service } = await syncing({ pauseAfterFailures: 3 });
    expect(await service.getJob('sync')).toMatchObject({ state: 'active', pauseReason: null, failures: 0 });
    await service.pauseJob('sync');
    expect(await service.getJob('sync')).toMatchObject({ state: 'paused', pauseReason: 'manual' });
    expect(harness.of('job.paused')).toMatchObject([{ reason: 'manual', failures: 0 }]);
  });

  it('goes on when it is resumed, with reason and count gone', async () => {
    const { calls, clock, service, state } = await syncing({ pauseAfterFailures: 2 });
    await clock.advance(65_000);
    const resumed = await service.resumeJob('sync');
    expect(resumed).toMatchObject({ state: 'active', pauseReason: null, failures: 0 });
    await clock.advance(5_000);
    expect(await service.getJob('sync')).toMatchObject({ state: 'active', failures: 1 });
    state.isBroken = false;
    await clock.advance(10_000);
    expect(await service.getJob('sync')).toMatchObject({ state: 'active', failures: 0 });
    expect(timesOf(calls)).toEqual(['00:00:10', '00:00:20', '00:01:10', '00:01:20']);
  });

  it('may be tried by hand before', async () => {
    const { clock, service, state } = await syncing({ pauseAfterFailures: 1 });
    await clock.advance(15_000);
    state.isBroken = false;
    const run = await service.runJob('sync', { force: true });
    await clock.advance(1);
    expect(await service.getRun(run.runId)).toMatchObject({ state: 'succeeded' });
    expect(await service.getJob('sync')).toMatchObject({ state: 'paused', pauseReason: 'failures', failures: 0 });
  });

  it('counts a run after its last attempt, and lets no other run begin that waits', async () => {
    const gates = new Gates();
    const harness = create();
    harness.task('sync', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({
      id: 'sync',
      task: 'sync',
      trigger: every10,
      overlap: 'queue',
      retry: { maxAttempts: 2, delay: 0 },
      pauseAfterFailures: 1,
    });
    await harness.clock.advance(35_000);
    const fail = async (call: number) => {
      await gates.open(call, Promise.reject(new Error(`no ${call}`)));
      await harness.clock.advance(2_000);
    };
    await fail(0);
    expect(harness.of('job.paused')).toEqual([]);
    await fail(1);
    expect(harness.of('job.paused')).toMatchObject([{ reason: 'failures', failures: 1 }]);
    await harness.clock.advance(60_000);
    expect(gates.calls).toBe(2);
    expect(await runStates(harness, 'sync')).toEqual(['failed', 'queued', 'queued']);
    await harness.service.resumeJob('sync');
    await harness.clock.advance(1);
    expect(gates.calls).toBe(3);
  });

  it('takes it from jobDefaults, and may say null', async () => {
    const { harness, clock, service } = await syncing({}, { jobDefaults: { pauseAfterFailures: 1 } });
    await service.addJob({ id: 'stubborn', task: 'sync', trigger: every10, pauseAfterFailures: null });
    await clock.advance(35_000);
    expect(harness.of('job.paused').map(({ jobId }) => jobId)).toEqual(['sync']);
    expect(await service.getJob('stubborn')).toMatchObject({ state: 'active', failures: 3 });
  });

  it('can be given it later, and it can be taken away', async () => {
    const { harness, clock, service } = await syncing({});
    await clock.advance(25_000);
    await service.modifyJob('sync', { pauseAfterFailures: 2 });
    expect(await service.getJob('sync')).toMatchObject({ state: 'active', failures: 2 });
    await clock.advance(10_000);
    expect(harness.of('job.paused')).toMatchObject([{ failures: 3 }]);
    await service.resumeJob('sync');
    const modified = await service.modifyJob('sync', { pauseAfterFailures: null });
    expect(modified.options.pauseAfterFailures).toBeNull();
    await clock.advance(60_000);
    expect(harness.of('job.paused')).toHaveLength(1);
  });

  it('is shown as such by printJobs', async () => {
    const { clock, service } = await syncing({ pauseAfterFailures: 1 });
    await service.addJob({ id: 'still', task: 'sync', trigger: every10 });
    await service.pauseJob('still');
    await clock.advance(15_000);
    let printed = '';
    const write = (chunk: Buffer, _encoding: unknown, done: () => void): void => {
      printed += chunk.toString();
      done();
    };
    await service.printJobs(new Writable({ write }));
    expect(printed).toMatch(/^still +default +paused {2}/m);
    expect(printed).toMatch(/^sync +default +paused \(failures\) {2}/m);
  });

  it('warns in the log, naming what helps; a pause by a call is none', async () => {
    const { clock, service } = await syncing({ pauseAfterFailures: 2 });
    await service.addJob({ id: 'still', task: 'sync', trigger: every10 });
    const warnings = await recordingLogs(['warn'], async ({ lines }) => {
      await service.pauseJob('still');
      await clock.advance(60_000);
      return lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    });
    expect(warnings).toEqual([
      'Job "sync" in store "default" has paused itself: its last 2 runs have failed. resumeJob() lets it go on',
    ]);
  });
});

describe('a declared job that has paused itself', () => {
  it('stays paused over a restart, also with another definition', async () => {
    const store = new FakeStore();
    const start = async (options: JobOptions) => {
      const harness = create({ store });
      harness.task('work', () => {
        throw new Error('no answer');
      });
      harness.scheduler.declare([declaredJob('a', every10, options)]);
      await harness.scheduler.start();
      return harness;
    };
    const first = await start({ pauseAfterFailures: 1 });
    await first.clock.advance(30_000);
    expect(first.of('run.failed')).toHaveLength(1);
    await shutDown(first);

    const second = await start({ pauseAfterFailures: 1, name: 'another' });
    await second.clock.advance(60_000);
    expect(second.of('run.failed')).toEqual([]);
    expect(await second.service.getJob('a')).toMatchObject({ state: 'paused', pauseReason: 'failures' });
  });
});

describe('a run that is lost', () => {
  it('counts: a job whose handler no shutdown can end pauses itself', async () => {
    const store = new FakeStore();
    const harness = create({ store });
    harness.task('hang', () => new Promise(() => undefined));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'hang', task: 'hang', trigger: every10, pauseAfterFailures: 1 });
    await harness.clock.advance(10_000);
    await shutDown(harness);
    expect(harness.types('run.lost', 'job.paused')).toEqual(['run.lost', 'job.paused']);
    await harness.scheduler.start();
    expect(await harness.service.getJob('hang')).toMatchObject({ pauseReason: 'failures', failures: 1 });
  });
});
