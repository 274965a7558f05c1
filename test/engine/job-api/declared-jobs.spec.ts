import { describe, expect, it } from 'vitest';
import type { SchedulerModuleOptions } from '../../../lib/scheduler.options.js';
import type { DeclaredJob } from '../../../lib/jobs/declared-job.js';
import { at } from '../../../lib/triggers/at.js';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import { recordingLogs } from '../../events/recording-logger.js';
import { LastingStore } from '../../support/lasting-store.js';
import type { Harness } from '../../support/scheduler-harness.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { declaredJob, harnesses, records, refusal, runStates, shutDown, time, timesOf } from './harnesses.js';

const { create } = harnesses();
const hourly = cron('0 * * * *');
const HOUR = 3_600_000;

/** An application that is deployed again and again on one store. */
class Application {
  readonly clock = new VirtualClock('2030-01-01T00:30:00Z');
  readonly store = new LastingStore();
  #current: { harness: Harness; calls: { at: string; args: unknown[] }[] } | null = null;

  async deploy(
    declared: readonly DeclaredJob[],
    options: SchedulerModuleOptions = {},
    handler?: () => void,
    task = 'work',
  ) {
    await this.stop();
    const harness = create({ store: this.store, ...options }, this.clock);
    const calls = harness.task(task, handler);
    harness.scheduler.declare(declared);
    await harness.scheduler.start();
    await settle();
    this.#current = { harness, calls };
    return { harness, calls, service: harness.service };
  }

  /** Nothing runs for so long. */
  async standStill(ms: number): Promise<void> {
    await this.stop();
    await this.clock.advance(ms);
  }

