import { randomBytes } from 'node:crypto';
import type { EventBus } from '../events/event-bus.js';
import { runInProgress } from '../executors/run-context.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import { resolveArguments } from '../jobs/job-arguments.js';
import {
  modifyJob,
  newJob,
  pauseJob,
  replaceJob,
  rescheduleJob,
  resumeJob,
  type JobModification,
} from '../jobs/job-changes.js';
import {
  ConflictingJobIdError,
  InvalidJobOptionError,
  JobNotFoundError,
  JobPausedError,
  UnknownTaskError,
} from '../jobs/job-errors.js';
import type { InStore, JobChanges, JobInput, JobSelection, JobsFilter } from '../jobs/job-input.js';
import { assertJobOptionKeys, resolveJobOptions } from '../jobs/job-policy.js';
import type { JobRecord, JobState } from '../jobs/job-record.js';
import type { JsonValue } from '../jobs/json.js';
import { assertKnownKeys } from '../jobs/known-keys.js';
import { admitFire } from '../jobs/overlap.js';
import { manualRunId } from '../jobs/run-id.js';
import { snapshotOfRun, type Run } from '../jobs/run-snapshot.js';
import type { JobStoreSession, PutFacts, RunDraft, RunDecision } from '../stores/job-store.js';
import { firesAfter } from '../triggers/preview.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import type { ResolvedOptions } from './engine-options.js';
import type { ExecutorSet } from './executor-set.js';
import { Job } from './job.js';
import { JobDrafts, type AddedDraft } from './job-drafts.js';
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
    const now = this.#parts.options.clock.now();
    const drafts = inputs.map((input) => this.#drafts.ofInput(input, now));
    assertDistinct(drafts);
    const byStore = groupByStore(drafts);
    for (const [alias, group] of byStore) {
      await this.#assertTasksKnown(this.#parts.stores.get(alias, `Job "${group[0]?.draft.id}"`), group);
    }
    const jobs = new Map<AddedDraft, Job>();
    for (const [alias, group] of byStore) await this.#put(this.#parts.stores.get(alias, 'addJob'), group, jobs);
    return drafts.map((draft) => jobs.get(draft) as Job);
  }

  async get(id: string, { store }: InStore = {}): Promise<Job | null> {
    const located = await this.#parts.stores.find(id, store, 'getJob');
    return located && this.#job(located.job, located.store);
  }

  async list(filter: JobsFilter = {}): Promise<Job[]> {
    assertKnownKeys(filter, ['task', 'tags', 'store', 'state', 'finished'], 'getJobs');
    const { task, tags, state, finished } = filter;
    const states: JobState[] = state ? [state] : ['active', 'paused'];
    if (finished) states.push('finished');
    const lists = this.#parts.stores.select(filter.store, 'getJobs').map(async (store) => {
      const { jobs } = await (await store.session()).listJobs({ task, tags, states });
      return jobs.map((job) => this.#job(job, store));
    });
    return (await Promise.all(lists)).flat();
  }

  async modify(id: string, changes: JobChanges, { store }: InStore = {}): Promise<Job> {
    const located = await this.#parts.stores.locate(id, store, 'modifyJob');
    const modification = this.#modificationOf(located.job, changes);
    const change = (job: JobRecord, now: number): JobRecord => modifyJob(job, modification, now);
    const job = await this.#change(located.store, located.session, id, change);
    this.#events(located.store).changed('job.modified', job);
    return job;
  }

  async reschedule(id: string, trigger: TriggerDefinition, { store }: InStore = {}): Promise<Job> {
    const { clock } = this.#parts.options;
    const zone = this.#drafts.effectiveZone(trigger, `Job "${id}"`);
    this.#drafts.assertFires(trigger, zone, id, clock.now());
    const located = await this.#parts.stores.locate(id, store, 'rescheduleJob');
    const change = (job: JobRecord, now: number): JobRecord => rescheduleJob(job, trigger, zone, now);
    const job = await this.#change(located.store, located.session, id, change);
    this.#events(located.store).changed('job.rescheduled', job);
    return job;
  }

  async pause(id: string, { store, wait = false }: PauseOptions = {}): Promise<PauseResult> {
    const located = await this.#parts.stores.locate(id, store, 'pauseJob');
    const running = await this.#pauseIn(located.store, located.session, [id]);
    const ownRun = runInProgress()?.runId;
    // A handler that pauses its own job can't wait for itself.
    const others = running.filter((runId) => runId !== ownRun);
    if (wait) await this.#parts.waiters.whenEnded(located.session, others);
    return { running };
  }

  async resume(id: string, { store, catchUp = false }: ResumeOptions = {}): Promise<Job> {
    const located = await this.#parts.stores.locate(id, store, 'resumeJob');
    const [resumed] = await this.#resumeIn(located.store, located.session, [id], catchUp);
    return resumed ?? this.#job(located.job, located.store);
  }

  async remove(id: string, { store }: InStore = {}): Promise<void> {
    const located = await this.#parts.stores.locate(id, store, 'removeJob');
    const removed = await this.#removeIn(located.store, located.session, [id]);
    if (removed === 0) throw new JobNotFoundError(id, [located.store.alias]);
    this.#events(located.store).job('job.removed', id);
  }

  async run(id: string, { store, args, force = false }: RunJobOptions = {}): Promise<Run> {
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
      const before = await session.listJobs({ ids, states: ['active'] });
      await this.#pauseIn(store, session, ids);
      return before.jobs.length;
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
      this.#events(store).ofStore({ type: 'jobs.removed', jobIds: ids });
      return removed;
    });
  }

  async #forSelected(
    selection: JobSelection,
    what: string,
    states: ('active' | 'paused')[],
    act: (store: ManagedStore, session: JobStoreSession, ids: readonly string[]) => Promise<number>,
  ): Promise<number> {
    assertKnownKeys(selection, ['task', 'tags', 'store'], what);
    const { task, tags } = selection;
    let count = 0;
    for (const store of this.#parts.stores.select(selection.store, what)) {
      const session = await store.session();
      const { jobs } = await session.listJobs({ task, tags, states });
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

  #modificationOf(job: JobRecord, changes: JobChanges): JobModification {
    const what = `Job "${job.id}"`;
    if ('trigger' in changes) {
      throw new InvalidJobOptionError(`${what}: modifyJob does not change the trigger; call rescheduleJob for that.`);
    }
    for (const fixed of ['id', 'store']) {
      if (fixed in changes) {
        throw new InvalidJobOptionError(`${what}: "${fixed}" can't be changed. Remove the job and add it anew.`);
      }
    }
    assertJobOptionKeys(changes, what, ['args']);
    const { maxInstances, policy } = job;
    const kept = { ...policy, maxInstances, executor: job.executor };
    const { name, executor, tags, metadata, ...resolved } = resolveJobOptions(job.id, changes, kept, what);
    this.#parts.executors.assertKnown(executor, what);
    const { maxRuns, ...rest } = resolved.policy;
    return {
      executor,
      maxInstances: resolved.maxInstances,
      policy: { ...rest, ...(changes.maxRuns === undefined ? {} : { maxRuns }) },
      ...(changes.name === undefined ? {} : { name }),
      ...(changes.tags === undefined ? {} : { tags }),
      ...(changes.metadata === undefined ? {} : { metadata }),
      ...(changes.args === undefined ? {} : { args: resolveArguments(changes.args, what) }),
    };
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

  /** Answers the ids of the runs that are running. */
  async #pauseIn(store: ManagedStore, session: JobStoreSession, ids: readonly string[]): Promise<string[]> {
    const changed = await session.changeJobs(ids, pauseJob);
    const events = this.#events(store);
    for (const { before, after } of changed) if (before.gen !== after.gen) events.job('job.paused', after.id);
    return changed.flatMap(({ running }) => running);
  }

  async #resumeIn(
    store: ManagedStore,
    session: JobStoreSession,
    ids: readonly string[],
    catchUp: boolean,
  ): Promise<Job[]> {
    const changed = await session.changeJobs(ids, (job, now) => resumeJob(job, now, catchUp));
    const resumed = changed.filter(({ before, after }) => before.gen !== after.gen);
    const events = this.#events(store);
    for (const { after } of resumed) events.job('job.resumed', after.id);
    store.runner?.wake();
    return resumed.map(({ after }) => this.#job(after, store));
  }

  async #removeIn(store: ManagedStore, session: JobStoreSession, ids: readonly string[]): Promise<number> {
    const removed = await session.removeJobs(ids);
    const events = this.#events(store);
    for (const { cancelled } of removed) for (const run of cancelled) events.recorded(run);
    return removed.length;
  }

  #events(store: ManagedStore): RunEvents {
    const { bus, nodeId, options } = this.#parts;
    return store.runner?.events ?? new RunEvents(bus, store.alias, nodeId, options.clock);
  }

  #job(record: JobRecord, store: ManagedStore): Job {
    return new Job(record, store.alias, this);
  }
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
