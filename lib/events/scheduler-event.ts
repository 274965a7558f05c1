import type { PauseReason } from '../jobs/job-record.js';
import type { JobSnapshot } from '../jobs/job-snapshot.js';
import type { JsonValue } from '../jobs/json.js';
import type { RunError, RunOrigin, RunReason } from '../jobs/run-record.js';

interface EventBase<Type extends string> {
  readonly type: Type;
  /** When it happened, by the clock of the node. */
  readonly time: Date;
  /** Id of the node it happened on. */
  readonly node: string;
}

interface JobEventBase<Type extends string> extends EventBase<Type> {
  readonly jobId: string;
  /** Alias of the store that keeps the job. */
  readonly store: string;
}

interface RunEventBase<Type extends string> extends JobEventBase<Type> {
  readonly runId: string;
  readonly task: string;
  /** The nominal instant of the fire, without jitter or delay; of several fires in one record, the first. */
  readonly scheduledTime: Date;
  /** 1, 2, … with retries. */
  readonly attempt: number;
  readonly origin: RunOrigin;
}

interface RunEndedBase<Type extends string> extends RunEventBase<Type> {
  readonly startedAt: Date;
  /** Milliseconds from start to end, of the last attempt. */
  readonly duration: number;
}

/** The scheduler of this process has started. @publicApi */
export interface SchedulerStartedEvent extends EventBase<'scheduler.started'> {
  /** How many jobs its stores hold, finished ones left out. */
  readonly jobs: number;
  /** Aliases. */
  readonly stores: readonly string[];
  /** Aliases. */
  readonly executors: readonly string[];
  /** IANA zone of triggers that name none. */
  readonly timeZone: string;
  /** The first fire of all stores; `null`: none is to come. */
  readonly nextFire: Date | null;
}
/** `pause()`: this process claims no more fires. @publicApi */
export type SchedulerPausedEvent = EventBase<'scheduler.paused'>;
/** `resume()`: this process claims fires again. @publicApi */
export type SchedulerResumedEvent = EventBase<'scheduler.resumed'>;
/** The scheduler of this process has shut down. @publicApi */
export type SchedulerStoppedEvent = EventBase<'scheduler.stopped'>;

/** `addStore()` has opened a store. @publicApi */
export interface StoreAddedEvent extends EventBase<'store.added'> {
  readonly store: string;
}
/** `removeStore()` has closed a store; its jobs stay in it. @publicApi */
export interface StoreRemovedEvent extends EventBase<'store.removed'> {
  readonly store: string;
}
/** A store has failed: told once, until it works again. @publicApi */
export interface StoreUnavailableEvent extends EventBase<'store.unavailable'> {
  readonly store: string;
  readonly error: RunError;
}
/** A store that was unavailable works again. @publicApi */
export interface StoreRecoveredEvent extends EventBase<'store.recovered'> {
  readonly store: string;
}
/** `addExecutor()` has added an executor. @publicApi */
export interface ExecutorAddedEvent extends EventBase<'executor.added'> {
  readonly executor: string;
}
/** `removeExecutor()`: the executor has no run left, or its time was over. @publicApi */
export interface ExecutorRemovedEvent extends EventBase<'executor.removed'> {
  readonly executor: string;
}

/** A job was stored that was not there before. @publicApi */
export interface JobAddedEvent extends JobEventBase<'job.added'> {
  readonly job: JobSnapshot;
}
/** The options or the arguments of a job were changed, or the whole job replaced. @publicApi */
export interface JobModifiedEvent extends JobEventBase<'job.modified'> {
  readonly job: JobSnapshot;
}
/** A job was given another trigger. @publicApi */
export interface JobRescheduledEvent extends JobEventBase<'job.rescheduled'> {
  readonly job: JobSnapshot;
}
/** A job was paused, or has paused itself. @publicApi */
export interface JobPausedEvent extends JobEventBase<'job.paused'> {
  /** `'manual'`: by a call; `'failures'`: by its `pauseAfterFailures`. */
  readonly reason: PauseReason;
  /** How many of its runs in a row had failed by then. */
  readonly failures: number;
}
/** A paused job goes on. @publicApi */
export type JobResumedEvent = JobEventBase<'job.resumed'>;
/** A job was removed. @publicApi */
export type JobRemovedEvent = JobEventBase<'job.removed'>;
/** No fire is left and the last run has ended. @publicApi */
export type JobFinishedEvent = JobEventBase<'job.finished'>;
/**
 * The job can't be run: no live node has its task or its executor, its row can't be read, its trigger throws, or the
 * search for its next fire takes long and goes on (`'searching'`).
 *
 * @publicApi
 */
