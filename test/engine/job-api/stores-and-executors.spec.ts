import { describe, expect, it } from 'vitest';
import { AmbiguousJobIdError } from '../../../lib/jobs/job-errors.js';
import { InProcessExecutor } from '../../../lib/executors/in-process/in-process-executor.js';
import { MemoryJobStore } from '../../../lib/stores/memory/memory-job-store.js';
import { interval } from '../../../lib/triggers/interval.js';
import { LastingStore } from '../../support/lasting-store.js';
import type { SchedulerService } from '../../../lib/scheduler.service.js';
import { Gates, harnesses, refusal, timesOf } from './harnesses.js';

const { create, running } = harnesses();
const every10 = interval(10_000);
const work = { task: 'work', trigger: every10 };

describe('several stores', () => {
  it('each keep and fire their own jobs; default and local are always there', async () => {
    const { harness, clock, service, calls } = await running({ stores: { fast: new MemoryJobStore() } });
    for (const store of ['default', 'local', 'fast']) {
      await service.addJob({ ...work, id: `in-${store}`, store, args: [store] });
    }
    await service.addJob({ ...work, id: 'unsaid', args: ['unsaid'] });
    await clock.advance(10_000);
    expect(calls.map(({ args }) => String(args[0])).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'default',
      'fast',
      'local',
      'unsaid',
    ]);
    expect((await service.getJobs({ store: 'fast' })).map(({ id }) => id)).toEqual(['in-fast']);
    expect((await service.getJob('unsaid'))?.store).toBe('default');
    expect(
      harness
        .of('run.started')
        .map(({ jobId, store }) => `${jobId} ${store}`)
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['in-default default', 'in-fast fast', 'in-local local', 'unsaid default']);
  });

  it('find an id wherever it is', async () => {
    const { service } = await running();
    await service.addJob({ ...work, id: 'poll', store: 'local' });
    expect(await service.getJob('poll')).toMatchObject({ store: 'local' });
    expect(await service.getJob('poll', { store: 'default' })).toBeNull();
    await service.pauseJob('poll');
    expect(await service.getJob('poll')).toMatchObject({ state: 'paused' });
  });

  const verbs: [string, (service: SchedulerService, options?: { store: string }) => Promise<unknown>][] = [
    ['getJob', (service, options) => service.getJob('twin', options)],
    ['pauseJob', (service, options) => service.pauseJob('twin', options)],
    ['resumeJob', (service, options) => service.resumeJob('twin', options)],
    ['modifyJob', (service, options) => service.modifyJob('twin', { tags: ['x'] }, options)],
    ['rescheduleJob', (service, options) => service.rescheduleJob('twin', interval(1_000), options)],
    ['runJob', (service, options) => service.runJob('twin', options)],
    ['preview', (service, options) => service.preview('twin', options)],
    ['removeJob', (service, options) => service.removeJob('twin', options)],
  ];

  it.each(verbs)('ask %s which one is meant when two hold the id, and do nothing before', async (_name, call) => {
    const { harness, service } = await running();
    await service.addJobs([
      { ...work, id: 'twin' },
      { ...work, id: 'twin', store: 'local' },
    ]);
    const before = await service.getJobs();
    const eventsBefore = harness.events.length;
    const error = await refusal(() => call(service), '"twin"', 'default, local', "{ store: 'default' }");
    expect(error).toBeInstanceOf(AmbiguousJobIdError);
    expect(await service.getJobs()).toEqual(before);
    expect(harness.events).toHaveLength(eventsBefore);
    await call(service, { store: 'local' });
    expect(await service.getJob('twin', { store: 'default' })).toEqual(before.find(({ store }) => store === 'default'));
  });

  it.each(verbs)('tell %s that there is no store of that name, and which there are', async (_name, call) => {
    const { service } = await running();
    await service.addJob({ ...work, id: 'twin' });
    const error = await refusal(() => call(service, { store: 'nowhere' }), '"nowhere"', 'default, local');
    expect(error.code).toBe('UNKNOWN_STORE');
  });
});

