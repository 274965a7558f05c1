import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFires, type FirePlan } from '../../lib/jobs/fire-plan.js';
import { dueAtOf } from '../../lib/jobs/jitter.js';
import type { JobPolicy } from '../../lib/jobs/job-record.js';
import { admitFire, hasToMakeRoom, OVERLAPS } from '../../lib/jobs/overlap.js';
import { bindTrigger } from '../../lib/triggers/bind-trigger.js';
import { at, cron, interval } from '../../lib/triggers/factories.js';
import type { Trigger } from '../../lib/triggers/trigger.js';
import { firesAt, jobOn } from '../jobs/planned-jobs.js';

const START = Date.UTC(2030, 2, 30);
const context = { jobId: 'job', addedAt: new Date(START), timeZone: 'Europe/Berlin' };
const MINUTE = 60_000;

/** Triggers with at most some hundred fires in the days after START, DST change included. */
const triggers: fc.Arbitrary<Trigger> = fc.oneof(
  fc.integer({ min: MINUTE, max: 5 * 60 * MINUTE }).map((every) => bindTrigger(interval(every), context)),
  fc
    .integer({ min: MINUTE, max: 60 * MINUTE })
    .map((every) => bindTrigger(interval(every, { endAt: '2030-03-30T12:00:00Z', immediate: true }), context)),
  fc
    .constantFrom('*/30 * * * *', '0 */2 * * *', '15 2 * * *', '30 2 31 mar *', '0,20 1-3 * * *')
    .map((text) => bindTrigger(cron(text), context)),
  fc.integer({ min: 0, max: 2_000 }).map((minutes) => bindTrigger(at(new Date(START + minutes * MINUTE)), context)),
  fc
    .tuple(fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 40 }), fc.boolean())
    .map(([seconds, isCountable]) =>
      firesAt(
        seconds.toSorted((a, b) => a - b).map((second) => START + second * 1_000),
        isCountable,
      ),
    ),
);

const policies: fc.Arbitrary<Partial<JobPolicy>> = fc.record({
  coalesce: fc.constantFrom('latest', 'earliest', 'all'),
  misfireGraceTime: fc.option(fc.integer({ min: 0, max: 30 * 60 * MINUTE })),
  catchUpLimit: fc.integer({ min: 1, max: 12 }),
  // None half of the time.
  jitter: fc.option(fc.integer({ min: 1, max: 90 * MINUTE }), { nil: undefined }),
});

/** When a slot is due. */
function dueOf(policy: Partial<JobPolicy>, trigger: Trigger, slot: number): number {
  return dueAtOf({ id: 'job', policy }, trigger, slot);
}

/** The slots from one on that are due at `now`. */
function dueSlots(policy: Partial<JobPolicy>, trigger: Trigger, from: number, now: number): number[] {
  return firesBetween(trigger, from, now).filter((slot) => dueOf(policy, trigger, slot) <= now);
}

function firesBetween(trigger: Trigger, from: number, to: number): number[] {
  const fires: number[] = [];
  for (let fire = trigger.next(from - 1); fire !== null && fire <= to; fire = trigger.next(fire)) fires.push(fire);
  return fires;
}

/** Every slot a plan decides about, and its end; a count that is not that of its slots fails here. */
function endsOf({ run, backlog, rollUps }: FirePlan, trigger: Trigger): [slot: number, end: string][] {
  const ends: [number, string][] = [];
  for (const { state, reason, scheduledAt, untilAt, count } of rollUps) {
    const slots = firesBetween(trigger, scheduledAt, untilAt);
    expect(slots).toHaveLength(count);
    expect([slots[0], slots.at(-1)]).toEqual([scheduledAt, untilAt]);
    for (const slot of slots) ends.push([slot, `${state} ${reason}`]);
  }
  for (const { scheduledAt } of backlog) ends.push([scheduledAt, 'queued']);
  if (run) ends.push([run.scheduledAt, 'run']);
  return ends.sort(([a], [b]) => a - b);
}

