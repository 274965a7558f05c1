import { describe, expect, it, vi } from 'vitest';
import { dispatchesLeft, planFires, rollUpDue, type FirePlan } from '../../lib/jobs/fire-plan.js';
import type { Coalesce } from '../../lib/jobs/coalesce.js';
import { bindTrigger } from '../../lib/triggers/bind-trigger.js';
import { cron, except, interval } from '../../lib/triggers/factories.js';
import type { JobPolicy, JobRecord } from '../../lib/jobs/job-record.js';
import { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import type { Trigger } from '../../lib/triggers/trigger.js';
import { CountingTrigger, firesAt, jobOn } from './planned-jobs.js';

const everyTen: Trigger = firesAt([10, 20, 30, 40, 50, 60, 70, 80]);

/** A plan on one line: `run 50, missed misfire 10–40 ×4, next 60`. */
function shown({ run, backlog, rollUps, nextFireAt, nextDueAt }: FirePlan): string {
  expect(nextDueAt).toBe(nextFireAt);
  return [
    ...(run ? [`run ${run.scheduledAt}`] : []),
    ...(backlog.length > 0 ? [`queue ${backlog.map(({ scheduledAt }) => scheduledAt).join(' ')}`] : []),
    ...rollUps.map((roll) => `${roll.state} ${roll.reason} ${roll.scheduledAt}–${roll.untilAt} ×${roll.count}`),
    `next ${nextFireAt}`,
  ].join(', ');
}

describe('a fire that is the only one due', () => {
  it.each([
    { now: 10, grace: null, plan: 'run 10, next 20' },
    { now: 19, grace: null, plan: 'run 10, next 20' },
    { now: 10, grace: 0, plan: 'run 10, next 20' },
    { now: 15, grace: 5, plan: 'run 10, next 20' },
    { now: 16, grace: 5, plan: 'missed misfire 10–10 ×1, next 20' },
    { now: 11, grace: 0, plan: 'missed misfire 10–10 ×1, next 20' },
  ])('with a grace time of $grace at $now: $plan', ({ now, grace, plan }) => {
    for (const coalesce of ['latest', 'earliest', 'all'] as const) {
      expect(shown(planFires(jobOn(everyTen, 10, { misfireGraceTime: grace, coalesce }), now))).toBe(plan);
    }
  });

  it('is the last one: there is no next', () => {
    expect(shown(planFires(jobOn(firesAt([10]), 10), 1_000_000))).toBe('run 10, next null');
    expect(shown(planFires(jobOn(firesAt([10]), 10, { misfireGraceTime: 5 }), 1_000_000))).toBe(
      'missed misfire 10–10 ×1, next null',
    );
  });
});

describe('several fires overdue', () => {
  it.each<{ coalesce: Coalesce; grace: number | null; limit?: number; plan: string }>([
    { coalesce: 'latest', grace: null, plan: 'run 50, skipped coalesced 10–40 ×4, next 60' },
    { coalesce: 'earliest', grace: null, plan: 'run 10, skipped coalesced 20–50 ×4, next 60' },
    { coalesce: 'all', grace: null, plan: 'queue 10 20 30 40 50, next 60' },
    { coalesce: 'latest', grace: 25, plan: 'run 50, missed misfire 10–20 ×2, skipped coalesced 30–40 ×2, next 60' },
    { coalesce: 'earliest', grace: 25, plan: 'run 30, missed misfire 10–20 ×2, skipped coalesced 40–50 ×2, next 60' },
    { coalesce: 'all', grace: 25, plan: 'queue 30 40 50, missed misfire 10–20 ×2, next 60' },
    { coalesce: 'latest', grace: 5, plan: 'run 50, missed misfire 10–40 ×4, next 60' },
    { coalesce: 'earliest', grace: 5, plan: 'run 50, missed misfire 10–40 ×4, next 60' },
    { coalesce: 'all', grace: 5, plan: 'run 50, missed misfire 10–40 ×4, next 60' },
    { coalesce: 'latest', grace: 4, plan: 'missed misfire 10–50 ×5, next 60' },
    { coalesce: 'earliest', grace: 4, plan: 'missed misfire 10–50 ×5, next 60' },
    { coalesce: 'all', grace: 4, plan: 'missed misfire 10–50 ×5, next 60' },
    { coalesce: 'all', grace: null, limit: 2, plan: 'queue 40 50, missed catchUpLimit 10–30 ×3, next 60' },
    {
      coalesce: 'all',
      grace: 35,
      limit: 2,
      plan: 'queue 40 50, missed misfire 10–10 ×1, missed catchUpLimit 20–30 ×2, next 60',
    },
    { coalesce: 'all', grace: null, limit: 5, plan: 'queue 10 20 30 40 50, next 60' },
    { coalesce: 'all', grace: null, limit: 1, plan: 'queue 50, missed catchUpLimit 10–40 ×4, next 60' },
  ])('coalesce $coalesce, grace $grace, limit $limit: $plan', ({ coalesce, grace, limit = 100, plan }) => {
    const policy = { coalesce, misfireGraceTime: grace, catchUpLimit: limit };
    expect(shown(planFires(jobOn(everyTen, 10, policy), 55))).toBe(plan);
    // A trigger that can't count says the same, only slower.
    const walked = firesAt([10, 20, 30, 40, 50, 60, 70, 80], false);
    expect(shown(planFires(jobOn(walked, 10, policy), 55))).toBe(plan);
  });

  it('leaves the high-water mark at the last slot it has decided about', () => {
    expect(planFires(jobOn(everyTen, 10), 55).lastFireAt).toBe(50);
    expect(planFires(jobOn(everyTen, 10, { misfireGraceTime: 0 }), 55).lastFireAt).toBe(50);
    expect(planFires(jobOn(everyTen, 10, { coalesce: 'earliest' }), 55).lastFireAt).toBe(50);
  });

  it('takes a slot that is due this very millisecond with the others', () => {
    expect(shown(planFires(jobOn(everyTen, 10), 20))).toBe('run 20, skipped coalesced 10–10 ×1, next 30');
  });

  it('ends with the trigger', () => {
    expect(shown(planFires(jobOn(everyTen, 60), 1_000))).toBe('run 80, skipped coalesced 60–70 ×2, next null');
  });
});

describe('a job with maxRuns', () => {
  it('knows how many dispatches are left, and never less than none', () => {
    expect(dispatchesLeft(jobOn(everyTen, 10))).toBeNull();
    expect(dispatchesLeft(jobOn(everyTen, 10, { maxRuns: 3 }, 1))).toBe(2);
    expect(dispatchesLeft(jobOn(everyTen, 10, { maxRuns: 3 }, 5))).toBe(0);
  });

  it('catches up no more than is left, the oldest first', () => {
    const job = jobOn(everyTen, 10, { coalesce: 'all', maxRuns: 3 }, 1);
    expect(planFires(job, 55).backlog.map(({ scheduledAt }) => scheduledAt)).toEqual([10, 20]);
  });

  it.each<Coalesce>(['latest', 'earliest', 'all'])('runs nothing when none is left (%s)', (coalesce) => {
    const job = jobOn(everyTen, 10, { coalesce, maxRuns: 2 }, 2);
    expect(shown(planFires(job, 10))).toBe('next null');
    expect(shown(planFires(job, 55))).toBe('next null');
  });
});

/** A trigger without `count`. */
function methodsOf(trigger: Trigger): Trigger {
  return {
    next: (t) => trigger.next(t),
    previous: (t) => trigger.previous(t),
    describe: () => trigger.describe(),
  };
}

describe('the cost of a plan', () => {
  const YEAR = 365 * 86_400_000;
  const start = Date.UTC(2029, 0, 1);
  const context = { jobId: 'job', addedAt: new Date(start), timeZone: 'Europe/Berlin' };
  const triggers = {
    interval: bindTrigger(interval({ seconds: 1 }), context),
    cron: bindTrigger(cron('* * * * * *'), context),
  };

  function callsFor(trigger: Trigger, downtime: number, coalesce: Coalesce, misfireGraceTime: number | null): number {
    const counting = new CountingTrigger(trigger);
    const slot = start + 1_000;
    const { run, backlog, rollUps } = planFires(jobOn(counting, slot, { coalesce, misfireGraceTime }), slot + downtime);
    const counts = rollUps.reduce((sum, { count }) => sum + count, 0);
    expect(counts + backlog.length + (run ? 1 : 0)).toBe(downtime / 1_000 + 1);
    return counting.calls;
  }

  it.each(['interval', 'cron'] as const)(
    'P11 is the same for a year of downtime as for ten minutes, on a one-second %s',
    (kind) => {
      for (const coalesce of ['latest', 'earliest', 'all'] as const) {
        for (const grace of [null, 300_000]) {
          const short = callsFor(triggers[kind], 600_000, coalesce, grace);
          expect(callsFor(triggers[kind], YEAR, coalesce, grace)).toBe(short);
          expect(short).toBeLessThan(coalesce === 'all' ? 120 : 20);
        }
      }
    },
  );

  it('is what one call may take and no more, in a zone of which many years have to be looked through', async () => {
    // Whatever other tests have looked at is remembered in this process.
    vi.resetModules();
    const { planFires: planFresh } = await import('../../lib/jobs/fire-plan.js');
    const { bindTrigger: bindFresh } = await import('../../lib/triggers/bind-trigger.js');
    const calls = { givenUp: 0 };
    const trigger = bindFresh(cron('30 2 * * *'), { ...context, timeZone: 'America/Boise' });
    const count = (from: number, to: number): number => {
      try {
        return trigger.count?.(from, to) ?? NaN;
      } catch (error) {
        calls.givenUp++;
        throw error;
      }
    };
    const first = trigger.next(Date.UTC(1972, 0, 1)) ?? NaN;
    const { rollUps, run } = planFresh(jobOn({ ...methodsOf(trigger), count }, first), Date.UTC(2072, 0, 1));
    expect(rollUps[0]?.count).toBe(36_524);
    expect(run).not.toBeNull();
    expect(calls.givenUp).toBeGreaterThan(1);
  });

  it('P11 is bounded for a trigger that can not count', () => {
    const counting = new CountingTrigger(triggers.interval);
    const { rollUps } = planFires(jobOn(methodsOf(counting), start + 1_000), start + YEAR);
    expect(counting.calls).toBeLessThan(10_100);
    expect(rollUps[0]).toMatchObject({ reason: 'coalesced', count: 10_000, scheduledAt: start + 1_000 });
  });
});

describe('a search for the next fire that takes longer than there is time for', () => {
  const midnight = (date: string): number => Date.parse(`2030-${date}T00:00:00Z`);
  /** At midnight on the 1st of each month. Thousands of fires lie between two of them. */
  const monthly = except(
    cron('*/5 * * * *'),
    cron('0-59/10 1-23 * * *'),
    cron('5-59/10 * * * *'),
    cron('10-59/10 0 * * *'),
    cron('0 0 2-31 * *'),
  );
  /** A job in a process of its own. */
  const jobAt = (slot: number, policy: Partial<JobPolicy> = {}): JobRecord => {
    const trigger = StoredTrigger.of(structuredClone(monthly), { addedAt: midnight('02-20'), timeZone: 'UTC' });
    return { ...jobOn(trigger.bind('job'), slot, policy), lastFireAt: slot - 1 };
  };
  /** What runs, as a claim at each due instant, and whatever else is decided. */
  function play(first: number, until: number, policy: Partial<JobPolicy> = {}) {
    const runs: string[] = [];
    const rollUps: unknown[] = [];
    let looks = 0;
    let job = jobAt(first, policy);
    let due = first;
    while (due < until) {
      const plan = planFires(job, due);
      if (plan.run === null) looks++;
      else runs.push(new Date(plan.run.scheduledAt).toISOString().slice(5, 16));
      rollUps.push(...plan.rollUps, ...plan.backlog);
      expect(plan.nextFireAt).toBeGreaterThan(due);
      job = { ...job, nextFireAt: plan.nextFireAt, lastFireAt: plan.lastFireAt };
      due = plan.nextDueAt ?? Infinity;
    }
    return { runs, rollUps, looks };
  }

  it('keeps no fire that is known from running, and is gone on with at the instant it has got to', () => {
    const { runs, rollUps, looks } = play(midnight('03-01'), midnight('06-30'));
    expect(runs).toEqual(['03-01T00:00', '04-01T00:00', '05-01T00:00', '06-01T00:00']);
    expect(rollUps).toEqual([]);
    expect(looks).toBeGreaterThan(3);
  });

  it('puts no look off by a jitter, only fires', () => {
    const { runs } = play(midnight('03-01'), midnight('06-30'), { jitter: 60_000 });
    expect(runs).toEqual(['03-01T00:00', '04-01T00:00', '05-01T00:00', '06-01T00:00']);
  });

  it('makes one record of a fire that is missed', () => {
    const plan = planFires(jobAt(midnight('03-01'), { misfireGraceTime: 5 }), midnight('03-01') + 60_000);
    expect(plan).toMatchObject({ run: null, lastFireAt: midnight('03-01'), rollUps: [{ state: 'missed', count: 1 }] });
    expect(plan.nextFireAt).toBeGreaterThan(midnight('03-02'));
  });

  it('runs the fires that are overdue when a look is', () => {
    const plan = planFires(jobAt(midnight('03-25')), midnight('04-01') + 60_000);
    expect(plan.run).toMatchObject({ scheduledAt: midnight('04-01') });
    expect(plan.rollUps).toEqual([]);
    expect(plan.lastFireAt).toBe(midnight('04-01'));
  });

  it('is gone on with at once when a look is long overdue', () => {
    const now = midnight('03-31');
    let job = jobAt(midnight('03-02'));
    for (let plans = 0; (job.nextFireAt as number) <= now; plans++) {
      const plan = planFires(job, now);
      expect(plan).toMatchObject({ run: null, rollUps: [], backlog: [], lastFireAt: job.lastFireAt });
      expect(plan.nextDueAt).toBeGreaterThan(job.nextFireAt as number);
      expect(plans).toBeLessThan(10);
      job = { ...job, nextFireAt: plan.nextFireAt };
    }
  });

  it('is no fire that is dropped with the trigger', () => {
    const late = midnight('03-25');
    expect(rollUpDue(jobAt(late), late + 60_000, 'rescheduled', false)).toBeNull();
    expect(rollUpDue(jobAt(late), midnight('04-01') + 60_000, 'rescheduled', false)).toMatchObject({
      scheduledAt: midnight('04-01'),
      count: 1,
    });
  });
});
