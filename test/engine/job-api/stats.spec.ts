import { describe, expect, it } from 'vitest';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';
import { harnesses, refusal } from './harnesses.js';

const { create, running } = harnesses();
const NONE = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0, missed: 0, lost: 0 };

/** Within a minute six runs of a job of two tasks each, one of which fails every third time, and a one-shot job. */
async function aMinute() {
  const harness = create();
  let calls = 0;
  harness.task('pay', () => {
    if (++calls % 3 === 0) throw new Error('every third');
  });
  harness.task('mail');
  await harness.scheduler.start();
  await harness.service.addJobs([
    { id: 'payments', task: 'pay', trigger: interval(10_000) },
    { id: 'mails', task: 'mail', trigger: interval(10_000) },
    { id: 'other', task: 'mail', trigger: interval(30_000), store: 'local' },
    { id: 'once', task: 'mail', trigger: at('2030-01-01T00:00:05Z') },
  ]);
  await harness.clock.advance(60_000);
  return harness;
}

describe('P24 stats', () => {
  it('tells how the runs of the last 24 hours ended, in all, by task and by job, store by store', async () => {
    const { service, clock } = await aMinute();
    const { from, to, total, tasks, jobs } = await service.stats();
    expect([from, to]).toEqual([new Date(clock.now() - 86_400_000), new Date(clock.now())]);
    expect(total).toEqual({ ...NONE, succeeded: 4 + 6 + 2 + 1, failed: 2 });
    expect(tasks.map(({ task, store, counts }) => [task, store, counts.succeeded, counts.failed])).toEqual([
      ['mail', 'default', 7, 0],
      ['mail', 'local', 2, 0],
      ['pay', 'default', 4, 2],
    ]);
    expect(jobs.map(({ jobId, task, store, counts }) => [jobId, task, store, counts.succeeded, counts.failed])).toEqual(
      [
        ['mails', 'mail', 'default', 6, 0],
        ['other', 'mail', 'local', 2, 0],
        ['payments', 'pay', 'default', 4, 2],
      ],
    );
  });

  it('tells how long runs took and how late they began, of one job', async () => {
    const { harness, service, clock } = await running();
    harness.task('slow', () => new Promise((resolve) => void clock.setTimer(() => resolve(undefined), 2_000)));
    await service.addJob({ id: 'slow', task: 'slow', trigger: interval(10_000) });
    await service.addJob({ id: 'a', task: 'work', trigger: interval(10_000) });
    await clock.advance(35_000);
    const { total, tasks, jobs } = await service.stats({ jobId: 'slow' });
    expect(total).toEqual({ ...NONE, succeeded: 3 });
    expect(tasks).toEqual([]);
    const [slow] = jobs;
    expect(slow).toMatchObject({ jobId: 'slow', lateness: { p50: 0, p95: 0 } });
    expect(Math.abs((slow?.duration?.p50 ?? 0) / 2_000 - 1)).toBeLessThan(0.1);
  });

  it('counts what ended within the time that is asked for', async () => {
    const { service } = await aMinute();
    const counted = async (filter: object) => (await service.stats({ jobId: 'mails', ...filter })).total.succeeded;
    expect(await counted({ from: '2030-01-01T00:00:30Z' })).toBe(4);
    expect(await counted({ from: '2030-01-01T00:00:10Z', to: '2030-01-01T00:00:30Z' })).toBe(2);
    expect(await counted({ from: '2029-12-31', to: '2030-01-01' })).toBe(6);
    expect(await counted({ from: '2029-12-30', to: '2029-12-31' })).toBe(0);
    expect(await counted({ to: '2029-12-31' })).toBe(0);
  });

  it('has no lengths of what has not run', async () => {
    const { service } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: interval(10_000) });
    await service.pauseJob('a');
    const { runId } = await service.runJob('a', { force: true });
    await service.cancelRun(runId);
    const { jobs } = await service.stats();
    for (const { duration, lateness, counts } of jobs) {
      if (counts.succeeded === 0) expect([duration, lateness]).toEqual([null, null]);
    }
    expect((await service.stats({ jobId: 'nobody' })).jobs).toEqual([]);
  });

  it('says since when it counts what a store in memory has forgotten', async () => {
    const { service, clock } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: interval(1_000) });
    await clock.advance(200_000);
    const { jobs } = await service.stats();
    expect(jobs).toMatchObject([{ counts: { ...NONE, succeeded: 100 }, from: new Date('2030-01-01T00:01:40.001Z') }]);
  });

  it('refuses what makes no sense', async () => {
    const { service } = await running();
    const error = await refusal(() => service.stats({ form: '2030-01-01' } as never), 'stats', 'form');
    expect(error.code).toBe('INVALID_JOB_OPTION');
    await refusal(() => service.stats({ from: '2031-01-01' }), 'from must not be after now');
    await refusal(() => service.stats({ from: 'yesterday' }), 'stats: from');
    await refusal(() => service.stats({ jobId: 7 } as never), 'must be a text');
    await refusal(() => service.stats({ store: 'nowhere' }), 'nowhere');
  });
});
