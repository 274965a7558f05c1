import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Job } from './engine/job.js';
import type { ExportFilter } from './engine/job-exporter.js';
import type { ImportOptions, ImportResult } from './engine/job-importer.js';
import { writeJobTable } from './engine/job-table.js';
import type { NodeInfo } from './engine/node-list.js';
import type { RunPage, RunsFilter } from './engine/run-history.js';
import type { Stats, StatsFilter } from './engine/run-statistics.js';
import type { Scheduler } from './engine/scheduler.js';
import type { SchedulerState } from './engine/scheduler-state.js';
import type {
  BackfillOptions,
  BackfillResult,
  CancelOptions,
  ChangeOptions,
  PauseOptions,
  PauseResult,
  ResumeOptions,
  RunJobOptions,
} from './engine/verb-options.js';
import { showValue } from './errors/show-value.js';
import type { SchedulerEvent } from './events/scheduler-event.js';
import type { Executor } from './executors/executor.js';
import { functionTask } from './executors/function-task.js';
import { InvalidJobOptionError } from './jobs/job-errors.js';
import type {
  CheckedJobs,
  InStore,
  JobChanges,
  JobInput,
  JobSelection,
  JobsFilter,
  NamedJobInput,
  TypedJobInput,
} from './jobs/job-input.js';
import type { JobsDocument } from './jobs/jobs-document.js';
import { assertFlag, assertKnownKeys } from './jobs/known-keys.js';
import type { Run } from './jobs/run-snapshot.js';
import {
  timeoutOf,
  type PreviewQuery,
  type RegisterTaskOptions,
  type StartOptions,
  type TimeLimit,
} from './service.options.js';
import type { JobStore } from './stores/job-store.js';
import type { InTransaction } from './stores/store-transaction.js';
import { parseInstant } from './triggers/instant.js';
import { preview } from './triggers/preview.js';
import type { TriggerDefinition } from './triggers/trigger.js';

/**
 * Adds, changes, inspects and runs jobs, and steers the scheduler of this process. Inject it anywhere.
 *
 * Of its stores each call may throw {@link StoreUnavailableError} and {@link StoreBusyError}, for a job whose row can't be
 * read {@link UnreadableJobError}, and between a shutdown and the next start {@link SchedulerStoppedError}.
 *
 * @example
 * \@Injectable()
 * export class Reminders {
 *   constructor(private readonly scheduler: SchedulerService) {}
 *
 *   \@Task('send-reminder')
 *   send(userId: string, text: string) {}
 *
 *   remind(userId: string, text: string, when: Date) {
 *     return this.scheduler.addJob({ task: taskOf(Reminders, 'send'), args: [userId, text], trigger: at(when) });
 *   }
 * }
 * @publicApi
 */
@Injectable()
export class SchedulerService {
  readonly #scheduler: Scheduler;

  /** @internal */
  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /**
   * Everything that happens, in order; hot, never ends, never fails. Narrow it with `ofType`.
   *
   * @example
   * scheduler.events$.pipe(ofType('run.failed')).subscribe(({ jobId, error }) => console.error(jobId, error.message));
   */
  get events$(): Observable<SchedulerEvent> {
    return this.#scheduler.events.events$;
  }

  /** What the scheduler of this process is doing. */
  get state(): SchedulerState {
    return this.#scheduler.state;
  }

  // Jobs --------------------------------------------------------------------------------------------------------

  /**
   * Stores a job. It may be called before the start: the job is listed, and fires from the start on.
   *
   * @example await scheduler.addJob({ id: 'ping', task: 'ping', trigger: interval({ seconds: 30 }) });
   * @throws {ConflictingJobIdError} when the id is taken and `onConflict` is `'error'`.
   * @throws {UnknownTaskError} when no live process knows the task.
   * @throws {InvalidJobIdError | InvalidJobOptionError | InvalidDurationError | InvalidTaskError | InvalidArgumentsError |
   * NeverFiresError | TriggerSearchError | UnknownStoreError | UnknownExecutorError} before anything is stored.
   * @throws {TransactionNotActiveError | TransactionStoreMismatchError | TransactionUnsupportedError |
   * TransactionIsolationError} when the job can't be part of the transaction of `manager`; so do the other calls.
   * @throws {StoreBusyError} when the transaction has met another one and has to be repeated.
   */
  addJob<const Args extends readonly unknown[]>(job: NamedJobInput<Args>, options?: InTransaction): Promise<Job>;
  addJob<Args extends readonly unknown[]>(job: TypedJobInput<Args>, options?: InTransaction): Promise<Job>;
  addJob(job: JobInput, options?: InTransaction): Promise<Job> {
    return this.#scheduler.jobs.add(job, options);
  }

