import { describe, expect, it } from 'vitest';
import { interval } from '../../../lib/triggers/interval.js';
import type { JobSelection } from '../../../lib/jobs/job-input.js';
import { Harness } from '../../support/scheduler-harness.js';

const NOTHING: readonly JobSelection[] = [
  {},
  { task: undefined },
  { tags: undefined },
  { tags: [] },
  { store: undefined },
  { task: 'work', tags: undefined },
];

describe('a selection whose conditions are missing', () => {
  it.each(NOTHING)('touches no job: %j', async (selection) => {
    const harness = new Harness();
    harness.task('work');
    await harness.service.addJob({ id: 'kept', task: 'work', trigger: interval({ hours: 1 }) });
    for (const verb of ['pauseJobs', 'resumeJobs', 'removeJobs'] as const) {
      await expect(harness.service[verb](selection)).rejects.toMatchObject({
        code: 'INVALID_JOB_OPTION',
        message: expect.stringContaining(verb) as string,
      });
    }
    expect((await harness.service.getJob('kept'))?.state).toBe('active');
    await harness.scheduler.shutdown(0);
  });

  it('is replaced by the name of a store where all of its jobs are meant', async () => {
    const harness = new Harness();
    harness.task('work');
    await harness.service.addJob({ id: 'gone', task: 'work', trigger: interval({ hours: 1 }) });
    expect(await harness.service.removeJobs({ store: 'default' })).toBe(1);
    await harness.scheduler.shutdown(0);
  });
});