  async stop(): Promise<void> {
    if (this.#current) await shutDown(this.#current.harness);
    this.#current = null;
  }
}

describe('a declared job that is stored for the first time', () => {
  it('is listed, and has no fires before that moment', async () => {
    const app = new Application();
    const { service, calls, harness } = await app.deploy([
      declaredJob('report', hourly, { tags: ['money'], metadata: { team: 'billing' }, maxInstances: 2 }),
    ]);
    expect(await service.getJob('report')).toMatchObject({
      origin: 'declared',
      state: 'active',
      task: 'work',
      nextFire: new Date('2030-01-01T01:00:00Z'),
      lastFire: null,
      tags: ['money'],
      metadata: { team: 'billing' },
      options: { maxInstances: 2 },
    });
    expect(harness.types('job.')).toEqual(['job.added']);
    await app.clock.advance(HOUR);
    expect(timesOf(calls)).toEqual(['01:00:00']);
  });

  it('P02 is recorded as missed with one warning when it is an @At that is past already, and does not run', async () => {
    const harness = create();
    const calls = harness.task('work');
    harness.scheduler.declare([declaredJob('launch', at('2029-12-01T00:00:00Z'))]);
    const warnings = await recordingLogs(['warn'], async (logger) => {
      await harness.scheduler.start();
      await settle();
      return logger.lines.map(({ message }) => message);
    });
    expect(calls).toEqual([]);
    expect(await records(harness)).toEqual(['00:00:00 missed (misfire)']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('launch');
  });

  it('tells the miss of a past @At once, and not again after a restart', async () => {
    const app = new Application();
    const job = declaredJob('launch', at('2029-12-01T00:00:00Z'));
    const { harness } = await app.deploy([job]);
    expect(harness.of('run.missed').map(({ jobId }) => jobId)).toEqual(['launch']);
    expect(harness.of('job.finished')).toHaveLength(1);
    const again = await app.deploy([job]);
    expect(again.harness.of('run.missed')).toEqual([]);
    expect(again.harness.of('job.finished')).toEqual([]);
    expect(await runStates(again.harness, 'launch')).toEqual(['missed']);
  });

  it('runs a past @At that its own grace time covers', async () => {
    const app = new Application();
    const trigger = at('2030-01-01T00:00:00Z');
    const { calls, harness } = await app.deploy([
      declaredJob('patient', trigger, { misfireGraceTime: { hours: 1 } }),
      declaredJob('boundless', trigger, { misfireGraceTime: null }),
      declaredJob('strict', trigger, { misfireGraceTime: { minutes: 10 } }),
    ]);
    expect(calls).toHaveLength(2);
    expect(await runStates(harness, 'patient')).toEqual(['succeeded']);
    expect(await runStates(harness, 'boundless')).toEqual(['succeeded']);
    expect(await runStates(harness, 'strict')).toEqual(['missed']);
  });

  it('takes no grace for a past @At from jobDefaults: it must be its own', async () => {
    const app = new Application();
    const { calls } = await app.deploy([declaredJob('launch', at('2030-01-01T00:00:00Z'))], {
      jobDefaults: { misfireGraceTime: { hours: 5 } },
    });
    expect(calls).toEqual([]);
  });
});

describe('a declared job after a restart', () => {
  it('P03 keeps its next fire: a fire that fell due while nothing ran is seen', async () => {
    const app = new Application();
    const report = declaredJob('report', cron('0 3 * * *'));
    await app.deploy([report]);
    await app.standStill(4 * HOUR);
    const { calls, harness } = await app.deploy([report]);
    expect(timesOf(calls)).toEqual(['04:30:00']);
    expect(await records(harness)).toEqual(['03:00:00 succeeded']);
    expect(harness.types('job.')).toEqual([]);
  });

  it('keeps an interval in step, whatever the time of the restart', async () => {
    const app = new Application();
    const poll = declaredJob('poll', interval({ minutes: 10 }));
    await app.deploy([poll]);
    await app.clock.advance(14 * 60_000);
    const { calls } = await app.deploy([poll]);
    await app.clock.advance(20 * 60_000);
    expect(timesOf(calls)).toEqual(['00:50:00', '01:00:00']);
  });

  it('is not rewritten when nothing of it has changed', async () => {
    const app = new Application();
    const report = declaredJob('report', hourly, { tags: ['x'] });
    await app.deploy([report]);
    const before = await (await app.store.session()).getJob('report');
    await app.deploy([declaredJob('report', cron('0 * * * *'), { tags: ['x'] })]);
    expect(await (await app.store.session()).getJob('report')).toEqual(before);
  });

  it('has its changed options, and the course it had', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly)]);
    await app.clock.advance(HOUR);
    const { service, harness } = await app.deploy([
      declaredJob('report', hourly, { maxInstances: 3, misfireGraceTime: { minutes: 1 }, name: 'The report' }),
    ]);
    expect(await service.getJob('report')).toMatchObject({
      name: 'The report',
      options: { maxInstances: 3, misfireGraceTime: 60_000 },
      nextFire: new Date('2030-01-01T02:00:00Z'),
      lastFire: new Date('2030-01-01T01:00:00Z'),
      runCount: 1,
    });
    expect(harness.types('job.')).toEqual(['job.modified']);
  });

  it('follows changed jobDefaults, which are part of its definition', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly)]);
    const { service } = await app.deploy([declaredJob('report', hourly)], { jobDefaults: { coalesce: 'all' } });
    expect((await service.getJob('report'))?.options.coalesce).toBe('all');
  });

  it('G8 is computed from now on when its trigger has changed: what was overdue is skipped, on record and told', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly)]);
    await app.standStill(3 * HOUR);
    const { service, calls, harness } = await app.deploy([declaredJob('report', cron('15 * * * *'))]);
    expect(calls).toEqual([]);
    expect(time((await service.getJob('report'))?.nextFire)).toBe('04:15:00');
    expect(harness.types('job.', 'run.')).toEqual(['run.skipped', 'job.rescheduled']);
    expect(harness.of('run.skipped')).toMatchObject([
      { jobId: 'report', reason: 'rescheduled', count: 3, until: new Date('2030-01-01T03:00:00Z') },
    ]);
    expect(await records(harness)).toEqual(['01:00:00 skipped (rescheduled) ×3']);
  });

  it('has its old instant on record as skipped when a one-shot that is overdue has another one in the code', async () => {
    const app = new Application();
    await app.deploy([declaredJob('launch', at('2030-01-01T01:00:00Z'))]);
    await app.standStill(2 * HOUR);
    const { harness } = await app.deploy([declaredJob('launch', at('2030-01-01T03:00:00Z'))]);
    await app.clock.advance(HOUR);
    expect(await records(harness)).toEqual(['01:00:00 skipped (rescheduled)', '03:00:00 succeeded']);
  });

  it('has nothing on record for a pause, or a time when nobody declared it, that its trigger changed after', async () => {
    const app = new Application();
    const { service } = await app.deploy([declaredJob('paused', hourly), declaredJob('gone', hourly)]);
    await service.pauseJob('paused');
    await app.deploy([declaredJob('paused', hourly)]);
    await app.standStill(3 * HOUR);
    const changed = cron('15 * * * *');
    const { harness } = await app.deploy([declaredJob('paused', changed), declaredJob('gone', changed)]);
    expect(await records(harness)).toEqual([]);
    expect(harness.types('run.')).toEqual([]);
  });

  it('counts a changed zone of the module as a changed trigger', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', cron('0 3 * * *'))]);
    const { service } = await app.deploy([declaredJob('report', cron('0 3 * * *'))], { timeZone: 'Asia/Tokyo' });
    expect(time((await service.getJob('report'))?.nextFire)).toBe('18:00:00');
  });

  it('keeps a pause, also when its trigger has changed', async () => {
    const app = new Application();
    const { service } = await app.deploy([declaredJob('report', hourly)]);
    await service.pauseJob('report');
    const { calls, service: again } = await app.deploy([declaredJob('report', cron('15 * * * *'))]);
    expect(await again.getJob('report')).toMatchObject({ state: 'paused' });
    await app.clock.advance(2 * HOUR);
    expect(calls).toEqual([]);
  });

  it('does not run again as a one-shot that has run', async () => {
    const app = new Application();
    const launch = declaredJob('launch', at('2030-01-01T01:00:00Z'));
    const { calls } = await app.deploy([launch]);
    await app.clock.advance(HOUR);
    expect(calls).toHaveLength(1);
    for (let i = 0; i < 2; i++) {
      const { calls: again, service } = await app.deploy([launch]);
      await app.clock.advance(HOUR);
      expect(again).toEqual([]);
      expect(await service.getJobs()).toEqual([]);
      expect(await service.getJobs({ finished: true })).toMatchObject([{ id: 'launch', state: 'finished' }]);
    }
  });

  it('does not run again as a one-shot whose options have changed', async () => {
    const app = new Application();
    await app.deploy([declaredJob('launch', at('2030-01-01T01:00:00Z'))]);
    await app.clock.advance(HOUR);
    const { calls, service } = await app.deploy([declaredJob('launch', at('2030-01-01T01:00:00Z'), { tags: ['x'] })]);
    await app.clock.advance(HOUR);
    expect(calls).toEqual([]);
    expect(await service.getJob('launch')).toMatchObject({ state: 'finished', tags: ['x'] });
  });

  it('comes back as a finished one-shot whose trigger has changed', async () => {
    const app = new Application();
    await app.deploy([declaredJob('launch', at('2030-01-01T01:00:00Z'))]);
    await app.clock.advance(HOUR);
    const { calls, service } = await app.deploy([declaredJob('launch', at('2030-01-01T02:00:00Z'))]);
    expect(await service.getJob('launch')).toMatchObject({ state: 'active' });
    await app.clock.advance(HOUR);
    expect(timesOf(calls)).toEqual(['02:00:00']);
  });

  it('does not run a one-shot whose new instant is past already: it is missed', async () => {
    const app = new Application();
    await app.deploy([declaredJob('launch', at('2030-01-01T05:00:00Z'))]);
    const { calls, harness } = await app.deploy([declaredJob('launch', at('2030-01-01T00:10:00Z'))]);
    expect(calls).toEqual([]);
    expect(await records(harness)).toEqual(['00:10:00 missed (misfire)']);
  });

  it.each([
    ['the zone of the module has changed', '2030-01-01T01:00:00Z', { timeZone: 'Europe/Berlin' }, {}],
    ['options have changed with it', '2030-01-01T01:00:00Z', { timeZone: 'Europe/Berlin' }, { tags: ['x'] }],
    // Within a grace time of its own it would run again, instead of being missed.
    ['a grace time came with it', '2030-01-01T01:00:00Z', { timeZone: 'Europe/Berlin' }, { misfireGraceTime: null }],
    ['its instant is written otherwise', '2030-01-01T01:00:00.000Z', {}, { misfireGraceTime: null }],
  ])('does not run a finished one-shot again because %s', async (_what, instant, options, ofJob) => {
    const app = new Application();
    await app.deploy([declaredJob('launch', at('2030-01-01T01:00:00Z'))]);
    await app.clock.advance(HOUR);
    const { calls, harness } = await app.deploy([declaredJob('launch', at(instant), ofJob)], options);
    expect(calls).toEqual([]);
    expect(await records(harness)).toEqual(['01:00:00 succeeded']);
  });

  it.each([
    ['the zone of the module', '2030-01-01T01:00:00Z', { timeZone: 'Europe/Berlin' }],
    ['the way its instant is written', '2030-01-01T02:00:00+01:00', {}],
  ])('runs a one-shot that is overdue, also when %s has changed', async (_what, instant, options) => {
    const app = new Application();
    await app.deploy([declaredJob('launch', at('2030-01-01T01:00:00Z'))]);
    await app.standStill(2 * HOUR);
    const { calls, harness } = await app.deploy([declaredJob('launch', at(instant))], options);
    expect(timesOf(calls)).toEqual(['02:30:00']);
    expect(await records(harness)).toEqual(['01:00:00 succeeded']);
  });

  it('keeps the next fire of an interval, which knows no zone, when that of the module has changed', async () => {
    const app = new Application();
    const poll = declaredJob('poll', interval({ hours: 1 }));
    await app.deploy([poll]);
    await app.standStill(HOUR / 2);
    const { service } = await app.deploy([poll], { timeZone: 'Europe/Berlin' });
    expect(time((await service.getJob('poll'))?.nextFire)).toBe('01:30:00');
  });

  it('comes back with all its runs when maxRuns had ended it and its trigger has changed', async () => {
    const app = new Application();
    await app.deploy([declaredJob('twice', hourly, { maxRuns: 2 })]);
    await app.clock.advance(5 * HOUR);
    const { calls } = await app.deploy([declaredJob('twice', cron('15 * * * *'), { maxRuns: 2 })]);
    await app.clock.advance(5 * HOUR);
    expect(timesOf(calls)).toEqual(['06:15:00', '07:15:00']);
  });
});

