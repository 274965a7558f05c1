import { describe, expect, it } from 'vitest';
import type { SchedulerModuleOptions } from '../../lib/scheduler.options.js';
import { bindTrigger } from '../../lib/triggers/bind-trigger.js';
import { at, cron, defineTrigger, except, interval } from '../../lib/triggers/factories.js';
import type { TriggerDefinition } from '../../lib/triggers/trigger.js';
import { LastingStore } from '../support/lasting-store.js';
import type { Harness } from '../support/scheduler-harness.js';
import { settle, VirtualClock } from '../support/virtual-clock.js';
import { declaredJob, harnesses, refusal, shutDown } from './job-api/harnesses.js';

const { create } = harnesses();

const START = '2030-01-01T00:00:00Z';
const SECOND = 1_000;
const every10 = interval(10 * SECOND);
/** Every fire is excluded, and no call can know that. */
const neverFound = except(cron('0 9 * * *'), cron('0 * * * *'));
/** Asks a trigger of ours, and does not tell how far that has got. */
const asksOurs = defineTrigger('test:asks-ours', ({ definition }: { definition: TriggerDefinition }) => {
  const ours = bindTrigger(definition, { jobId: '', addedAt: new Date(START), timeZone: 'UTC' });
  return { next: (after) => ours.next(after), previous: (before) => ours.previous(before) };
});
/** Fires each second until an instant, and then never again, which no call can know. */
const foundUntil = (text: string): TriggerDefinition =>
  asksOurs({
    definition: except(
      interval(SECOND, { startAt: START }),
      interval(500, { startAt: text }),
      cron('* * * * * *', { startAt: text, timeZone: 'UTC' }),
    ),
  });

async function started(options: SchedulerModuleOptions = {}): Promise<{ harness: Harness; clock: VirtualClock }> {
  const clock = new VirtualClock(START);
  const harness = create(options, clock);
  harness.task('work');
  await harness.scheduler.start();
  return { harness, clock };
}

const reported = (harness: Harness) =>
  harness.of('job.unresolvable').map(({ jobId, reason, message }) => ({ jobId, reason, message }));

