import { randomBytes } from 'node:crypto';
import type { EventBus } from '../events/event-bus.js';
import { runInProgress } from '../executors/run-context.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import { resolveArguments } from '../jobs/job-arguments.js';
import { modifyJob, pauseJob, rescheduleJob, resumeJob } from '../jobs/job-changes.js';
import { JobNotFoundError, JobPausedError } from '../jobs/job-errors.js';
import { assertIsId } from '../jobs/job-id.js';
import type { InStore, JobChanges, JobInput, JobSelection, JobsFilter } from '../jobs/job-input.js';
import { modificationOf } from '../jobs/job-modification.js';
import type { JobRecord, JobState } from '../jobs/job-record.js';
import type { JsonValue } from '../jobs/json.js';
import { assertFlag, assertKnownKeys } from '../jobs/known-keys.js';
import { admitFire } from '../jobs/overlap.js';
import { manualRunId } from '../jobs/run-id.js';
import { snapshotOfRun, type Run } from '../jobs/run-snapshot.js';
import type { ChangedJob, JobStoreSession, RunDraft, RunDecision } from '../stores/job-store.js';
import { firesAfter } from '../triggers/preview.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import type { ResolvedOptions } from './engine-options.js';
import type { ExecutorSet } from './executor-set.js';
import { Job } from './job.js';
import { JobAdder } from './job-adder.js';
import { JobDrafts } from './job-drafts.js';
import { filterOf, narrowSelectionOf } from './job-selection.js';
import type { ManagedStore } from './managed-store.js';
import { RunEvents } from './run-events.js';
import type { RunWaiters } from './run-waiters.js';
import type { StoreSet } from './store-set.js';

/** @publicApi */
export interface PauseOptions extends InStore {
  /** Also waits until the job's running runs have ended, the calling one apart. Default `false`. */
  readonly wait?: boolean;
}

/** @publicApi */
export interface PauseResult {
  /** Ids of the runs that were running when the job was paused. */
  readonly running: readonly string[];
}

/** @publicApi */
export interface ResumeOptions extends InStore {
  /** Treats the pause as downtime: its fires are judged by the misfire policy. Default `false`: goes on from now. */
  readonly catchUp?: boolean;
}

/** @publicApi */
export interface RunJobOptions extends InStore {
  /** Arguments of this run alone. */
  readonly args?: readonly JsonValue[];
  /** Runs a paused job, too. Default `false`. */
  readonly force?: boolean;
}

const STORE_ONLY = ['store'] as const;
const FLAGS = ['wait', 'catchUp', 'force'] as const;

interface ManagerParts {
  readonly options: ResolvedOptions;
  readonly stores: StoreSet;
  readonly tasks: TaskRegistry;
  readonly executors: ExecutorSet;
  readonly bus: EventBus;
  readonly waiters: RunWaiters;
  readonly nodeId: () => string;
}

/** Adds, changes, lists and removes jobs at run time, in all stores. */
export class JobManager {
  readonly #parts: ManagerParts;
  readonly #drafts: JobDrafts;
  readonly #adder: JobAdder;

