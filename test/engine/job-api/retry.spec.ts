import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { currentRun } from '../../../lib/executors/run-context.js';
import type { JobOptions } from '../../../lib/jobs/job-options.js';
import type { SchedulerModuleOptions } from '../../../lib/scheduler.options.js';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';
import type { TriggerDefinition } from '../../../lib/triggers/trigger.js';
import { FakeStore } from '../support/fake-store.js';
import { Gates, harnesses, records, runStates, shutDown, timesOf } from './harnesses.js';

const { create, running } = harnesses();

const once = at('2030-01-01T00:00:10Z');
const RUN_ID = 'flaky@2030-01-01T00:00:10.000Z';

type FlakyJob = JobOptions & { readonly trigger?: TriggerDefinition };

/** A job whose first `failures` attempts fail. */
async function flaky(failures: number, job: FlakyJob, options: SchedulerModuleOptions = {}) {
  const harness = create(options);
  const seen: [runId: string, attempt: number][] = [];
  const calls = harness.task('flaky', () => {
    const { runId, attempt } = currentRun();
    seen.push([runId, attempt]);
    if (seen.length <= failures) throw new Error(`no ${seen.length}`);
    return 'done';
  });
  await harness.scheduler.start();
  await harness.service.addJob({ id: 'flaky', task: 'flaky', trigger: once, ...job });
  return { harness, calls, seen, clock: harness.clock, service: harness.service };
}

