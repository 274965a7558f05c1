// The module and its service
export { SchedulerModule } from './scheduler.module.js';
export { SchedulerService } from './scheduler.service.js';
export type { PreviewQuery, RegisterTaskOptions, StartOptions, TimeLimit } from './service.options.js';
export type { HistoryRetention, SchedulerModuleOptions } from './scheduler.options.js';
export type { SchedulerModuleAsyncOptions, SchedulerOptionsFactory } from './discovery/async-options.js';

// Decorators
export { AfterStart, type AfterStartOptions } from './decorators/after-start.decorator.js';
export { At, type AtOptions } from './decorators/at.decorator.js';
export { Cron, type CronOptions } from './decorators/cron.decorator.js';
export { Interval, type IntervalOptions } from './decorators/interval.decorator.js';
export { OnSchedulerEvent } from './decorators/on-scheduler-event.decorator.js';
export { Task, type TaskOptions } from './decorators/task.decorator.js';
export { taskOf } from './decorators/task-of.js';
export type { TaskAliases } from './decorators/aliases.js';
export type { DeclaredJobOptions } from './decorators/job-decorator.js';
export type { TriggerResolver } from './decorators/trigger-resolver.js';

// Triggers
export {
  allOf,
  anyOf,
  at,
  bindTrigger,
  calendarInterval,
  cron,
  defineTrigger,
  except,
  interval,
  preview,
  type AllOfDefinition,
  type AllOfOptions,
  type AnyOfDefinition,
  type AtDefinition,
  type AtOptions as AtTriggerOptions,
  type CalendarIntervalDefinition,
  type CalendarIntervalOptions,
  type CalendarStep,
  type CronDefinition,
  type CronFieldInput,
  type CronFields,
  type CronOptions as CronTriggerOptions,
  type CustomTrigger,
  type CustomTriggerDefinition,
  type ExceptDefinition,
  type ExcludedRange,
  type Exclusion,
  type IntervalDefinition,
  type IntervalOptions as IntervalTriggerOptions,
  type PreviewOptions,
  type TriggerFactory,
} from './triggers/factories.js';
export { CronExpression } from './triggers/cron-expression.js';
export type { BindContext, Trigger, TriggerDefinition } from './triggers/trigger.js';
export type { DurationInput, DurationLikeObject } from './triggers/duration.js';
export type { DateTimeLike, InstantInput } from './triggers/instant.js';
export type { StoredTriggerOptions, TriggerOptions } from './triggers/time-window.js';
export type { FoldPolicy, GapPolicy } from './triggers/wall-time.js';

// Jobs and runs
export { Job } from './engine/job.js';
export type {
  BackfillOptions,
  BackfillResult,
  CancelOptions,
  ChangeOptions,
  PauseOptions,
  PauseResult,
  ResumeOptions,
  RunJobOptions,
} from './engine/verb-options.js';
export type { ExportFilter } from './engine/job-exporter.js';
export type { ImportOptions, ImportResult } from './engine/job-importer.js';
export type { NodeInfo } from './engine/node-list.js';
export type { RunPage, RunsFilter } from './engine/run-history.js';
export type { JobStats, Percentiles, Stats, StatsFilter, TaskStats } from './engine/run-statistics.js';
export type { SchedulerState } from './engine/scheduler-state.js';
export type {
  CheckedJobs,
  InStore,
  JobChanges,
  JobInput,
  JobSelection,
  JobsFilter,
  NamedJobInput,
  OnConflict,
  TypedJobInput,
} from './jobs/job-input.js';
export type { JobDefaults, JobOptions } from './jobs/job-options.js';
export type { JobOverride } from './jobs/job-override.js';
export type { Coalesce } from './jobs/coalesce.js';
export type { JobOrigin, JobState, PauseReason } from './jobs/job-record.js';
export type { JobOptionsSnapshot, JobSnapshot } from './jobs/job-snapshot.js';
export type { ExportedJob, ExportedTrigger, JobsDocument } from './jobs/jobs-document.js';
export type { JsonObject, JsonValue } from './jobs/json.js';
export type { Overlap } from './jobs/overlap.js';
export type { Backoff, RetryOptions, RetryPolicy } from './jobs/retry.js';
export type { DeclaredRetryOptions, FailedAttempt, RetryIf, TaskRetryIf } from './jobs/retry-if.js';
export type { RunError, RunOrigin, RunOutcome, RunReason, RunState } from './jobs/run-record.js';
export type { Run, RunAttempt } from './jobs/run-snapshot.js';
export type { EndedState, RunCounts } from './jobs/run-tally.js';
export type { JsonArgs, JsonCompatible, TaskRef } from './jobs/task-ref.js';
export { currentRun, type RunContext } from './executors/run-context.js';

