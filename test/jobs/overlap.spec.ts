import { describe, expect, it } from 'vitest';
import { admitFire, hasToMakeRoom, OVERLAPS } from '../../lib/jobs/overlap.js';

const cases = [
  { running: 0, queuedDue: 0, maxInstances: 1, skip: 'start', queue: 'start', one: 'start', cancel: 'start' },
  { running: 1, queuedDue: 0, maxInstances: 1, skip: 'skip', queue: 'queue', one: 'queue', cancel: 'queue' },
  { running: 0, queuedDue: 1, maxInstances: 1, skip: 'skip', queue: 'queue', one: 'queue', cancel: 'skip' },
  { running: 1, queuedDue: 0, maxInstances: 2, skip: 'start', queue: 'start', one: 'start', cancel: 'start' },
  { running: 2, queuedDue: 0, maxInstances: 2, skip: 'skip', queue: 'queue', one: 'queue', cancel: 'queue' },
  { running: 0, queuedDue: 1, maxInstances: 2, skip: 'queue', queue: 'queue', one: 'queue', cancel: 'queue' },
  { running: 1, queuedDue: 1, maxInstances: 2, skip: 'skip', queue: 'queue', one: 'queue', cancel: 'skip' },
  { running: 1, queuedDue: 1, maxInstances: 3, skip: 'queue', queue: 'queue', one: 'queue', cancel: 'queue' },
  { running: 1, queuedDue: 1, maxInstances: 1, skip: 'skip', queue: 'queue', one: 'skip', cancel: 'skip' },
  { running: 2, queuedDue: 1, maxInstances: 2, skip: 'skip', queue: 'queue', one: 'skip', cancel: 'skip' },
  // More than allowed: maxInstances was lowered, or a catch-up queued them whatever the limit.
  { running: 3, queuedDue: 0, maxInstances: 2, skip: 'skip', queue: 'queue', one: 'skip', cancel: 'queue' },
  { running: 0, queuedDue: 100, maxInstances: 2, skip: 'skip', queue: 'queue', one: 'skip', cancel: 'skip' },
] as const;

describe('a fire of a job that is busy', () => {
  it.each(cases)(
    '$running running, $queuedDue waiting, $maxInstances allowed: skip $skip, queue $queue, queueOne $one, cancelRunning $cancel',
    (given) => {
      const { running, queuedDue, maxInstances } = given;
      const busy = { running, runningBackfills: 0, queuedDue };
      expect(admitFire('skip', busy, maxInstances)).toBe(given.skip);
      expect(admitFire('queue', busy, maxInstances)).toBe(given.queue);
      expect(admitFire('queueOne', busy, maxInstances)).toBe(given.one);
      expect(admitFire('cancelRunning', busy, maxInstances)).toBe(given.cancel);
    },
  );

  it('is skipped when the policy says nothing', () => {
    expect(admitFire(undefined, { running: 1, runningBackfills: 0, queuedDue: 0 }, 1)).toBe('skip');
  });

  it.each(OVERLAPS)('waits for a backfill to end, whatever the policy: %s', (overlap) => {
    const admit = (running: number, runningBackfills: number, queuedDue: number) =>
      admitFire(overlap, { running, runningBackfills, queuedDue }, 2);
    expect(admit(1, 1, 0)).toBe('start');
    expect(admit(2, 1, 0)).toBe('queue');
    expect(admit(2, 2, 1)).toBe('queue');
    // As many as allowed run or wait beside the backfill.
    expect(admit(2, 1, 1)).toBe(admit(1, 0, 1));
  });
});

describe('under cancelRunning, the run that runs for longest', () => {
  it.each([
    { staying: 1, waiting: 1, maxInstances: 1, makes: true },
    { staying: 2, waiting: 1, maxInstances: 2, makes: true },
    { staying: 3, waiting: 1, maxInstances: 2, makes: true },
    { staying: 1, waiting: 2, maxInstances: 2, makes: true },
    // It has been asked to end, or has ended, and the one that waits is about to start.
    { staying: 0, waiting: 1, maxInstances: 1, makes: false },
    { staying: 1, waiting: 1, maxInstances: 2, makes: false },
    { staying: 1, waiting: 0, maxInstances: 1, makes: false },
    // There is something to catch up with.
    { staying: 1, waiting: 5, maxInstances: 1, makes: true },
    { staying: 0, waiting: 5, maxInstances: 1, makes: false },
  ])('of $staying that stay, with $waiting waiting and $maxInstances allowed, makes room: $makes', (given) => {
    expect(hasToMakeRoom(given.staying, given.waiting, given.maxInstances)).toBe(given.makes);
  });
});