describe('a run whose handler fails', () => {
  it('is tried again after the pause, as the same run, and ends well', async () => {
    const { harness, calls, seen, clock, service } = await flaky(2, { retry: { maxAttempts: 3, delay: 5_000 } });
    await clock.advance(10_000);
    expect(await service.getRun(RUN_ID)).toMatchObject({ state: 'queued', attempt: 2, startedAt: null });
    await clock.advance(60_000);
    expect(timesOf(calls)).toEqual(['00:00:10', '00:00:15', '00:00:20']);
    expect(seen).toEqual([1, 2, 3].map((attempt) => [RUN_ID, attempt]));
    expect(await service.getRun(RUN_ID)).toMatchObject({ state: 'succeeded', attempt: 3, result: 'done', lateness: 0 });
    expect(harness.types('run.', 'job.')).toEqual([
      'job.added',
      'run.started',
      'run.retrying',
      'run.started',
      'run.retrying',
      'run.started',
      'run.succeeded',
      'job.finished',
    ]);
  });

  it('has its failed attempts on record, each with where, when and why', async () => {
    const { harness, clock, service } = await flaky(2, { retry: { maxAttempts: 3, delay: 5_000 } });
    await clock.advance(60_000);
    const node = harness.of('scheduler.started')[0]?.node;
    const run = await service.getRun(RUN_ID);
    expect(run?.attempts).toMatchObject([
      { attempt: 1, node, startedAt: new Date('2030-01-01T00:00:10Z'), error: { name: 'Error', message: 'no 1' } },
      { attempt: 2, node, startedAt: new Date('2030-01-01T00:00:15Z'), error: { message: 'no 2' } },
    ]);
    expect(run?.attempts[0]?.finishedAt).toEqual(run?.attempts[0]?.startedAt);
    expect(run).toMatchObject({ attempt: 3, state: 'succeeded', error: null });
    expect((await service.getRuns({ jobId: 'flaky' })).runs[0]?.attempts).toEqual(run?.attempts);
  });

  it('has none on record when its first attempt ends it', async () => {
    const { clock, service } = await flaky(0, { retry: { maxAttempts: 3 } });
    await clock.advance(60_000);
    expect((await service.getRun(RUN_ID))?.attempts).toEqual([]);
  });

  it('tells of each failed attempt: which it was, its error, and when the next one comes', async () => {
    const { harness, clock } = await flaky(9, {
      retry: { maxAttempts: 4, backoff: 'exponential', delay: { seconds: 1 } },
    });
    await clock.advance(60_000);
    expect(harness.of('run.retrying')).toMatchObject([
      { runId: RUN_ID, attempt: 1, error: { message: 'no 1' }, nextAttemptAt: new Date('2030-01-01T00:00:11Z') },
      { runId: RUN_ID, attempt: 2, error: { message: 'no 2' }, nextAttemptAt: new Date('2030-01-01T00:00:13Z') },
      { runId: RUN_ID, attempt: 3, error: { message: 'no 3' }, nextAttemptAt: new Date('2030-01-01T00:00:17Z') },
    ]);
    expect(harness.of('run.started').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(harness.of('run.failed')).toMatchObject([{ runId: RUN_ID, attempt: 4, error: { message: 'no 4' } }]);
  });

  it('waits a second when nothing is said of the pause, and not at all with 0', async () => {
    const patient = await flaky(1, { retry: { maxAttempts: 2 } });
    await patient.clock.advance(20_000);
    expect(timesOf(patient.calls)).toEqual(['00:00:10', '00:00:11']);
    const eager = await flaky(1, { retry: { maxAttempts: 2, delay: 0 } });
    await eager.clock.advance(10_000);
    expect(timesOf(eager.calls)).toEqual(['00:00:10', '00:00:10']);
  });

  it('fails once and for all without the option, and with a single attempt', async () => {
    for (const retry of [undefined, null, { maxAttempts: 1 }]) {
      const { harness, calls, clock } = await flaky(9, { retry });
      await clock.advance(60_000);
      expect(calls).toHaveLength(1);
      expect(harness.types('run.')).toEqual(['run.started', 'run.failed']);
    }
  });

  it('is tried as jobDefaults say, unless the job says otherwise', async () => {
    const options = { jobDefaults: { retry: { maxAttempts: 3, delay: 0 } } };
    const silent = await flaky(9, {}, options);
    await silent.clock.advance(10_000);
    expect(silent.calls).toHaveLength(3);
    const none = await flaky(9, { retry: null }, options);
    await none.clock.advance(10_000);
    expect(none.calls).toHaveLength(1);
  });

  it('made by hand is tried again, too', async () => {
    const { calls, clock, service } = await flaky(1, { retry: { maxAttempts: 2, delay: 1_000 } });
    const { runId } = await service.runJob('flaky');
    await clock.advance(5_000);
    expect(timesOf(calls)).toEqual(['00:00:00', '00:00:01']);
    expect(await service.getRun(runId)).toMatchObject({ state: 'succeeded', attempt: 2 });
  });

  it('counts neither more runs nor more failures', async () => {
    const { clock, service } = await flaky(2, {
      trigger: interval(60_000),
      retry: { maxAttempts: 3, delay: 0 },
      maxRuns: 2,
    });
    await clock.advance(60_000);
    expect(await service.getJob('flaky')).toMatchObject({ runCount: 1, state: 'active' });
    await clock.advance(60_000);
    expect(await service.getJob('flaky')).toBeNull();
  });

  it('holds no instance while it waits: the schedule goes on', async () => {
    const { harness, seen, clock } = await flaky(1, {
      trigger: interval(10_000),
      retry: { maxAttempts: 2, delay: 15_000 },
    });
    await clock.advance(30_000);
    expect(seen.map(([runId, attempt]) => `${runId.slice(17, 25)} ${attempt}`)).toEqual([
      '00:00:10 1',
      '00:00:20 1',
      '00:00:10 2',
      '00:00:30 1',
    ]);
    expect(await records(harness)).toEqual(['00:00:10 succeeded', '00:00:20 succeeded', '00:00:30 succeeded']);
  });

  it('waits for the run that is under way when its time comes, and starts as soon as that ends', async () => {
    const harness = create();
    const gates = new Gates();
    let isFirst = true;
    harness.task('slow', () => {
      if (!isFirst) return gates.handler();
      isFirst = false;
      throw new Error('no');
    });
    await harness.scheduler.start();
    const retry = { maxAttempts: 2, delay: 12_000 };
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: interval(10_000), maxRuns: 2, retry });
    await harness.clock.advance(25_000);
    expect(await records(harness)).toEqual(['00:00:10 queued', '00:00:20 running']);
    await gates.open(0);
    await harness.clock.advance(0);
    expect(await records(harness)).toEqual(['00:00:10 running', '00:00:20 succeeded']);
    await gates.openAll();
  });

  it('is waited for by untilIdle', async () => {
    const { clock, service } = await flaky(1, { retry: { maxAttempts: 2, delay: 5_000 } });
    let isIdle = false;
    const idle = service.untilIdle().then(() => (isIdle = true));
    await clock.advance(14_999);
    expect(isIdle).toBe(false);
    await clock.advance(1);
    await idle;
  });
});

