import { describe, expect, it } from 'vitest';
import { lossOf } from '../../../lib/jobs/attempts.js';
import { CourseTable } from '../../../lib/stores/memory/course-table.js';
import { JobEntry } from '../../../lib/stores/memory/job-entry.js';
import { MemoryJob } from '../../../lib/stores/memory/memory-job.js';
import { MemoryRun } from '../../../lib/stores/memory/memory-run.js';
import { aJob, aPolicy } from '../../support/store-fixtures.js';

const NOW = 1_893_456_000_000;

function aRunWith(maxAttempts: number): MemoryRun {
  const courses = new CourseTable(1);
  courses.reserve(0);
  const policy = aPolicy(maxAttempts === 1 ? {} : { retry: { maxAttempts, backoff: 'fixed', delay: 0 } });
  const job = new MemoryJob(aJob({ id: 'a', policy }, NOW), courses, 0, null);
  const entry = new JobEntry('a', 0, courses);
  const times = { scheduledAt: NOW, availableAt: NOW };
  const details = { runId: 'a@1', args: ['x'] };
  const queued = MemoryRun.queued({ seq: 1, entry, job, ...times, origin: 'manual', details });
  return queued.taken({ node: 'node-1', fence: job.take(), now: NOW });
}

describe('MemoryRun', () => {
  it('W02 waits for its next attempt after its node is gone, as the same run', () => {
    const run = aRunWith(3);
    const attempts = [{ attempt: 1, node: 'node-1', startedAt: NOW, finishedAt: NOW, error: lossOf('node-1', 'died') }];
    const next = run.requeued(NOW + 5, attempts);
    expect(next.toRecord()).toMatchObject({
      seq: 1,
      runId: 'a@1',
      state: 'queued',
      attempt: 2,
      maxAttempts: 3,
      availableAt: NOW + 5,
      scheduledAt: NOW,
      node: null,
      startedAt: null,
      args: ['x'],
      attempts,
    });
    expect(next.taken({ node: 'node-2', fence: 9, now: NOW + 6 })).toMatchObject({
      state: 'running',
      node: 'node-2',
      fence: 9,
      attempt: 2,
    });
  });

  it('G4 is not running any more for whoever holds it, once something else has taken its place', () => {
    const [requeued, lost] = [aRunWith(3), aRunWith(1)];
    requeued.requeued(NOW, []).taken({ node: 'node-2', fence: 9, now: NOW });
    lost.lost(NOW);
    expect([requeued.state, lost.state]).toEqual(['queued', 'lost']);
  });
});
