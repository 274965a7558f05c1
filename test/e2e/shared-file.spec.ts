import { beforeAll, describe, expect, it } from 'vitest';
import { at, interval } from '../../lib/index.js';
import { Lives, type Life } from './support/life.js';
import { query, runsOf } from './support/records.js';

/** Without a wake-up another process would look at the file after five seconds. */
const LONGEST_WAKE_UP_MS = 4_000;

describe('two applications on one file share its jobs:', () => {
  const lives = Lives.shared();
  let one: Life;
  let other: Life;

  beforeAll(async () => {
    const options = { shutdownTimeout: 0 };
    [one, other] = await Promise.all([lives.start('shared', { options }), lives.start('shared', { options })]);
  });

  const startedBy = (life: Life, jobId: string) => life.events('run.started', { jobId }).map(({ runId }) => runId);
  const countOf = (jobId: string) => runsOf(lives.database, jobId).length;

  it('P01 one that has so many runs left runs so often in all, and its end is told once', async () => {
    await one.ask('addJob', { id: 'ten', task: 'note', args: ['ten'], trigger: interval(20), maxRuns: 10 });
    await Promise.any([one, other].map((life) => life.event('job.finished', { jobId: 'ten' })));
    // Whoever else would tell of it tells nothing else before its next beat.
    await Promise.all([one, other].map((life) => life.ask('getJobs')));
    const started = [one, other].flatMap((life) => startedBy(life, 'ten'));
    expect(started).toHaveLength(10);
    expect(new Set(started).size).toBe(10);
    expect(runsOf(lives.database, 'ten').filter(({ state }) => state === 'succeeded')).toHaveLength(10);
    expect([one, other].flatMap((life) => life.events('job.finished', { jobId: 'ten' }))).toHaveLength(1);
    expect(await other.ask('getJob', 'ten')).toBeNull();
  });

  it('one that is added by a process that runs nothing itself is run by the other, at once', async () => {
    await one.ask('pause');
    const addedAt = performance.now();
    await one.ask('addJob', { id: 'errand', task: 'note', args: ['milk'], trigger: at(new Date()) });
    await other.event('run.succeeded', { jobId: 'errand', result: 'milk' });
    expect(performance.now() - addedAt).toBeLessThan(LONGEST_WAKE_UP_MS);
    await one.ask('addJob', { id: 'by-hand', task: 'note', args: ['plan'], trigger: at('2099-01-01T00:00:00Z') });
    const { runId } = await one.ask<{ runId: string }>('runJob', 'by-hand', { args: ['now'] });
    await other.event('run.succeeded', { runId, result: 'now' });
    expect(startedBy(one, 'errand')).toEqual([]);
    await one.ask('resume');
  });

  it('one that has been paused anywhere starts nowhere, from the moment that pauseJob has answered', async () => {
    await Promise.any([one, other].map((life) => life.event('run.succeeded', { jobId: 'beat' }, 5)));
    await one.ask('pauseJob', 'beat');
    const atPause = countOf('beat');
    await one.ask('addJob', { id: 'meanwhile', task: 'note', args: ['x'], trigger: interval(20), maxRuns: 5 });
    await Promise.any([one, other].map((life) => life.event('job.finished', { jobId: 'meanwhile' })));
    expect(countOf('beat')).toBe(atPause);
    const resumedAt = Date.now();
    await other.ask('resumeJob', 'beat');
    const isNew = (life: Life) =>
      life
        .events('run.started', { jobId: 'beat' })
        .find(({ scheduledTime }) => Date.parse(String(scheduledTime)) >= resumedAt);
    await Promise.any([one, other].map((life) => life.until('a beat after the pause', () => isNew(life))));
    // From the resumption on: what passed during the pause is no downtime.
    const slots = runsOf(lives.database, 'beat')
      .slice(atPause)
      .map(({ scheduledAt }) => scheduledAt);
    expect(Math.min(...slots)).toBeGreaterThanOrEqual(resumedAt);
  });

  it('G5 one that runs in one process is running for both: fires are skipped on record, and pauseJob can wait for it', async () => {
    await other.ask('pause');
    await one.ask('addJob', { id: 'long', task: 'wait', args: ['long'], trigger: interval(40) });
    await one.tells('started', 'long');
    await other.ask('resume');
    await Promise.any(
      [one, other].map((life) => life.event('run.skipped', { jobId: 'long', reason: 'maxInstances' }, 3)),
    );
    const paused = other.send('pauseJob', 'long', { wait: true });
    await one.until(
      'the pause',
      () => query(lives.database, "SELECT 1 FROM scheduler_job WHERE id = 'long' AND status = 0").length > 0,
    );
    expect(other.told('answer')).not.toContain(paused);
    await one.ask('open', 'long');
    const [run] = startedBy(one, 'long');
    expect(await other.answerTo(paused)).toMatchObject({ value: { running: [run] } });
    expect(runsOf(lives.database, 'long').filter(({ state }) => state !== 'skipped')).toMatchObject([
      { runId: run, state: 'succeeded' },
    ]);
  });

  it('one that is removed while it runs elsewhere ends normally there, and is gone', async () => {
    await other.ask('pause');
    await one.ask('addJob', { id: 'removed', task: 'wait', args: ['removed'], trigger: interval(40) });
    await one.tells('started', 'removed');
    await other.ask('removeJob', 'removed');
    await other.ask('resume');
    await one.ask('open', 'removed');
    await one.event('run.succeeded', { jobId: 'removed' });
    expect(await one.ask('getJob', 'removed')).toBeNull();
    const left = runsOf(lives.database, 'removed').filter(({ state }) => state !== 'skipped');
    expect(left).toMatchObject([{ state: 'succeeded' }]);
  });
});
