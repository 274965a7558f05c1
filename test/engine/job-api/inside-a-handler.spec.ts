import { describe, expect, it } from 'vitest';
import type { SchedulerService } from '../../../lib/scheduler.service.js';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';
import { settle } from '../../support/virtual-clock.js';
import { Gate, harnesses, records } from './harnesses.js';

const { create } = harnesses();
const every10 = interval(10_000);

const calls: [name: string, call: (service: SchedulerService) => unknown][] = [
  ['addJob', (service) => service.addJob({ id: 'new', task: 'work', trigger: every10 })],
  ['addJobs', (service) => service.addJobs([{ id: 'new', task: 'work', trigger: every10 }])],
  ['getJob', (service) => service.getJob('other')],
  ['getJobs', (service) => service.getJobs()],
  ['modifyJob', (service) => service.modifyJob('self', { tags: ['x'] })],
  ['rescheduleJob', (service) => service.rescheduleJob('self', interval(60_000))],
  ['pauseJob', (service) => service.pauseJob('self')],
  ['resumeJob', (service) => service.resumeJob('other')],
  ['runJob of another job', (service) => service.runJob('other')],
  ['runJob of its own job', (service) => service.runJob('self')],
  ['removeJob', (service) => service.removeJob('self')],
  ['pauseJobs', (service) => service.pauseJobs({ task: 'work' })],
  ['resumeJobs', (service) => service.resumeJobs({ task: 'work' })],
  ['removeJobs', (service) => service.removeJobs({ task: 'work' })],
  ['getRuns', (service) => service.getRuns()],
  ['getRun', (service) => service.getRun('self@2030-01-01T00:00:01.000Z')],
  ['preview', (service) => service.preview('self')],
  ['registerTask', (service) => service.registerTask('late', () => 1)],
];

describe('a handler', () => {
  it.each(calls)('P07 may call %s, whose answer it gets', async (_name, call) => {
    const harness = create();
    let isAnswered = false;
    harness.task('work');
    harness.task('self', async () => {
      await call(harness.service);
      isAnswered = true;
    });
    await harness.scheduler.start();
    await harness.service.addJobs([
      { id: 'self', task: 'self', trigger: at('2030-01-01T00:00:01Z') },
      { id: 'other', task: 'work', trigger: interval(3_600_000) },
    ]);
    await harness.clock.advance(1_000);
    expect(isAnswered).toBe(true);
    expect(await records(harness, { jobId: 'self', state: 'succeeded' })).toEqual(['00:00:01 succeeded']);
  });

  it.each(calls)('P07 may call %s while the scheduler waits for it to end', async (_name, call) => {
    const harness = create();
    const gate = new Gate();
    const answers: string[] = [];
    harness.task('work');
    harness.task('self', async () => {
      await gate.passed;
      await call(harness.service);
      answers.push('answered');
    });
    await harness.scheduler.start();
    await harness.service.addJobs([
      { id: 'self', task: 'self', trigger: at('2030-01-01T00:00:01Z') },
      { id: 'other', task: 'work', trigger: interval(3_600_000) },
    ]);
    await harness.clock.advance(1_000);
    const stopped = harness.service.shutdown();
    await settle();
    expect(harness.service.state).toBe('stopping');
    await gate.open();
    await harness.clock.advance(0);
    await stopped;
    expect(answers).toEqual(['answered']);
    expect(harness.of('run.succeeded').map(({ jobId }) => jobId)).toContain('self');
  });

  it('sees itself among the runs, as running', async () => {
    const harness = create();
    let seen: unknown;
    harness.task('self', async () => (seen = await harness.service.getRuns({ jobId: 'self' })));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'self', task: 'self', trigger: at('2030-01-01T00:00:01Z') });
    await harness.clock.advance(1_000);
    expect(seen).toMatchObject({ runs: [{ state: 'running', runId: 'self@2030-01-01T00:00:01.000Z' }] });
  });

  it('P07 is refused to wait until all is idle: it would wait for itself', async () => {
    const harness = create();
    const errors: unknown[] = [];
    harness.task('self', () => harness.service.untilIdle().catch((error: unknown) => errors.push(error)));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'self', task: 'self', trigger: at('2030-01-01T00:00:01Z') });
    await harness.clock.advance(1_000);
    expect(errors).toMatchObject([{ code: 'WAITS_FOR_ITSELF' }]);
    await harness.service.untilIdle();
  });
});
