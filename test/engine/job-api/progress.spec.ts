import { expect, it } from 'vitest';
import { InvalidProgressError } from '../../../lib/executors/executor-errors.js';
import { currentRun } from '../../../lib/executors/run-context.js';
import { interval } from '../../../lib/triggers/interval.js';
import { Gate, harnesses } from './harnesses.js';

const { create } = harnesses();
const RUN_ID = 'a@2030-01-01T00:01:00.000Z';

/** A job whose handler is given to the test. */
async function working(handler: () => unknown) {
  const harness = create();
  harness.task('work', handler);
  await harness.scheduler.start();
  await harness.service.addJob({ id: 'a', task: 'work', trigger: interval(60_000) });
  const told = () => harness.of('run.progress').map(({ progress }) => progress);
  return { harness, clock: harness.clock, service: harness.service, told };
}

it('shows and tells how far a run is: at once the first time, then what was said last, once a second', async () => {
  const gate = new Gate();
  let say = (_fraction: number): void => undefined;
  const { clock, service, told } = await working(() => {
    say = currentRun().progress;
    return gate.passed;
  });
  await clock.advance(60_000);
  expect((await service.getRun(RUN_ID))?.progress).toBeNull();
  say(0.1);
  await clock.advance(1);
  expect((await service.getRun(RUN_ID))?.progress).toBe(0.1);
  for (const fraction of [0.2, 0.3, 0.4]) say(fraction);
  await clock.advance(500);
  expect(told()).toEqual([0.1]);
  await clock.advance(500);
  expect(told()).toEqual([0.1, 0.4]);
  expect((await service.getRun(RUN_ID))?.progress).toBe(0.4);
  await gate.open();
});

it('keeps what was said last before the run ended', async () => {
  const { harness, clock, service } = await working(async () => {
    const { progress } = currentRun();
    progress(0.5);
    await Promise.resolve();
    progress(1);
  });
  await clock.advance(60_001);
  expect(await service.getRun(RUN_ID)).toMatchObject({ state: 'succeeded', progress: 1, duration: 0 });
  const types = harness.types('run.');
  expect(types.slice(0, 4)).toEqual(['run.started', 'run.progress', 'run.progress', 'run.succeeded']);
});

it('tells nothing twice, and costs a run that says nothing no word', async () => {
  const { clock, told } = await working(() => {
    currentRun().progress(0.5);
    currentRun().progress(0.5);
  });
  await clock.advance(60_001);
  expect(told()).toEqual([0.5]);
});

it('P08 is told before the end of a run, also of one whose handler does not wait and that comes soon after another', async () => {
  const { harness, clock, service } = await working(() => currentRun().progress(0.5));
  await service.addJob({ id: 'b', task: 'work', trigger: interval(60_000) });
  await clock.advance(65_000);
  for (const jobId of ['a', 'b']) {
    const types = harness.events.filter((event) => 'runId' in event && event.jobId === jobId).map(({ type }) => type);
    expect(types).toEqual(['run.started', 'run.progress', 'run.succeeded']);
    expect((await service.getRuns({ jobId })).runs).toMatchObject([{ progress: 0.5 }]);
  }
});

it.each([-0.1, 1.1, NaN, '0.5', null])('refuses %s', async (wrong) => {
  const errors: unknown[] = [];
  const { clock } = await working(() => {
    try {
      currentRun().progress(wrong as number);
    } catch (error) {
      errors.push(error);
    }
  });
  await clock.advance(60_001);
  expect(errors).toEqual([expect.any(InvalidProgressError)]);
});

it('does not listen to what is left of a handler after the end of its run', async () => {
  let say = (_fraction: number): void => undefined;
  const { harness, clock, service, told } = await working(async () => {
    say = currentRun().progress;
    say(0.5);
  });
  await clock.advance(60_000);
  say(0.9);
  await clock.advance(5_000);
  expect(told()).toEqual([0.5]);
  expect(
    harness.events
      .filter((event) => 'runId' in event)
      .map(({ type }) => type)
      .at(-1),
  ).toBe('run.succeeded');
  expect((await service.getRun(RUN_ID))?.progress).toBe(0.5);
});

it('does not listen to a handler that goes on after its timeout', async () => {
  const gate = new Gate();
  let say = (_fraction: number): void => undefined;
  const { clock, service, told } = await working(() => {
    say = currentRun().progress;
    return gate.passed;
  });
  await service.modifyJob('a', { timeout: 1_000 });
  await clock.advance(62_000);
  say(0.7);
  await clock.advance(5_000);
  expect(told()).toEqual([]);
  await gate.open();
});

it('is told as it is kept, to a thousandth, and never more than was said', async () => {
  const gate = new Gate();
  const { clock, service, told } = await working(() => {
    currentRun().progress(0.99967);
    return gate.passed;
  });
  await clock.advance(60_001);
  expect(told()).toEqual([0.999]);
  expect((await service.getRun(RUN_ID))?.progress).toBe(0.999);
  await gate.open();
});