  /**
   * As {@link addJob}, for many: the jobs of one store are stored as a whole or not at all. What is wrong with one is
   * said with its place in the list, `addJobs[2]: …`.
   * With several stores an id that is taken in one is known before anything is stored in any. Only when somebody takes it in
   * that very moment, or a store fails then, do the others keep what was stored in them before.
   *
   * Being all or none takes one transaction per store. On SQLite it is written in one go, some 20 to 100 µs a job in
   * which nothing else happens in this process: add many thousands in several calls where runs must not wait.
   *
   * @example
   * await scheduler.addJobs(users.map(({ id }) => ({ id: `digest:${id}`, task: 'digest', args: [id], trigger: daily })));
   * @example
   * // The compiler checks the arguments of a `taskOf`; made by `map`, they need an `as const`.
   * const send = taskOf(Reminders, 'send');
   * await scheduler.addJobs(users.map(({ id }) => ({ task: send, args: [id, 'Hello'] as const, trigger: at(noon) })));
   * @throws what {@link addJob} throws
   */
  addJobs<const Jobs extends readonly JobInput[]>(jobs: CheckedJobs<Jobs>, options?: InTransaction): Promise<Job[]> {
    return this.#scheduler.jobs.addAll(jobs, options);
  }

  /**
   * The job, or `null`.
   *
   * @example
   * const job = await scheduler.getJob('daily-report');
   * console.log(job?.schedule, job?.nextFire);
   * @throws {AmbiguousJobIdError} when several stores hold the id and none is named; so does every call that takes an id.
   * @throws {InvalidJobIdError | InvalidJobOptionError | UnknownStoreError}
   */
  getJob(id: string, options?: InStore): Promise<Job | null> {
    return this.#scheduler.jobs.get(id, options);
  }

  /**
   * The jobs of all stores, or of one, by id within each.
   *
   * @example const paused = await scheduler.getJobs({ tags: ['billing'], state: 'paused' });
   * @throws {InvalidJobOptionError | UnknownStoreError}
   */
  getJobs(filter?: JobsFilter): Promise<Job[]> {
    return this.#scheduler.jobs.list(filter);
  }

  /**
   * Changes options or arguments; runs that have started are not affected.
   *
   * @example await scheduler.modifyJob('poll:42', { maxInstances: 2, args: [43] });
   * @throws {JobNotFoundError | AmbiguousJobIdError | UnknownStoreError | UnknownExecutorError | InvalidJobIdError |
   * InvalidJobOptionError | InvalidDurationError | InvalidArgumentsError | TriggerSearchError}
   */
  modifyJob(id: string, changes: JobChanges, options?: ChangeOptions): Promise<Job> {
    return this.#scheduler.jobs.modify(id, changes, options);
  }

  /**
   * Gives the job another trigger, which counts from now. Fires of the old one that are overdue are put on record as
   * skipped (`rescheduled`).
   *
   * @example await scheduler.rescheduleJob('poll:42', cron('@hourly'));
   * @throws {NeverFiresError} when no instant from now on matches it.
   * @throws {TriggerSearchError} when none is found: the job keeps the trigger it has.
   * @throws {JobNotFoundError | AmbiguousJobIdError | UnknownStoreError | InvalidJobIdError | InvalidJobOptionError}
   */
  rescheduleJob(id: string, trigger: TriggerDefinition, options?: ChangeOptions): Promise<Job> {
    return this.#scheduler.jobs.reschedule(id, trigger, options);
  }

  /**
   * Pauses a job. Once it has answered, no fire of the job starts any more, on any node; runs that are running are
   * named in the answer. With a `manager` that holds from the commit on.
   *
   * @example await scheduler.pauseJob('daily-report', { wait: true }); // nothing of it is running any more
   * @throws {JobNotFoundError | AmbiguousJobIdError | UnknownStoreError | InvalidJobIdError | InvalidJobOptionError}
   */
  pauseJob(id: string, options?: PauseOptions): Promise<PauseResult> {
    return this.#scheduler.jobs.pause(id, options);
  }

