import { describe, expect, it } from 'vitest';
import { newImported, replaceByImported, type ImportedJob } from '../../lib/jobs/imported-job.js';
import type { JobRecord } from '../../lib/jobs/job-record.js';
import { at } from '../../lib/triggers/at.js';
import { cron } from '../../lib/triggers/cron.js';
import { interval } from '../../lib/triggers/interval.js';
import { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import type { TriggerDefinition } from '../../lib/triggers/trigger.js';
import { aJob, aPolicy, MINUTE, type JobOverrides } from '../support/store-fixtures.js';

const NOW = Date.UTC(2030, 0, 1, 12);
const facts = { now: NOW, lastSeries: 0 };

function triggerOf(definition: TriggerDefinition, addedAt = NOW - 60 * MINUTE): StoredTrigger {
  return StoredTrigger.of(definition, { addedAt, timeZone: 'UTC' });
}

/** A job that is stored, added ten minutes ago. */
function stored(overrides: Partial<JobRecord> = {}): JobRecord {
  const before = NOW - 10 * MINUTE;
  return { ...aJob({ id: 'job', ...overrides }, before), gen: before, fence: before + 3, ...overrides };
}

function imported(overrides: Partial<JobOverrides> = {}): ImportedJob {
  const { gen: _g, fence: _f, formatVersion: _v, createdAt: _c, updatedAt: _u, ...job } = aJob({ id: 'job' }, NOW);
  const nextFireAt = overrides.nextFireAt === undefined ? job.nextFireAt : overrides.nextFireAt;
  return { ...job, dueAt: nextFireAt, ...overrides };
}

describe('a job that is imported', () => {
  it('keeps its series, so that a slot of which there is a run keeps the id of that run', () => {
    const job = newImported(imported({ series: 2, lastFireAt: NOW - 5 * MINUTE }), { now: NOW, lastSeries: 7 });
    expect(job).toMatchObject({ series: 2, lastFireAt: NOW - 5 * MINUTE, gen: NOW, fence: NOW, createdAt: NOW });
  });
});

describe('a job that is imported in place of one with the same trigger', () => {
  const trigger = triggerOf(cron('* * * * *'));

  it('leaves it where it is when it has come further', () => {
    const course = { nextFireAt: NOW, dueAt: NOW, lastFireAt: NOW - MINUTE, runCount: 9, failures: 2 };
    const job = replaceByImported(
      imported({
        trigger: triggerOf(cron('* * * * *'), 0),
        lastFireAt: NOW - 5 * MINUTE,
        nextFireAt: NOW - 4 * MINUTE,
      }),
      stored({ trigger, ...course }),
      facts,
    );
    expect(job).toMatchObject(course);
    // The object tells stores that no fires of another trigger are dropped.
    expect(job.trigger).toBe(trigger);
    expect(job.gen).toBe(NOW);
    expect(job.fence).toBe(NOW - 10 * MINUTE + 3);
  });

  it('takes it to where the document has come further', () => {
    const job = replaceByImported(
      imported({ trigger, lastFireAt: NOW - MINUTE, nextFireAt: NOW, runCount: 9 }),
      stored({ trigger, lastFireAt: NOW - 5 * MINUTE, nextFireAt: NOW - 4 * MINUTE, runCount: 5 }),
      facts,
    );
    expect(job).toMatchObject({ lastFireAt: NOW - MINUTE, nextFireAt: NOW, dueAt: NOW, runCount: 9 });
  });

  it('goes by the series first: a later one has come further', () => {
    const fires = { lastFireAt: null, nextFireAt: NOW + MINUTE };
    const document = imported({ trigger, lastFireAt: NOW - MINUTE, nextFireAt: NOW });
    expect(replaceByImported(document, stored({ trigger, ...fires, series: 2 }), facts)).toMatchObject({
      ...fires,
      series: 2,
    });
    const older = stored({ trigger, lastFireAt: NOW, nextFireAt: NOW + MINUTE });
    // What has fired under the series before does not fire again under this one.
    expect(replaceByImported({ ...document, ...fires, series: 2 }, older, facts)).toMatchObject({
      ...fires,
      lastFireAt: NOW,
      series: 2,
    });
  });

  it('counts its jitter anew when that is another one', () => {
    const policy = aPolicy({ jitter: 30_000 });
    const job = replaceByImported(
      imported({ trigger, policy, nextFireAt: NOW - 4 * MINUTE, dueAt: NOW - 4 * MINUTE + 7 }),
      stored({ trigger, lastFireAt: NOW - MINUTE, nextFireAt: NOW }),
      facts,
    );
    expect(job.nextFireAt).toBe(NOW);
    expect(job.dueAt).toBeGreaterThan(NOW);
    expect(job.dueAt).toBeLessThanOrEqual(NOW + 30_000);
  });

  it('is over where the stored one is, and waits only while both are paused', () => {
    const once = triggerOf(at(new Date(NOW - MINUTE)));
    const done = { trigger: once, lastFireAt: NOW - MINUTE, nextFireAt: null, dueAt: null };
    const active = imported({ trigger: once, nextFireAt: NOW - MINUTE });
    const paused = { ...active, state: 'paused' as const };
    expect(replaceByImported(active, stored({ ...done, state: 'finished' }), facts)).toMatchObject({
      state: 'finished',
    });
    expect(replaceByImported(active, stored({ ...done, state: 'paused' }), facts)).toMatchObject({ state: 'finished' });
    expect(replaceByImported(paused, stored({ ...done, state: 'finished' }), facts)).toMatchObject({
      state: 'finished',
    });
    expect(replaceByImported(paused, stored({ ...done, state: 'paused' }), facts)).toMatchObject({ state: 'paused' });
  });
});

describe('a job that is imported in place of one with another trigger', () => {
  it('goes on as the document says, behind the high-water mark of both', () => {
    const trigger = triggerOf(interval(MINUTE), NOW - 90_000);
    const job = replaceByImported(
      imported({ trigger, lastFireAt: null, nextFireAt: NOW - 30_000, runCount: 3 }),
      stored({ trigger: triggerOf(interval(MINUTE)), lastFireAt: NOW - 60_000, nextFireAt: NOW, runCount: 8 }),
      facts,
    );
    expect(job).toMatchObject({ nextFireAt: NOW - 30_000, lastFireAt: NOW - 60_000, runCount: 3, series: 1 });
    expect(job.trigger).toBe(trigger);
  });

  it('has the fire of a one-shot under a series of its own where that instant is over', () => {
    const trigger = triggerOf(at(new Date(NOW - MINUTE)));
    const before = stored({ lastFireAt: NOW, nextFireAt: NOW + MINUTE, series: 2 });
    const document = imported({ trigger, nextFireAt: NOW - MINUTE });
    expect(replaceByImported(document, before, facts)).toMatchObject({ series: 3, lastFireAt: null });
    expect(replaceByImported(document, before, { now: NOW, lastSeries: 5 })).toMatchObject({ series: 6 });
    expect(replaceByImported({ ...document, series: 9 }, before, facts)).toMatchObject({ series: 9 });
  });
});

describe('a job that is imported in place of a declared one', () => {
  const trigger = triggerOf(cron('* * * * *'));
  const declared = stored({ origin: 'declared', definition: 'of-the-code', trigger });

  it('leaves it declared, until its declaration changes', () => {
    const job = replaceByImported(imported({ trigger, tags: ['x'] }), declared, facts);
    expect(job).toMatchObject({ origin: 'declared', definition: 'of-the-code', tags: ['x'] });
  });

  it('becomes what the document says where nobody declares that any more', () => {
    const orphan = { ...declared, policy: aPolicy({ orphanedAt: NOW - 1 }) };
    const job = replaceByImported(imported({ trigger }), orphan, facts);
    expect(job).toMatchObject({ origin: 'added', definition: '' });
    expect(job.policy.orphanedAt).toBeUndefined();
  });

  it('leaves it disabled, which only its code can change', () => {
    const disabled = { ...declared, policy: aPolicy({ disabledAt: NOW - 1 }) };
    const job = replaceByImported(imported({ trigger, tags: ['x'] }), disabled, facts);
    expect(job).toMatchObject({ origin: 'declared', tags: ['x'], policy: { disabledAt: NOW - 1 } });
  });

  it('stays an added one where such a one is in its place', () => {
    const document = imported({ trigger, origin: 'declared', definition: 'of-the-code' });
    expect(replaceByImported(document, stored({ trigger }), facts)).toMatchObject({ origin: 'added', definition: '' });
  });
});
