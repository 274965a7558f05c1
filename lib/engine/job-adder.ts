import { newJob, replaceJob } from '../jobs/job-changes.js';
import { ConflictingJobIdError, InvalidJobOptionError } from '../jobs/job-errors.js';
import type { JobInput } from '../jobs/job-input.js';
import type { JobRecord } from '../jobs/job-record.js';
import { assertKnownKeys } from '../jobs/known-keys.js';
import type { PutFacts, PutResult } from '../stores/job-store.js';
import type { InTransaction } from '../stores/store-transaction.js';
import type { ResolvedOptions } from './engine-options.js';
import type { Job } from './job.js';
import { nameOf, placeOf, type AddedDraft, type JobDrafts } from './job-drafts.js';
import type { JobPutter, PutRequest } from './job-putter.js';
import type { ManagedStore } from './managed-store.js';
import type { StoreSet } from './store-set.js';

interface AdderParts {
  readonly options: ResolvedOptions;
  readonly stores: StoreSet;
  readonly drafts: JobDrafts;
  readonly putter: JobPutter;
}

/** Adds jobs: all are checked before any is stored. */
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
    const checked = Array.from(inputs, (input: JobInput, i) => drafts.ofInput(input, now, i));
    assertDistinct(checked);
    return this.#add(checked, where);
  }

  async #add(checked: readonly AddedDraft[], { manager }: InTransaction): Promise<Job[]> {
    const done = await this.#parts.putter.put(checked.map(toRequest), manager, noteAdded);
    return done.map(({ job }) => job);
  }
}

function toRequest(added: AddedDraft): PutRequest {
  return new Addition(added);
}

class Addition implements PutRequest {
  readonly id: string;
  readonly #added: AddedDraft;

  constructor(added: AddedDraft) {
    this.id = added.draft.id;
    this.#added = added;
  }

  get task(): string {
    return this.#added.draft.task;
  }

  get store(): string {
    return this.#added.draft.options.store;
  }

  get allowUnknownTask(): boolean {
    return this.#added.allowUnknownTask;
  }

  get what(): string {
    return nameOf(this.#added.label);
  }

  decide(stored: JobRecord | null, facts: PutFacts): JobRecord | null {
    return decide(this.#added, stored, facts);
  }
}

function decide({ draft, onConflict, label }: AddedDraft, stored: JobRecord | null, facts: PutFacts): JobRecord | null {
  if (!stored) return newJob(draft, facts);
  if (onConflict === 'ignore') return null;
  if (onConflict === 'error') throw new ConflictingJobIdError(draft.id, draft.options.store, placeOf(label));
  const replaced = replaceJob(draft, stored, facts.now);
  // One that nobody declares any more would never be claimed as a declared one.
  if (stored.policy.orphanedAt !== undefined) return { ...replaced, origin: 'added' };
  // A declared job stays one: the change lives until its declaration changes. So does a disabled one.
  const { disabledAt } = stored.policy;
  const policy = disabledAt === undefined ? replaced.policy : { ...replaced.policy, disabledAt };
  return { ...replaced, policy, origin: stored.origin, definition: stored.definition };
}

function noteAdded(store: ManagedStore, changed: readonly PutResult[]): void {
  store.noteAdded(changed.filter(({ before }) => !before).map(({ id }) => id));
}

/** @throws {InvalidJobOptionError} when an id is given twice for one store */
function assertDistinct(drafts: readonly AddedDraft[]): void {
  const byStore = new Map<string, Map<string, AddedDraft>>();
  for (const added of drafts) {
    const { id, options } = added.draft;
    let known = byStore.get(options.store);
    if (!known) byStore.set(options.store, (known = new Map()));
    const other = known.get(id);
    if (other) {
      throw new InvalidJobOptionError(
        `${placeOf(added.label)}the id "${id}" is given twice: ${placeOf(other.label).slice(0, -2)} has it, too. ` +
          `Give each job an id of its own, or another store.`,
      );
    }
    known.set(id, added);
  }
}