describe('whatever trigger, policy and downtime', () => {
  const cases = fc.record({
    trigger: triggers,
    policy: policies,
    downtime: fc.oneof(fc.integer({ min: 0, max: 90 * MINUTE }), fc.integer({ min: 0, max: 2_000 * MINUTE })),
  });

  it('P10 every due slot ends exactly once: as a run, in the backlog, or in the count of a miss or a skip', () => {
    fc.assert(
      fc.property(cases, ({ trigger, policy, downtime }) => {
        const slot = trigger.next(START - 1) as number;
        const now = dueOf(policy, trigger, slot) + downtime;
        const plan = planFires(jobOn(trigger, slot, policy), now);
        const due = dueSlots(policy, trigger, slot, now);
        expect(endsOf(plan, trigger).map(([fire]) => fire)).toEqual(due);
        expect(plan.lastFireAt).toBe(due.at(-1));
        expect(plan.nextFireAt).toBe(trigger.next(due.at(-1) as number));
        expect(plan.nextDueAt).toBe(plan.nextFireAt === null ? null : dueOf(policy, trigger, plan.nextFireAt));
        expect(plan.nextDueAt === null || plan.nextDueAt > now).toBe(true);
      }),
    );
  });

  it('P10 the grace time is judged first: what is beyond it is missed, and nothing else is a misfire', () => {
    fc.assert(
      fc.property(cases, ({ trigger, policy, downtime }) => {
        const slot = trigger.next(START - 1) as number;
        const now = dueOf(policy, trigger, slot) + downtime;
        const grace = policy.misfireGraceTime ?? Infinity;
        for (const [fire, end] of endsOf(planFires(jobOn(trigger, slot, policy), now), trigger)) {
          const lateness = now - dueOf(policy, trigger, fire);
          expect(end === 'missed misfire', `${end} at ${lateness} ms`).toBe(lateness > grace);
        }
      }),
    );
  });

  it('what is in time is coalesced as asked for: the latest, the earliest, or all up to the limit', () => {
    fc.assert(
      fc.property(cases, ({ trigger, policy, downtime }) => {
        const slot = trigger.next(START - 1) as number;
        const now = dueOf(policy, trigger, slot) + downtime;
        const plan = planFires(jobOn(trigger, slot, policy), now);
        const grace = policy.misfireGraceTime ?? Infinity;
        const inTime = dueSlots(policy, trigger, slot, now).filter(
          (fire) => now - dueOf(policy, trigger, fire) <= grace,
        );
        const dispatched = [...plan.backlog, ...(plan.run ? [plan.run] : [])].map(({ scheduledAt }) => scheduledAt);
        const kept = {
          latest: inTime.slice(-1),
          earliest: inTime.slice(0, 1),
          all: inTime.slice(-(policy.catchUpLimit as number)),
        };
        expect(dispatched).toEqual(kept[policy.coalesce ?? 'latest']);
        expect(plan.backlog.length > 0 && (policy.coalesce !== 'all' || plan.run !== null)).toBe(false);
      }),
    );
  });

  it('no slot is lost or doubled over many wake-ups, whenever they come', () => {
    const naps = fc.array(fc.integer({ min: 0, max: 400 * MINUTE }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(triggers, policies, naps, (trigger, policy, pauses) => {
        const first = trigger.next(START - 1) as number;
        const decided: number[] = [];
        let next: number | null = first;
        let now = first;
        for (const pause of pauses) {
          now += pause;
          if (next === null || dueOf(policy, trigger, next) > now) continue;
          const plan = planFires(jobOn(trigger, next, policy), now);
          decided.push(...endsOf(plan, trigger).map(([fire]) => fire));
          next = plan.nextFireAt;
        }
        const last = decided.at(-1) ?? first - 1;
        expect(decided).toEqual(firesBetween(trigger, first, last));
        expect(next).toBe(trigger.next(last));
        expect(next === null || next > last).toBe(true);
      }),
    );
  });

  it('a job never dispatches more than maxRuns leaves it', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 6 }), (given, maxRuns, runCount) => {
        const { trigger, policy, downtime } = given;
        const slot = trigger.next(START - 1) as number;
        const now = dueOf(policy, trigger, slot) + downtime;
        const plan = planFires(jobOn(trigger, slot, { ...policy, maxRuns }, runCount), now);
        const dispatched = plan.backlog.length + (plan.run ? 1 : 0);
        expect(dispatched).toBeLessThanOrEqual(Math.max(maxRuns - runCount, 0));
      }),
    );
  });
});

describe('whatever comes and goes', () => {
  it('P27 a job never runs beside itself beyond its instances, nothing overtakes, and only queueing has no bound', () => {
    const steps = fc.array(fc.constantFrom('fire', 'fire', 'end', 'fail', 'retry', 'pick up'), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.constantFrom(...OVERLAPS),
        fc.integer({ min: 1, max: 4 }),
        steps,
        (overlap, maxInstances, events) => {
          let running = 0;
          let queued = 0;
          let failed = 0;
          let asked = 0;
          for (const event of events) {
            if ((event === 'end' || event === 'fail') && running > 0) {
              running--;
              // Those that are asked to end do so first, and are not tried again.
              if (asked > 0) asked--;
              else if (event === 'fail') failed++;
            }
            if (event === 'retry' && failed > 0) [failed, queued] = [failed - 1, queued + 1];
            if (event === 'pick up' && queued > 0 && running < maxInstances)
              [running, queued] = [running + 1, queued - 1];
            if (event !== 'fire') continue;
            const before = running + queued;
            const admission = admitFire(overlap, { running, runningBackfills: 0, queuedDue: queued }, maxInstances);
            // Order is kept: nothing starts past a run that waits.
            expect(admission === 'start').toBe(queued === 0 && running < maxInstances);
            // None is skipped that there is room for, and only queueing has no bound.
            if (before < maxInstances || overlap === 'queue') expect(admission).not.toBe('skip');
            if (admission === 'queue' && overlap !== 'queue') expect(before).toBeLessThanOrEqual(maxInstances);
            if (admission === 'start') running++;
            if (admission === 'queue') queued++;
            expect(running).toBeLessThanOrEqual(maxInstances);
            if (overlap !== 'cancelRunning' || admission === 'start') continue;
            const fits = () => running - asked + queued <= maxInstances;
            const wasFitting = fits();
            const makesRoom = hasToMakeRoom(running - asked, queued, maxInstances);
            // Nobody is asked to end without need, and no run goes on for ever while fires are skipped for one that waits.
            expect(makesRoom && wasFitting).toBe(false);
            if (running > asked) expect(makesRoom || wasFitting).toBe(true);
            if (makesRoom) asked++;
          }
        },
      ),
    );
  });
});