describe('a declared job that maxRuns had ended', () => {
  it('goes on from now when its decorator lets it run more often', async () => {
    const app = new Application();
    await app.deploy([declaredJob('twice', hourly, { maxRuns: 2 })]);
    await app.clock.advance(5 * HOUR);
    const more = await app.deploy([declaredJob('twice', hourly, { maxRuns: 3 })]);
    await app.clock.advance(5 * HOUR);
    expect(timesOf(more.calls)).toEqual(['06:00:00']);
    const endless = await app.deploy([declaredJob('twice', hourly)]);
    await app.clock.advance(2 * HOUR);
    expect(timesOf(endless.calls)).toEqual(['11:00:00', '12:00:00']);
  });
});

describe('a declared job whose trigger contradicts itself', () => {
  it.each([
    [interval(1_000, { startAt: '2030-01-02', endAt: '2030-01-01' }), 'INVALID_JOB_OPTION', 'startAt'],
    [at('2030-05-01', { endAt: '2030-01-01' }), 'NEVER_FIRES', 'never fires'],
  ])('stops the start, named with its place: %o', async (trigger, code, word) => {
    const app = new Application();
    const start = app.deploy([declaredJob('wrong', trigger)]);
    await expect(start).rejects.toMatchObject({ code });
    await expect(start).rejects.toThrow(word);
    await expect(start).rejects.toThrow(/Job "wrong" \(.+\)/);
  });
});

