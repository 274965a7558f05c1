import type { TaskRegistry } from '../executors/task-registry.js';
import { UnknownTaskError } from '../jobs/job-errors.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { PutFacts, PutResult } from '../stores/job-store.js';
import type { TransactionManager } from '../stores/store-transaction.js';
import type { Job } from './job.js';
import { liveTasks } from './live-tasks.js';
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
    const done = new Map<string, Iterator<PutJob>>();
    for (const [access, group] of accesses) {
      const [first] = group.values();
      const put = await this.#put(access, group, onStored);
      if (accesses.length === 1) return put;
      done.set((first as PutRequest).store, put.values());
    }
    // Those of each store are in the order of their requests.
    return requests.map(({ store }) => done.get(store)?.next().value as PutJob);
  }

  async #put(
    { store, jobs, afterwards }: StoreAccess,
    group: RequestsById,
    onStored: OnStored,
  ): Promise<readonly PutJob[]> {
    const results = await jobs.putJobs([...group.keys()], (id, stored, facts) =>
      (group.get(id) as PutRequest).decide(stored, facts),
    );
    // A decision that leaves no job where there was none is not made.
    const done = results.map(({ before, after }) => this.#putJob(before, after as JobRecord, store));
    afterwards(() => {
      const { events } = store;
      const changed: PutResult[] = [];
      for (const [i, result] of results.entries()) {
        const { fate, job } = done[i] as PutJob;
        if (fate === 'ignored') continue;
        if (result.dropped) events.recorded(result.dropped);
        events.changed(fate === 'replaced' ? 'job.modified' : 'job.added', job);
        changed.push(result);
      }
      onStored(store, changed);
      store.runner?.wake();
    });
    // Nobody else can bring the task to a store of this process alone: said at once.
    if (!store.isShared && this.#isTaskMissing(group)) await store.abilitiesChanged();
    return done;
  }

  #putJob(before: JobRecord | null, after: JobRecord, store: ManagedStore): PutJob {
    const isChanged = after.gen !== before?.gen;
    const fate = !isChanged ? 'ignored' : before ? 'replaced' : 'added';
    return { fate, job: this.#parts.job(after, store) };
  }

  #isTaskMissing(group: RequestsById): boolean {
    for (const { task } of group.values()) if (!this.#parts.tasks.get(task)) return true;
    return false;
  }

  async #assertTasksKnown({ jobs }: StoreAccess, group: RequestsById): Promise<void> {
    const { tasks } = this.#parts;
    const doubtful: PutRequest[] = [];
    for (const request of group.values()) {
      if (!request.allowUnknownTask && !tasks.get(request.task)) doubtful.push(request);
    }
    if (doubtful.length === 0) return;
    const known = await liveTasks(jobs, tasks);
    for (const { task, what } of doubtful) {
      if (!known.has(task)) throw new UnknownTaskError(what, task, [...known]);
    }
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