  /**
   * Lets a paused job go on.
   *
   * @example
   * await scheduler.resumeJob('daily-report', { catchUp: true }); // without it, fires during the pause are left out
   * @throws {JobNotFoundError | AmbiguousJobIdError | UnknownStoreError | InvalidJobIdError | InvalidJobOptionError}
   */
  resumeJob(id: string, options?: ResumeOptions): Promise<Job> {
    return this.#scheduler.jobs.resume(id, options);
  }

  /**
   * Removes a job. What is running ends normally; what is queued is cancelled.
   *
   * @example await scheduler.removeJob('poll:42', { store: 'fast' });
   * @throws {JobNotFoundError | AmbiguousJobIdError | UnknownStoreError | InvalidJobIdError | InvalidJobOptionError}
   */
  removeJob(id: string, options?: ChangeOptions): Promise<void> {
    return this.#scheduler.jobs.remove(id, options);
  }

  /**
   * Runs a job now, as a run of its own beside the schedule. The answer is the run as it was recorded: queued, or
   * skipped when as many instances as allowed are busy.
   *
   * @example const { runId, state } = await scheduler.runJob('poll:42', { args: [43] });
   * @throws {JobPausedError} when the job is paused and `force` is not given.
   * @throws {JobNotDeclaredError} when no decorator declares it any more.
   * @throws {JobDisabledError} when it is disabled where it is declared.
   * @throws {JobNotFoundError | AmbiguousJobIdError | UnknownStoreError | InvalidJobIdError | InvalidJobOptionError |
   * InvalidArgumentsError}
   */
  runJob(id: string, options?: RunJobOptions): Promise<Run> {
    return this.#scheduler.onDemand.run(id, options);
  }

  /**
   * Runs once more what has run, as a run of its own: same slot, same arguments unless others are given. The answer is
   * the run as it was recorded: queued, or skipped when as many instances as allowed are busy.
   *
   * @example
   * const { runs } = await scheduler.getRuns({ jobId: 'daily-report', state: 'failed' });
   * for (const { runId } of runs) await scheduler.rerun(runId); // daily-report@2027-01-31T03:00:00.000Z#r1
   * @throws {RunNotFoundError} when no run has that id, or not any more.
   * @throws {RunNotRepeatableError} when it has not ended, or is a record of fires that did not run.
   * @throws {JobNotFoundError} when its job is gone.
   * @throws {JobPausedError | JobNotDeclaredError | JobDisabledError} as `runJob`.
   * @throws {AmbiguousJobIdError | UnknownStoreError | InvalidJobIdError | InvalidJobOptionError | InvalidArgumentsError}
   */
  rerun(runId: string, options?: RunJobOptions): Promise<Run> {
    return this.#scheduler.onDemand.rerun(runId, options);
  }

  /**
   * Cancels a run, on whichever node it is. One that waits, for a retry too, is `cancelled` at once. One that runs has its
   * `signal` aborted with a `RunCancelledError`, is `cancelled` when its handler has ended, however it ends, and is not tried
   * again; give the job a `timeout` against handlers that don't mind their signal. If its process dies before that, it is
   * `lost`. One that has ended stays as it is. Answers the run as it is then.
   *
   * @example
   * const { runs } = await scheduler.getRuns({ jobId: 'import', state: ['queued', 'running'] });
   * for (const { runId } of runs) await scheduler.cancelRun(runId, { wait: true });
   * @throws {RunNotFoundError} when no run has that id, or not any more.
   * @throws {WaitsForItselfError} with `wait` from inside the very run; nothing is cancelled then.
   * @throws {AmbiguousJobIdError | UnknownStoreError | InvalidJobIdError | InvalidJobOptionError}
   */
  cancelRun(runId: string, options?: CancelOptions): Promise<Run> {
    return this.#scheduler.canceller.cancel(runId, options);
  }

