import { showError } from '../errors/show-value.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import { newImported, replaceByImported, type ImportedJob } from '../jobs/imported-job.js';
import { ConflictingJobIdError, UnknownTaskError } from '../jobs/job-errors.js';
import type { InStore, OnConflict } from '../jobs/job-input.js';
import { InvalidJobsDocumentError } from '../jobs/jobs-document-errors.js';
import { readJobsDocument, type ReadJob } from '../jobs/jobs-document-reader.js';
import { assertFlag, assertKnownKeys } from '../jobs/known-keys.js';
import { assertOnConflict } from '../jobs/on-conflict.js';
import type { PutResult } from '../stores/job-store.js';
import type { InTransaction, TransactionManager } from '../stores/store-transaction.js';
import type { ExecutorSet } from './executor-set.js';
import type { Job } from './job.js';
import type { JobPutter, PutRequest } from './job-putter.js';
import { liveTasks } from './live-tasks.js';
import type { ManagedStore } from './managed-store.js';
import { accessTo } from './store-access.js';
import type { StoreSet } from './store-set.js';

/** How `importJobs` imports. @publicApi */
export interface ImportOptions extends InStore, InTransaction {
  /** Alias of the store that takes all jobs. Default: each goes into the store of the alias that it was exported from. */
  readonly store?: string;
  /**
   * What happens when an id is taken. `'error'` refuses the document; `'replace'` makes the stored job what the document
   * says, except that one with the same trigger that has come further stays where it is, so that no fire runs twice;
   * `'ignore'` leaves the stored one as it is. Default `'error'`.
   */
  readonly onConflict?: OnConflict;
  /** Accepts tasks that no process provides yet. Default `false`. */
  readonly allowUnknownTask?: boolean;
}

/** What `importJobs` has done, in the order of the document. @publicApi */
export interface ImportResult {
  readonly added: readonly Job[];
  readonly replaced: readonly Job[];
  /** As they were and are. */
  readonly ignored: readonly Job[];
}

interface ImporterParts {
  readonly stores: StoreSet;
  readonly tasks: TaskRegistry;
  readonly executors: ExecutorSet;
  readonly putter: JobPutter;
}

/** A job that nothing is wrong with. */
interface WholeJob extends ReadJob {
  readonly store: string;
  readonly job: ImportedJob;
}

/** Imports what `exportJobs` has made: the whole document is checked before any of its jobs is stored. */
export class JobImporter {
  readonly #parts: ImporterParts;

  constructor(parts: ImporterParts) {
    this.#parts = parts;
  }

  async import(document: unknown, options: ImportOptions): Promise<ImportResult> {
    const { stores, putter } = this.#parts;
    stores.assertOpen('importJobs');
    assertKnownKeys(options, ['store', 'onConflict', 'allowUnknownTask', 'manager'], 'importJobs');
    const { store, onConflict = 'error', allowUnknownTask = false, manager } = options;
    assertOnConflict(onConflict, 'importJobs');
    assertFlag(allowUnknownTask, 'importJobs: allowUnknownTask');
    if (store !== undefined) stores.get(store, 'importJobs');

    const problems: string[] = [];
    const read = this.#read(document, store, problems);
    if (!allowUnknownTask) await this.#findUnknownTasks(read, manager, problems);
    if (problems.length > 0) throw new InvalidJobsDocumentError(problems);
    const requests = read.map((each) => this.#requestOf(each as WholeJob, onConflict));
    const done = await putter.put(requests, manager, noteImported);
    const jobsOf = (fate: (typeof done)[number]['fate']) =>
      done.filter((put) => put.fate === fate).map(({ job }) => job);
    return { added: jobsOf('added'), replaced: jobsOf('replaced'), ignored: jobsOf('ignored') };
  }

  /** The jobs of the document, and to which store each is to go. */
  #read(document: unknown, store: string | undefined, problems: string[]): readonly ReadJob[] {
    const jobs = readJobsDocument(document, problems).map((read) => ({ ...read, store: store ?? read.store }));
    const places = new Map<string, string>();
    for (const { path, id, executor, store: alias } of jobs) {
      if (executor !== undefined) {
        collect(problems, () => this.#parts.executors.assertKnown(executor, `${path}.executor`));
      }
      if (alias === undefined) continue;
      collect(problems, () => this.#parts.stores.get(alias, `${path}.store`));
      if (id === undefined) continue;
      // An id has no blank in it.
      const key = `${id} ${alias}`;
      const other = places.get(key);
      if (other === undefined) places.set(key, path);
      else problems.push(`${path}.id: "${id}" is given twice for the store "${alias}": ${other} has it, too.`);
    }
    return jobs;
  }

  async #findUnknownTasks(
    jobs: readonly ReadJob[],
    manager: TransactionManager | undefined,
    problems: string[],
  ): Promise<void> {
    const { stores, tasks } = this.#parts;
    const known = new Map<string, ReadonlySet<string>>();
    for (const { path, task, store } of jobs) {
      if (task === undefined || tasks.get(task) || store === undefined || !stores.has(store)) continue;
      let ofStore = known.get(store);
      if (!ofStore) {
        const access = await accessTo(stores.get(store, `${path}.store`), manager);
        known.set(store, (ofStore = await liveTasks(access.jobs, tasks)));
      }
      if (!ofStore.has(task)) problems.push(new UnknownTaskError(`${path}.task`, task, [...ofStore]).message);
    }
  }

  #requestOf({ job, store, path }: WholeJob, onConflict: OnConflict): PutRequest {
    // Stored under its present name, so that the alias may go one day.
    const task = this.#parts.tasks.get(job.task)?.name ?? job.task;
    const imported = { ...job, task };
    return {
      id: job.id,
      task,
      store,
      // Unknown ones are told of among all that is wrong.
      allowUnknownTask: true,
      what: `importJobs: ${path} ("${job.id}")`,
      decide: (stored, facts) => {
        if (!stored) return newImported(imported, facts);
        if (onConflict === 'error') throw new ConflictingJobIdError(job.id, store, `importJobs: ${path}: `);
        return onConflict === 'ignore' ? null : replaceByImported(imported, stored, facts);
      },
    };
  }
}

/** Their fires count from where the document says, not from the start. */
function noteImported(store: ManagedStore, changed: readonly PutResult[]): void {
  store.noteImported(changed.map(({ id }) => id));
}

function collect(problems: string[], check: () => unknown): void {
  try {
    check();
  } catch (error) {
    problems.push(showError(error));
  }
}
