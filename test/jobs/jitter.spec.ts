import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFires } from '../../lib/jobs/fire-plan.js';
import { dueAtOf } from '../../lib/jobs/jitter.js';
import { modifyJob, newJob, replaceJob, resumeJob } from '../../lib/jobs/job-changes.js';
import type { JobDraft } from '../../lib/jobs/job-draft.js';
import type { JobOptions } from '../../lib/jobs/job-options.js';
import { BUILT_IN_DEFAULTS, resolveJobDefaults, resolveJobOptions } from '../../lib/jobs/job-policy.js';
import type { JobRecord } from '../../lib/jobs/job-record.js';
import { bindTrigger } from '../../lib/triggers/bind-trigger.js';
import { anyOf, at, cron, interval } from '../../lib/triggers/factories.js';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';

const NOW = Date.UTC(2030, 0, 1);
const MINUTE = 60_000;
const DAY = 86_400_000;

const everyTenMinutes = interval({ minutes: 10 });

function draft(definition: TriggerDefinition, options: JobOptions, id = 'job'): JobDraft {
  return {
    id,
    task: 'work',
    definition,
    timeZone: 'UTC',
    args: [],
    origin: 'added',
    options: resolveJobOptions(id, options, BUILT_IN_DEFAULTS, `Job "${id}"`),
  };
}

function jobOf(definition: TriggerDefinition, options: JobOptions, id = 'job'): JobRecord {
  return newJob(draft(definition, options, id), { now: NOW, lastSeries: 0 });
}

function bound(job: JobRecord): Trigger {
  return job.trigger.bind(job.id);
}

/** Slots and their jitter in minutes, of the first fires. */
function offsets(job: JobRecord, count: number): number[] {
  const found: number[] = [];
  for (let slot = bound(job).next(NOW); slot !== null && found.length < count; slot = bound(job).next(slot)) {
    found.push(dueAtOf(job, bound(job), slot) - slot);
  }
  return found;
}