  constructor(parts: ManagerParts) {
    this.#parts = parts;
    this.#drafts = new JobDrafts(parts.options, parts.tasks, parts.executors);
    this.#adder = new JobAdder({
      ...parts,
      drafts: this.#drafts,
      events: (store) => this.#events(store),
      job: (record, store) => this.#job(record, store),
    });
  }

  get drafts(): JobDrafts {
    return this.#drafts;
  }

  add(input: JobInput): Promise<Job> {
    return this.#adder.addOne(input);
  }

  addAll(inputs: readonly JobInput[]): Promise<Job[]> {
    return this.#adder.addAll(inputs);
  }

  async get(id: string, options: InStore = {}): Promise<Job | null> {
    const { store } = checked(options, STORE_ONLY, 'getJob', id);
    const located = await this.#parts.stores.find(id, store, 'getJob');
    return located && this.#job(located.job, located.store);
  }

  async list(filter: JobsFilter = {}): Promise<Job[]> {
    const query = filterOf(filter, 'getJobs');
    const lists = this.#parts.stores.select(filter.store, 'getJobs').map(async (store) => {
      const { jobs } = await (await store.session()).listJobs(query);
      return jobs.map((job) => this.#job(job, store));
    });
    return (await Promise.all(lists)).flat();
  }

  async modify(id: string, changes: JobChanges, options: InStore = {}): Promise<Job> {
    const { store } = checked(options, STORE_ONLY, 'modifyJob', id);
    const modification = modificationOf(id, changes);
    const { executor } = modification;
    if (executor !== undefined) this.#parts.executors.assertKnown(executor, `Job "${id}"`);
    const located = await this.#parts.stores.locate(id, store, 'modifyJob');
    const change = (job: JobRecord, now: number): JobRecord => modifyJob(job, modification, now);
    const job = await this.#change(located.store, located.session, id, change);
    this.#events(located.store).changed('job.modified', job);
    return job;
  }

  async reschedule(id: string, trigger: TriggerDefinition, options: InStore = {}): Promise<Job> {
    const { store } = checked(options, STORE_ONLY, 'rescheduleJob', id);
    const { clock } = this.#parts.options;
    const zone = this.#drafts.effectiveZone(trigger, `Job "${id}"`);
    this.#drafts.assertFires(trigger, zone, id, clock.now());
    const located = await this.#parts.stores.locate(id, store, 'rescheduleJob');
    const change = (job: JobRecord, now: number): JobRecord => rescheduleJob(job, trigger, zone, now);
    const job = await this.#change(located.store, located.session, id, change);
    this.#events(located.store).changed('job.rescheduled', job);
    return job;
  }

  async pause(id: string, options: PauseOptions = {}): Promise<PauseResult> {
    const { store, wait = false } = checked(options, ['store', 'wait'], 'pauseJob', id);
    const located = await this.#parts.stores.locate(id, store, 'pauseJob');
    const changed = await this.#pauseIn(located.store, located.session, [id]);
    const running = changed.flatMap((job) => job.running);
    const ownRun = runInProgress()?.runId;
    // A handler that pauses its own job can't wait for itself.
    const others = running.filter((runId) => runId !== ownRun);
    if (wait) await this.#parts.waiters.whenEnded(located.session, others);
    return { running };
  }

  async resume(id: string, options: ResumeOptions = {}): Promise<Job> {
    const { store, catchUp = false } = checked(options, ['store', 'catchUp'], 'resumeJob', id);
    const located = await this.#parts.stores.locate(id, store, 'resumeJob');
    const [resumed] = await this.#resumeIn(located.store, located.session, [id], catchUp);
    return resumed ?? this.#job(located.job, located.store);
  }

  async remove(id: string, options: InStore = {}): Promise<void> {
    const { store } = checked(options, STORE_ONLY, 'removeJob', id);
    const located = await this.#parts.stores.locate(id, store, 'removeJob');
    const removed = await this.#removeIn(located.store, located.session, [id]);
    if (removed.length === 0) throw new JobNotFoundError(id, [located.store.alias]);
    this.#events(located.store).job('job.removed', id);
  }

  async run(id: string, options: RunJobOptions = {}): Promise<Run> {
    const { store, args, force = false } = checked(options, ['store', 'args', 'force'], 'runJob', id);
    const runArgs = args === undefined ? null : resolveArguments(args, `runJob('${id}')`);
    const located = await this.#parts.stores.locate(id, store, 'runJob');
    const unique = randomBytes(4).toString('hex');
    const decide: RunDecision = (job, { running, queuedDue }, now): RunDraft => {
      if (job.state === 'paused' && !force) throw new JobPausedError(id);
      const isSkipped = admitFire(job.policy.overlap, running, queuedDue, job.maxInstances) === 'skip';
      return {
        runId: manualRunId(id, job.series, now, unique),
        scheduledAt: now,
        availableAt: now,
        state: isSkipped ? 'skipped' : 'queued',
        reason: isSkipped ? 'maxInstances' : null,
        origin: 'manual',
        args: runArgs,
      };
    };
    const added = await located.session.addRun(id, decide);
    if (!added) throw new JobNotFoundError(id, [located.store.alias]);
    this.#events(located.store).recorded(added.run);
    if (added.run.state === 'queued') located.store.runner?.noteQueued(added.run);
    located.store.runner?.wake();
    return snapshotOfRun(added.run, located.store.alias);
  }

  async previewJob(id: string, after: number, count: number, store: string | undefined): Promise<Date[]> {
    const { job } = await this.#parts.stores.locate(id, store, 'preview');
    return firesAfter(job.trigger.bind(id), after, count);
  }

  async pauseAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'pauseJobs', ['active', 'finished'], async (store, session, ids) => {
      return (await this.#pauseIn(store, session, ids)).filter(isChanged).length;
    });
  }

  async resumeAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'resumeJobs', ['paused'], async (store, session, ids) => {
      return (await this.#resumeIn(store, session, ids, false)).length;
    });
  }

  async removeAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'removeJobs', ['active', 'paused', 'finished'], async (store, session, ids) => {
      const removed = await this.#removeIn(store, session, ids);
      if (removed.length > 0) this.#events(store).ofStore({ type: 'jobs.removed', jobIds: removed });
      return removed.length;
    });
  }

  async #forSelected(
    selection: JobSelection,
    what: string,
    states: readonly JobState[],
    act: (store: ManagedStore, session: JobStoreSession, ids: readonly string[]) => Promise<number>,
  ): Promise<number> {
    const query = narrowSelectionOf(selection, what);
    let count = 0;
    for (const store of this.#parts.stores.select(selection.store, what)) {
      const session = await store.session();
      const { jobs } = await session.listJobs({ ...query, states });
      const ids = jobs.filter(hasWorkLeft).map((job) => job.id);
      if (ids.length > 0) count += await act(store, session, ids);
    }
    return count;
  }

  async #change(
    store: ManagedStore,
    session: JobStoreSession,
    id: string,
    change: (job: JobRecord, now: number) => JobRecord | null,
  ): Promise<Job> {
    const [changed] = await session.changeJobs([id], change);
    if (!changed) throw new JobNotFoundError(id, [store.alias]);
    if (changed.isRetired) this.#events(store).finished(changed.after);
    store.runner?.wake();
    return this.#job(changed.after, store);
  }

  async #pauseIn(
    store: ManagedStore,
    session: JobStoreSession,
    ids: readonly string[],
  ): Promise<readonly ChangedJob[]> {
    const changed = await session.changeJobs(ids, pauseJob);
    const events = this.#events(store);
    for (const { after } of changed.filter(isChanged)) events.job('job.paused', after.id);
    return changed;
  }

  async #resumeIn(
    store: ManagedStore,
    session: JobStoreSession,
    ids: readonly string[],
    catchUp: boolean,
  ): Promise<Job[]> {
    const changed = await session.changeJobs(ids, (job, now) => resumeJob(job, now, catchUp));
    const resumed = changed.filter(isChanged);
    const events = this.#events(store);
    for (const { after, isRetired } of resumed) {
      events.job('job.resumed', after.id);
      if (isRetired) events.finished(after);
    }
    store.runner?.wake();
    return resumed.map(({ after }) => this.#job(after, store));
  }

  /** Answers the ids of those that were there to be removed. */
  async #removeIn(store: ManagedStore, session: JobStoreSession, ids: readonly string[]): Promise<string[]> {
    const removed = await session.removeJobs(ids);
    const events = this.#events(store);
    for (const { cancelled } of removed) for (const run of cancelled) events.recorded(run);
    return removed.map(({ job }) => job.id);
  }

  #events(store: ManagedStore): RunEvents {
    return store.events;
  }

  #job(record: JobRecord, store: ManagedStore): Job {
    return new Job(record, store.alias, this);
  }
}

/** @throws {InvalidJobIdError | InvalidJobOptionError} for what is no id, and for an option the verb does not take */
function checked<Options extends object>(
  options: Options,
  known: readonly string[],
  verb: string,
  id: string,
): Options {
  assertIsId(id, verb);
  const what = `${verb}('${id}')`;
  assertKnownKeys(options, known, what);
  for (const flag of FLAGS) assertFlag((options as Record<string, unknown>)[flag], `${what}: ${flag}`);
  return options;
}

/** A finished job that was added at run time is there only until its last run has ended, a declared one for good. */
function hasWorkLeft({ state, origin }: JobRecord): boolean {
  return state !== 'finished' || origin === 'added';
}

function isChanged({ before, after }: ChangedJob): boolean {
  return before.gen !== after.gen;
}