describe('a declared job whose method was renamed', () => {
  const charge = declaredJob('charge', at('2030-01-01T01:00:00Z'), { retry: { maxAttempts: 2, delay: HOUR } });
  const renamed = { ...charge, task: 'chargeAll' };

  it('P04 goes on with what waits: a retry, and a run that was queued', async () => {
    const app = new Application();
    const before = await app.deploy([charge], {}, () => {
      throw new Error('not yet');
    });
    await app.clock.advance(HOUR);
    expect(before.calls).toHaveLength(1);
    before.harness.scheduler.pause();
    await before.service.runJob('charge');
    await app.stop();
    const { calls } = await app.deploy([renamed], {}, undefined, 'chargeAll');
    await app.clock.advance(HOUR);
    expect(timesOf(calls)).toEqual(['01:30:00', '02:00:00']);
  });

  it('P18 is run by each version of the application as that version has it', async () => {
    const app = new Application();
    const [one, other] = [create({ store: app.store }, app.clock), create({ store: app.store }, app.clock)];
    const old = one.task('work');
    one.scheduler.declare([declaredJob('report', hourly)]);
    await one.scheduler.start();
    other.task('renamed');
    other.scheduler.declare([{ ...declaredJob('report', hourly), task: 'renamed' }]);
    await other.scheduler.start();
    await settle();
    other.scheduler.pause();
    await app.clock.advance(HOUR);
    expect(timesOf(old)).toEqual(['01:00:00']);
    expect(one.of('run.failed')).toEqual([]);
  });
});

