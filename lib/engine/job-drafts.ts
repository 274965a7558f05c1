import { randomUUID } from 'node:crypto';
import { isObject } from '../errors/object-kinds.js';
import { showError, showValue } from '../errors/show-value.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import { firstFire } from '../jobs/first-fire.js';
import { resolveArguments } from '../jobs/job-arguments.js';
import type { JobDraft } from '../jobs/job-draft.js';
import { InvalidJobOptionError, InvalidTaskError } from '../jobs/job-errors.js';
import { assertJobId, assertTaskName } from '../jobs/job-id.js';
import type { JobInput, OnConflict } from '../jobs/job-input.js';
import { assertKnownOptions, JOB_OPTION_KEYS, resolveJobOptions } from '../jobs/job-policy.js';
import { assertFlag } from '../jobs/known-keys.js';
import { assertOnConflict } from '../jobs/on-conflict.js';
import { taskNameOf } from '../jobs/task-ref.js';
import type { DeclaredJob } from '../jobs/declared-job.js';
import { at } from '../triggers/at.js';
import { zoneOfDefinition } from '../triggers/bind-trigger.js';
import { StoredTrigger } from '../triggers/stored-trigger.js';
import { NeverFiresError, TriggerSearchError } from '../triggers/trigger-errors.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import type { ResolvedOptions } from './engine-options.js';
import type { ExecutorSet } from './executor-set.js';
import type { DeclaredDraft } from './reconciler.js';

/** A job given to `addJob`, checked. */
export interface AddedDraft {
  readonly draft: JobDraft;
  readonly onConflict: OnConflict;
  readonly allowUnknownTask: boolean;
  /** Says where and how it was given. */
  readonly label: JobLabel;
}

/** What names a job in messages, once there is one: of 10,000 jobs their names take as long as all that is checked. */
export interface JobLabel {
  readonly input: JobInput;
  /** Which of many it is; `null`: it was given alone. */
  readonly index: number | null;
}

/** What `ofInput` has checked before it looks at the trigger. */
type CheckedInput = Pick<JobDraft, 'id' | 'task' | 'args' | 'options'> &
  Pick<AddedDraft, 'onConflict' | 'allowUnknownTask'>;

const INPUT_KEYS = [...JOB_OPTION_KEYS, 'task', 'args', 'trigger', 'onConflict', 'allowUnknownTask'];

/** Checks what users ask for before anything is stored. */
export class JobDrafts {
  readonly #options: ResolvedOptions;
  readonly #tasks: TaskRegistry;
  readonly #executors: ExecutorSet;

  constructor(options: ResolvedOptions, tasks: TaskRegistry, executors: ExecutorSet) {
    this.#options = options;
    this.#tasks = tasks;
    this.#executors = executors;
  }

  /**
   * @param now by the wall clock, to see whether the trigger fires at all
   * @param index which of many jobs it is
   */
  ofInput(input: JobInput, now: number, index: number | null = null): AddedDraft {
    const label: JobLabel = { input, index };
    if (!isObject(input)) {
      throw new InvalidJobOptionError(
        `${placeOf(label)}addJob takes an object such as { id, task, trigger }, got ${showValue(input)}.`,
      );
    }
    const { id, task, args, options, onConflict, allowUnknownTask } = this.#check(label);
    const what = (): string => nameOf(label);
    const timeZone = this.effectiveZone(input.trigger, what);
    const draft: JobDraft = {
      id,
      task,
      definition: input.trigger,
      timeZone,
      trigger: this.assertFires(input.trigger, timeZone, id, now, what),
      args,
      origin: 'added',
      options,
    };
    return { draft, onConflict, allowUnknownTask, label };
  }