describe('P10 jitter', () => {
  it('puts fires off by something between nothing and itself, spread over all of it', () => {
    const found = offsets(jobOf(everyTenMinutes, { jitter: { minutes: 4 } }), 500);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...found)).toBeLessThanOrEqual(4 * MINUTE);
    const quarters = [0, 1, 2, 3].map((quarter) => found.filter((ms) => Math.floor(ms / MINUTE) === quarter).length);
    for (const count of quarters) expect(count).toBeGreaterThan(80);
  });

  it('ends with the year 9999, however long it may be: what comes later can be no date', () => {
    for (let i = 0; i < 50; i++) {
      const { dueAt } = jobOf(at('2030-01-01T05:00:00Z'), { jitter: Number.MAX_SAFE_INTEGER }, `job-${i}`);
      expect(dueAt).toBeLessThanOrEqual(Date.UTC(9999, 11, 31, 23, 59, 59, 999));
    }
  });

  it('is the same whenever it is asked for, and another one for another job', () => {
    const options = { jitter: { minutes: 4 } };
    const first = offsets(jobOf(everyTenMinutes, options), 20);
    expect(offsets(jobOf(everyTenMinutes, options), 20)).toEqual(first);
    expect(offsets(jobOf(everyTenMinutes, options, 'other'), 20)).not.toEqual(first);
  });

  it('keeps its values for ever: stored jobs depend on them', () => {
    expect(offsets(jobOf(everyTenMinutes, { jitter: { minutes: 4 } }), 3)).toEqual(KNOWN_OFFSETS);
  });

  it('ends before the next fire, however large it is', () => {
    const job = jobOf(everyTenMinutes, { jitter: { days: 3 } });
    const found = offsets(job, 500);
    expect(Math.max(...found)).toBeLessThan(10 * MINUTE);
    expect(Math.max(...found)).toBeGreaterThan(9 * MINUTE);
  });

  it('never passes endAt', () => {
    const definitions = [
      interval({ hours: 1 }, { endAt: '2030-01-01T01:00:30Z' }),
      at('2030-01-01T01:00:00Z', { endAt: '2030-01-01T01:00:30Z' }),
      cron('0 1 1 1 *', { endAt: '2030-01-01T01:00:30Z' }),
      anyOf(cron('0 1 1 1 *', { endAt: '2030-01-01T01:00:30Z' }), at('2030-01-01T00:59', { endAt: '2030-01-01' })),
      anyOf(cron('0 1 1 1 *'), { endAt: '2030-01-01T01:00:30Z' }),
    ];
    for (const definition of definitions) {
      for (let n = 0; n < 50; n++) {
        const job = jobOf(definition, { jitter: { hours: 10 } }, `job-${n}`);
        const slot = bound(job).previous(Infinity) as number;
        const end = bound(job).endAt as number;
        expect(dueAtOf(job, bound(job), slot)).toBeGreaterThanOrEqual(slot);
        expect(dueAtOf(job, bound(job), slot)).toBeLessThanOrEqual(end);
      }
    }
  });

  it('moves a last fire that has no end', () => {
    const found = Array.from({ length: 20 }, (_, n) => jobOf(at(new Date(NOW)), { jitter: MINUTE }, `job-${n}`));
    expect(new Set(found.map(({ dueAt }) => dueAt)).size).toBeGreaterThan(15);
  });

  it('holds whatever the trigger, over changes of clocks too', () => {
    const anyDefinition = fc.oneof(
      fc.integer({ min: 1, max: DAY }).map((every) => interval(every)),
      fc
        .constantFrom('*/5 * * * *', '30 2 * * *', '0,30 1-3 * * *', '* * * * * *', '0 0 29 2 *')
        .map((text) => cron(text)),
    );
    fc.assert(
      fc.property(
        anyDefinition,
        fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Havana'),
        fc.integer({ min: 1, max: 3 * DAY }),
        fc.integer({ min: NOW, max: NOW + 300 * DAY }),
        (definition, timeZone, jitter, instant) => {
          const trigger = bindTrigger(definition, { jobId: 'job', addedAt: new Date(NOW), timeZone });
          const job = { id: 'job', policy: { jitter } };
          const slot = trigger.next(instant) as number;
          const next = trigger.next(slot) as number;
          const due = dueAtOf(job, trigger, slot);
          expect(due).toBeGreaterThanOrEqual(slot);
          expect(due).toBeLessThan(Math.min(next, slot + jitter + 1));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('P10 a job with jitter', () => {
  const options = { jitter: { minutes: 9 } };
  const plain = jobOf(everyTenMinutes, {});
  const job = jobOf(everyTenMinutes, options);

  it('has the slots of one without, and is due later', () => {
    expect(job.nextFireAt).toBe(plain.nextFireAt);
    expect(plain.dueAt).toBe(plain.nextFireAt);
    expect(job.dueAt).toBe(dueAtOf(job, bound(job), job.nextFireAt as number));
    expect(job.dueAt).toBeGreaterThan(job.nextFireAt as number);
  });

  it('never feeds it back: fire after fire comes from the slots alone', () => {
    let current = job;
    for (let n = 1; n <= 50; n++) {
      const plan = planFires(current, current.dueAt as number);
      const slot = NOW + n * 10 * MINUTE;
      expect(plan.run).toEqual({ scheduledAt: slot, dueAt: current.dueAt });
      expect(plan).toMatchObject({ nextFireAt: slot + 10 * MINUTE, lastFireAt: slot, rollUps: [], backlog: [] });
      expect(plan.nextDueAt).toBe(dueAtOf(job, bound(job), slot + 10 * MINUTE));
      current = { ...current, nextFireAt: plan.nextFireAt, dueAt: plan.nextDueAt, lastFireAt: slot };
    }
  });

  it('runs the latest whose slot and jitter have come, and leaves the one whose jitter has not', () => {
    const slots = Array.from({ length: 40 }, (_, n) => NOW + (n + 1) * 10 * MINUTE);
    for (const latest of slots.slice(1)) {
      const due = dueAtOf(job, bound(job), latest);
      expect(planFires(job, due).run).toEqual({ scheduledAt: latest, dueAt: due });
      if (due === latest) continue;
      const waiting = planFires(job, due - 1);
      expect(waiting.lastFireAt).toBe(latest - 10 * MINUTE);
      expect([waiting.nextFireAt, waiting.nextDueAt]).toEqual([latest, due]);
    }
  });

  it('counts grace and lateness from when the fire is due', () => {
    const graceful = jobOf(everyTenMinutes, { ...options, misfireGraceTime: { minutes: 2 } });
    const due = graceful.dueAt as number;
    expect(planFires(graceful, due + 2 * MINUTE - 1).rollUps).toEqual([]);
    expect(planFires(graceful, due + 2 * MINUTE).run).toMatchObject({ dueAt: due });
    const [missed] = planFires(graceful, due + 2 * MINUTE + 1).rollUps;
    expect(missed).toMatchObject({ state: 'missed', reason: 'misfire', scheduledAt: graceful.nextFireAt });
  });

  it('is due anew when its jitter is changed or taken away, at the same slot', () => {
    const wider = modifyJob(job, { policy: { jitter: 5 * MINUTE } }, NOW + 1);
    expect(wider.nextFireAt).toBe(job.nextFireAt);
    expect(wider.dueAt).toBe(dueAtOf(wider, bound(wider), wider.nextFireAt as number));
    expect(wider.dueAt).not.toBe(job.dueAt);
    expect(replaceJob(draft(everyTenMinutes, {}), job, NOW + 1)).toMatchObject({
      nextFireAt: job.nextFireAt,
      dueAt: job.nextFireAt,
    });
  });

  it('still has a fire to come when it is resumed between its slot and when that is due', () => {
    const resumed = resumeJob({ ...job, state: 'paused' }, (job.dueAt as number) - 1, false);
    expect(resumed).toMatchObject({ state: 'active', nextFireAt: job.nextFireAt, dueAt: job.dueAt });
    const later = resumeJob({ ...job, state: 'paused' }, (job.dueAt as number) + 1, false);
    expect(later?.nextFireAt).toBe((job.nextFireAt as number) + 10 * MINUTE);
  });
});

describe('the option jitter', () => {
  it('is a duration, 0 unless given, also as a default of all jobs', () => {
    const resolve = (given: JobOptions, defaults = BUILT_IN_DEFAULTS): number | undefined =>
      resolveJobOptions('job', given, defaults, 'Job "job"').policy.jitter;
    expect(resolve({})).toBeUndefined();
    expect(resolve({ jitter: 0 })).toBeUndefined();
    expect(resolve({ jitter: 'PT30S' })).toBe(30_000);
    const defaults = resolveJobDefaults({ jitter: { seconds: 5 } });
    expect(resolve({}, defaults)).toBe(5_000);
    expect(resolve({ jitter: 0 }, defaults)).toBeUndefined();
  });
});

const KNOWN_OFFSETS = [205_167, 3_924, 207_168];