describe('changes made at run time to a declared job', () => {
  it('survive a restart', async () => {
    const app = new Application();
    const report = declaredJob('report', hourly);
    const { service } = await app.deploy([report]);
    await service.modifyJob('report', { maxInstances: 5, tags: ['hand'] });
    await service.rescheduleJob('report', cron('45 * * * *'));
    const { calls, service: again } = await app.deploy([report]);
    expect(await again.getJob('report')).toMatchObject({ options: { maxInstances: 5 }, tags: ['hand'] });
    await app.clock.advance(HOUR);
    expect(timesOf(calls)).toEqual(['00:45:00']);
  });

  it('survive when they were made by addJob with replace: the job stays a declared one', async () => {
    const app = new Application();
    const report = declaredJob('report', hourly);
    const { service } = await app.deploy([report]);
    const replaced = await service.addJob({
      id: 'report',
      task: 'work',
      args: ['by hand'],
      trigger: cron('45 * * * *'),
      onConflict: 'replace',
    });
    expect(replaced.origin).toBe('declared');
    const { calls } = await app.deploy([report]);
    await app.clock.advance(HOUR);
    expect(calls).toMatchObject([{ args: ['by hand'] }]);
  });

  it('live until its definition changes', async () => {
    const app = new Application();
    const { service } = await app.deploy([declaredJob('report', hourly)]);
    await service.modifyJob('report', { maxInstances: 5 });
    await service.rescheduleJob('report', cron('45 * * * *'));
    const { service: again } = await app.deploy([declaredJob('report', hourly, { tags: ['x'] })]);
    expect(await again.getJob('report')).toMatchObject({
      trigger: hourly,
      tags: ['x'],
      options: { maxInstances: 1 },
      nextFire: new Date('2030-01-01T01:00:00Z'),
    });
  });

  it('end with its removal: a job removed by hand is stored anew at the next start', async () => {
    const app = new Application();
    const report = declaredJob('report', hourly);
    const { service } = await app.deploy([report]);
    await service.removeJob('report');
    await app.clock.advance(HOUR);
    const { service: again } = await app.deploy([report]);
    expect(time((await again.getJob('report'))?.nextFire)).toBe('02:00:00');
  });
});

