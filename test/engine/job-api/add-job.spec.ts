import { describe, expect, it } from 'vitest';
import { ConflictingJobIdError } from '../../../lib/jobs/job-errors.js';
import type { JobInput } from '../../../lib/jobs/job-input.js';
import { at } from '../../../lib/triggers/at.js';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { harnesses, records, refusal, runStates, time, timesOf } from './harnesses.js';

const { create, running } = harnesses();
const every10 = interval({ seconds: 10 });

describe('adding a job', () => {
  it('answers a snapshot of what is stored, defaults filled in', async () => {
    const { service } = await running({ jobDefaults: { misfireGraceTime: { minutes: 5 } } });
    const job = await service.addJob({
      id: 'poll',
      task: 'work',
      args: [1, { deep: ['x'] }],
      trigger: every10,
      tags: ['a', 'b', 'a'],
      metadata: { team: 'billing' },
      maxRuns: 7,
    });
    expect(job).toMatchObject({
      id: 'poll',
      name: 'poll',
      task: 'work',
      store: 'default',
      executor: 'default',
      trigger: every10,
      args: [1, { deep: ['x'] }],
      nextFire: new Date('2030-01-01T00:00:10Z'),
      lastFire: null,
      state: 'active',
      origin: 'added',
      runCount: 0,
      options: { misfireGraceTime: 300_000, coalesce: 'latest', catchUpLimit: 100, maxInstances: 1, maxRuns: 7 },
      tags: ['a', 'b'],
      metadata: { team: 'billing' },
    });
    expect(await service.getJob('poll')).toEqual(job);
  });

  it('makes up an id when none is given', async () => {
    const { service } = await running();
    const [one, other] = await service.addJobs([
      { task: 'work', trigger: every10 },
      { task: 'work', trigger: every10 },
    ]);
    expect(one?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(other?.id).not.toBe(one?.id);
  });

  it('has no fires before the moment it is added, however long its trigger has been going on', async () => {
    const { clock, service, calls, harness } = await running();
    await clock.advance(3_500);
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(1_000, { startAt: '2029-12-31T00:00:00Z' }) });
    await clock.advance(2_000);
    expect(timesOf(calls)).toEqual(['00:00:04', '00:00:05']);
    expect(await runStates(harness, 'poll')).toEqual(['succeeded', 'succeeded']);
  });

  it('runs a past at() at once', async () => {
    const { clock, service, calls, harness } = await running();
    await service.addJob({ id: 'late', task: 'work', trigger: at('2029-12-31T23:00:00Z') });
    await clock.advance(0);
    expect(timesOf(calls)).toEqual(['00:00:00']);
    expect(await records(harness)).toEqual(['23:00:00 succeeded']);
  });

  it('P02 records a past at() beyond its grace time as missed, and forgets the job', async () => {
    const { clock, service, calls, harness } = await running();
    const trigger = at('2029-12-31T23:00:00Z');
    await service.addJob({ id: 'late', task: 'work', trigger, misfireGraceTime: { minutes: 30 } });
    await clock.advance(0);
    expect(calls).toEqual([]);
    expect(await records(harness)).toEqual(['23:00:00 missed (misfire)']);
    expect(harness.types('job.', 'run.')).toEqual(['job.added', 'run.missed', 'job.finished']);
    expect(await service.getJob('late')).toBeNull();
  });

  it('runs a past at() within its grace time', async () => {
    const { clock, service, calls } = await running();
    const trigger = at('2029-12-31T23:45:00Z');
    await service.addJob({ id: 'late', task: 'work', trigger, misfireGraceTime: { minutes: 30 } });
    await clock.advance(0);
    expect(calls).toHaveLength(1);
  });

  it('reads an instant without offset in the zone of the module, unless the trigger has its own', async () => {
    const { service } = await running({ timeZone: 'Asia/Tokyo' });
    const [here, there] = await service.addJobs([
      { id: 'here', task: 'work', trigger: at('2030-06-01T12:00:00') },
      { id: 'there', task: 'work', trigger: at('2030-06-01T12:00:00', { timeZone: 'Europe/Berlin' }) },
    ]);
    expect(here?.nextFire).toEqual(new Date('2030-06-01T03:00:00Z'));
    expect(there?.nextFire).toEqual(new Date('2030-06-01T10:00:00Z'));
  });

  it('fires at once as well when the interval is immediate, and never again for that reason', async () => {
    const { clock, service, calls } = await running();
    const job = { id: 'poll', task: 'work', trigger: interval(10_000, { immediate: true }) };
    await service.addJob(job);
    await clock.advance(4_000);
    await service.addJob({ ...job, onConflict: 'replace' });
    await clock.advance(6_000);
    expect(timesOf(calls)).toEqual(['00:00:00', '00:00:10']);
  });

  it('keeps arguments of its own: a caller who changes his later changes nothing', async () => {
    const { clock, service, calls } = await running();
    const args = [{ to: 'ada' }];
    await service.addJob({ id: 'poll', task: 'work', args, trigger: every10 });
    args[0] = { to: 'eve' };
    await clock.advance(10_000);
    expect(calls[0]?.args).toEqual([{ to: 'ada' }]);
  });

  it('gives every run arguments of its own: a handler that changes them changes nothing', async () => {
    const harness = create();
    const seen: unknown[] = [];
    harness.task('grow', (list) => {
      (list as number[]).push(1);
      seen.push(list);
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'grow', task: 'grow', args: [[]], trigger: every10 });
    await harness.clock.advance(20_000);
    expect(seen).toEqual([[1], [1]]);
  });
});