describe('a job with a retry that waits', () => {
  const retry = { maxAttempts: 2, delay: 5_000 };

  it('keeps its attempts when it is modified; its next run has the new ones', async () => {
    const { seen, clock, service } = await flaky(9, { trigger: interval(10_000), retry });
    await clock.advance(10_000);
    await service.modifyJob('flaky', { retry: null });
    expect(await service.getJob('flaky')).toMatchObject({ options: { retry: null } });
    await clock.advance(15_000);
    expect(seen.map(([, attempt]) => attempt)).toEqual([1, 2, 1]);
    expect(await service.modifyJob('flaky', { retry: { maxAttempts: 3, delay: 0 } })).toMatchObject({
      options: { retry: { maxAttempts: 3, backoff: 'fixed', delay: 0 } },
    });
    await clock.advance(5_000);
    expect(seen.map(([, attempt]) => attempt)).toEqual([1, 2, 1, 1, 2, 3]);
  });

  it.each([
    ['removeJob', { id: 'flaky' }],
    ['removeJobs', { task: 'flaky' }],
  ] as const)('gives it up when it is removed: %s', async (verb, selection) => {
    const { harness, calls, clock, service } = await flaky(9, { retry });
    await clock.advance(10_000);
    if (verb === 'removeJob') await service.removeJob(selection.id);
    else expect(await service.removeJobs(selection)).toBe(1);
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
    expect(harness.types('run.')).toEqual(['run.started', 'run.retrying', 'run.cancelled']);
    expect(await runStates(harness, 'flaky')).toEqual(['cancelled']);
  });

  it('gets none when it is removed while its run is running', async () => {
    const harness = create();
    const gates = new Gates();
    const calls = harness.task('slow', async () => {
      await gates.handler();
      throw new Error('no');
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: once, retry });
    await harness.clock.advance(10_000);
    await harness.service.removeJob('slow');
    await gates.open(0);
    await harness.clock.advance(60_000);
    expect(calls).toHaveLength(1);
    expect(harness.types('run.')).toEqual(['run.started', 'run.failed']);
  });

  it('keeps it while it is paused, and goes on with it when it is resumed', async () => {
    const { calls, clock, service } = await flaky(1, {
      trigger: interval(3_600_000, { startAt: '2030-01-01T00:00:10Z' }),
      retry,
    });
    await clock.advance(10_000);
    await service.pauseJob('flaky');
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
    await service.resumeJob('flaky');
    await clock.advance(0);
    expect(timesOf(calls)).toEqual(['00:00:10', '00:01:10']);
  });

  it.each(['pauseJob', 'pauseJobs'] as const)('can be paused when it has no fire left, too: %s', async (verb) => {
    const { harness, calls, clock, service } = await flaky(1, { retry });
    await clock.advance(10_000);
    if (verb === 'pauseJob') await service.pauseJob('flaky');
    else expect(await service.pauseJobs({ task: 'flaky' })).toBe(1);
    expect(await service.getJob('flaky')).toMatchObject({ state: 'paused', nextFire: null });
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
    await service.resumeJob('flaky');
    await clock.advance(0);
    expect(calls).toHaveLength(2);
    expect(await service.getJob('flaky')).toBeNull();
    expect(harness.types('job.')).toEqual(['job.added', 'job.paused', 'job.resumed', 'job.finished']);
  });

  it('that is paused in its last attempt and without a fire left ends when it is resumed', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: once });
    await harness.clock.advance(10_000);
    await harness.service.pauseJob('slow');
    await gates.open(0);
    expect(await harness.service.getJob('slow')).toMatchObject({ state: 'paused' });
    await harness.service.resumeJob('slow');
    expect(await harness.service.getJob('slow')).toBeNull();
    expect(harness.types('job.')).toEqual(['job.added', 'job.paused', 'job.resumed', 'job.finished']);
  });

  it('counts as ended for whoever waits for its running runs', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', async () => {
      await gates.handler();
      throw new Error('no');
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: once, retry });
    await harness.clock.advance(10_000);
    const paused = harness.service.pauseJob('slow', { wait: true });
    await harness.clock.advance(0);
    await gates.open(0);
    await harness.clock.advance(0);
    expect(await paused).toEqual({ running: ['slow@2030-01-01T00:00:10.000Z'] });
  });
});

