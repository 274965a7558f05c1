import { describe, expect, it } from 'vitest';
import { planFires } from '../../lib/jobs/fire-plan.js';
import { firstFire } from '../../lib/jobs/first-fire.js';
import {
  modifyJob,
  newJob,
  orphanJob,
  pauseJob,
  reconcileJob,
  replaceJob,
  rescheduleJob,
  resumeJob,
  startJob,
} from '../../lib/jobs/job-changes.js';
import { draftHash, hasSameTrigger, type JobDraft } from '../../lib/jobs/job-draft.js';
import { BUILT_IN_DEFAULTS, resolveJobOptions } from '../../lib/jobs/job-policy.js';
import type { JobOptions } from '../../lib/jobs/job-options.js';
import type { JobRecord } from '../../lib/jobs/job-record.js';
import { at, cron, interval } from '../../lib/triggers/factories.js';
import { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import type { TriggerDefinition } from '../../lib/triggers/trigger.js';

const NOW = Date.UTC(2030, 0, 1, 12);
const SECOND = 1_000;
const HOUR = 3_600_000;

function draft(definition: TriggerDefinition, options: JobOptions = {}, change: Partial<JobDraft> = {}): JobDraft {
  return {
    id: 'job',
    task: 'work',
    definition,
    timeZone: 'UTC',
    args: [],
    origin: 'added',
    options: resolveJobOptions('job', options, BUILT_IN_DEFAULTS, 'Job "job"'),
    ...change,
  };
}

const declared = (definition: TriggerDefinition, options: JobOptions = {}): JobDraft =>
  draft(definition, options, { origin: 'declared' });

function stored(definition: TriggerDefinition, change: Partial<JobRecord> = {}, options: JobOptions = {}): JobRecord {
  return { ...newJob(draft(definition, options), { now: NOW, lastSeries: 0 }), ...change };
}

function storedDeclared(definition: TriggerDefinition, change: Partial<JobRecord> = {}): JobRecord {
  return { ...newJob(declared(definition), { now: NOW, lastSeries: 0 }), ...change };
}

describe('the first fire of a job', () => {
  it.each<[name: string, definition: TriggerDefinition, fire: number | null]>([
    ['an interval: one interval later', interval(SECOND), NOW + SECOND],
    ['an immediate interval: now', interval(SECOND, { immediate: true }), NOW],
    [
      'an interval since long ago: the next of its course',
      interval(7 * SECOND, { startAt: new Date(NOW - 8_000) }),
      NOW + 6_000,
    ],
    ['a cron text that is due this very millisecond: now', cron('0 12 * * *'), NOW],
    ['an instant to come', at(new Date(NOW + HOUR)), NOW + HOUR],
    ['an instant that is past: it is kept for the misfire policy', at(new Date(NOW - HOUR)), NOW - HOUR],
    ['an instant that is now', at(new Date(NOW)), NOW],
    ['a course that has ended: none', interval(SECOND, { endAt: new Date(NOW - HOUR) }), null],
  ])('of %s', (_name, definition, fire) => {
    expect(firstFire(StoredTrigger.of(definition, { addedAt: NOW, timeZone: 'UTC' }), 'job', NOW)).toBe(fire);
  });
});

describe('a new job', () => {
  it('starts with stamps of the clock, nothing run, and the series after the last', () => {
    expect(newJob(draft(interval(SECOND)), { now: NOW, lastSeries: 4 })).toMatchObject({
      state: 'active',
      nextFireAt: NOW + SECOND,
      dueAt: NOW + SECOND,
      lastFireAt: null,
      gen: NOW,
      fence: NOW,
      series: 5,
      runCount: 0,
      failures: 0,
      formatVersion: 1,
      createdAt: NOW,
      updatedAt: NOW,
    });
  });

  it('is finished from the start when its course has ended', () => {
    const job = newJob(declared(interval(SECOND, { endAt: new Date(NOW - HOUR) })), { now: NOW, lastSeries: 0 });
    expect(job).toMatchObject({ state: 'finished', nextFireAt: null });
  });

  it.each<[job: JobDraft, isMissed: boolean]>([
    [declared(at(new Date(NOW - 1))), true],
    [declared(at(new Date(NOW))), false],
    [declared(at(new Date(NOW - 1)), { misfireGraceTime: 5_000 }), false],
    [declared(at(new Date(NOW - 1)), { misfireGraceTime: null }), false],
    [draft(at(new Date(NOW - 1))), false],
  ])(
    'has missed its fire as a declared one-shot that is past, unless it has a grace time of its own: %#',
    (job, isMissed) => {
      const placed = newJob(job, { now: NOW, lastSeries: 0 });
      expect(planFires(placed, NOW)).toMatchObject(
        isMissed ? { run: null, rollUps: [{ state: 'missed', reason: 'misfire' }] } : { run: {}, rollUps: [] },
      );
      const later = rescheduleJob(placed, at(new Date(NOW + HOUR)), 'UTC', NOW);
      expect(planFires(later, NOW + HOUR)).toMatchObject({ run: { scheduledAt: NOW + HOUR }, rollUps: [] });
    },
  );
});

describe('the fingerprint of a declared job', () => {
  it('is what it was before jobs could have more options, and another with one of them', () => {
    const plain = draftHash(declared(interval(SECOND)));
    expect(plain).toBe('hjbg1Rh53xlgRSMFmx3CQdW79zXxPv8D');
    expect(draftHash(declared(interval(SECOND), { overlap: 'skip' }))).toBe(plain);
    expect(draftHash(declared(interval(SECOND), { overlap: 'queue' }))).not.toBe(plain);
    expect(draftHash(declared(interval(SECOND), { retry: { maxAttempts: 1 } }))).toBe(plain);
    expect(draftHash(declared(interval(SECOND), { retry: { maxAttempts: 2 } }))).not.toBe(plain);
  });
});

describe('a job that is replaced', () => {
  const later = NOW + 90 * SECOND;
  const course = {
    nextFireAt: NOW + 100 * SECOND,
    lastFireAt: NOW + 80 * SECOND,
    runCount: 8,
    state: 'paused',
  } as const;

  it('keeps its course when the trigger is the same and has a next fire', () => {
    const before = stored(interval(20 * SECOND), course);
    const after = replaceJob(draft(interval(20 * SECOND), { maxInstances: 4, tags: ['x'] }), before, later);
    expect(after).toMatchObject({ ...course, dueAt: before.dueAt, series: 1, maxInstances: 4, tags: ['x'] });
    expect(after.trigger).toBe(before.trigger);
    expect(after.gen).toBeGreaterThan(before.gen);
    expect(after.fence).toBe(before.fence);
  });

  it('starts anew when the trigger has changed, in the same series as long as no slot repeats', () => {
    const after = replaceJob(draft(interval(30 * SECOND)), stored(interval(20 * SECOND), course), later);
    expect(after).toMatchObject({
      state: 'active',
      nextFireAt: later + 30 * SECOND,
      lastFireAt: course.lastFireAt,
      runCount: 0,
      failures: 0,
      series: 1,
      createdAt: NOW,
    });
  });

  it('starts anew when the zone has changed', () => {
    const before = stored(cron('0 3 * * *'));
    const after = replaceJob(draft(cron('0 3 * * *'), {}, { timeZone: 'Asia/Tokyo' }), before, later);
    expect(after.nextFireAt).toBe(Date.UTC(2030, 0, 1, 18));
  });

  it('keeps its course when only the zone has changed, and its fires know none', () => {
    const before = stored(interval(20 * SECOND), course);
    const after = replaceJob(draft(interval(20 * SECOND), {}, { timeZone: 'Asia/Tokyo' }), before, later);
    expect(after).toMatchObject({ ...course, trigger: before.trigger });
  });

  it('starts a new series, and forgets the mark, when its first slot is at or before the mark', () => {
    const instant = new Date(NOW + HOUR);
    const before = stored(at(instant), { nextFireAt: null, state: 'finished', lastFireAt: NOW + HOUR, series: 2 });
    for (const again of [instant, new Date(NOW + HOUR - 1)]) {
      const after = replaceJob(draft(at(again)), before, NOW + 2 * HOUR);
      expect(after).toMatchObject({ series: 3, lastFireAt: null, nextFireAt: again.getTime(), state: 'active' });
    }
    const after = replaceJob(draft(at(new Date(NOW + HOUR + 1))), before, NOW + 2 * HOUR);
    expect(after).toMatchObject({ series: 2, lastFireAt: NOW + HOUR });
  });

  it('has a higher gen, whatever the clock says', () => {
    const before = stored(interval(SECOND), { gen: NOW + 5 });
    expect(replaceJob(draft(interval(SECOND)), before, NOW - HOUR).gen).toBe(NOW + 6);
  });
});

describe('a declared job at a start', () => {
  it('is left as it is when its definition is the same, whatever was changed at run time', () => {
    const before = storedDeclared(interval(SECOND));
    const byHand = rescheduleJob(modifyJob(before, { tags: ['x'] }, NOW), interval(HOUR), 'UTC', NOW);
    expect(reconcileJob(declared(interval(SECOND)), before, NOW)).toBeNull();
    expect(reconcileJob(declared(interval(SECOND)), byHand, NOW)).toBeNull();
  });

  it('has its new options and its old course when only those have changed', () => {
    const before = storedDeclared(interval(SECOND), {
      nextFireAt: NOW - HOUR,
      lastFireAt: NOW - 2 * HOUR,
      runCount: 3,
    });
    const after = reconcileJob(declared(interval(SECOND), { maxInstances: 3 }), before, NOW);
    expect(after).toMatchObject({
      maxInstances: 3,
      nextFireAt: NOW - HOUR,
      lastFireAt: NOW - 2 * HOUR,
      runCount: 3,
      trigger: before.trigger,
    });
  });

  it.each([
    ['active', 'active'],
    ['paused', 'paused'],
    ['finished', 'active'],
  ] as const)('that was %s is %s when its trigger has changed', (was, is) => {
    const before = storedDeclared(interval(SECOND), { state: was, runCount: 5 });
    const after = reconcileJob(declared(interval(HOUR)), before, NOW);
    expect(after).toMatchObject({ state: is, nextFireAt: NOW + HOUR, runCount: was === 'finished' ? 0 : 5 });
  });

  it('is finished when its new trigger has no fire left', () => {
    const ended = interval(SECOND, { endAt: new Date(NOW - HOUR) });
    for (const state of ['active', 'paused', 'finished'] as const) {
      const after = reconcileJob(declared(ended), storedDeclared(interval(SECOND), { state }), NOW);
      expect(after).toMatchObject({ state: 'finished', nextFireAt: null, dueAt: null });
    }
  });

  it('is orphaned once, and goes on as it was when it is declared again', () => {
    const before = storedDeclared(interval(SECOND), { tags: ['by hand'] });
    const orphan = orphanJob(before, NOW + HOUR) as JobRecord;
    expect(orphan.policy.orphanedAt).toBe(NOW + HOUR);
    expect(orphanJob(orphan, NOW + 2 * HOUR)).toBeNull();
    const revived = reconcileJob(declared(interval(SECOND)), orphan, NOW + 3 * HOUR);
    expect(revived).toMatchObject({ tags: ['by hand'], nextFireAt: before.nextFireAt, policy: before.policy });
    expect(revived?.policy).not.toHaveProperty('orphanedAt');
    expect(revived?.gen).toBeGreaterThan(orphan.gen);
  });
});

describe('the definition of a declared job', () => {
  const base = declared(interval(SECOND), { tags: ['x'], misfireGraceTime: 5_000 });

  it.each<[what: string, other: JobDraft]>([
    ['another task', { ...base, task: 'other' }],
    ['another trigger', { ...base, definition: interval(HOUR) }],
    ['other arguments', { ...base, args: [1] }],
    ['another tag', declared(interval(SECOND), { tags: ['y'], misfireGraceTime: 5_000 })],
    ['another grace time', declared(interval(SECOND), { tags: ['x'] })],
    ['another name', declared(interval(SECOND), { tags: ['x'], misfireGraceTime: 5_000, name: 'Job' })],
    ['more metadata', declared(interval(SECOND), { tags: ['x'], misfireGraceTime: 5_000, metadata: { a: 1 } })],
  ])('is another one with %s', (_what, other) => {
    expect(draftHash(other)).not.toBe(draftHash(base));
  });

  it('is another one with another zone where that moves its fires, and there only', () => {
    const inZone = (definition: TriggerDefinition, timeZone: string) =>
      draftHash({ ...declared(definition), timeZone });
    for (const [definition, counts] of [
      [cron('0 3 * * *'), true],
      [at('2030-01-01T00:00:10'), true],
      [at('2030-01-01T00:00:10Z'), false],
      [interval(SECOND), false],
    ] as const) {
      expect(inZone(definition, 'UTC') !== inZone(definition, 'Asia/Tokyo')).toBe(counts);
    }
  });

  it('is the same however it is written', () => {
    expect(draftHash(declared(cron(' 0 3  * * *')))).toBe(draftHash(declared(cron('0 3 * * *'))));
    expect(draftHash(declared(at('2030-01-01T00:00Z')))).toBe(draftHash(declared(at('2030-01-01T00:00:00.000Z'))));
    expect(draftHash(declared(interval({ seconds: 1 }), { misfireGraceTime: 'PT5S', tags: ['x'] }))).toBe(
      draftHash(base),
    );
  });

  it('is not kept of a job added at run time', () => {
    expect(draftHash(draft(interval(SECOND)))).toBe('');
  });

  it.each<[one: TriggerDefinition, other: TriggerDefinition, isSame: boolean]>([
    [interval(60_000), interval({ minutes: 1 }), true],
    [cron('0 3 * * *'), cron('0 3 * * *'), true],
    [cron({ hour: 3, minute: 5 }), cron({ minute: 5, hour: 3 }), true],
    [cron('0 3 * * *'), cron('0 4 * * *'), false],
    [cron('0 3 * * *'), cron('0  3 * * *'), true],
    [at('2030-01-01T00:00:10Z'), at('2030-01-01T00:00:10.000Z'), true],
    [at('2030-01-01T00:00:10Z'), at('2030-01-01T00:00:10'), false],
    [interval(60_000), interval(60_000, { immediate: true }), false],
  ])('%j and %j: the same trigger is %s', (one, other, isSame) => {
    expect(hasSameTrigger(stored(one), draft(other))).toBe(isSame);
  });
});

describe('a job that is rescheduled', () => {
  it('counts from now, keeps a pause, its options and its runs, and comes back when it was finished', () => {
    const before = stored(interval(SECOND), { runCount: 4, failures: 2, tags: ['x'] });
    for (const [was, is] of [
      ['active', 'active'],
      ['paused', 'paused'],
      ['finished', 'active'],
    ] as const) {
      const after = rescheduleJob({ ...before, state: was }, interval(HOUR), 'UTC', NOW + SECOND);
      expect(after).toMatchObject({
        state: is,
        nextFireAt: NOW + SECOND + HOUR,
        runCount: 4,
        failures: 2,
        tags: ['x'],
      });
    }
  });

  it('is refused when maxRuns would let none of its fires through, and comes back once that is raised', () => {
    const policy = { ...stored(interval(SECOND)).policy, maxRuns: 2 };
    const before = stored(interval(SECOND), { policy, runCount: 2, state: 'finished', nextFireAt: null, dueAt: null });
    expect(() => rescheduleJob(before, interval(HOUR), 'UTC', NOW)).toThrow('its maxRuns (2) is used up');
    const raised = modifyJob(before, { policy: { maxRuns: 3 } }, NOW + 5 * SECOND);
    expect(raised).toMatchObject({
      state: 'active',
      nextFireAt: NOW + 5 * SECOND,
      dueAt: NOW + 5 * SECOND,
      runCount: 2,
    });
    expect(modifyJob(before, { policy: { maxRuns: 1 } }, NOW)).toMatchObject({ state: 'finished', nextFireAt: null });
  });

  it('fires no slot a second time that was dispatched within this very millisecond', () => {
    const before = stored(interval(SECOND), { lastFireAt: NOW });
    expect(rescheduleJob(before, cron('* * * * * *'), 'UTC', NOW)).toMatchObject({
      nextFireAt: NOW + SECOND,
      lastFireAt: NOW,
      series: 1,
    });
  });
});

describe('a job that is paused and resumed', () => {
  const active = stored(interval(10 * SECOND));

  it('is paused only when it is active, or has a run to come although it has no fire left', () => {
    expect(pauseJob(active, NOW, false)).toMatchObject({ state: 'paused', nextFireAt: active.nextFireAt });
    expect(pauseJob({ ...active, state: 'paused' }, NOW, true)).toBeNull();
    const finished: JobRecord = { ...active, state: 'finished', nextFireAt: null, dueAt: null };
    expect(pauseJob(finished, NOW, false)).toBeNull();
    const paused = pauseJob(finished, NOW, true);
    expect(paused).toMatchObject({ state: 'paused', nextFireAt: null });
    expect(resumeJob(paused as JobRecord, NOW, false)).toMatchObject({ state: 'finished', nextFireAt: null });
  });

  it('is resumed only when it is paused', () => {
    expect(resumeJob(active, NOW, false)).toBeNull();
    expect(resumeJob({ ...active, state: 'finished' }, NOW, true)).toBeNull();
  });

  it.each([
    { after: 5, catchUp: false, next: 10 },
    { after: 10, catchUp: false, next: 10 },
    { after: 35, catchUp: false, next: 40 },
    { after: 40, catchUp: false, next: 40 },
    { after: 35, catchUp: true, next: 10 },
  ])('after $after s with catchUp $catchUp goes on at $next s', ({ after, catchUp, next }) => {
    const resumed = resumeJob({ ...active, state: 'paused' }, NOW + after * SECOND, catchUp);
    expect(resumed).toMatchObject({ state: 'active', nextFireAt: NOW + next * SECOND, dueAt: NOW + next * SECOND });
  });

  it('keeps its last fire when that has passed: its misfire policy judges it', () => {
    const once = stored(at(new Date(NOW + SECOND)), { state: 'paused' });
    expect(resumeJob(once, NOW + HOUR, false)).toMatchObject({ state: 'active', nextFireAt: NOW + SECOND });
  });
});

describe('a job that was added before the start', () => {
  it('counts from the start, unless no fire is left then', () => {
    const before = stored(interval(10 * SECOND, { endAt: new Date(NOW + HOUR) }));
    expect(startJob(before, NOW + 25 * SECOND)).toMatchObject({ nextFireAt: NOW + 35 * SECOND });
    expect(startJob(before, NOW + 2 * HOUR)).toBeNull();
  });
});

describe('a job that is modified', () => {
  it('keeps the parts of its policy that are not named', () => {
    const before = {
      ...storedDeclared(interval(SECOND)),
      policy: { ...storedDeclared(interval(SECOND)).policy, orphanedAt: 5 },
    };
    const after = modifyJob(before, { name: 'New', policy: { coalesce: 'all' } }, NOW);
    expect(after).toMatchObject({ name: 'New', definition: before.definition });
    expect(after.policy).toEqual({ ...before.policy, coalesce: 'all' });
    expect(after.gen).toBe(before.gen + 1);
  });
});
