import { describe, expect, it } from 'vitest';
import { admitFire } from '../../lib/jobs/overlap.js';

describe('a fire of a job that is busy', () => {
  it.each([
    { running: 0, queuedDue: 0, maxInstances: 1, admission: 'start' },
    { running: 1, queuedDue: 0, maxInstances: 1, admission: 'skip' },
    { running: 0, queuedDue: 1, maxInstances: 1, admission: 'skip' },
    { running: 1, queuedDue: 0, maxInstances: 2, admission: 'start' },
    { running: 2, queuedDue: 0, maxInstances: 2, admission: 'skip' },
    { running: 0, queuedDue: 1, maxInstances: 2, admission: 'queue' },
    { running: 1, queuedDue: 1, maxInstances: 2, admission: 'skip' },
    { running: 1, queuedDue: 1, maxInstances: 3, admission: 'queue' },
    // More than allowed: maxInstances was lowered, or a catch-up queued them whatever the limit.
    { running: 3, queuedDue: 0, maxInstances: 2, admission: 'skip' },
    { running: 0, queuedDue: 100, maxInstances: 2, admission: 'skip' },
  ] as const)('$running running, $queuedDue waiting, $maxInstances allowed: $admission', (given) => {
    expect(admitFire(given.running, given.queuedDue, given.maxInstances)).toBe(given.admission);
  });
});