// Events
export { ofType } from './events/event-stream.js';
export { InvalidEventTypeError } from './events/event-types.js';
export type * from './events/scheduler-event.js';

// Stores, executors, clock
export { MemoryJobStore, type MemoryJobStoreOptions } from './stores/memory/memory-job-store.js';
export type { JobStore, JobStoreSession, StoreContext } from './stores/job-store.js';
export type { InTransaction, StoreTransaction, TransactionManager } from './stores/store-transaction.js';
export { InProcessExecutor, type InProcessExecutorOptions } from './executors/in-process/in-process-executor.js';
export type { Executor, ExecutorContext, ExecutorSession, Work, WorkResult } from './executors/executor.js';
export { SystemClock, type Clock, type ClockTimer, type TimerOptions } from './clock.js';

// Errors
export { SchedulerError } from './errors/scheduler-error.js';
export { InvalidDecoratorError, TriggerResolverError } from './decorators/decorator-errors.js';
export {
  AnonymousClassError,
  ConflictingModuleOptionsError,
  InvalidAsyncOptionsError,
  InvalidOverrideError,
  NotConfiguredError,
  UnsupportedEventHandlerError,
} from './discovery/discovery-errors.js';
export { UnresolvableEnhancerError } from './discovery/enhancers/enhancers-errors.js';
export {
  InvalidAliasError,
  InvalidOptionError,
  LeaseLostError,
  SchedulerStoppedError,
  ShutdownAbortError,
  UnknownExecutorError,
  UnknownStoreError,
  WaitsForItselfError,
} from './engine/engine-errors.js';
export {
  InvalidProgressError,
  NotInRunError,
  RunCancelledError,
  RunTimeoutError,
} from './executors/executor-errors.js';
export { InvalidInProcessOptionError } from './executors/in-process/in-process-errors.js';
export { DuplicateTaskError } from './executors/task-registry.js';
export {
  AmbiguousJobIdError,
  ConflictingDeclaredJobError,
  ConflictingJobIdError,
  DuplicateJobIdError,
  HistoryPrunedError,
  InvalidArgumentsError,
  InvalidJobIdError,
  InvalidJobOptionError,
  InvalidTaskError,
  JobDisabledError,
  JobNotDeclaredError,
  JobNotFoundError,
  JobPausedError,
  RunNotFoundError,
  RunNotRepeatableError,
  UnknownTaskError,
} from './jobs/job-errors.js';
export { InvalidJobsDocumentError } from './jobs/jobs-document-errors.js';
export { MemoryStoreOptionError } from './stores/memory/memory-errors.js';
export {
  StoreBusyError,
  StoreUnavailableError,
  TransactionIsolationError,
  TransactionNotActiveError,
  TransactionStoreMismatchError,
  TransactionUnsupportedError,
  UnreadableJobError,
} from './stores/store-errors.js';
export { CronSyntaxError } from './triggers/cron/cron-errors.js';
export {
  InvalidDurationError,
  InvalidInstantError,
  InvalidTriggerError,
  NeverFiresError,
  TriggerSearchError,
  UnknownTimeZoneError,
  UnknownTriggerKindError,
} from './triggers/trigger-errors.js';
