import type { TaskRegistry } from '../executors/task-registry.js';
import { UnknownTaskError } from '../jobs/job-errors.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { PutFacts, PutResult } from '../stores/job-store.js';
import type { TransactionManager } from '../stores/store-transaction.js';
import type { Job } from './job.js';
import type { ManagedStore } from './managed-store.js';
import { accessTo, type StoreAccess } from './store-access.js';
import type { StoreSet } from './store-set.js';

/** A job that is to be stored, checked. No two of one store have the same id. */
export interface PutRequest {
  readonly id: string;
  readonly task: string;
  /** Alias of the store. */
  readonly store: string;
  readonly allowUnknownTask: boolean;
  /** Names it in messages. */
  readonly what: string;
  /** See `JobStoreSession.putJobs`. */
  decide(stored: JobRecord | null, facts: PutFacts): JobRecord | null;
}

/** What became of a request. */
export interface PutJob {
  readonly fate: 'added' | 'replaced' | 'ignored';
  /** As it is stored now. */
  readonly job: Job;
}

interface PutterParts {
  readonly stores: StoreSet;
  readonly tasks: TaskRegistry;
  job(record: JobRecord, store: ManagedStore): Job;
}

/** Called when jobs of a store are stored for certain, with what has changed. */
type OnStored = (store: ManagedStore, changed: readonly PutResult[]) => void;

/** The requests of one store by id, in the order in which they were given. */
type RequestsById = Map<string, PutRequest>;

/**
 * Stores jobs: what the stores would refuse is known before anything is stored, and those of one store are stored as a
 * whole or not at all. No transaction spans several stores: what changes in the second meanwhile, or an outage of it,
 * leaves the jobs of the first.
 */
export class JobPutter {
  readonly #parts: PutterParts;

  constructor(parts: PutterParts) {
    this.#parts = parts;
  }

  /**
   * Answers what became of each request, in their order.
   *
   * @throws {UnknownTaskError} and what `decide` throws; nothing is stored then.
   */
  async put(
    requests: readonly PutRequest[],
    manager: TransactionManager | undefined,
    onStored: OnStored,
  ): Promise<readonly PutJob[]> {
    const accesses: [StoreAccess, RequestsById][] = [];
    for (const [alias, group] of groupByStore(requests)) {
      const [first] = group.values();
      const access = await accessTo(this.#parts.stores.get(alias, (first as PutRequest).what), manager);
      await this.#assertTasksKnown(access, group);
      accesses.push([access, group]);
    }
    // What one of the later stores would refuse is to be known before the first has stored its jobs.
    for (const [{ jobs }, group] of accesses.slice(1)) {
      await jobs.putJobs([...group.keys()], (id, stored, facts) => {
        (group.get(id) as PutRequest).decide(stored, facts);
        return null;
      });
    }
    const done = new Map<PutRequest, PutJob>();
    for (const [access, group] of accesses) await this.#put(access, group, done, onStored);
    return requests.map((request) => done.get(request) as PutJob);
  }

  async #put(
    { store, jobs, afterwards }: StoreAccess,
    group: RequestsById,
    done: Map<PutRequest, PutJob>,
    onStored: OnStored,
  ): Promise<void> {
    const results = await jobs.putJobs([...group.keys()], (id, stored, facts) =>
      (group.get(id) as PutRequest).decide(stored, facts),
    );
    const changed: PutResult[] = [];
    const told: PutJob[] = [];
    for (const result of results) {
      const { id, before, after } = result;
      // A decision that leaves no job where there was none is not made.
      if (!after) continue;
      const isChanged = after.gen !== before?.gen;
      const fate = !isChanged ? 'ignored' : before ? 'replaced' : 'added';
      const putJob: PutJob = { fate, job: this.#parts.job(after, store) };
      done.set(group.get(id) as PutRequest, putJob);
      if (!isChanged) continue;
      changed.push(result);
      told.push(putJob);
    }
    afterwards(() => {
      for (const [i, { fate, job }] of told.entries()) {
        const dropped = changed[i]?.dropped;
        if (dropped) store.events.recorded(dropped);
        store.events.changed(fate === 'replaced' ? 'job.modified' : 'job.added', job);
      }
      onStored(store, changed);
      store.runner?.wake();
    });
    const isTaskMissing = [...group.values()].some(({ task }) => !this.#parts.tasks.get(task));
    // Nobody else can bring the task to a store of this process alone: said at once.
    if (isTaskMissing && !store.isShared) await store.abilitiesChanged();
  }

  async #assertTasksKnown({ jobs }: StoreAccess, group: RequestsById): Promise<void> {
    const { tasks } = this.#parts;
    const doubtful: PutRequest[] = [];
    for (const request of group.values()) {
      if (!request.allowUnknownTask && !tasks.get(request.task)) doubtful.push(request);
    }
    if (doubtful.length === 0) return;
    const known = await this.#tasksOfLiveNodes(jobs);
    for (const { task, what } of doubtful) {
      if (!known.has(task)) throw new UnknownTaskError(what, task, [...known]);
    }
  }

  async #tasksOfLiveNodes(jobs: StoreAccess['jobs']): Promise<ReadonlySet<string>> {
    const known = new Set(this.#parts.tasks.names);
    const { nodes, now } = await jobs.nodes();
    for (const node of nodes) {
      if (node.leaseUntil >= now) for (const task of node.tasks) known.add(task);
    }
    return known;
  }
}

function groupByStore(requests: readonly PutRequest[]): Map<string, RequestsById> {
  const groups = new Map<string, RequestsById>();
  for (const request of requests) {
    let group = groups.get(request.store);
    if (!group) groups.set(request.store, (group = new Map()));
    group.set(request.id, request);
  }
  return groups;
}
