import { describe, expect, it } from 'vitest';
import { functionTask } from '../../../lib/executors/function-task.js';
import { UnknownTaskError } from '../../../lib/jobs/job-errors.js';
import { interval } from '../../../lib/triggers/interval.js';
import { LastingStore } from '../../support/lasting-store.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { harnesses, records, refusal, shutDown, timesOf } from './harnesses.js';

const { create, running } = harnesses();
const every10 = interval(10_000);

/** A store in which an earlier deployment has left a job of the task `Reports.daily`. */
async function leftBehind() {
  const store = new LastingStore();
  const clock = new VirtualClock();
  const before = create({ store }, clock);
  before.task('Reports.daily');
  await before.scheduler.start();
  await before.service.addJob({ id: 'report', task: 'Reports.daily', args: [7], trigger: every10 });
  await shutDown(before);
  return { store, clock };
}

describe('a job whose task nobody knows', () => {
  it('is refused by addJob, with what is known and the remedies', async () => {
    const { service } = await running();
    const add = () => service.addJob({ id: 'x', task: 'wrok', trigger: every10 });
    const error = await refusal(add, '"x"', '"wrok"', 'work', '@Task()', 'allowUnknownTask: true');
    expect(error).toBeInstanceOf(UnknownTaskError);
    expect(await service.getJobs()).toEqual([]);
  });

  it('is taken with allowUnknownTask, and runs as soon as the task is there', async () => {
    const { harness, clock, service } = await running();
    await service.addJob({ id: 'x', task: 'later', trigger: every10, allowUnknownTask: true });
    await clock.advance(25_000);
    expect(await records(harness)).toEqual([]);
    const calls = harness.task('later');
    await settle();
    expect(timesOf(calls)).toEqual(['00:00:25']);
    expect(await records(harness)).toEqual(['00:00:10 skipped (coalesced)', '00:00:20 succeeded']);
  });

  it('is taken when another live node lists the task', async () => {
    const store = new LastingStore();
    const worker = create({ store });
    const calls = worker.task('work');
    await worker.scheduler.start();
    const api = create({ store, autoStart: false }, worker.clock);
    await api.service.addJob({ id: 'x', task: 'work', trigger: every10 });
    await worker.clock.advance(20_000);
    expect(calls.length).toBeGreaterThanOrEqual(1);
    await expect(api.service.addJob({ id: 'y', task: 'nobody', trigger: every10 })).rejects.toBeInstanceOf(
      UnknownTaskError,
    );
  });

  it('P04 left behind by a deployment is kept, reported after one lease, and never run or deleted', async () => {
    const { store, clock } = await leftBehind();
    const harness = create({ store, leaseTtl: { seconds: 15 } }, clock);
    await harness.scheduler.start();
    await clock.advance(10_000);
    expect(harness.of('job.unresolvable')).toEqual([]);
    await clock.advance(60_000);
    expect(harness.of('job.unresolvable')).toMatchObject([
      { jobId: 'report', store: 'default', reason: 'unknown-task' },
    ]);
    expect(harness.of('job.unresolvable')[0]?.message).toContain("{ aliases: ['Reports.daily'] }");
    expect(await harness.service.getJob('report')).toMatchObject({ state: 'active', args: [7] });
    expect(await harness.service.getJobs()).toHaveLength(1);
    expect(await records(harness)).toEqual([]);
  });

  it('P04 is picked up again when the task returns, its missed fires judged by its policy', async () => {
    const { store, clock } = await leftBehind();
    const harness = create({ store }, clock);
    await harness.scheduler.start();
    await clock.advance(60_000);
    const calls = harness.task('Reports.daily');
    await settle();
    expect(calls.map(({ args }) => args)).toEqual([[7]]);
    expect(harness.types('job.')).toEqual(['job.unresolvable', 'job.recovered']);
  });

  it('P04 is picked up by a handler that was renamed, by its alias', async () => {
    const { store, clock } = await leftBehind();
    const harness = create({ store }, clock);
    const calls: unknown[] = [];
    const handler = (n: number): unknown => calls.push(n);
    harness.scheduler.tasks.register(functionTask('Reports.nightly', handler, { aliases: ['Reports.daily'] }));
    await harness.scheduler.start();
    await clock.advance(10_000);
    expect(calls).toEqual([7]);
    expect(harness.of('job.unresolvable')).toEqual([]);
  });

  it('P04 is selected by the new name and by the old one once it is renamed, as are jobs added since', async () => {
    const { store, clock } = await leftBehind();
    const harness = create({ store }, clock);
    const { service } = harness;
    harness.scheduler.tasks.register(functionTask('Reports.nightly', () => 1, { aliases: ['Reports.daily'] }));
    await harness.scheduler.start();
    await service.addJob({ id: 'since', task: 'Reports.daily', trigger: every10 });
    for (const task of ['Reports.nightly', 'Reports.daily', { taskName: 'Reports.nightly' }]) {
      expect((await service.getJobs({ task })).map(({ id }) => id)).toEqual(['report', 'since']);
      expect(await service.pauseJobs({ task })).toBe(2);
      expect(await service.resumeJobs({ task })).toBe(2);
    }
    expect(await service.removeJobs({ task: 'Reports.daily' })).toBe(2);
  });

  it('P04 harms no other job, and can still be paused, changed and removed', async () => {
    const { store, clock } = await leftBehind();
    const { service, calls } = await running({ store }, clock);
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await service.pauseJob('report');
    await service.modifyJob('report', { tags: ['x'] });
    await service.rescheduleJob('report', interval(1_000));
    await service.resumeJob('report');
    await clock.advance(30_000);
    expect(calls).toHaveLength(3);
    await service.removeJob('report');
    expect((await service.getJobs()).map(({ id }) => id)).toEqual(['poll']);
  });

  it('P04 on a store in memory is reported at once: nobody else can bring the task', async () => {
    const { harness, service } = await running();
    await service.addJob({ id: 'x', task: 'later', trigger: every10, allowUnknownTask: true });
    await settle();
    expect(harness.of('job.unresolvable')).toMatchObject([{ jobId: 'x', reason: 'unknown-task' }]);
    harness.task('later');
    await settle();
    expect(harness.of('job.recovered')).toMatchObject([{ jobId: 'x' }]);
  });

  it.each(['constructor', 'toString', '__proto__', 'process.exit', 'functionTask'])(
    'P17 calls nothing that was not registered, whatever its name: %s',
    async (task) => {
      const { harness, clock, service } = await running();
      await refusal(() => service.addJob({ id: 'x', task, trigger: every10 }), `"${task}"`);
      await service.addJob({ id: 'x', task, trigger: every10, allowUnknownTask: true });
      await service.runJob('x');
      await clock.advance(30_000);
      expect((await service.getRuns()).runs).toMatchObject([{ state: 'queued' }]);
      expect(harness.of('job.unresolvable')).toHaveLength(1);
    },
  );

  it('queues a run that runJob asks for until the task is there', async () => {
    const { harness, clock, service } = await running();
    await service.addJob({ id: 'x', task: 'later', trigger: interval(3_600_000), allowUnknownTask: true });
    expect((await service.runJob('x')).state).toBe('queued');
    await clock.advance(1_000);
    const calls = harness.task('later');
    await settle();
    expect(calls).toHaveLength(1);
  });
});

