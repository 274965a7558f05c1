import { expect, it } from 'vitest';
import type { SchedulerService } from '../../../lib/scheduler.service.js';
import { interval } from '../../../lib/triggers/interval.js';
import { harnesses, refusal } from './harnesses.js';

const { running } = harnesses();
const from = '2030-01-02';

it.each<[what: string, call: (service: SchedulerService, to: string) => unknown]>([
  ['getRuns', (service, to) => service.getRuns({ from, to })],
  ['stats', (service, to) => service.stats({ from, to })],
  ["backfill('a')", (service, to) => service.backfill('a', { from, to })],
])('a time that ends before it begins is refused by %s in the same words, with what to do', async (what, call) => {
  const { service } = await running();
  await service.addJob({ id: 'a', task: 'work', trigger: interval(60_000) });
  const { code, message } = await refusal(() => call(service, '2030-01-01T12:00:00Z'));
  expect(code).toBe('INVALID_JOB_OPTION');
  expect(message).toBe(
    `${what}: nothing is between from, 2030-01-02T00:00:00.000Z, and to, 2030-01-01T12:00:00.000Z. ` +
      `Exchange them, or give a later to.`,
  );
});

it('a time of a millisecond, or of a date alone, is none of these', async () => {
  const { service } = await running();
  expect((await service.getRuns({ from, to: '2030-01-02T00:00:00Z' })).runs).toEqual([]);
  expect((await service.stats({ from: '2029-12-31', to: '2029-12-31' })).jobs).toEqual([]);
  await refusal(() => service.stats({ from, to: '2030-01-02T00:00:00Z' }), 'nothing is between');
});