describe('adding a job before the start', () => {
  it('lists it, and counts its first fire from the start on a store of its own', async () => {
    const harness = create();
    const calls = harness.task('work');
    await harness.service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    expect((await harness.service.getJobs()).map(({ id }) => id)).toEqual(['poll']);
    await harness.clock.advance(25_000);
    await harness.scheduler.start();
    await harness.clock.advance(10_000);
    expect(timesOf(calls)).toEqual(['00:00:35']);
    expect(await records(harness)).toEqual(['00:00:35 succeeded']);
  });

  it('keeps the instant of a one-shot, which its misfire policy judges at the start', async () => {
    const harness = create();
    const calls = harness.task('work');
    const trigger = at('2030-01-01T00:00:05Z');
    await harness.service.addJobs([
      { id: 'patient', task: 'work', trigger },
      { id: 'strict', task: 'work', trigger, misfireGraceTime: { seconds: 10 } },
    ]);
    await harness.clock.advance(25_000);
    await harness.scheduler.start();
    await harness.clock.advance(0);
    expect(calls).toHaveLength(1);
    expect(await runStates(harness, 'patient')).toEqual(['succeeded']);
    expect(await runStates(harness, 'strict')).toEqual(['missed']);
  });

  it('lets the misfire policy judge a job whose last fire has passed by then: it is not finished silently', async () => {
    const harness = create();
    const calls = harness.task('work');
    const trigger = interval({ seconds: 1 }, { endAt: '2030-01-01T00:00:05Z' });
    await harness.service.addJob({ id: 'short', task: 'work', trigger });
    await harness.clock.advance(60_000);
    await harness.scheduler.start();
    await harness.clock.advance(0);
    expect(calls).toHaveLength(1);
    expect(await records(harness)).toEqual(['00:00:01 skipped (coalesced) ×4', '00:00:05 succeeded']);
    expect(await harness.service.getJobs({ finished: true })).toEqual([]);
  });

  it('keeps a pause and changes made before the start', async () => {
    const harness = create();
    const calls = harness.task('work');
    await harness.service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await harness.service.modifyJob('poll', { args: ['changed'] });
    await harness.service.pauseJob('poll');
    await harness.scheduler.start();
    await harness.clock.advance(25_000);
    expect(calls).toEqual([]);
    await harness.service.resumeJob('poll');
    await harness.clock.advance(10_000);
    expect(calls.map(({ args }) => args)).toEqual([['changed']]);
  });
});