export interface JobUnresolvableEvent extends JobEventBase<'job.unresolvable'> {
  readonly reason: 'unknown-task' | 'unknown-executor' | 'unreadable' | 'searching';
  /** What is wrong and what helps, for people. */
  readonly message: string;
}
/** The job can be run again. @publicApi */
export type JobRecoveredEvent = JobEventBase<'job.recovered'>;
/** `removeJobs()` has removed jobs of one store. @publicApi */
export interface JobsRemovedEvent extends EventBase<'jobs.removed'> {
  readonly store: string;
  readonly jobIds: readonly string[];
}

/** A run waits: it was made by `runJob`, is one of several to catch up, or its job has `overlap: 'queue'`. @publicApi */
export type RunQueuedEvent = RunEventBase<'run.queued'>;
/** The handler is about to be called, for the first time or once more. @publicApi */
export interface RunStartedEvent extends RunEventBase<'run.started'> {
  readonly startedAt: Date;
  /** Milliseconds from due to start; jitter and the delay of a retry do not count. */
  readonly lateness: number;
}
/** The handler has said how far it is; at most once a second, and what it has said last. @publicApi */
export interface RunProgressEvent extends RunEventBase<'run.progress'> {
  /** 0 to 1. */
  readonly progress: number;
}
/** The handler has returned. @publicApi */
export interface RunSucceededEvent extends RunEndedBase<'run.succeeded'> {
  /** What the handler returned, when it is JSON of at most 64 KiB. */
  readonly result: JsonValue | undefined;
}
/** The handler has thrown in the last attempt of the run. @publicApi */
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
/** A run was given up while it waited, or has ended after it was asked to. `reason` says why. @publicApi */
export interface RunCancelledEvent extends RunEventBase<'run.cancelled'> {
  readonly reason: RunReason | null;
}
/** One or more fires that were too late to run. @publicApi */
export interface RunMissedEvent extends RunEventBase<'run.missed'> {
  readonly reason: RunReason;
  /** How many fires, as `count` of the run says. */
  readonly count: number;
  /** The last of the missed slots. */
  readonly until: Date;
}
/** One or more fires that did not run. @publicApi */
export interface RunSkippedEvent extends RunEventBase<'run.skipped'> {
  readonly reason: RunReason;
  /** How many fires, as `count` of the run says. */
  readonly count: number;
  /** The last of the skipped slots. */
  readonly until: Date;
}
/** The node that ran it died, or gave it up at shutdown, in the last attempt. @publicApi */
export interface RunLostEvent extends RunEventBase<'run.lost'> {
  /** Id of that node. */
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
  /** What can't be read, for people. */
  readonly message: string;
}

/** This process has begun its work on a store. @publicApi */
export interface NodeJoinedEvent extends EventBase<'node.joined'> {
  readonly store: string;
}
/** This process has ended its work on a store. @publicApi */
export interface NodeLeftEvent extends EventBase<'node.left'> {
  readonly store: string;
}
/** A node was found dead, and its runs were taken over. @publicApi */
export interface NodeLostEvent extends EventBase<'node.lost'> {
  readonly store: string;
  /** Id of the dead node. */
  readonly lostNode: string;
}

/**
 * Everything the scheduler tells, discriminated by `type`. The guide says when each is told and how it is logged.
 *
 * @example
 * scheduler.events$.subscribe((event: SchedulerEvent) => {
 *   if (event.type === 'run.failed') console.error(event.jobId, event.error.message);
 * });
 * @publicApi
 */
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
  | RunProgressEvent
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

/** The `type` of every event there is. @publicApi */
export type SchedulerEventType = SchedulerEvent['type'];

/**
 * The events of the given types.
 *
 * @example
 * function alert(event: SchedulerEventOf<'run.failed' | 'run.lost'>) {
 *   console.error(event.jobId, event.runId);
 * }
 * @publicApi
 */
export type SchedulerEventOf<Type extends SchedulerEventType> = Extract<SchedulerEvent, { readonly type: Type }>;
