import { describe, expect, it } from 'vitest';
import { interval } from '../../../lib/triggers/interval.js';
import { JobNotFoundError } from '../../../lib/jobs/job-errors.js';
import { Gates, harnesses, records, refusal } from './harnesses.js';

const { create, running } = harnesses();
const every10 = interval(10_000);

describe('removeJob', () => {
  it('takes the job away; its runs stay on record', async () => {
    const { harness, clock, service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await clock.advance(10_000);
    await service.removeJob('poll');
    await clock.advance(30_000);
    expect(await service.getJob('poll')).toBeNull();
    expect(await records(harness, { jobId: 'poll' })).toEqual(['00:00:10 succeeded']);
    expect(harness.types('job.')).toEqual(['job.added', 'job.removed']);
  });

  it('lets a run that is running end normally', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: every10 });
    await harness.clock.advance(10_000);
    await harness.service.removeJob('slow');
    expect(await records(harness)).toEqual(['00:00:10 running']);
    await gates.open(0, 'done');
    expect((await harness.service.getRuns()).runs).toMatchObject([{ state: 'succeeded', result: 'done' }]);
    expect(harness.types('job.', 'run.')).toEqual(['job.added', 'run.started', 'job.removed', 'run.succeeded']);
  });

  it('cancels what is queued, with the reason on record', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: every10, coalesce: 'all' });
    await harness.service.pauseJob('slow');
    await harness.clock.advance(30_000);
    await harness.service.resumeJob('slow', { catchUp: true });
    await harness.clock.advance(0);
    await harness.service.removeJob('slow');
    await gates.open(0);
    await harness.clock.advance(30_000);
    expect(gates.calls).toBe(1);
    expect(await records(harness)).toEqual([
      '00:00:10 succeeded',
      '00:00:20 cancelled (removed)',
      '00:00:30 cancelled (removed)',
    ]);
    expect(harness.of('run.cancelled')).toMatchObject([{ reason: 'removed' }, { reason: 'removed' }]);
    expect(harness.types('job.')).toEqual(['job.added', 'job.paused', 'job.resumed', 'job.removed']);
  });

  it('from inside its own handler ends the job, and not the run', async () => {
    const harness = create();
    const calls = harness.task('self', () => harness.service.removeJob('self'));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'self', task: 'self', trigger: every10 });
    await harness.clock.advance(60_000);
    expect(calls).toHaveLength(1);
    expect(await records(harness)).toEqual(['00:00:10 succeeded']);
  });

  it('frees the id: a job of that id is a new one, in a series of its own', async () => {
    const { clock, service } = await running();
    const job = { id: 'poll', task: 'work', trigger: interval(10_000, { startAt: '2030-01-01T00:00:00Z' }) };
    await service.addJob(job);
    await clock.advance(10_000);
    await service.removeJob('poll');
    expect(await service.addJob(job)).toMatchObject({ runCount: 0, lastFire: null });
    await clock.advance(10_000);
    // The slot of this very millisecond is the new job's, too.
    expect(await service.getRun('poll~2@2030-01-01T00:00:20.000Z')).toMatchObject({ state: 'succeeded' });
  });

  it.each([
    ['removeJob', (service) => service.removeJob('nobody')],
    ['pauseJob', (service) => service.pauseJob('nobody')],
    ['resumeJob', (service) => service.resumeJob('nobody')],
    ['modifyJob', (service) => service.modifyJob('nobody', {})],
    ['rescheduleJob', (service) => service.rescheduleJob('nobody', every10)],
    ['runJob', (service) => service.runJob('nobody')],
    ['preview', (service) => service.preview('nobody')],
  ] as [string, (service: Awaited<ReturnType<typeof running>>['service']) => Promise<unknown>][])(
    '%s refuses an id that no job has, naming where it looked',
    async (_name, call) => {
      const { service } = await running();
      const error = await refusal(() => call(service), '"nobody"', '"default"', '"local"');
      expect(error).toBeInstanceOf(JobNotFoundError);
    },
  );
});

describe('jobs by task, tags and store', () => {
  async function threeJobs() {
    const started = await running();
    started.harness.task('other');
    await started.service.addJobs([
      { id: 'a', task: 'work', trigger: every10, tags: ['x', 'y'] },
      { id: 'b', task: 'work', trigger: every10, tags: ['x'] },
      { id: 'c', task: 'other', trigger: every10, tags: ['x'], store: 'local' },
    ]);
    const ids = async (filter = {}) => (await started.service.getJobs(filter)).map(({ id }) => id);
    return { ...started, ids };
  }

  it('are listed when all of the conditions hold', async () => {
    const { ids, service } = await threeJobs();
    expect(await ids()).toEqual(['a', 'b', 'c']);
    expect(await ids({ task: 'work' })).toEqual(['a', 'b']);
    expect(await ids({ task: { taskName: 'work' } })).toEqual(['a', 'b']);
    expect(await ids({ tags: ['x'] })).toEqual(['a', 'b', 'c']);
    expect(await ids({ tags: ['y', 'x'] })).toEqual(['a']);
    expect(await ids({ tags: ['x'], task: 'other' })).toEqual(['c']);
    expect(await ids({ store: 'local' })).toEqual(['c']);
    expect(await ids({ tags: ['nobody'] })).toEqual([]);
    await service.pauseJob('b');
    expect(await ids({ state: 'paused' })).toEqual(['b']);
    expect(await ids({ state: 'active' })).toEqual(['a', 'c']);
  });

  it('are paused and resumed together, answering how many', async () => {
    const { harness, clock, service, calls, ids } = await threeJobs();
    expect(await service.pauseJobs({ tags: ['x'] })).toBe(3);
    expect(await service.pauseJobs({ tags: ['x'] })).toBe(0);
    await clock.advance(20_000);
    expect(calls).toEqual([]);
    expect(await service.resumeJobs({ task: 'work' })).toBe(2);
    expect(await service.resumeJobs({ task: 'work' })).toBe(0);
    expect(await ids({ state: 'paused' })).toEqual(['c']);
    expect(harness.of('job.paused')).toHaveLength(3);
    expect(harness.of('job.resumed')).toHaveLength(2);
  });

  it('are removed together, answering how many, paused ones included, with one event for each store', async () => {
    const { harness, service, ids } = await threeJobs();
    await service.pauseJob('a');
    expect(await service.removeJobs({ tags: ['x'] })).toBe(3);
    expect(await ids({ finished: true })).toEqual([]);
    expect(harness.of('jobs.removed')).toMatchObject([
      { store: 'default', jobIds: ['a', 'b'] },
      { store: 'local', jobIds: ['c'] },
    ]);
    expect(await service.removeJobs({ tags: ['x'] })).toBe(0);
    expect(harness.of('jobs.removed')).toHaveLength(2);
  });

  it('are left alone by a selection in another store', async () => {
    const { service, ids } = await threeJobs();
    expect(await service.removeJobs({ store: 'local' })).toBe(1);
    expect(await service.pauseJobs({ store: 'local' })).toBe(0);
    expect(await ids({ state: 'active' })).toEqual(['a', 'b']);
  });
});