describe('adding a job under an id that is taken', () => {
  it('is refused, and changes nothing, unless onConflict says otherwise', async () => {
    const { service } = await running();
    const before = await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    const again = () => service.addJob({ id: 'poll', task: 'work', trigger: interval(1_000) });
    const error = await refusal(again, '"poll"', '"default"', "onConflict: 'replace'");
    expect(error).toBeInstanceOf(ConflictingJobIdError);
    expect(await service.getJob('poll')).toEqual(before);
  });

  it("leaves the stored job as it is with 'ignore', and answers it", async () => {
    const { harness, service } = await running();
    const before = await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    const answer = await service.addJob({ id: 'poll', task: 'work', trigger: interval(1_000), onConflict: 'ignore' });
    expect(answer).toEqual(before);
    expect(harness.types('job.')).toEqual(['job.added']);
  });

  it("keeps next fire, pause, high-water mark and run count with 'replace' and an unchanged trigger", async () => {
    const { harness, clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', args: ['old'], trigger: every10 });
    await clock.advance(14_000);
    await service.pauseJob('poll');
    const trigger = interval({ milliseconds: 10_000 });
    const replaced = await service.addJob({ id: 'poll', task: 'work', args: ['new'], trigger, onConflict: 'replace' });
    expect(replaced).toMatchObject({
      state: 'paused',
      nextFire: new Date('2030-01-01T00:00:20Z'),
      lastFire: new Date('2030-01-01T00:00:10Z'),
      runCount: 1,
      args: ['new'],
    });
    await service.resumeJob('poll');
    await clock.advance(6_000);
    expect(calls.map(({ args }) => args[0])).toEqual(['old', 'new']);
    expect(harness.types('job.')).toEqual(['job.added', 'job.paused', 'job.modified', 'job.resumed']);
  });

  it("takes over what is not said, too, with 'replace': an option left out has its default again", async () => {
    const { service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10, maxInstances: 5, tags: ['x'], maxRuns: 9 });
    const replaced = await service.addJob({ id: 'poll', task: 'work', trigger: every10, onConflict: 'replace' });
    expect(replaced).toMatchObject({ tags: [], options: { maxInstances: 1, maxRuns: null } });
  });

  it("starts anew with 'replace' and another trigger: first fire, pause and run count as of a new job", async () => {
    const { clock, service, calls } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await clock.advance(14_000);
    await service.pauseJob('poll');
    const replaced = await service.addJob({
      id: 'poll',
      task: 'work',
      trigger: interval({ seconds: 30 }),
      onConflict: 'replace',
    });
    expect(replaced).toMatchObject({ state: 'active', runCount: 0, nextFire: new Date('2030-01-01T00:00:44Z') });
    await clock.advance(30_000);
    expect(timesOf(calls)).toEqual(['00:00:10', '00:00:44']);
  });

  it("G8 puts overdue fires of the old trigger on record as skipped with 'replace', with an event", async () => {
    const { harness, clock, service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    service.pause();
    await clock.advance(25_000);
    await service.addJob({ id: 'poll', task: 'work', trigger: every10, args: [1], onConflict: 'replace' });
    expect(await records(harness)).toEqual([]);
    await service.addJob({ id: 'poll', task: 'work', trigger: interval(3_000), onConflict: 'replace' });
    expect(await records(harness)).toEqual(['00:00:10 skipped (rescheduled) ×2']);
    expect(harness.of('run.skipped')).toMatchObject([{ jobId: 'poll', reason: 'rescheduled', count: 2 }]);
  });

  it('counts a trigger in another zone as another trigger', async () => {
    const { service } = await running();
    const job = { id: 'daily', task: 'work', trigger: cron('0 3 * * *') };
    await service.addJob(job);
    const trigger = cron('0 3 * * *', { timeZone: 'Asia/Tokyo' });
    const replaced = await service.addJob({ ...job, trigger, onConflict: 'replace' });
    expect(replaced.nextFire).toEqual(new Date('2030-01-01T18:00:00Z'));
  });

  it('runs a one-shot that is replaced for a past instant at once', async () => {
    const { clock, service, calls, harness } = await running({}, new VirtualClock('2030-01-01T12:00:00Z'));
    await service.addJob({ id: 'once', task: 'work', trigger: at('2030-01-01T13:00:00Z') });
    await service.addJob({ id: 'once', task: 'work', trigger: at('2030-01-01T11:00:00Z'), onConflict: 'replace' });
    await clock.advance(3_600_000);
    expect(timesOf(calls)).toEqual(['12:00:00']);
    expect(await records(harness)).toEqual(['11:00:00 succeeded']);
  });
});

describe('adding many jobs', () => {
  it('answers them in the order they were given, with one event each', async () => {
    const { harness, service } = await running({ stores: {} });
    const jobs = await service.addJobs([
      { id: 'b', task: 'work', trigger: every10 },
      { id: 'a', task: 'work', trigger: every10, store: 'local' },
      { id: 'c', task: 'work', trigger: every10 },
    ]);
    expect(jobs.map(({ id, store }) => `${id}@${store}`)).toEqual(['b@default', 'a@local', 'c@default']);
    expect(
      harness
        .of('job.added')
        .map(({ jobId, store }) => `${jobId}@${store}`)
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['a@local', 'b@default', 'c@default']);
  });

  it('stores none of them when one is taken', async () => {
    const { harness, service } = await running();
    await service.addJob({ id: 'b', task: 'work', trigger: every10 });
    const add = () =>
      service.addJobs([
        { id: 'a', task: 'work', trigger: every10 },
        { id: 'b', task: 'work', trigger: every10 },
      ]);
    await expect(add()).rejects.toBeInstanceOf(ConflictingJobIdError);
    expect((await service.getJobs()).map(({ id }) => id)).toEqual(['b']);
    expect(harness.types('job.')).toEqual(['job.added']);
  });

  it('stores none in any store when one is wrong in itself', async () => {
    const { service } = await running();
    const add = () =>
      service.addJobs([
        { id: 'a', task: 'work', trigger: every10 },
        { id: 'b', task: 'nobody', trigger: every10, store: 'local' },
      ]);
    await expect(add()).rejects.toMatchObject({ code: 'UNKNOWN_TASK' });
    expect(await service.getJobs()).toEqual([]);
  });

  it('says of a wrong one where it stands in the list, which it is, what is wrong and what to do', async () => {
    const { service } = await running();
    const fine: JobInput = { id: 'fine', task: 'work', trigger: every10 };
    await service.addJob(fine);
    const second = (job: object) => () => service.addJobs([{ ...fine, id: 'other' }, job as JobInput]);
    const place = 'addJobs[1]: ';
    await refusal(second({ ...fine, id: 'b', maxRuns: 0 }), `${place}Job "b": maxRuns`);
    await refusal(second({ ...fine, id: undefined, name: 'Nightly', maxRuns: 0 }), `${place}Job "Nightly": maxRuns`);
    await refusal(second({ ...fine, id: undefined, maxRuns: 0 }), `${place}Job without an id (task "work"): maxRuns`);
    await refusal(second({ ...fine, id: undefined, task: 5 }), `${place}Job without an id: task`);
    await refusal(second({ ...fine, id: 'b', task: 'nobody' }), `${place}Job "b": the task "nobody"`, '@Task()');
    await refusal(second({ ...fine, id: 'b', store: 'none' }), `${place}Job "b"`, '"none"');
    await refusal(second({ ...fine, id: 'b', executor: 'none' }), `${place}Job "b"`, '"none"');
    await refusal(second({ ...fine, id: 'b', args: [new Date(0)] }), `${place}Job "b": args[0] is a Date`, 'ISO text');
    await refusal(second({ ...fine, id: 'b', trigger: at('2001-01-01'), misfireGraceTime: 'x' }), `${place}Job "b"`);
    await refusal(second({ ...fine, id: 'two words' }), `${place}addJob: id`);
    await refusal(second(fine), `${place}A job with the id "fine"`, 'onConflict');
    await refusal(second(5 as never), place, '{ id, task, trigger }');
    expect((await service.getJobs()).map(({ id }) => id)).toEqual(['fine']);
  });

  it('refuses an id that is given twice', async () => {
    const { service } = await running();
    const job = { id: 'a', task: 'work', trigger: every10 };
    await refusal(() => service.addJobs([job, job]), 'addJobs[1]', '"a"', 'twice', 'addJobs[0]');
    expect(await service.getJobs()).toEqual([]);
    // In two stores they are two jobs.
    await service.addJobs([job, { ...job, store: 'local' }]);
    expect((await service.getJobs()).map(({ store }) => store).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'default',
      'local',
    ]);
  });

  it('does nothing for an empty list', async () => {
    const { service } = await running();
    expect(await service.addJobs([])).toEqual([]);
  });
});

describe('the trigger of a job', () => {
  it('shows in its next fire, fire after fire', async () => {
    const { clock, service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await clock.advance(10_000);
    const job = await service.getJob('poll');
    expect([time(job?.lastFire), time(job?.nextFire), job?.runCount]).toEqual(['00:00:10', '00:00:20', 1]);
  });
});
