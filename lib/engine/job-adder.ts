import type { TaskRegistry } from '../executors/task-registry.js';
import { newJob, replaceJob } from '../jobs/job-changes.js';
import { ConflictingJobIdError, InvalidJobOptionError, UnknownTaskError } from '../jobs/job-errors.js';
import type { JobInput } from '../jobs/job-input.js';
import type { JobRecord } from '../jobs/job-record.js';
import { assertKnownKeys } from '../jobs/known-keys.js';
import type { PutFacts } from '../stores/job-store.js';
import type { InTransaction } from '../stores/store-transaction.js';
import type { ResolvedOptions } from './engine-options.js';
import type { Job } from './job.js';
import type { AddedDraft, JobDrafts } from './job-drafts.js';
import type { ManagedStore } from './managed-store.js';
import { accessTo, type StoreAccess } from './store-access.js';
import type { StoreSet } from './store-set.js';

interface AdderParts {
  readonly options: ResolvedOptions;
  readonly stores: StoreSet;
  readonly tasks: TaskRegistry;
  readonly drafts: JobDrafts;
  job(record: JobRecord, store: ManagedStore): Job;
}

/** The drafts of one store, in the order in which they were given. */
type DraftsById = Map<string, AddedDraft>;

/** Adds jobs: all are checked before any is stored, and those of one store are stored as a whole or not at all. */
export class JobAdder {
  readonly #parts: AdderParts;

  constructor(parts: AdderParts) {
    this.#parts = parts;
  }

  async addOne(input: JobInput, where: InTransaction): Promise<Job> {
    const { options, drafts, stores } = this.#parts;
    stores.assertOpen('addJob');
    assertKnownKeys(where, ['manager'], 'addJob');
    const [job] = await this.#add([drafts.ofInput(input, options.clock.now())], where);
    return job as Job;
  }

  async addAll(inputs: readonly JobInput[], where: InTransaction): Promise<Job[]> {
    if (!Array.isArray(inputs)) {
      throw new InvalidJobOptionError(`addJobs takes a list of jobs, such as [{ id, task, trigger }].`);
    }
    const { options, drafts, stores } = this.#parts;
    stores.assertOpen('addJobs');
    const now = options.clock.now();
    assertKnownKeys(where, ['manager'], 'addJobs');
    // A list with a hole in it has as many jobs as it says.
    const checked = Array.from(inputs, (input: JobInput, i) => drafts.ofInput(input, now, `addJobs[${i}]: `));
    return this.#add(checked, where);
  }

  async #add(checked: readonly AddedDraft[], { manager }: InTransaction): Promise<Job[]> {
    const { stores } = this.#parts;
    const byStore = groupByStore(checked);
    const accesses: [StoreAccess, DraftsById][] = [];
    for (const [alias, group] of byStore) {
      const [first] = group.values();
      const access = await accessTo(stores.get(alias, (first as AddedDraft).what), manager);
      await this.#assertTasksKnown(access, group);
      accesses.push([access, group]);
    }
    for (const [access, group] of accesses) await this.#put(access, group);
    return checked.map(({ job }) => job as Job);
  }

  async #put({ store, jobs, afterwards }: StoreAccess, group: DraftsById): Promise<void> {
    const results = await jobs.putJobs([...group.keys()], (id, stored, facts) =>
      decide(group.get(id) as AddedDraft, stored, facts, store.alias),
    );
    for (const { id, after } of results) {
      if (after) (group.get(id) as AddedDraft).job = this.#parts.job(after, store);
    }
    const changed = results.filter(({ before, after }) => after && after.gen !== before?.gen);
    const added = changed.filter(({ before }) => !before).map(({ id }) => id);
    afterwards(() => {
      for (const { id, before, dropped } of changed) {
        if (dropped) store.events.recorded(dropped);
        store.events.changed(before ? 'job.modified' : 'job.added', (group.get(id) as AddedDraft).job as Job);
      }
      store.noteAdded(added);
      store.runner?.wake();
    });
    const isTaskMissing = [...group.values()].some(({ draft }) => !this.#parts.tasks.get(draft.task));
    // Nobody else can bring the task to a store of this process alone: said at once.
    if (isTaskMissing && !store.isShared) await store.abilitiesChanged();
  }

  async #assertTasksKnown({ jobs }: StoreAccess, group: DraftsById): Promise<void> {
    const { tasks } = this.#parts;
    const doubtful: AddedDraft[] = [];
    for (const added of group.values()) {
      if (!added.allowUnknownTask && !tasks.get(added.draft.task)) doubtful.push(added);
    }
    if (doubtful.length === 0) return;
    const known = await this.#tasksOfLiveNodes(jobs);
    for (const { draft, what } of doubtful) {
      if (!known.has(draft.task)) throw new UnknownTaskError(what, draft.task, [...known]);
    }
  }

  async #tasksOfLiveNodes(jobs: StoreAccess['jobs']): Promise<ReadonlySet<string>> {
    const known = new Set(this.#parts.tasks.names);
    const [nodes, now] = await Promise.all([jobs.nodes(), jobs.now()]);
    for (const node of nodes) {
      if (node.leaseUntil >= now) for (const task of node.tasks) known.add(task);
    }
    return known;
  }
}

function decide(
  { draft, onConflict, place }: AddedDraft,
  stored: JobRecord | null,
  facts: PutFacts,
  store: string,
): JobRecord | null {
  if (!stored) return newJob(draft, facts);
  if (onConflict === 'ignore') return null;
  if (onConflict === 'error') throw new ConflictingJobIdError(draft.id, store, place);
  const replaced = replaceJob(draft, stored, facts.now);
  // One that nobody declares any more would never be claimed as a declared one.
  if (stored.policy.orphanedAt !== undefined) return { ...replaced, origin: 'added' };
  // A declared job stays one: the change lives until its declaration changes.
  return { ...replaced, origin: stored.origin, definition: stored.definition };
}

/** @throws {InvalidJobOptionError} when an id is given twice for one store */
function groupByStore(drafts: readonly AddedDraft[]): Map<string, DraftsById> {
  const groups = new Map<string, DraftsById>();
  for (const entry of drafts) {
    const { id, options } = entry.draft;
    let group = groups.get(options.store);
    if (!group) groups.set(options.store, (group = new Map()));
    const other = group.get(id);
    if (other) {
      throw new InvalidJobOptionError(
        `${entry.place}the id "${id}" is given twice: ${other.place.slice(0, -2)} has it, too. Give each job an id of ` +
          `its own, or another store.`,
      );
    }
    group.set(id, entry);
  }
  return groups;
}
