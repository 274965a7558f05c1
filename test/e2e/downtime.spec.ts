import { describe, expect } from 'vitest';
import { at } from '../../lib/index.js';
import { it } from './support/life.js';
import { recordsOf } from './support/records.js';

const CRON_JOBS = ['default', 'earliest', 'all', 'newest-two', 'two-minutes', 'all-in-two-minutes', 'strict'];

describe.concurrent.each(['SIGTERM', 'SIGKILL'] as const)('fires that fall due after a %s', (signal) => {
  it('P02 P03 G8 are run or recorded as each policy says, and every job goes on', async ({ lives }) => {
    const before = await lives.start('policies', { now: '2030-01-01T10:00:30Z' });
    const once = { task: 'remind', trigger: at('2030-01-01T10:02:00Z') };
    await before.ask('addJobs', [
      { id: 'once', ...once },
      { id: 'once-strict', ...once, misfireGraceTime: { minutes: 1 } },
    ]);
    await before.end(signal);
    expect(before.events('run.started')).toEqual([]);

    const after = await lives.start('policies', { now: '2030-01-01T10:05:40Z', events: ['run.', 'job.'] });
    const records = (id: string) => recordsOf(lives.database, id);
    await after.event('run.succeeded', { jobId: 'all' }, 5);
    await after.event('run.succeeded', { jobId: 'all-in-two-minutes' }, 2);
    await after.event('run.succeeded', { jobId: 'newest-two' }, 2);
    await after.event('job.finished', { jobId: 'once' });

    expect(records('default')).toEqual(['10:01:00 skipped (coalesced) ×4', '10:05:00 succeeded']);
    expect(records('earliest')).toEqual(['10:01:00 succeeded', '10:02:00 skipped (coalesced) ×4']);
    expect(records('all')).toEqual([1, 2, 3, 4, 5].map((minute) => `10:0${minute}:00 succeeded`));
    expect(records('newest-two')).toEqual([
      '10:01:00 missed (catchUpLimit) ×3',
      '10:04:00 succeeded',
      '10:05:00 succeeded',
    ]);
    expect(records('two-minutes')).toEqual([
      '10:01:00 missed (misfire) ×3',
      '10:04:00 skipped (coalesced)',
      '10:05:00 succeeded',
    ]);
    expect(records('all-in-two-minutes')).toEqual([
      '10:01:00 missed (misfire) ×3',
      '10:04:00 succeeded',
      '10:05:00 succeeded',
    ]);
    expect(records('strict')).toEqual(['10:01:00 missed (misfire) ×5']);
    expect(records('interval')).toEqual(['10:01:30 skipped (coalesced) ×4', '10:05:30 succeeded']);
    expect(records('once')).toEqual(['10:02:00 succeeded']);
    expect(records('once-strict')).toEqual(['10:02:00 missed (misfire)']);
    const missed = after.events('run.missed').map(({ jobId, count }) => `${jobId} ×${String(count)}`);
    expect(missed.toSorted()).toEqual([
      'all-in-two-minutes ×3',
      'newest-two ×3',
      'once-strict ×1',
      'strict ×5',
      'two-minutes ×3',
    ]);

    await after.ask('moveClock', '2030-01-01T10:06:05Z');
    const next = { scheduledTime: '2030-01-01T10:06:00.000Z' };
    await Promise.all(CRON_JOBS.map((jobId) => after.event('run.succeeded', { jobId, ...next })));
    await after.ask('moveClock', '2030-01-01T10:06:30Z');
    await after.event('run.succeeded', { jobId: 'interval', scheduledTime: '2030-01-01T10:06:30.000Z' });
  });
});
