import type { TaskRegistry } from '../executors/task-registry.js';
import { newJob, replaceJob } from '../jobs/job-changes.js';
import { ConflictingJobIdError, InvalidJobOptionError, UnknownTaskError } from '../jobs/job-errors.js';
import type { JobInput } from '../jobs/job-input.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { PutFacts } from '../stores/job-store.js';
import type { ResolvedOptions } from './engine-options.js';
import type { Job } from './job.js';
import type { AddedDraft, JobDrafts } from './job-drafts.js';
import type { ManagedStore } from './managed-store.js';
import type { RunEvents } from './run-events.js';
import type { StoreSet } from './store-set.js';

interface AdderParts {
  readonly options: ResolvedOptions;
  readonly stores: StoreSet;
  readonly tasks: TaskRegistry;
  readonly drafts: JobDrafts;
  events(store: ManagedStore): RunEvents;
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

  async addOne(input: JobInput): Promise<Job> {
    const { options, drafts } = this.#parts;
    const [job] = await this.#add([drafts.ofInput(input, options.clock.now())]);
    return job as Job;
  }

  async addAll(inputs: readonly JobInput[]): Promise<Job[]> {
    if (!Array.isArray(inputs)) {
      throw new InvalidJobOptionError(`addJobs takes a list of jobs, such as [{ id, task, trigger }].`);
    }
    const { options, drafts } = this.#parts;
    const now = options.clock.now();
    // A list with a hole in it has as many jobs as it says.
    return this.#add(Array.from(inputs, (input: JobInput, i) => drafts.ofInput(input, now, `addJobs[${i}]: `)));
  }

  async #add(checked: readonly AddedDraft[]): Promise<Job[]> {
    const { stores } = this.#parts;
    const byStore = groupByStore(checked);
    for (const [alias, group] of byStore) {
      const [first] = group.values();
      await this.#assertTasksKnown(stores.get(alias, (first as AddedDraft).what), group);
    }
    for (const [alias, group] of byStore) await this.#put(stores.get(alias, 'addJob'), group);
    return checked.map(({ job }) => job as Job);
  }

  async #put(store: ManagedStore, group: DraftsById): Promise<void> {
    const session = await store.session();
    const results = await session.putJobs([...group.keys()], (id, stored, facts) =>
      decide(group.get(id) as AddedDraft, stored, facts, store.alias),
    );
    const events = this.#parts.events(store);
    const added: string[] = [];
    for (const { id, before, after } of results) {
      if (!after) continue;
      const job = this.#parts.job(after, store);
      (group.get(id) as AddedDraft).job = job;
      if (after.gen === before?.gen) continue;
      if (!before) added.push(after.id);
      events.changed(before ? 'job.modified' : 'job.added', job);
    }
    store.noteAdded(session, added);
    store.runner?.wake();
    const isTaskMissing = [...group.values()].some(({ draft }) => !this.#parts.tasks.get(draft.task));
    // Nobody else can bring the task to a store of this process alone: said at once.
    if (isTaskMissing && !session.isShared) await store.abilitiesChanged();
  }

  async #assertTasksKnown(store: ManagedStore, group: DraftsById): Promise<void> {
    const { tasks } = this.#parts;
    const doubtful: AddedDraft[] = [];
    for (const added of group.values()) {
      if (!added.allowUnknownTask && !tasks.get(added.draft.task)) doubtful.push(added);
    }
    if (doubtful.length === 0) return;
    const known = await this.#tasksOfLiveNodes(store);
    for (const { draft, what } of doubtful) {
      if (!known.has(draft.task)) throw new UnknownTaskError(what, draft.task, [...known]);
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
