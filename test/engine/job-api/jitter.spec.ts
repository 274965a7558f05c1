import { describe, expect, it } from 'vitest';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import { harnesses } from './harnesses.js';

const { running } = harnesses();

const MINUTE = 60_000;

describe('P10 jitter', () => {
  it('spreads jobs of one schedule; a run starts when slot and jitter have come, never before, and is not late', async () => {
    const { harness } = await running();
    const ids = Array.from({ length: 30 }, (_, n) => `job-${n}`);
    for (const id of ids) {
      await harness.service.addJob({ id, task: 'work', trigger: cron('0 1 * * *'), jitter: { minutes: 30 } });
    }
    await harness.clock.advance(60 * MINUTE - 1);
    expect(harness.of('run.started')).toEqual([]);
    await harness.clock.advance(30 * MINUTE + 1);

    const starts = harness.of('run.started');
    expect(starts.map(({ jobId }) => jobId).sort()).toEqual(ids.sort());
    const delays = starts.map(({ startedAt, scheduledTime }) => startedAt.getTime() - scheduledTime.getTime());
    expect(new Set(starts.map(({ scheduledTime }) => scheduledTime.toISOString()))).toEqual(
      new Set(['2030-01-01T01:00:00.000Z']),
    );
    expect(new Set(delays).size).toBeGreaterThan(25);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(20 * MINUTE);
    expect(starts.every(({ lateness }) => lateness <= 1)).toBe(true);
  });

  it('shows the slot, not the jitter, as the next fire, and keeps to the slots', async () => {
    const { service, clock, harness } = await running();
    const job = await service.addJob({
      id: 'poll',
      task: 'work',
      trigger: interval({ minutes: 10 }),
      jitter: { minutes: 9 },
    });
    expect(job.nextFire?.toISOString()).toBe('2030-01-01T00:10:00.000Z');
    expect(job.options.jitter).toBe(9 * MINUTE);
    await clock.advance(60 * MINUTE);
    const slots = harness.events.flatMap((event) => (event.type === 'run.started' ? [event.scheduledTime] : []));
    expect(slots.slice(0, 5).map((slot) => slot.toISOString().slice(11, 16))).toEqual([
      '00:10',
      '00:20',
      '00:30',
      '00:40',
      '00:50',
    ]);
  });
});
