import type {
  RunFailedEvent,
  RunMissedEvent,
  RunRetryingEvent,
  RunSkippedEvent,
  RunStartedEvent,
  RunSucceededEvent,
  SchedulerPausedEvent,
} from '../../lib/events/scheduler-event.js';

const scheduledTime = new Date('2030-01-01T03:00:00Z');

const run = {
  time: new Date('2030-01-01T03:00:01Z'),
  node: 'node-1',
  jobId: 'daily-report',
  store: 'default',
  runId: 'daily-report@2030-01-01T03:00:00.000Z',
  task: 'Reports.daily',
  scheduledTime,
  attempt: 1,
  origin: 'schedule',
} as const;

export const started: RunStartedEvent = {
  ...run,
  type: 'run.started',
  startedAt: new Date('2030-01-01T03:00:00.007Z'),
  lateness: 7,
};

export const succeeded: RunSucceededEvent = {
  ...run,
  type: 'run.succeeded',
  startedAt: started.startedAt,
  duration: 1203,
  result: null,
};

export const failed: RunFailedEvent = {
  ...run,
  type: 'run.failed',
  startedAt: started.startedAt,
  duration: 1203,
  error: {
    name: 'TypeError',
    message: 'no such report',
    stack: 'TypeError: no such report\n    at daily (reports.ts:1)',
  },
};

export const retrying: RunRetryingEvent = {
  ...run,
  type: 'run.retrying',
  error: failed.error,
  nextAttemptAt: new Date('2030-01-01T03:00:31Z'),
};

export const missed: RunMissedEvent = {
  ...run,
  type: 'run.missed',
  reason: 'misfire',
  count: 3,
  until: new Date('2030-01-03T03:00:00Z'),
};

export const skipped: RunSkippedEvent = {
  ...run,
  type: 'run.skipped',
  reason: 'maxInstances',
  count: 1,
  until: scheduledTime,
};

export const paused: SchedulerPausedEvent = { type: 'scheduler.paused', time: run.time, node: run.node };
