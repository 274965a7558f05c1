import type { EventBus } from '../events/event-bus.js';
import { runInProgress } from '../executors/run-context.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import { modifyJob, rescheduleJob } from '../jobs/job-changes.js';
import { InvalidJobOptionError, JobNotFoundError } from '../jobs/job-errors.js';
import type { InStore, JobChanges, JobInput, JobSelection, JobsFilter } from '../jobs/job-input.js';
import { isEmpty, modificationOf } from '../jobs/job-modification.js';
import type { JobRecord, JobState } from '../jobs/job-record.js';
import type { JobsDocument } from '../jobs/jobs-document.js';
import { namingJob } from '../jobs/search-of-job.js';
import type { InTransaction } from '../stores/store-transaction.js';
import { firesAfter } from '../triggers/preview.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import { changeOne, isChanged, pauseIn, removeIn, resumeIn } from './change-jobs.js';
import type { ResolvedOptions } from './engine-options.js';
import type { ExecutorSet } from './executor-set.js';
import { Job } from './job.js';
import { JobAdder } from './job-adder.js';
import { JobDrafts } from './job-drafts.js';
import { exportJobs, type ExportFilter } from './job-exporter.js';
import { JobImporter, type ImportOptions, type ImportResult } from './job-importer.js';
import { JobPutter } from './job-putter.js';
import { filterOf, narrowSelectionOf } from './job-selection.js';
import type { ManagedStore } from './managed-store.js';
import type { RunWaiters } from './run-waiters.js';
import type { RunsOnDemand } from './runs-on-demand.js';
import { accessTo, type StoreAccess } from './store-access.js';
import type { StoreSet } from './store-set.js';
import {
  checkedOptions,
  type ChangeOptions,
  type PauseOptions,
  type PauseResult,
  type ResumeOptions,
} from './verb-options.js';

const CHANGE_KEYS = ['store', 'manager'] as const;

interface ManagerParts {
  readonly options: ResolvedOptions;
  readonly stores: StoreSet;
  readonly tasks: TaskRegistry;
  readonly executors: ExecutorSet;
  readonly bus: EventBus;
  readonly waiters: RunWaiters;
  readonly onDemand: RunsOnDemand;
  readonly nodeId: () => string;
}

/** Adds, changes, lists and removes jobs at run time, in all stores. */
export class JobManager {
  readonly #parts: ManagerParts;
  readonly #drafts: JobDrafts;
  readonly #adder: JobAdder;
  readonly #importer: JobImporter;

