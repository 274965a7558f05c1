import type { JobOrigin, JobState } from '../../../jobs/job-record.js';
import type { RunOrigin, RunState } from '../../../jobs/run-record.js';

/** What the small numbers in the tables stand for, by position. Only ever append: they are in users' databases. */
export const JOB_STATES: readonly JobState[] = ['paused', 'active', 'finished'];
export const JOB_ORIGINS: readonly JobOrigin[] = ['declared', 'added'];
export const RUN_STATES: readonly RunState[] = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
  'missed',
  'lost',
];
export const RUN_ORIGINS: readonly RunOrigin[] = ['schedule', 'manual', 'rerun', 'backfill'];

export const RUNNING = RUN_STATES.indexOf('running');
export const QUEUED = RUN_STATES.indexOf('queued');
export const BACKFILL = RUN_ORIGINS.indexOf('backfill');
export const SUCCEEDED = RUN_STATES.indexOf('succeeded');
/** Those that few runs end in. */
export const RARE_STATES: readonly number[] = [...RUN_STATES.keys()].filter((state) => state > SUCCEEDED);