  /**
   * Queues a run for each slot of the past that has none, by the job's trigger as it is now: slots before the job was
   * there, those that were missed, skipped or coalesced. Slots from the next fire on are left to the schedule. These runs
   * start after all others, on half of an executor's free slots at most, and don't count in `maxRuns`.
   *
   * @example
   * await scheduler.backfill('daily-report', { from: '2027-01-01', to: '2027-01-31' });
   * @throws {HistoryPrunedError} when the history of some of the time is gone and `force` is not given.
   * @throws {JobPausedError | JobNotDeclaredError | JobDisabledError} as `runJob`.
   * @throws {JobNotFoundError | AmbiguousJobIdError | UnknownStoreError | InvalidJobIdError | InvalidJobOptionError |
   * InvalidInstantError | TriggerSearchError}
   */
  backfill(id: string, options: BackfillOptions): Promise<BackfillResult> {
    return this.#scheduler.onDemand.backfill(id, options);
  }

  /**
   * Pauses all jobs that match; answers how many it has paused.
   *
   * @example const count = await scheduler.pauseJobs({ task: 'poll-feed' });
   * @throws {InvalidJobOptionError} when nothing is selected.
   * @throws {UnknownStoreError}
   */
  pauseJobs(selection: JobSelection): Promise<number> {
    return this.#scheduler.jobs.pauseAll(selection);
  }

  /**
   * Resumes all paused jobs that match; answers how many. Fires during the pause are left out.
   *
   * @example await scheduler.resumeJobs({ task: 'poll-feed' });
   * @throws {InvalidJobOptionError} when nothing is selected.
   * @throws {UnknownStoreError}
   */
  resumeJobs(selection: JobSelection): Promise<number> {
    return this.#scheduler.jobs.resumeAll(selection);
  }

  /**
   * Removes all jobs that match; answers how many.
   *
   * @example await scheduler.removeJobs({ tags: ['feeds'] });
   * @throws {InvalidJobOptionError} when nothing is selected.
   * @throws {UnknownStoreError}
   */
  removeJobs(selection: JobSelection): Promise<number> {
    return this.#scheduler.jobs.removeAll(selection);
  }

  /**
   * Jobs as a plain JSON document that {@link importJobs} stores elsewhere: what they are, and how far they have come. Runs
   * and their history stay. Jobs that decorators declare are left out unless `declared` asks for them.
   *
   * While the scheduler runs, the document is out of date with the next fire: `pause()` all processes first when jobs are to
   * move.
   *
   * @example
   * const document = await scheduler.exportJobs({ store: 'default', tags: ['billing'] });
   * console.log(`${document.jobs.length} jobs: ${JSON.stringify(document)}`);
   * @throws {UnreadableJobError} when the row of a job can't be read: no job is left out without a word.
   * @throws {InvalidJobOptionError | UnknownStoreError}
   */
  exportJobs(filter?: ExportFilter): Promise<JobsDocument> {
    return this.#scheduler.jobs.export(filter);
  }

  /**
   * Stores the jobs of a document that {@link exportJobs} has made, in whichever store. They go on where they were: with
   * their next fire, which the misfire policy judges if it is past, their high-water mark, number of runs, anchor and time
   * zone, and a pause. The jobs of one store are stored as a whole or not at all, as by {@link addJobs}.
   *
   * @example
   * const document = await scheduler.exportJobs({ store: 'old' });
   * const { added, ignored } = await scheduler.importJobs(document, { store: 'default', onConflict: 'ignore' });
   * console.log(`${added.length} jobs are new, ${ignored.length} were there`);
   * @throws {InvalidJobsDocumentError} naming everything that is wrong with the document; nothing is stored then.
   * Unknown tasks are among that.
   * @throws {ConflictingJobIdError} when an id is taken and `onConflict` is `'error'`.
   * @throws {InvalidJobOptionError | UnknownStoreError} for the options, and what {@link addJob} throws for `manager`.
   */
  importJobs(document: JobsDocument, options?: ImportOptions): Promise<ImportResult> {
    return this.#scheduler.jobs.import(document, options);
  }

  // Runs --------------------------------------------------------------------------------------------------------

  /**
   * Runs on record, the latest fire first, in pages.
   *
   * @example
   * const { runs, nextCursor } = await scheduler.getRuns({ jobId: 'daily-report', state: ['failed', 'missed'] });
   * @throws {InvalidJobOptionError | InvalidInstantError | UnknownStoreError}
   */
  getRuns(filter?: RunsFilter): Promise<RunPage> {
    return this.#scheduler.runs.list(filter);
  }