  constructor(parts: ManagerParts) {
    this.#parts = parts;
    this.#drafts = new JobDrafts(parts.options, parts.tasks, parts.executors);
    const putter = new JobPutter({ ...parts, job: (record, store) => this.#job(record, store) });
    this.#adder = new JobAdder({ ...parts, drafts: this.#drafts, putter });
    this.#importer = new JobImporter({ ...parts, putter });
  }

  get onDemand(): RunsOnDemand {
    return this.#parts.onDemand;
  }

  get drafts(): JobDrafts {
    return this.#drafts;
  }

  add(input: JobInput, options: InTransaction = {}): Promise<Job> {
    return this.#adder.addOne(input, options);
  }

  addAll(inputs: readonly JobInput[], options: InTransaction = {}): Promise<Job[]> {
    return this.#adder.addAll(inputs, options);
  }

  async get(id: string, options: InStore = {}): Promise<Job | null> {
    const located = await this.#parts.stores.find(id, checkedOptions(options, ['store'], 'getJob', id), 'getJob');
    return located && this.#job(located.job, located.access.store);
  }

  async list(filter: JobsFilter = {}): Promise<Job[]> {
    const query = filterOf(filter, this.#parts.tasks, 'getJobs');
    const lists = this.#parts.stores.select(filter.store, 'getJobs').map(async (store) => {
      const { jobs } = await (await store.session()).listJobs(query);
      return jobs.map((job) => this.#job(job, store));
    });
    const { state, finished } = filter;
    const isWanted = (job: Job): boolean =>
      state === undefined || job.state === state || (finished === true && job.state === 'finished');
    return (await Promise.all(lists)).flat().filter(isWanted);
  }

  export(filter: ExportFilter = {}): Promise<JobsDocument> {
    return exportJobs(filter, { ...this.#parts, now: this.#parts.options.clock.now() });
  }

  import(document: JobsDocument, options: ImportOptions = {}): Promise<ImportResult> {
    return this.#importer.import(document, options);
  }

  async modify(id: string, changes: JobChanges, options: ChangeOptions = {}): Promise<Job> {
    checkedOptions(options, CHANGE_KEYS, 'modifyJob', id);
    const modification = modificationOf(id, changes);
    const { executor } = modification;
    if (executor !== undefined) this.#parts.executors.assertKnown(executor, `Job "${id}"`);
    const { access, job } = await this.#parts.stores.locate(id, options, 'modifyJob');
    if (isEmpty(modification)) return this.#job(job, access.store);
    const change = (stored: JobRecord, now: number): JobRecord => modifyJob(stored, modification, now);
    return this.#change(access, id, change, 'job.modified');
  }

  async reschedule(id: string, trigger: TriggerDefinition, options: ChangeOptions = {}): Promise<Job> {
    checkedOptions(options, CHANGE_KEYS, 'rescheduleJob', id);
    const { clock } = this.#parts.options;
    const zone = this.#drafts.effectiveZone(trigger, () => `Job "${id}"`);
    this.#drafts.assertFires(trigger, zone, id, clock.now());
    const { access } = await this.#parts.stores.locate(id, options, 'rescheduleJob');
    const change = (job: JobRecord, now: number): JobRecord => rescheduleJob(job, trigger, zone, now);
    return this.#change(access, id, change, 'job.rescheduled');
  }

  async pause(id: string, options: PauseOptions = {}): Promise<PauseResult> {
    const { wait = false, manager } = checkedOptions(options, [...CHANGE_KEYS, 'wait'], 'pauseJob', id);
    if (wait && manager !== undefined) {
      throw new InvalidJobOptionError(
        `pauseJob('${id}'): wait does not go with a manager, as the pause begins with the commit. ` +
          `Leave one of them out, or pause it once more with wait after the commit.`,
      );
    }
    const { access } = await this.#parts.stores.locate(id, options, 'pauseJob');
    const changed = await pauseIn(access, [id]);
    const running = changed.flatMap((job) => job.running);
    const ownRun = runInProgress()?.runId;
    // A handler that pauses its own job can't wait for itself.
    const others = running.filter((runId) => runId !== ownRun);
    if (wait) await this.#parts.waiters.whenEnded(await access.store.session(), others);
    return { running };
  }

  async resume(id: string, options: ResumeOptions = {}): Promise<Job> {
    const { catchUp = false } = checkedOptions(options, [...CHANGE_KEYS, 'catchUp'], 'resumeJob', id);
    const { access, job } = await this.#parts.stores.locate(id, options, 'resumeJob');
    const [resumed] = await resumeIn(access, [id], catchUp);
    return this.#job(resumed ?? job, access.store);
  }

  async remove(id: string, options: ChangeOptions = {}): Promise<void> {
    checkedOptions(options, CHANGE_KEYS, 'removeJob', id);
    const { access } = await this.#parts.stores.locate(id, options, 'removeJob');
    const removed = await removeIn(access, [id], () => access.store.events.job('job.removed', id));
    if (removed.length === 0) throw new JobNotFoundError(id, [access.store.alias]);
  }

  async previewJob(id: string, after: number, count: number, store: string | undefined): Promise<Date[]> {
    const { job } = await this.#parts.stores.locate(id, { store }, 'preview');
    try {
      return firesAfter(job.trigger.bind(id), after, count);
    } catch (error) {
      throw namingJob(error, id);
    }
  }

  async pauseAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'pauseJobs', ['active', 'finished'], async (access, ids) => {
      return (await pauseIn(access, ids)).filter(isChanged).length;
    });
  }

  async resumeAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'resumeJobs', ['paused'], async (access, ids) => {
      return (await resumeIn(access, ids, false)).length;
    });
  }

  async removeAll(selection: JobSelection): Promise<number> {
    return this.#forSelected(selection, 'removeJobs', ['active', 'paused', 'finished'], async (access, ids) => {
      const { events } = access.store;
      return (await removeIn(access, ids, (jobIds) => events.ofStore({ type: 'jobs.removed', jobIds }))).length;
    });
  }

  async #forSelected(
    selection: JobSelection,
    what: string,
    states: readonly JobState[],
    act: (access: StoreAccess, ids: readonly string[]) => Promise<number>,
  ): Promise<number> {
    const query = narrowSelectionOf(selection, this.#parts.tasks, what);
    let count = 0;
    for (const store of this.#parts.stores.select(selection.store, what)) {
      const session = await store.session();
      const { jobs } = await session.listJobs({ ...query, states });
      const ids = jobs.filter(hasWorkLeft).map((job) => job.id);
      if (ids.length > 0) count += await act(await accessTo(store, undefined), ids);
    }
    return count;
  }

  async #change(
    access: StoreAccess,
    id: string,
    change: (job: JobRecord, now: number) => JobRecord,
    event: 'job.modified' | 'job.rescheduled',
  ): Promise<Job> {
    const { store } = access;
    const after = await changeOne(access, id, change, (job) => store.events.changed(event, this.#job(job, store)));
    return this.#job(after, store);
  }

  #job(record: JobRecord, store: ManagedStore): Job {
    return new Job(record, store.alias, this);
  }
}

/** A finished job that was added at run time is there only until its last run has ended, a declared one for good. */
function hasWorkLeft({ state, origin }: JobRecord): boolean {
  return state !== 'finished' || origin === 'added';
}