describe('a job whose trigger is searched in vain', () => {
  it('is refused by addJob and rescheduleJob with an error that names it, and nothing is stored', async () => {
    const { harness } = await started();
    const added = await refusal(() => harness.service.addJob({ id: 'rare', task: 'work', trigger: neverFound }));
    expect(added).toMatchObject({ code: 'TRIGGER_SEARCH_EXHAUSTED' });
    expect(added.message).toMatch(/^Job "rare": its trigger: 'at 09:00, every day, except every hour.*' has no fire/);
    expect(added.message).not.toContain('Call again');
    expect(await harness.service.getJob('rare')).toBeNull();

    await harness.service.addJob({ id: 'rare', task: 'work', trigger: every10 });
    expect(await refusal(() => harness.service.rescheduleJob('rare', neverFound))).toMatchObject({
      code: 'TRIGGER_SEARCH_EXHAUSTED',
    });
    expect((await harness.service.getJob('rare'))?.trigger).toEqual(every10);
  });

  it('is found where one call is not enough', async () => {
    const { harness } = await started();
    const rare = except(cron('0 9 * * *'), cron('0 * * * *', { endAt: '2035-01-01' }));
    const job = await harness.service.addJob({ id: 'rare', task: 'work', trigger: rare });
    expect(job.nextFire).toEqual(new Date('2035-01-02T09:00:00Z'));
    expect(await harness.service.preview('rare', { from: new Date(START), count: 1 })).toEqual([job.nextFire]);
  });

  it('runs its last known fire, is kept, and reported once, while others go on', async () => {
    const { harness, clock } = await started();
    await harness.service.addJobs([
      { id: 'rare', task: 'work', trigger: foundUntil('2030-01-01T00:00:05Z') },
      { id: 'other', task: 'work', trigger: every10 },
    ]);
    await clock.advance(60 * SECOND);
    expect(harness.of('run.succeeded').filter(({ jobId }) => jobId === 'rare')).toHaveLength(5);
    expect(harness.of('run.succeeded').filter(({ jobId }) => jobId === 'other')).toHaveLength(6);
    expect(reported(harness)).toEqual([
      {
        jobId: 'rare',
        reason: 'searching',
        message: expect.stringMatching(/^Job "rare": its trigger: .* has no fire between/) as unknown,
      },
    ]);
    expect(harness.types('job.finished')).toEqual([]);
    expect(await harness.service.getJob('rare')).toMatchObject({
      state: 'active',
      // Where the search is to go on.
      nextFire: new Date('2030-01-01T00:00:04.001Z'),
    });
  });

  it('goes on when it is rescheduled', async () => {
    const { harness, clock } = await started();
    await harness.service.addJob({ id: 'rare', task: 'work', trigger: foundUntil('2030-01-01T00:00:05Z') });
    await clock.advance(60 * SECOND);
    await harness.service.rescheduleJob('rare', every10);
    await clock.advance(60 * SECOND);
    expect(harness.of('run.succeeded').length).toBeGreaterThan(6);
  });

  it('is resumed with the fire it had, and reported when that is claimed; others that are resumed with it run', async () => {
    const { harness, clock } = await started();
    await harness.service.addJobs([
      { id: 'rare', task: 'work', trigger: foundUntil('2030-01-01T00:00:05Z') },
      { id: 'other', task: 'work', trigger: every10 },
    ]);
    await harness.service.pauseJobs({ task: 'work' });
    await clock.advance(60 * SECOND);
    expect(await harness.service.resumeJobs({ task: 'work' })).toBe(2);
    await clock.advance(60 * SECOND);
    expect(reported(harness)).toMatchObject([{ jobId: 'rare' }]);
    expect(await harness.service.getJob('rare')).toMatchObject({ state: 'active' });
    expect(harness.of('run.succeeded').map(({ jobId }) => jobId)).toContain('other');
  });

  it('does not keep the scheduler from starting with the jobs that were added before', async () => {
    const clock = new VirtualClock(START);
    const harness = create({}, clock);
    harness.task('work');
    await harness.service.addJobs([
      { id: 'rare', task: 'work', trigger: foundUntil('2030-01-01T00:00:05Z') },
      { id: 'other', task: 'work', trigger: every10 },
    ]);
    await clock.advance(10 * SECOND);
    await harness.scheduler.start();
    await clock.advance(60 * SECOND);
    expect(reported(harness)).toMatchObject([{ jobId: 'rare' }]);
    expect(harness.of('run.succeeded').map(({ jobId }) => jobId)).toContain('other');
  });

  it('is refused at the start when it is declared, with its method', async () => {
    const harness = create({}, new VirtualClock(START));
    harness.task('work');
    harness.scheduler.declare([declaredJob('rare', neverFound)]);
    const error = await refusal(() => harness.scheduler.start());
    expect(error).toMatchObject({ code: 'TRIGGER_SEARCH_EXHAUSTED' });
    expect(error.message).toMatch(/^Job "rare" \(.+\): its trigger: /);
  });

  it('is left as it was when its declaration changes in all but the trigger, and the start goes on', async () => {
    const clock = new VirtualClock(START);
    const store = new LastingStore();
    const rare = foundUntil('2030-01-01T00:00:05Z');
    const deploy = async (jitter: number): Promise<Harness> => {
      const harness = create({ store }, clock);
      harness.task('work');
      harness.scheduler.declare([declaredJob('rare', rare, { jitter }), declaredJob('other', every10)]);
      await harness.scheduler.start();
      await settle();
      return harness;
    };
    await shutDown(await deploy(0));
    await clock.advance(60 * SECOND);
    const first = await deploy(0);
    await clock.advance(60 * SECOND);
    expect(reported(first)).toMatchObject([{ jobId: 'rare' }]);
    await shutDown(first);
    const second = await deploy(2 * SECOND);
    await clock.advance(60 * SECOND);
    expect(reported(second)).toMatchObject([{ jobId: 'rare' }]);
    expect(await second.service.getJob('rare')).toMatchObject({ state: 'active' });
    expect(second.of('run.succeeded').map(({ jobId }) => jobId)).toContain('other');
  });

  it('is over, as ever, where it is proved that nothing comes', async () => {
    const { harness, clock } = await started();
    const once = except(at('2030-01-01T00:00:05Z'), '2031-01-01');
    await harness.service.addJob({ id: 'once', task: 'work', trigger: once });
    await clock.advance(60 * SECOND);
    expect(harness.of('job.finished')).toMatchObject([{ jobId: 'once' }]);
  });
});
