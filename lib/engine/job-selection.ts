import { showValue } from '../errors/show-value.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import { InvalidJobOptionError } from '../jobs/job-errors.js';
import type { JobSelection, JobsFilter } from '../jobs/job-input.js';
import type { JobState } from '../jobs/job-record.js';
import { assertFlag, assertKnownKeys } from '../jobs/known-keys.js';
import { taskNameOf } from '../jobs/task-ref.js';
import type { JobFilter } from '../stores/job-store.js';

const SELECTION_KEYS = ['task', 'tags', 'store'] as const;
const STATES: readonly string[] = ['active', 'paused', 'disabled'];

/**
 * What the bulk verbs and `getJobs` ask a store for.
 *
 * @throws {InvalidJobOptionError} for an unknown condition or a wrong value
 */
function selectionOf(selection: JobSelection, known: TaskRegistry, what: string): Pick<JobFilter, 'tasks' | 'tags'> {
  assertKnownKeys(selection, SELECTION_KEYS, what);
  const { task, tags } = selection;
  const name = taskNameOf(task);
  if (task !== undefined && (typeof name !== 'string' || name === '')) {
    throw new InvalidJobOptionError(
      `${what}: task must be the name of a task, or taskOf(Class, 'method'), got ${showValue(task)}.`,
    );
  }
  assertTags(tags, what);
  // Stored jobs may name the task as it was called before.
  return { tasks: typeof name === 'string' ? known.namesOf(name) : undefined, tags };
}

/** @throws {InvalidJobOptionError} when they are no list of texts; tags that nothing can have are none that is wrong */
export function assertTags(tags: unknown, what: string): asserts tags is readonly string[] | undefined {
  if (tags === undefined || areTexts(tags)) return;
  throw new InvalidJobOptionError(`${what}: tags must be a list of texts, such as tags: ['billing'].`);
}

function areTexts(values: unknown): boolean {
  // A copy, so that a hole is looked at, too.
  return Array.isArray(values) && Array.from<unknown>(values).every((value) => typeof value === 'string');
}

/**
 * A selection that selects everything, as one does whose condition turned out `undefined`, would remove every job
 * there is: at least one condition has to be given.
 *
 * @throws {InvalidJobOptionError} also for what {@link selectionOf} refuses
 */
export function narrowSelectionOf(
  selection: JobSelection,
  known: TaskRegistry,
  what: string,
): Pick<JobFilter, 'tasks' | 'tags'> {
  const narrow = selectionOf(selection, known, what);
  for (const key of SELECTION_KEYS) {
    if (key in selection && selection[key] === undefined) {
      throw new InvalidJobOptionError(`${what}: "${key}" is undefined, which would select every job. Leave it out.`);
    }
  }
  const isNarrow = narrow.tasks !== undefined || (narrow.tags?.length ?? 0) > 0 || selection.store !== undefined;
  if (isNarrow) return narrow;
  throw new InvalidJobOptionError(
    `${what}: nothing is selected. Name a task, tags or a store; { store: 'default' } stands for all jobs of that store.`,
  );
}

/**
 * What `getJobs` asks a store for. Of what is answered those count whose snapshot is in the state that was asked for: a
 * disabled job is stored as active, or as paused.
 *
 * @param allowed which states may be asked for
 * @throws {InvalidJobOptionError}
 */
export function filterOf(
  filter: JobsFilter,
  known: TaskRegistry,
  what: string,
  allowed: readonly string[] = STATES,
): JobFilter {
  assertKnownKeys(filter, [...SELECTION_KEYS, 'state', 'finished'], what);
  const { state, finished, ...selection } = filter;
  if (state !== undefined && !allowed.includes(state)) {
    const words = allowed.map((word) => `'${word}'`).join(' or ');
    const hint = allowed === STATES ? ' Finished jobs are listed with finished: true.' : '';
    throw new InvalidJobOptionError(`${what}: state must be ${words}, got ${showValue(state)}.${hint}`);
  }
  assertFlag(finished, `${what}: finished`);
  const states: JobState[] = state && state !== 'disabled' ? [state] : ['active', 'paused'];
  if (finished) states.push('finished');
  return { ...selectionOf(selection, known, what), states };
}
