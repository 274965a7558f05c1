import type { TaskRegistry } from '../executors/task-registry.js';
import type { JobSelection } from '../jobs/job-input.js';
import { jobsDocument, type JobsDocument } from '../jobs/jobs-document.js';
import { assertFlag, assertKnownKeys } from '../jobs/known-keys.js';
import { LOCAL_STORE } from './alias.js';
import { filterOf } from './job-selection.js';
import type { StoreSet } from './store-set.js';

/** Which jobs `exportJobs` exports. @publicApi */
export interface ExportFilter extends JobSelection {
  /** Default: both. */
  readonly state?: 'active' | 'paused';
  /**
   * Also exports the jobs that decorators declare: with them go a pause, the next fire, the number of runs and, unless a
   * `state` is given, which one-shots have run, but not whether they are disabled. Those of the store `local` stay, as every process has its own. Default
   * `false`: the code declares them wherever it runs.
   */
  readonly declared?: boolean;
}

interface ExportParts {
  readonly stores: StoreSet;
  readonly tasks: TaskRegistry;
  readonly now: number;
}

/** @throws {UnreadableJobError} rather than leave out a job without a word. */
export async function exportJobs(filter: ExportFilter, { stores, tasks, now }: ExportParts): Promise<JobsDocument> {
  assertKnownKeys(filter, ['task', 'tags', 'store', 'state', 'declared'], 'exportJobs');
  const { declared = false, ...selection } = filter;
  assertFlag(declared, 'exportJobs: declared');
  const withFinished = { ...selection, finished: filter.state === undefined };
  const { states, ...query } = filterOf(withFinished, tasks, 'exportJobs', ['active', 'paused']);
  const lists = stores.select(filter.store, 'exportJobs').map(async (store) => {
    const withDeclared = declared && store.alias !== LOCAL_STORE;
    // State and origin are compared here: asked for them, a store would pass over the rows in which they are damaged.
    const { jobs, unreadable } = await (await store.session()).listJobs(query);
    for (const { error } of unreadable) throw error;
    return (
      jobs
        .filter(({ state }) => states?.includes(state))
        // An added job without a fire is there only until its last run has ended.
        .filter(({ origin, nextFireAt }) => (origin === 'declared' ? withDeclared : nextFireAt !== null))
        .map((job) => [job, store.alias] as const)
    );
  });
  return jobsDocument((await Promise.all(lists)).flat(), now);
}