  ofDeclared(declared: DeclaredJob): DeclaredDraft {
    const what = `Job "${declared.id}" (${declared.source})`;
    const options = resolveJobOptions(declared.id, declared.options, this.#options.jobDefaults, what);
    this.#executors.assertKnown(options.executor, what);
    const definition = declared.trigger ?? at(new Date(0));
    const timeZone = this.effectiveZone(definition, () => what);
    // It may contradict itself in this zone. What it is stored with is known under the lock of its row.
    ofJob(
      () => what,
      () => StoredTrigger.of(definition, { addedAt: 0, timeZone }),
    );
    const isNodeScoped = declared.afterStart?.scope === 'node';
    return {
      declared,
      draft: {
        id: declared.id,
        task: declared.task,
        definition,
        timeZone,
        args: [],
        origin: 'declared',
        options: isNodeScoped ? { ...options, store: 'local' } : options,
      },
    };
  }

  /** @throws when `definition` is no trigger definition. */
  effectiveZone(definition: TriggerDefinition | undefined, what: () => string): string {
    if (definition === undefined) {
      throw new InvalidJobOptionError(`${what()}: trigger is missing. Give one: cron(…), interval(…) or at(…).`);
    }
    return ofJob(what, () => zoneOfDefinition(definition)) ?? this.#options.timeZone;
  }

  /** The trigger as it would be stored now. @throws {NeverFiresError | TriggerSearchError} */
  assertFires(
    definition: TriggerDefinition,
    timeZone: string,
    jobId: string,
    now: number,
    what = () => `Job "${jobId}"`,
  ): StoredTrigger {
    const trigger = ofJob(what, () => StoredTrigger.of(definition, { addedAt: now, timeZone }));
    if (ofJob(what, () => firstFire(trigger, jobId, now)) !== null) return trigger;
    throw new NeverFiresError(`${what()}: its trigger`, 'no instant from now on matches it.');
  }

  /** All but the trigger. */
  #check(label: JobLabel): CheckedInput {
    try {
      return this.#checkAs(label.input, '', '');
    } catch {
      return this.#checkAs(label.input, placeOf(label), nameOf(label));
    }
  }

  #checkAs(input: JobInput, place: string, what: string): CheckedInput {
    const id = input.id ?? randomUUID();
    assertJobId(id, `${place}addJob: id`);
    assertKnownOptions(input, what, INPUT_KEYS);
    const options = resolveJobOptions(id, input, this.#options.jobDefaults, what);
    this.#executors.assertKnown(options.executor, what);
    const { onConflict = 'error', allowUnknownTask = false } = input;
    assertOnConflict(onConflict, what);
    assertFlag(allowUnknownTask, `${what}: allowUnknownTask`);
    const task = this.#taskName(input.task, what);
    return { id, task, args: resolveArguments(input.args, what), options, onConflict, allowUnknownTask };
  }

  #taskName(task: unknown, what: string): string {
    const name = taskNameOf(task);
    if (typeof name === 'function') {
      throw new InvalidTaskError(
        `${what}: task is a function${name.name ? ` (${name.name})` : ''}, which can't be stored. ` +
          `Register it with registerTask('name', fn) and pass the name.`,
      );
    }
    if (typeof name !== 'string') {
      throw new InvalidTaskError(`${what}: task must be a name, or taskOf(Class, 'method'), got ${showValue(name)}.`);
    }
    const known = this.#tasks.get(name);
    // Stored under its present name, so that the alias may go one day.
    if (known) return known.name;
    assertTaskName(name, `${what}: task`);
    return name;
  }
}

/** Where it was given, when it is one of many: such as `addJobs[2]: `. */
export function placeOf({ index }: JobLabel): string {
  return index === null ? '' : `addJobs[${index}]: `;
}

/** Names it in messages. */
export function nameOf(label: JobLabel): string {
  return placeOf(label) + labelOf(label.input);
}

/** By what the caller knows the job: an id that was made for it says nothing to him. */
function labelOf({ id, name, task }: JobInput): string {
  const known: unknown = id ?? name;
  if (typeof known === 'string') return `Job "${known}"`;
  const taskName = taskNameOf(task);
  return typeof taskName === 'string' ? `Job without an id (task "${taskName}")` : 'Job without an id';
}

/** A definition that was not made by a factory, or for another zone, may be wrong: it does not know whose it is. */
function ofJob<T>(what: () => string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof NeverFiresError) throw new NeverFiresError(`${what()}: its trigger`, error.message);
    if (error instanceof TriggerSearchError) throw error.naming(`${what()}: its trigger`);
    // A trigger of a kind of the user's own may throw anything.
    throw new InvalidJobOptionError(`${what()}: its trigger is wrong. ${showError(error)}`, { cause: error });
  }
}