describe('a declared job that nobody declares any more', () => {
  const DAY = 24 * HOUR;

  it('is kept and listed, but not run', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly), declaredJob('other', hourly)]);
    const { calls, service } = await app.deploy([declaredJob('other', hourly)]);
    await app.clock.advance(HOUR);
    expect(calls).toHaveLength(1);
    expect((await service.getJobs()).map(({ id }) => id)).toEqual(['other', 'report']);
  });

  it('can not be run by hand either, since the run would wait for good', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly)]);
    const { service } = await app.deploy([]);
    const error = await refusal(() => service.runJob('report', { force: true }), '"report"', 'Declare it again');
    expect(error.code).toBe('JOB_NOT_DECLARED');
    expect((await service.getRuns()).runs).toEqual([]);
    const again = await app.deploy([declaredJob('report', hourly)]);
    await again.service.runJob('report');
    await app.clock.advance(0);
    expect(again.calls).toHaveLength(1);
  });

  it('is named in one warning, at the first start without it', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly), declaredJob('digest', hourly)]);
    await app.stop();
    const warnings: string[][] = [];
    for (let i = 0; i < 2; i++) {
      const harness = create({ store: app.store }, app.clock);
      harness.task('work');
      await recordingLogs(['warn'], async (logger) => {
        await harness.scheduler.start();
        warnings.push(logger.lines.map(({ message }) => message));
      });
      await shutDown(harness);
    }
    expect(warnings).toMatchObject([[expect.stringMatching(/"digest", "report".*"default"/)], []]);
  });

  it('is removed after the retention time of the history, with an event', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly)]);
    await app.deploy([]);
    await app.standStill(6 * DAY);
    const kept = await app.deploy([]);
    expect(await kept.service.getJobs()).toHaveLength(1);
    await app.standStill(1.5 * DAY);
    const { service, harness } = await app.deploy([]);
    expect(await service.getJobs()).toEqual([]);
    expect(harness.of('job.removed').map(({ jobId }) => jobId)).toEqual(['report']);
  });

  it('goes on when it is declared again, with its next fire and the changes made at run time', async () => {
    const app = new Application();
    const report = declaredJob('report', hourly);
    const { service } = await app.deploy([report]);
    await service.modifyJob('report', { tags: ['hand'] });
    await app.deploy([]);
    await app.standStill(3 * HOUR);
    const { calls, harness, service: again } = await app.deploy([report]);
    expect(await records(harness)).toEqual(['01:00:00 skipped (coalesced) ×2', '03:00:00 succeeded']);
    expect(calls).toHaveLength(1);
    expect(await again.getJob('report')).toMatchObject({ tags: ['hand'] });
    // Its time as an orphan is forgotten.
    await app.standStill(6 * DAY);
    await app.deploy([]);
    await app.standStill(6 * DAY);
    const later = await app.deploy([]);
    expect(await later.service.getJobs()).toHaveLength(1);
  });

  it('becomes a job of run time, and fires, when addJob replaces it', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly)]);
    const { calls, service } = await app.deploy([]);
    const job = await service.addJob({ id: 'report', task: 'work', trigger: hourly, onConflict: 'replace' });
    expect(job.origin).toBe('added');
    await app.clock.advance(HOUR);
    expect(timesOf(calls)).toEqual(['01:00:00']);
  });

  it('is a finished one-shot, perhaps, and does not run when it is declared again', async () => {
    const app = new Application();
    const launch = declaredJob('launch', at('2030-01-01T01:00:00Z'));
    await app.deploy([launch]);
    await app.clock.advance(HOUR);
    await app.deploy([]);
    const { calls } = await app.deploy([launch]);
    await app.clock.advance(HOUR);
    expect(calls).toEqual([]);
  });
});