  /**
   * One run, or `null`.
   *
   * @example const run = await scheduler.getRun('daily-report@2027-01-31T03:00:00.000Z');
   * @throws {AmbiguousJobIdError} when several stores hold a run of that id and none is named.
   * @throws {InvalidJobIdError | InvalidJobOptionError | UnknownStoreError}
   */
  getRun(runId: string, options?: InStore): Promise<Run | null> {
    return this.#scheduler.runs.get(runId, options);
  }

  /**
   * What has ended within a time, in figures: how many runs ended in which state, how long they took and how late they
   * started, by task and by job. It costs the same however long the history is, and counts what has left it, too.
   *
   * @example
   * const { total, jobs } = await scheduler.stats({ from: '2027-01-01', to: '2027-01-07' });
   * console.log(`${total.failed} of ${total.succeeded + total.failed} runs failed`);
   * for (const { jobId, duration } of jobs) console.log(jobId, duration?.p95);
   * @throws {InvalidJobOptionError | InvalidInstantError | UnknownStoreError}
   */
  stats(filter?: StatsFilter): Promise<Stats> {
    return this.#scheduler.statistics.of(filter);
  }

  /**
   * The next fires of a trigger or of a stored job.
   *
   * @example
   * const ofTrigger = await scheduler.preview(cron('0 9 * * mon-fri', { timeZone: 'Europe/Berlin' }), { count: 3 });
   * const ofJob = await scheduler.preview('daily-report', { from: '2027-01-31' });
   * @throws {JobNotFoundError | AmbiguousJobIdError | UnknownStoreError} for an id.
   * @throws {InvalidJobOptionError | InvalidInstantError | InvalidTriggerError | TriggerSearchError}
   */
  async preview(subject: TriggerDefinition | string, query: PreviewQuery = {}): Promise<Date[]> {
    assertKnownKeys(query, ['from', 'count', 'store'], 'preview');
    const { from, count = 10, store } = query;
    const { timeZone, clock } = this.#scheduler.options;
    const after = from === undefined ? clock.now() : parseInstant(from, { timeZone, what: 'preview: from' });
    if (typeof subject === 'string' && /\s|^@/.test(subject)) {
      throw new InvalidJobOptionError(
        `preview: "${subject}" is no job id. For a cron pattern pass the trigger: preview(cron('${subject}')).`,
      );
    }
    if (typeof subject === 'string') return this.#scheduler.jobs.previewJob(subject, after, count, store);
    return preview(subject, { from: new Date(after), count, timeZone });
  }

  /**
   * Writes a table of all jobs, one line each.
   *
   * @example await scheduler.printJobs(process.stderr);
   * @throws {InvalidJobOptionError} for what is no stream.
   */
  async printJobs(stream: NodeJS.WritableStream = process.stdout): Promise<void> {
    assertWritable(stream, 'printJobs');
    writeJobTable(await this.getJobs(), stream);
  }

  /**
   * The processes that share a store, as the store knows them: each that has started on it and neither left nor been
   * taken over.
   *
   * @example const [oldest] = await scheduler.nodes({ store: 'default' });
   * @throws {InvalidJobOptionError | UnknownStoreError}
   */
  nodes(options?: InStore): Promise<NodeInfo[]> {
    return this.#scheduler.nodes.list(options);
  }

  // This process ------------------------------------------------------------------------------------------------

  /**
   * Starts the scheduler, which Nest does at bootstrap unless `autoStart` is `false`. While it starts or runs, the
   * call awaits the first. After a shutdown it starts again, as a new node.
   *
   * @example
   * await scheduler.start({ paused: true });
   * scheduler.resume(); // when all is ready
   * @throws {StoreUnavailableError} when a store can't be opened; nothing has started then.
   * @throws {WaitsForItselfError} inside a run while the scheduler stops.
   * @throws what is wrong with a declared job: {@link ConflictingDeclaredJobError}, {@link UnknownStoreError}, …
   */
  async start(options: StartOptions = {}): Promise<void> {
    assertKnownKeys(options, ['paused'], 'start');
    assertFlag(options.paused, 'start: paused');
    return this.#scheduler.start(options);
  }

  /** Stops claiming on this node; other nodes go on, and so does what is running here. @example scheduler.pause(); */
  pause(): void {
    this.#scheduler.pause();
  }

