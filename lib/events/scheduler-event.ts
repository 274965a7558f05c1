import type { JobSnapshot } from '../jobs/job-snapshot.js';
import type { JsonValue } from '../jobs/json.js';
import type { RunError, RunOrigin, RunReason } from '../jobs/run-record.js';

interface EventBase<Type extends string> {
  readonly type: Type;
  readonly time: Date;
  /** Id of the node it happened on. */
  readonly node: string;
}

interface JobEventBase<Type extends string> extends EventBase<Type> {
  readonly jobId: string;
  readonly store: string;
}

interface RunEventBase<Type extends string> extends JobEventBase<Type> {
  readonly runId: string;
  readonly task: string;
  readonly scheduledTime: Date;
  readonly attempt: number;
  readonly origin: RunOrigin;
}

interface RunEndedBase<Type extends string> extends RunEventBase<Type> {
  readonly startedAt: Date;
  /** Milliseconds. */
  readonly duration: number;
}

/** @publicApi */
export interface SchedulerStartedEvent extends EventBase<'scheduler.started'> {
  readonly jobs: number;
  readonly stores: readonly string[];
  readonly executors: readonly string[];
  readonly timeZone: string;
  readonly nextFire: Date | null;
}
/** @publicApi */
export type SchedulerPausedEvent = EventBase<'scheduler.paused'>;
/** @publicApi */
export type SchedulerResumedEvent = EventBase<'scheduler.resumed'>;
/** @publicApi */
export type SchedulerStoppedEvent = EventBase<'scheduler.stopped'>;

/** @publicApi */
export interface StoreAddedEvent extends EventBase<'store.added'> {
  readonly store: string;
}
/** @publicApi */
export interface StoreRemovedEvent extends EventBase<'store.removed'> {
  readonly store: string;
}
/** @publicApi */
export interface StoreUnavailableEvent extends EventBase<'store.unavailable'> {
  readonly store: string;
  readonly error: RunError;
}
/** @publicApi */
export interface StoreRecoveredEvent extends EventBase<'store.recovered'> {
  readonly store: string;
}
/** @publicApi */
export interface ExecutorAddedEvent extends EventBase<'executor.added'> {
  readonly executor: string;
}
/** @publicApi */
export interface ExecutorRemovedEvent extends EventBase<'executor.removed'> {
  readonly executor: string;
}

/** @publicApi */
export interface JobAddedEvent extends JobEventBase<'job.added'> {
  readonly job: JobSnapshot;
}
/** @publicApi */
export interface JobModifiedEvent extends JobEventBase<'job.modified'> {
  readonly job: JobSnapshot;
}
/** @publicApi */
export interface JobRescheduledEvent extends JobEventBase<'job.rescheduled'> {
  readonly job: JobSnapshot;
}
/** @publicApi */
export type JobPausedEvent = JobEventBase<'job.paused'>;
/** @publicApi */
export type JobResumedEvent = JobEventBase<'job.resumed'>;
/** @publicApi */
export type JobRemovedEvent = JobEventBase<'job.removed'>;
/** No fire is left and the last run has ended. @publicApi */
export type JobFinishedEvent = JobEventBase<'job.finished'>;
/** The job can't be run: no live node has its task or its executor, or its row can't be read. @publicApi */
export interface JobUnresolvableEvent extends JobEventBase<'job.unresolvable'> {
  readonly reason: 'unknown-task' | 'unknown-executor' | 'unreadable';
  readonly message: string;
}
/** The job can be run again. @publicApi */
export type JobRecoveredEvent = JobEventBase<'job.recovered'>;
/** @publicApi */
export interface JobsRemovedEvent extends EventBase<'jobs.removed'> {
  readonly store: string;
  readonly jobIds: readonly string[];
}

/** @publicApi */
export type RunQueuedEvent = RunEventBase<'run.queued'>;
/** @publicApi */
export interface RunStartedEvent extends RunEventBase<'run.started'> {
  readonly startedAt: Date;
  /** Milliseconds from due to start. */
  readonly lateness: number;
}
/** @publicApi */
export interface RunSucceededEvent extends RunEndedBase<'run.succeeded'> {
  readonly result: JsonValue | undefined;
}
/** @publicApi */
export interface RunFailedEvent extends RunEndedBase<'run.failed'> {
  readonly error: RunError;
}
/** An attempt failed, or its process died, and another one follows. @publicApi */
export interface RunRetryingEvent extends RunEventBase<'run.retrying'> {
  /** Of the attempt that failed, which is `attempt`. */
  readonly error: RunError;
  /** When the next attempt may start. */
  readonly nextAttemptAt: Date;
}
/** @publicApi */
export interface RunCancelledEvent extends RunEventBase<'run.cancelled'> {
  readonly reason: RunReason | null;
}
/** One or more fires that were too late to run. @publicApi */
export interface RunMissedEvent extends RunEventBase<'run.missed'> {
  readonly reason: RunReason;
  readonly count: number;
  /** The last of the missed slots. */
  readonly until: Date;
}
/** One or more fires that did not run. @publicApi */
export interface RunSkippedEvent extends RunEventBase<'run.skipped'> {
  readonly reason: RunReason;
  readonly count: number;
  /** The last of the skipped slots. */
  readonly until: Date;
}
/** The node that ran it died. @publicApi */
export interface RunLostEvent extends RunEventBase<'run.lost'> {
  readonly lostNode: string | null;
}
/** This node's outcome was refused: the run had been taken from it. @publicApi */
export type RunFencedEvent = RunEventBase<'run.fenced'>;

/**
 * The stored row of a run can't be read: it is left in place, and never runs if it was queued. Told once by each
 * process, whatever has been told of the run before. @publicApi
 */
export interface RunUnreadableEvent extends JobEventBase<'run.unreadable'> {
  readonly runId: string;
  readonly message: string;
}

/** @publicApi */
export interface NodeJoinedEvent extends EventBase<'node.joined'> {
  readonly store: string;
}
/** @publicApi */
export interface NodeLeftEvent extends EventBase<'node.left'> {
  readonly store: string;
}
/** @publicApi */
export interface NodeLostEvent extends EventBase<'node.lost'> {
  readonly store: string;
  readonly lostNode: string;
}

/** Everything the scheduler tells, discriminated by `type`. @publicApi */
export type SchedulerEvent =
  | SchedulerStartedEvent
  | SchedulerPausedEvent
  | SchedulerResumedEvent
  | SchedulerStoppedEvent
  | StoreAddedEvent
  | StoreRemovedEvent
  | StoreUnavailableEvent
  | StoreRecoveredEvent
  | ExecutorAddedEvent
  | ExecutorRemovedEvent
  | JobAddedEvent
  | JobModifiedEvent
  | JobRescheduledEvent
  | JobPausedEvent
  | JobResumedEvent
  | JobRemovedEvent
  | JobFinishedEvent
  | JobUnresolvableEvent
  | JobRecoveredEvent
  | JobsRemovedEvent
  | RunQueuedEvent
  | RunStartedEvent
  | RunSucceededEvent
  | RunFailedEvent
  | RunRetryingEvent
  | RunCancelledEvent
  | RunMissedEvent
  | RunSkippedEvent
  | RunLostEvent
  | RunFencedEvent
  | RunUnreadableEvent
  | NodeJoinedEvent
  | NodeLeftEvent
  | NodeLostEvent;

/** @publicApi */
export type SchedulerEventType = SchedulerEvent['type'];

/** The events of the given types. @publicApi */
export type SchedulerEventOf<Type extends SchedulerEventType> = Extract<SchedulerEvent, { readonly type: Type }>;
