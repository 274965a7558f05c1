import { describe, expect, it } from 'vitest';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';
import {
  JobNotFoundError,
  JobPausedError,
  RunNotFoundError,
  RunNotRepeatableError,
} from '../../../lib/jobs/job-errors.js';
import { Gates, harnesses, refusal } from './harnesses.js';

const { create, running } = harnesses();

/** A job whose runs end when the test says so. */
async function slowJob() {
  const harness = create();
  const gates = new Gates();
  harness.task('slow', gates.handler);
  await harness.scheduler.start();
  const { service, clock } = harness;
  await service.addJob({ id: 'a', task: 'slow', trigger: interval(60_000) });
  return { service, clock, gates };
}

describe('a run that is repeated', () => {
  it('runs once more as a run of its own, for the same slot and with the same arguments', async () => {
    const { service, calls, clock, harness } = await running();
    await service.addJob({ id: 'a', task: 'work', args: ['job'], trigger: interval(60_000) });
    await clock.advance(60_000);
    const { runId } = (await service.getRuns({ jobId: 'a' })).runs[0]!;

    const repeated = await service.rerun(runId);
    expect(repeated).toMatchObject({ runId: `${runId}#r1`, origin: 'rerun', state: 'queued', jobId: 'a' });
    expect(repeated.scheduledTime).toEqual(new Date('2030-01-01T00:01:00Z'));
    await clock.advance(1);
    expect(calls.map(({ args }) => args)).toEqual([['job'], ['job']]);
    expect(harness.of('run.succeeded').map((event) => event.runId)).toEqual([runId, `${runId}#r1`]);
    expect((await service.getJob('a'))?.runCount).toBe(1);
  });

  it('takes other arguments, and otherwise those that the run had for itself', async () => {
    const { service, calls, clock } = await running();
    await service.addJob({ id: 'a', task: 'work', args: ['job'], trigger: interval(60_000) });
    const { runId } = await service.runJob('a', { args: ['own'] });
    await clock.advance(1);
    await service.rerun(runId);
    await clock.advance(1);
    await service.rerun(runId, { args: ['other'] });
    await clock.advance(1);
    expect(calls.map(({ args }) => args)).toEqual([['own'], ['own'], ['other']]);
  });

  it('is counted from the run that it repeats, also where that is a repetition itself', async () => {
    const { service, clock } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: interval(60_000) });
    const { runId } = await service.runJob('a');
    await clock.advance(1);
    const ids: string[] = [];
    for (const id of [runId, runId, `${runId}#r1`]) {
      ids.push((await service.rerun(id)).runId);
      await clock.advance(1);
    }
    expect(ids).toEqual([`${runId}#r1`, `${runId}#r2`, `${runId}#r3`]);
  });

  it('obeys overlap: it is skipped on record while the job is busy', async () => {
    const { service, clock, gates } = await slowJob();
    const { runId } = await service.runJob('a');
    await clock.advance(1);
    await gates.openAll();
    await service.runJob('a');
    await clock.advance(1);
    expect(await service.rerun(runId)).toMatchObject({ state: 'skipped', reason: 'maxInstances' });
    await gates.openAll();
  });

  it('must have ended', async () => {
    const { service, clock, gates } = await slowJob();
    const { runId } = await service.runJob('a');
    await clock.advance(1);
    const error = await refusal(() => service.rerun(runId));
    expect(error).toBeInstanceOf(RunNotRepeatableError);
    expect(error.message).toContain('is running');
    await gates.openAll();
  });

  it('must have run: what stands for fires that did not is for backfill', async () => {
    const { service, clock } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: at('2029-12-31T00:00:00Z'), misfireGraceTime: 60_000 });
    await clock.advance(1);
    const { runId } = (await service.getRuns({ jobId: 'a', state: 'missed' })).runs[0]!;
    const error = await refusal(() => service.rerun(runId));
    expect(error).toBeInstanceOf(RunNotRepeatableError);
    expect(error.message).toContain('backfill');
  });

  it('needs its job, and the run itself', async () => {
    const { service, clock } = await running();
    expect(await refusal(() => service.rerun('a@2030-01-01T00:00:00.000Z'))).toBeInstanceOf(RunNotFoundError);
    await service.addJob({ id: 'a', task: 'work', trigger: interval(60_000) });
    const { runId } = await service.runJob('a');
    await clock.advance(1);
    await service.removeJob('a');
    expect(await refusal(() => service.rerun(runId))).toBeInstanceOf(JobNotFoundError);
  });

  it('of a one-shot job that is gone is refused, and it is said what to do instead', async () => {
    const { service, clock } = await running();
    await service.addJob({ id: 'once', task: 'work', trigger: at('2030-01-01T00:00:01Z') });
    await clock.advance(2_000);
    const { runs } = await service.getRuns({ jobId: 'once' });
    const error = await refusal(() => service.rerun(runs[0]!.runId), '"once"', 'add a job for its task');
    expect(error).toBeInstanceOf(JobNotFoundError);
  });

  it('of a paused job has to be forced', async () => {
    const { service, clock, calls } = await running();
    await service.addJob({ id: 'a', task: 'work', trigger: interval(60_000) });
    const { runId } = await service.runJob('a');
    await clock.advance(1);
    await service.pauseJob('a');
    expect(await refusal(() => service.rerun(runId))).toBeInstanceOf(JobPausedError);
    await service.rerun(runId, { force: true });
    await clock.advance(1);
    expect(calls).toHaveLength(2);
  });
});
