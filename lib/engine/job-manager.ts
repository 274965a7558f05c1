import { randomBytes } from 'node:crypto';
import type { EventBus } from '../events/event-bus.js';
import { runInProgress } from '../executors/run-context.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import { resolveArguments } from '../jobs/job-arguments.js';
import { modifyJob, newJob, pauseJob, replaceJob, rescheduleJob, resumeJob } from '../jobs/job-changes.js';
import {
  ConflictingJobIdError,
  InvalidJobOptionError,
  JobNotFoundError,
  JobPausedError,
  UnknownTaskError,
} from '../jobs/job-errors.js';
import type { InStore, JobChanges, JobInput, JobSelection, JobsFilter } from '../jobs/job-input.js';
import { modificationOf } from '../jobs/job-modification.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { JsonValue } from '../jobs/json.js';
import { assertFlag, assertKnownKeys } from '../jobs/known-keys.js';
import { admitFire } from '../jobs/overlap.js';
import { manualRunId } from '../jobs/run-id.js';
import { snapshotOfRun, type Run } from '../jobs/run-snapshot.js';
import type { ChangedJob, JobStoreSession, PutFacts, RunDraft, RunDecision } from '../stores/job-store.js';
import { firesAfter } from '../triggers/preview.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import type { ResolvedOptions } from './engine-options.js';
import type { ExecutorSet } from './executor-set.js';
import { Job } from './job.js';
import { JobDrafts, type AddedDraft } from './job-drafts.js';
import { filterOf, selectionOf } from './job-selection.js';
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

  constructor(parts: ManagerParts) {
    this.#parts = parts;
    this.#drafts = new JobDrafts(parts.options, parts.tasks, parts.executors);
  }

  get drafts(): JobDrafts {
    return this.#drafts;
  }

  async add(inputs: readonly JobInput[]): Promise<Job[]> {
    if (!Array.isArray(inputs)) throw new InvalidJobOptionError('addJobs takes a list of jobs.');
    const now = this.#parts.options.clock.now();
    const drafts = (inputs as readonly JobInput[]).map((input) => this.#drafts.ofInput(input, now));
    assertDistinct(drafts);
    const byStore = groupByStore(drafts);
    for (const [alias, group] of byStore) {
      await this.#assertTasksKnown(this.#parts.stores.get(alias, `Job "${group[0]?.draft.id}"`), group);
    }
    const jobs = new Map<AddedDraft, Job>();
    for (const [alias, group] of byStore) await this.#put(this.#parts.stores.get(alias, 'addJob'), group, jobs);
    return drafts.map((draft) => jobs.get(draft) as Job);
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
      const isSkipped = admitFire(running, queuedDue, job.maxInstances) === 'skip';
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
    located.store.runner?.wake();
    return snapshotOfRun(added.run, located.store.alias);
  }

  async previewJob(id: string, after: number, count: number, store: string | undefined): Promise<Date[]> {
    const { job } = await this.#parts.stores.locate(id, store, 'preview');
    return firesAfter(job.trigger.bind(id), after, count);
  }

  async pauseAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'pauseJobs', ['active'], async (store, session, ids) => {
      return (await this.#pauseIn(store, session, ids)).filter(isChanged).length;
    });
  }

  async resumeAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'resumeJobs', ['paused'], async (store, session, ids) => {
      return (await this.#resumeIn(store, session, ids, false)).length;
    });
  }

  async removeAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'removeJobs', ['active', 'paused'], async (store, session, ids) => {
      const removed = await this.#removeIn(store, session, ids);
      if (removed.length > 0) this.#events(store).ofStore({ type: 'jobs.removed', jobIds: removed });
      return removed.length;
    });
  }

  async #forSelected(
    selection: JobSelection,
    what: string,
    states: ('active' | 'paused')[],
    act: (store: ManagedStore, session: JobStoreSession, ids: readonly string[]) => Promise<number>,
  ): Promise<number> {
    const query = selectionOf(selection, what);
    let count = 0;
    for (const store of this.#parts.stores.select(selection.store, what)) {
      const session = await store.session();
      const { jobs } = await session.listJobs({ ...query, states });
      const ids = jobs.map((job) => job.id);
      if (ids.length > 0) count += await act(store, session, ids);
    }
    return count;
  }

  async #put(store: ManagedStore, group: readonly AddedDraft[], jobs: Map<AddedDraft, Job>): Promise<void> {
    const session = await store.session();
    const byId = new Map(group.map((entry) => [entry.draft.id, entry]));
    const decide = (id: string, stored: JobRecord | null, facts: PutFacts): JobRecord | null => {
      const { draft, onConflict } = byId.get(id) as AddedDraft;
      if (!stored) return newJob(draft, facts);
      if (onConflict === 'ignore') return null;
      if (onConflict === 'error') throw new ConflictingJobIdError(id, store.alias);
      // A declared job stays one: the change lives until its declaration changes.
      return { ...replaceJob(draft, stored, facts.now), origin: stored.origin, definition: stored.definition };
    };
    const results = await session.putJobs([...byId.keys()], decide);
    const events = this.#events(store);
    const added: string[] = [];
    for (const { id, before, after } of results) {
      if (!after) continue;
      const job = this.#job(after, store);
      jobs.set(byId.get(id) as AddedDraft, job);
      if (after.gen === before?.gen) continue;
      if (!before) added.push(after.id);
      events.changed(before ? 'job.modified' : 'job.added', job);
    }
    store.noteAdded(session, added);
    store.runner?.wake();
    const isTaskMissing = group.some(({ draft }) => !this.#parts.tasks.get(draft.task));
    // Nobody else can bring the task to a store of this process alone: said at once.
    if (isTaskMissing && !session.isShared) await store.tasksChanged();
  }

  async #assertTasksKnown(store: ManagedStore, group: readonly AddedDraft[]): Promise<void> {
    const { tasks } = this.#parts;
    const unknown = group.find(({ draft, allowUnknownTask }) => !allowUnknownTask && !tasks.get(draft.task));
    if (!unknown) return;
    const known = await this.#tasksOfLiveNodes(store);
    for (const { draft, allowUnknownTask } of group) {
      if (!allowUnknownTask && !known.has(draft.task)) throw new UnknownTaskError(draft.id, draft.task, [...known]);
    }
  }

  async #tasksOfLiveNodes(store: ManagedStore): Promise<ReadonlySet<string>> {
    const known = new Set(this.#parts.tasks.names);
    const session = await store.session();
    const [nodes, now] = await Promise.all([session.nodes(), session.now()]);
    for (const node of nodes) {
      if (node.leaseUntil >= now) for (const task of node.tasks) known.add(task);
    }
    return known;
  }

  async #change(
    store: ManagedStore,
    session: JobStoreSession,
    id: string,
    change: (job: JobRecord, now: number) => JobRecord | null,
  ): Promise<Job> {
    const [changed] = await session.changeJobs([id], change);
    if (!changed) throw new JobNotFoundError(id, [store.alias]);
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
    for (const { after } of resumed) events.job('job.resumed', after.id);
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
    const { bus, nodeId, options } = this.#parts;
    return store.runner?.events ?? new RunEvents(bus, store.alias, nodeId, options.clock);
  }

  #job(record: JobRecord, store: ManagedStore): Job {
    return new Job(record, store.alias, this);
  }
}

/** @throws {InvalidJobOptionError} for an option the verb does not take */
function checked<Options extends object>(
  options: Options,
  known: readonly string[],
  verb: string,
  id: string,
): Options {
  const what = `${verb}('${id}')`;
  assertKnownKeys(options, known, what);
  for (const flag of FLAGS) assertFlag((options as Record<string, unknown>)[flag], `${what}: ${flag}`);
  return options;
}

function isChanged({ before, after }: ChangedJob): boolean {
  return before.gen !== after.gen;
}

function assertDistinct(drafts: readonly AddedDraft[]): void {
  const seen = new Set<string>();
  for (const { draft } of drafts) {
    const key = `${draft.options.store}\n${draft.id}`;
    if (seen.has(key)) {
      throw new InvalidJobOptionError(
        `addJobs: the id "${draft.id}" is given twice. Every job needs an id of its own.`,
      );
    }
    seen.add(key);
  }
}

function groupByStore(drafts: readonly AddedDraft[]): Map<string, AddedDraft[]> {
  const groups = new Map<string, AddedDraft[]>();
  for (const entry of drafts) {
    const group = groups.get(entry.draft.options.store);
    if (group) group.push(entry);
    else groups.set(entry.draft.options.store, [entry]);
  }
  return groups;
}