describe('a store that comes and goes', () => {
  it('added after the start, brings its jobs with it; removed, it takes them away and keeps them', async () => {
    const lasting = new LastingStore();
    const { harness, clock, service, calls } = await running();
    await service.addStore('jobs', lasting);
    await service.addJob({ ...work, id: 'poll', store: 'jobs' });
    await clock.advance(10_000);
    await service.removeStore('jobs');
    await clock.advance(15_000);
    expect(timesOf(calls)).toEqual(['00:00:10']);
    expect(await service.getJob('poll')).toBeNull();
    await service.addStore('again', lasting);
    await clock.advance(0);
    expect(timesOf(calls)).toEqual(['00:00:10', '00:00:25']);
    expect(await service.getJob('poll')).toMatchObject({ store: 'again' });
    expect(harness.types('store.')).toEqual(['store.added', 'store.removed', 'store.added']);
  });

  it('added before the start, is open for jobs at once', async () => {
    const harness = create();
    const calls = harness.task('work');
    await harness.service.addStore('jobs', new MemoryJobStore());
    await harness.service.addJob({ ...work, id: 'poll', store: 'jobs' });
    await harness.scheduler.start();
    await harness.clock.advance(10_000);
    expect(calls).toHaveLength(1);
  });

  it('is refused under an alias that is taken, and local can not be removed', async () => {
    const { service } = await running();
    expect((await refusal(() => service.addStore('default', new MemoryJobStore()), '"default"')).code).toBe(
      'INVALID_ALIAS',
    );
    expect((await refusal(() => service.removeStore('local'), '"local"')).code).toBe('INVALID_ALIAS');
    expect((await refusal(() => service.removeStore('nowhere'), '"nowhere"')).code).toBe('UNKNOWN_STORE');
  });
});

describe('several executors', () => {
  it('each run the jobs that name them, as many at a time as they can', async () => {
    const harness = create({ executors: { narrow: new InProcessExecutor({ concurrency: 1 }) } });
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJobs([
      { id: 'a', task: 'slow', trigger: every10, executor: 'narrow' },
      { id: 'b', task: 'slow', trigger: every10, executor: 'narrow' },
      { id: 'c', task: 'slow', trigger: every10 },
    ]);
    await harness.clock.advance(10_000);
    expect(gates.calls).toBe(2);
    await gates.openAll();
    await harness.clock.advance(0);
    expect(gates.calls).toBe(3);
    await gates.openAll();
    // The one that waited for a free slot is late, not lost.
    const { runs } = await harness.service.getRuns();
    expect(runs.map(({ jobId, state }) => `${jobId} ${state}`).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'a succeeded',
      'b succeeded',
      'c succeeded',
    ]);
  });

  it('may be added after the start; a job that waits for one runs then', async () => {
    const { service, clock, calls } = await running();
    await service.addExecutor('cpu', new InProcessExecutor());
    await service.addJob({ ...work, id: 'poll', executor: 'cpu' });
    await clock.advance(10_000);
    expect(calls).toHaveLength(1);
    await service.removeExecutor('cpu');
    await clock.advance(20_000);
    expect(calls).toHaveLength(1);
    await service.addExecutor('cpu', new InProcessExecutor());
    await clock.advance(10_000);
    expect(calls.length).toBeGreaterThanOrEqual(2);
  });

  it('are moved by modifyJob, and can be modified away from one that is gone', async () => {
    const { service, clock, calls } = await running();
    await service.addExecutor('cpu', new InProcessExecutor());
    await service.addJob({ ...work, id: 'poll', executor: 'cpu' });
    await service.removeExecutor('cpu');
    expect(await service.modifyJob('poll', { tags: ['x'] })).toMatchObject({ executor: 'cpu' });
    await service.modifyJob('poll', { executor: 'default' });
    await clock.advance(10_000);
    expect(calls).toHaveLength(1);
  });
});