describe('a declared id', () => {
  it('that a job added at run time holds stops the start, naming both and the remedy', async () => {
    const app = new Application();
    const { service } = await app.deploy([]);
    await service.addJob({ id: 'report', task: 'work', trigger: hourly });
    const start = () => app.deploy([declaredJob('report', hourly, {}, 'Reports.daily (ReportsModule)')]);
    const error = await refusal(start, 'Reports.daily (ReportsModule)', '"report"', '"default"', 'another id');
    expect(error.code).toBe('CONFLICTING_DECLARED_JOB');
    const stored = await (await app.store.session()).getJob('report');
    expect(stored).toMatchObject({ origin: 'added', state: 'active' });
  });

  it('that another decorator declares is refused, naming both places', async () => {
    const harness = create();
    const declare = () =>
      harness.scheduler.declare([
        declaredJob('report', hourly, {}, 'Reports.daily'),
        declaredJob('report', hourly, {}, 'Digest.daily'),
      ]);
    const error = await refusal(declare, '"report"', 'Reports.daily', 'Digest.daily');
    expect(error.code).toBe('DUPLICATE_JOB_ID');
  });

  it('names a store or an executor that does not exist: the start says which job', async () => {
    const harness = create();
    harness.task('work');
    harness.scheduler.declare([declaredJob('report', hourly, { store: 'nowhere' })]);
    await refusal(() => harness.scheduler.start(), '"report"', '"nowhere"');
    const other = create();
    other.task('work');
    other.scheduler.declare([declaredJob('report', hourly, { executor: 'nobody' })]);
    await refusal(() => other.scheduler.start(), '"report"', '"nobody"');
    expect([harness.scheduler.state, other.scheduler.state]).toEqual(['stopped', 'stopped']);
  });

  it('P18 of two versions at once has the definition of the one that started last, and fires once', async () => {
    const app = new Application();
    const { calls } = await app.deploy([declaredJob('report', hourly)]);
    const newer = create({ store: app.store }, app.clock);
    const newerCalls = newer.task('work');
    newer.scheduler.declare([declaredJob('report', cron('15 * * * *'))]);
    await newer.scheduler.start();
    await app.clock.advance(HOUR);
    expect([...timesOf(calls), ...timesOf(newerCalls)]).toEqual(['01:15:00']);
    expect(await runStates(newer, 'report')).toEqual(['succeeded']);
  });

  it('P18 is claimed only by a node that declares it', async () => {
    const app = new Application();
    await app.deploy([declaredJob('report', hourly)]);
    // The other node knows the task, but does not declare the job.
    const other = create({ store: app.store }, app.clock);
    const calls = other.task('work');
    await other.scheduler.start();
    await app.clock.advance(HOUR);
    expect(calls).toEqual([]);
    expect(await runStates(other, 'report')).toEqual(['succeeded']);
  });
});

describe('a declared one-shot on a store in memory', () => {
  it('is missed anew at every start: memory does not know that it was before', async () => {
    const clock = new VirtualClock('2030-01-01T00:30:00Z');
    const launch = declaredJob('launch', at('2029-12-01T00:00:00Z'));
    for (let i = 0; i < 2; i++) {
      const harness = create({}, clock);
      harness.task('work');
      harness.scheduler.declare([launch]);
      await harness.scheduler.start();
      await settle();
      expect(await runStates(harness, 'launch')).toEqual(['missed']);
    }
  });
});