describe('a task', () => {
  it('is stored under its present name when a job names it by an alias', async () => {
    const harness = create();
    harness.scheduler.tasks.register(functionTask('new-name', () => 1, { aliases: ['old-name'] }));
    await harness.scheduler.start();
    const job = await harness.service.addJob({ id: 'x', task: 'old-name', trigger: every10 });
    expect(job.task).toBe('new-name');
    await harness.clock.advance(10_000);
    expect(await records(harness)).toEqual(['00:00:10 succeeded']);
  });

  it('registered by registerTask runs plain functions', async () => {
    const { service, clock } = await running();
    const synced: string[] = [];
    for (const tenant of ['a', 'b']) service.registerTask(`sync:${tenant}`, () => synced.push(tenant));
    await service.addJob({ id: 'sync-b', task: 'sync:b', trigger: every10 });
    await clock.advance(10_000);
    expect(synced).toEqual(['b']);
  });

  it.each<[name: unknown, fn: unknown, options: unknown, code: string]>([
    ['work', () => 1, {}, 'DUPLICATE_TASK'],
    ['other', () => 1, { aliases: ['work'] }, 'DUPLICATE_TASK'],
    ['has blank', () => 1, {}, 'INVALID_TASK'],
    ['', () => 1, {}, 'INVALID_TASK'],
    ['x'.repeat(192), () => 1, {}, 'INVALID_TASK'],
    ['other', 'fn', {}, 'INVALID_TASK'],
    ['other', function* generator() {}, {}, 'INVALID_TASK'],
    ['other', async function* generator() {}, {}, 'INVALID_TASK'],
    ['other', () => 1, { aliases: 'old' }, 'INVALID_TASK'],
    ['other', () => 1, { aliases: [5] }, 'INVALID_TASK'],
    ['other', () => 1, { alias: ['old'] }, 'INVALID_JOB_OPTION'],
    ['other', () => 1, null, 'INVALID_JOB_OPTION'],
  ])('is refused by registerTask(%j, %s, %j): %s', async (name, fn, options, code) => {
    const { service } = await running();
    const register = () => service.registerTask(name as string, fn as () => void, options as object);
    expect((await refusal(register)).code).toBe(code);
  });
});