describe('a retry on a shared store', () => {
  const retry = { maxAttempts: 3, delay: 5_000 };

  it('is made by whichever node looks first; the one that failed need not be there', async () => {
    const store = new FakeStore();
    const { harness, calls, clock } = await flaky(1, { retry }, { store });
    await clock.advance(10_000);
    expect(calls).toHaveLength(1);
    const other = create({ store }, clock);
    const elsewhere = other.task('flaky', () => currentRun().attempt);
    await other.scheduler.start();
    await shutDown(harness);
    await clock.advance(5_000);
    expect(calls).toHaveLength(1);
    expect(elsewhere).toHaveLength(1);
    expect(await other.service.getRun(RUN_ID)).toMatchObject({ state: 'succeeded', attempt: 2, result: 2 });
  });

  it('follows a handler that a shutdown has stopped, at the next start', async () => {
    const store = new FakeStore();
    const harness = create({ store });
    const attempts: number[] = [];
    harness.task('slow', () => {
      attempts.push(currentRun().attempt);
      return attempts.length > 1 ? undefined : new Promise(() => undefined);
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: once, retry });
    await harness.clock.advance(10_000);
    await shutDown(harness);
    expect(harness.of('run.retrying')).toMatchObject([{ attempt: 1, error: { name: 'RunLostError' } }]);
    expect(harness.of('run.retrying')[0]?.error.message).toContain('shutdown');
    await harness.scheduler.start();
    await harness.clock.advance(10_000);
    expect(attempts).toEqual([1, 2]);
    expect(await runStates(harness, 'slow')).toEqual(['succeeded']);
    const { runs } = await harness.service.getRuns({ jobId: 'slow' });
    expect(runs[0]?.attempts).toMatchObject([{ attempt: 1, error: { name: 'RunLostError' } }]);
    expect(runs[0]?.attempts[0]?.error.message).toContain('shutdown');
  });

  it('G3 W03 is told once, as what it is, when the reply to the outcome was lost', async () => {
    const store = new FakeStore();
    const { harness, calls, clock } = await flaky(1, { retry }, { store });
    store.faultOf = (method, n) => (method === 'complete' && n === 1 ? 'reply lost' : null);
    await clock.advance(30_000);
    expect(calls).toHaveLength(2);
    expect(harness.types('run.')).toEqual(['run.started', 'run.retrying', 'run.started', 'run.succeeded']);
    expect(harness.of('run.retrying')).toMatchObject([
      { attempt: 1, nextAttemptAt: new Date('2030-01-01T00:00:15Z'), error: { message: 'no 1' } },
    ]);
  });
});

describe('the log', () => {
  it('warns of a failed attempt, and calls the end an error', async () => {
    const lines: string[] = [];
    const { harness, clock } = await flaky(9, { retry: { maxAttempts: 2, delay: 5_000 } });
    Logger.overrideLogger({
      log: () => undefined,
      warn: (line: string) => lines.push(`warn ${line}`),
      error: (line: string) => lines.push(`error ${line}`),
    });
    await clock.advance(60_000);
    await shutDown(harness);
    expect(lines).toEqual([
      `warn Job "flaky" failed in attempt 1 and is tried again at 2030-01-01T00:00:15.000Z ` +
        `(run ${RUN_ID}, task flaky): Error: no 1`,
      expect.stringMatching(/^error Job "flaky" failed after 0 ms .*attempt 2\): Error: no 2$/),
    ]);
  });
});

describe('the retries of a job', () => {
  it('are shown with it, their defaults filled in', async () => {
    const { service } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: once, retry: { maxAttempts: 4 } });
    await service.addJob({ id: 'b', task: 'work', trigger: once });
    const jobs = await service.getJobs();
    expect(jobs.map(({ options }) => options.retry)).toEqual([
      { maxAttempts: 4, backoff: 'fixed', delay: 1_000 },
      null,
    ]);
  });
});
