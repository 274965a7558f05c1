import { describe, expect, it } from 'vitest';
import type { ActiveRun } from '../../lib/engine/active-run.js';
import { QueueingJobs } from '../../lib/engine/queueing-jobs.js';
import type { RunRecord } from '../../lib/jobs/run-record.js';

const NOBODY: readonly ActiveRun[] = [];
const run = (jobId: string, availableAt = 0) => ({ jobId, availableAt }) as RunRecord;

describe('the jobs with queued runs', () => {
  it('are looked at when a run of theirs ends, others not', () => {
    const jobs = new QueueingJobs();
    expect(jobs.isEmpty).toBe(true);
    jobs.note(run('a'));
    expect(jobs.mayStart(['b'], NOBODY, 1)).toBe(false);
    expect(jobs.mayStart(['b', 'a'], NOBODY, 1)).toBe(true);
  });

  it('are looked at again when a fire has had the free instance before the queued run', () => {
    const jobs = new QueueingJobs();
    jobs.note(run('a'));
    expect(jobs.mayStart(['a'], NOBODY, 1)).toBe(true);
    expect(jobs.mayStart(['a'], NOBODY, 1)).toBe(true);
  });

  it('are left alone when runs end and none is taken from the queue, until one is queued or taken', () => {
    const jobs = new QueueingJobs();
    jobs.note(run('a'));
    for (let ends = 0; ends < 3; ends++) jobs.mayStart(['a'], NOBODY, 1);
    expect(jobs.isEmpty).toBe(true);
    jobs.note(run('a'));
    for (let ends = 0; ends < 10; ends++) {
      expect(jobs.mayStart(['a'], NOBODY, 1)).toBe(true);
      jobs.note(run('a'));
    }
  });

  it('are kept as long as one of their queued runs is not available, or another of their runs is active', () => {
    const jobs = new QueueingJobs();
    jobs.note(run('late', 100));
    jobs.note(run('busy'));
    for (let ends = 0; ends < 5; ends++) jobs.mayStart(['late', 'busy'], [run('busy') as unknown as ActiveRun], 1);
    expect(jobs.mayStart(['late'], NOBODY, 100)).toBe(true);
    expect(jobs.mayStart(['busy'], NOBODY, 100)).toBe(true);
  });
});
