import { describe, expect } from 'vitest';
import { at, cron, interval } from '../../lib/index.js';
import { it, type Life, type Lives } from './support/life.js';
import { query, recordsOf, runsOf } from './support/records.js';

interface ToldJob {
  readonly id: string;
  readonly state: string;
  readonly nextFire: string | null;
  readonly runCount: number;
  readonly tags: readonly string[];
}

const jobOf = (life: Life, id: string) => life.ask<ToldJob | null>('getJob', id);

/** Moves the clock to an instant when the job is due, and waits for its run. */
async function runAt(life: Life, jobId: string, instant: string): Promise<void> {
  await life.ask('moveClock', instant);
  await life.event('run.succeeded', { jobId, scheduledTime: new Date(instant).toISOString() });
}

describe.concurrent('after a restart', () => {
  const startAt = (lives: Lives, version: string, now: string, more: object = {}) =>
    lives.start(`versions/${version}`, { now, ...more });

  it.for(['SIGTERM', 'SIGKILL'] as const)(
    'P03 declared jobs keep their next fire, and a one-shot that ran does not run again (%s)',
    async (signal, { lives }) => {
      const first = await startAt(lives, 'one', '2030-01-01T10:00:00Z');
      await runAt(first, 'opening', '2030-01-01T10:20:00Z');
      await first.end(signal);

      const second = await startAt(lives, 'one', '2030-01-01T10:25:00Z');
      const jobs = await second.ask<ToldJob[]>('getJobs', { finished: true });
      expect(jobs.map(({ id, state, nextFire }) => [id, state, nextFire])).toEqual([
        ['daily', 'active', '2030-01-02T03:00:00.000Z'],
        ['half-past', 'active', '2030-01-01T10:30:00.000Z'],
        ['hourly', 'active', '2030-01-01T11:00:00.000Z'],
        ['opening', 'finished', null],
      ]);
      await runAt(second, 'half-past', '2030-01-01T10:30:00Z');
      await runAt(second, 'hourly', '2030-01-01T11:00:00Z');
      await second.end(signal);

      expect(second.told('event')).not.toContainEqual(expect.objectContaining({ type: 'job.rescheduled' }));
      expect(second.told('event')).not.toContainEqual(expect.objectContaining({ type: 'job.modified' }));
      expect(runsOf(lives.database).map(({ runId, state }) => [runId, state])).toEqual([
        ['opening@2030-01-01T10:20:00.000Z', 'succeeded'],
        ['half-past@2030-01-01T10:30:00.000Z', 'succeeded'],
        ['hourly@2030-01-01T11:00:00.000Z', 'succeeded'],
      ]);
    },
  );

  it('P03 a declared one-shot that was past when first stored is missed once, with one warning, and stays so', async ({
    lives,
  }) => {
    const first = await startAt(lives, 'one', '2030-01-01T10:21:00Z');
    await first.event('run.missed', { jobId: 'opening' });
    await first.end('SIGTERM');
    expect(first.told('warn')).toEqual([expect.stringMatching(/"opening" missed/)]);

    const second = await startAt(lives, 'one', '2030-01-01T10:29:00Z');
    await runAt(second, 'half-past', '2030-01-01T10:30:00Z');
    await second.end('SIGTERM');
    expect(second.told('warn')).toEqual([]);
    expect(recordsOf(lives.database, 'opening')).toEqual(['10:20:00 missed (misfire)']);
  });

  it('P18 a changed definition is taken over: another trigger counts from now, other options keep the next fire', async ({
    lives,
  }) => {
    await (await startAt(lives, 'one', '2030-01-01T10:00:00Z')).end('SIGTERM');
    const second = await startAt(lives, 'two', '2030-01-01T11:15:00Z');
    expect(second.events('job.rescheduled')).toMatchObject([{ jobId: 'daily' }]);
    expect(second.events('job.modified')).toMatchObject([{ jobId: 'hourly' }]);
    expect(second.events('job.added')).toMatchObject([{ jobId: 'quarter-to' }]);
    expect(await jobOf(second, 'daily')).toMatchObject({ nextFire: '2030-01-02T04:00:00.000Z' });
    // The fire missed while down is still seen, under the new options.
    await second.event('run.succeeded', { jobId: 'hourly' });
    expect(recordsOf(lives.database, 'hourly')).toEqual(['11:00:00 succeeded']);
    expect(await jobOf(second, 'hourly')).toMatchObject({ tags: ['kept'], nextFire: '2030-01-01T12:00:00.000Z' });
    expect(await jobOf(second, 'quarter-to')).toMatchObject({ nextFire: '2030-01-01T11:45:00.000Z' });
    await second.end('SIGTERM');

    const third = await startAt(lives, 'two', '2030-01-01T11:16:00Z');
    const changes = ['job.rescheduled', 'job.modified', 'job.added'].flatMap((type) => third.events(type));
    expect(changes).toEqual([]);
  });

  it('P04 a job that is not declared any more is kept and not run, goes on when it is declared again, or goes in the end', async ({
    lives,
  }) => {
    await (await startAt(lives, 'one', '2030-01-01T10:00:00Z')).end('SIGTERM');
    const without = await startAt(lives, 'two', '2030-01-01T10:25:00Z');
    const orphaned = /"half-past".* any more/;
    expect(without.told('warn').filter((line) => orphaned.test(String(line)))).toHaveLength(1);
    await runAt(without, 'quarter-to', '2030-01-01T10:45:00Z');
    expect(await jobOf(without, 'half-past')).toMatchObject({ nextFire: '2030-01-01T10:30:00.000Z' });
    expect(runsOf(lives.database, 'half-past')).toEqual([]);
    await without.end('SIGTERM');

    const again = await startAt(lives, 'one', '2030-01-01T11:10:00Z');
    await again.event('run.succeeded', { jobId: 'half-past' });
    await again.end('SIGTERM');
    expect(recordsOf(lives.database, 'half-past')).toEqual(['10:30:00 succeeded']);

    await (await startAt(lives, 'two', '2030-01-02T00:00:00Z')).end('SIGTERM');
    const soon = await startAt(lives, 'two', '2030-01-08T00:00:00Z');
    expect(soon.told('warn').filter((line) => orphaned.test(String(line)))).toEqual([]);
    expect(await jobOf(soon, 'half-past')).not.toBeNull();
    await soon.end('SIGTERM');
    const late = await startAt(lives, 'two', '2030-01-09T00:00:01Z');
    expect(late.events('job.removed')).toMatchObject([{ jobId: 'half-past' }]);
    expect(await jobOf(late, 'half-past')).toBeNull();
  });

  it('jobs added at run time are as they were: arguments, options, pause, run count and the runs they have left', async ({
    lives,
  }) => {
    const first = await startAt(lives, 'one', '2030-01-01T10:00:00Z');
    const args = ['ada', 'Grüße, "☎"\n'];
    const job = { task: 'send-mail', args };
    await first.ask('addJobs', [
      { ...job, id: 'thrice', trigger: interval({ minutes: 10 }), maxRuns: 3 },
      { ...job, id: 'paused', trigger: interval({ minutes: 10 }), tags: ['mail'], metadata: { customer: 7 } },
      {
        ...job,
        id: 'zoned',
        trigger: cron('0 9 * * *', { timeZone: 'Asia/Tokyo' }),
        name: 'Morning',
        misfireGraceTime: { hours: 1 },
      },
      { ...job, id: 'later', trigger: at('2030-06-01T00:00:00Z') },
    ]);
    await first.ask('pauseJob', 'paused');
    await first.ask('modifyJob', 'zoned', { maxInstances: 3 });
    await runAt(first, 'thrice', '2030-01-01T10:10:00Z');
    await runAt(first, 'thrice', '2030-01-01T10:20:00Z');
    const before = await first.ask<ToldJob[]>('getJobs', { task: 'send-mail' });
    await first.end('SIGTERM');

    const second = await startAt(lives, 'one', '2030-01-01T10:29:00Z');
    expect(await second.ask('getJobs', { task: 'send-mail' })).toEqual(before);
    expect(before.map(({ id, state, runCount }) => [id, state, runCount])).toEqual([
      ['later', 'active', 0],
      ['paused', 'paused', 0],
      ['thrice', 'active', 2],
      ['zoned', 'active', 0],
    ]);
    await runAt(second, 'thrice', '2030-01-01T10:30:00Z');
    await second.event('job.finished', { jobId: 'thrice' });
    expect(second.told('sent')).toEqual([args]);
    expect(await jobOf(second, 'thrice')).toBeNull();
    expect(runsOf(lives.database, 'paused')).toEqual([]);

    const resumed = await second.ask('resumeJob', 'paused');
    expect(resumed).toMatchObject({ state: 'active', nextFire: '2030-01-01T10:30:00.000Z' });
    await second.event('run.succeeded', { jobId: 'paused' });
    expect(recordsOf(lives.database, 'paused')).toEqual(['10:30:00 succeeded']);
    expect(recordsOf(lives.database, 'thrice')).toHaveLength(3);
  });

  it('a declared job that was paused stays paused, whatever its definition has become', async ({ lives }) => {
    const first = await startAt(lives, 'one', '2030-01-01T10:00:00Z');
    for (const id of ['daily', 'hourly', 'opening']) await first.ask('pauseJob', id);
    await first.end('SIGTERM');
    const second = await startAt(lives, 'two', '2030-01-01T10:05:00Z');
    for (const id of ['daily', 'hourly', 'opening']) expect(await jobOf(second, id)).toMatchObject({ state: 'paused' });
    await runAt(second, 'quarter-to', '2030-01-02T04:45:00Z');
    expect(runsOf(lives.database).filter(({ jobId }) => jobId !== 'quarter-to')).toEqual([]);
  });

  it('P04 a job whose task is gone is kept and reported, and runs again when the task is back or has an alias', async ({
    lives,
  }) => {
    const options = { leaseTtl: 1_000 };
    const first = await startAt(lives, 'one', '2030-01-01T10:00:00Z', { options });
    const trigger = interval({ minutes: 10 });
    await first.ask('addJob', { id: 'mail', task: 'send-mail', args: ['ada', 'hello'], trigger, coalesce: 'all' });
    await first.end('SIGTERM');
    const rowOf = () => query(lives.database, 'SELECT * FROM scheduler_job WHERE id = ?', 'mail');
    const row = rowOf();

    const without = await startAt(lives, 'two', '2030-01-01T10:15:00Z', { options });
    const reported = await without.event('job.unresolvable', { jobId: 'mail' });
    expect(reported).toMatchObject({ reason: 'unknown-task', message: expect.stringContaining('send-mail') });
    expect(without.told('warn')).toContainEqual(expect.stringContaining('"mail"'));
    const listed = await without.ask<ToldJob[]>('getJobs', { task: 'send-mail' });
    expect(listed).toMatchObject([{ id: 'mail', state: 'active' }]);
    await without.end('SIGTERM');
    expect(without.events('job.unresolvable', { jobId: 'mail' })).toHaveLength(1);
    expect(rowOf()).toEqual(row);

    const back = await startAt(lives, 'one', '2030-01-01T10:25:00Z', { options });
    await back.tells('sent', {}, 2);
    await back.event('run.succeeded', { jobId: 'mail' }, 2);
    await back.end('SIGTERM');
    expect(recordsOf(lives.database, 'mail')).toEqual(['10:10:00 succeeded', '10:20:00 succeeded']);

    const renamed = await startAt(lives, 'three', '2030-01-01T10:30:00Z', { options });
    expect(await renamed.tells('delivered')).toEqual(['ada', 'hello']);
    // The declared one under its new method, too: the same job, with its course.
    expect(await jobOf(renamed, 'daily')).toMatchObject({ nextFire: '2030-01-02T03:00:00.000Z' });
    expect(renamed.events('job.rescheduled')).toEqual([]);
    await runAt(renamed, 'daily', '2030-01-02T03:00:00Z');
  });
});