  /** Claims again after {@link pause}; what is overdue is judged by the misfire policy. @example scheduler.resume(); */
  resume(): void {
    this.#scheduler.resume();
  }

  /**
   * Ends the scheduler, which Nest does at `app.close()`: claims nothing more, lets running handlers end, aborts what
   * is left after `timeout`, writes everything down and closes its stores. `{ timeout: 0 }` aborts at once. A second
   * call awaits the first; a shorter time shortens it. From inside a handler it answers when all other handlers have
   * ended.
   *
   * @example await scheduler.shutdown({ timeout: { seconds: 5 } });
   * @throws {InvalidJobOptionError | InvalidDurationError}
   */
  async shutdown(limit: TimeLimit = {}): Promise<void> {
    return this.#scheduler.shutdown(timeoutOf(limit, 'shutdown'));
  }

  /**
   * Resolves when nothing is running or queued and no active job has a fire to come. So it waits for a job whose task or
   * executor is not there, too, until that comes or the job is paused or removed; but not for a declared job that nobody
   * declares any more.
   *
   * @example
   * await scheduler.untilIdle();
   * await app.close();
   * @throws {WaitsForItselfError} inside a run.
   */
  untilIdle(): Promise<void> {
    return this.#scheduler.untilIdle();
  }

  /**
   * Adds a store, before or after the start: its jobs are loaded and fire. After a shutdown it is opened by the next start.
   *
   * @example await scheduler.addStore('fast', new MemoryJobStore());
   * @throws {InvalidAliasError} when the alias is taken or can't be one, or the store has another alias already.
   * @throws {InvalidOptionError} for what is no store.
   * @throws {StoreUnavailableError}
   */
  addStore(alias: string, store: JobStore): Promise<void> {
    return this.#scheduler.equipment.addStore(alias, store);
  }

  /**
   * Lets the store's runs end and closes it; its jobs stay in it.
   *
   * @example await scheduler.removeStore('fast', { timeout: { seconds: 5 } });
   * @throws {UnknownStoreError}
   * @throws {InvalidAliasError} for `'local'`, which always exists.
   * @throws {InvalidJobOptionError | InvalidDurationError}
   */
  async removeStore(alias: string, limit: TimeLimit = {}): Promise<void> {
    return this.#scheduler.equipment.removeStore(alias, timeoutOf(limit, 'removeStore'));
  }

  /**
   * Adds an executor, before or after the start: jobs that name its alias run there.
   *
   * @example await scheduler.addExecutor('slow', new InProcessExecutor({ concurrency: 2 }));
   * @throws {InvalidAliasError} when the alias is taken or can't be one.
   * @throws {InvalidOptionError} for what is no executor.
   */
  addExecutor(alias: string, executor: Executor): Promise<void> {
    return this.#scheduler.equipment.addExecutor(alias, executor);
  }

  /**
   * Gives it no more runs and waits for those it has; inside a handler it waits for none. Its jobs stay, and wait for an
   * executor of that alias.
   *
   * @example await scheduler.removeExecutor('slow');
   * @throws {UnknownExecutorError}
   * @throws {InvalidAliasError | InvalidJobOptionError | InvalidDurationError}
   */
  async removeExecutor(alias: string, limit: TimeLimit = {}): Promise<void> {
    return this.#scheduler.equipment.removeExecutor(alias, timeoutOf(limit, 'removeExecutor'));
  }

  /**
   * Makes a plain function a task, so that jobs may name it.
   *
   * @example
   * for (const tenant of config.tenants) {
   *   scheduler.registerTask(`sync:${tenant}`, () => sync(tenant));
   * }
   * @throws {DuplicateTaskError} when the name, or an alias, is taken.
   * @throws {InvalidTaskError | InvalidJobOptionError}
   */
  registerTask(name: string, fn: (...args: never[]) => unknown, options: RegisterTaskOptions = {}): void {
    this.#scheduler.tasks.register(functionTask(name, fn, options));
  }
}

function assertWritable(stream: unknown, what: string): void {
  if (typeof (stream as { readonly write?: unknown } | null)?.write === 'function') return;
  throw new InvalidJobOptionError(`${what} takes a writable stream such as process.stdout, got ${showValue(stream)}.`);
}
