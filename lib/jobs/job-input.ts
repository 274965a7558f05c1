import type { TriggerDefinition } from '../triggers/trigger.js';
import type { JobOptions } from './job-options.js';
import type { JsonValue } from './json.js';
import type { ArgsOption, JsonArgs, TaskRef } from './task-ref.js';

/**
 * What happens when the id is taken: `'error'` refuses the job, `'replace'` stores it in place of the other one,
 * `'ignore'` leaves the other one as it is. @publicApi
 */
export type OnConflict = 'error' | 'replace' | 'ignore';

interface JobInputBase extends JobOptions {
  /** When it fires: `cron(…)`, `interval(…)`, `at(…)`. */
  readonly trigger: TriggerDefinition;
  /** Default `'error'`. `'replace'` keeps the course of a job whose trigger is unchanged. */
  readonly onConflict?: OnConflict;
  /** Accepts a task that no process provides yet. Default `false`. */
  readonly allowUnknownTask?: boolean;
}

/**
 * A job whose task is named by a text: of its arguments no more is known than that they have to be JSON, which is
 * checked again at run time. @publicApi
 */
export interface NamedJobInput<Args extends readonly unknown[] = readonly unknown[]> extends JobInputBase {
  /** A decorated method, `ClassName.method` unless it has another name, or what was given to `registerTask`. */
  readonly task: string;
  /** What the handler is called with: at most 64 KiB as JSON. Default: nothing. */
  readonly args?: Args & JsonArgs<Args>;
}

/**
 * A job whose task is given by `taskOf`: its arguments are checked by the compiler, and have at most 64 KiB as JSON.
 * @publicApi
 */
export type TypedJobInput<Args extends readonly unknown[]> = JobInputBase & {
  readonly task: TaskRef<Args>;
} & ArgsOption<Args>;

/**
 * A job of any task. What the compiler knows of its arguments is checked where it is given to `addJob` or `addJobs`; in a
 * variable of this type it knows nothing, and they are checked to be JSON at run time. @publicApi
 */
export type JobInput =
  NamedJobInput | (JobInputBase & { readonly task: TaskRef<never[]>; readonly args?: readonly unknown[] });

/** What `addJobs` takes: of each job the compiler checks what it checks for `addJob`. @publicApi */
export type CheckedJobs<Jobs extends readonly JobInput[]> = {
  readonly [Index in keyof Jobs]: Jobs[Index] & CheckedJob<Jobs[Index]>;
};

type CheckedJob<Job> = NoOtherKeys<Job> & CheckedArgs<Job>;

type CheckedArgs<Job> = Job extends { readonly task: TaskRef<infer Args> }
  ? // The reference in a `JobInput` has forgotten its arguments.
    never[] extends Args
    ? unknown
    : ArgsOption<Args>
  : Job extends { readonly args: infer Args extends readonly unknown[] }
    ? { readonly args: JsonArgs<Args> }
    : unknown;

/** The compiler looks for wrong keys only where it does not infer the type of an object. */
type NoOtherKeys<Job> = { readonly [Key in Exclude<keyof Job, KeyOf<JobInput>>]?: never };

type KeyOf<Union> = Union extends unknown ? keyof Union : never;

/** What `modifyJob` may change. The trigger is changed by `rescheduleJob`. @publicApi */
export type JobChanges = Omit<JobOptions, 'id' | 'store'> & { readonly args?: readonly JsonValue[] };

/** Names the store where an id stands in several. @publicApi */
export interface InStore {
  /** Alias of the store. Default: all stores. */
  readonly store?: string;
}

/** Selects jobs: all of the given conditions hold. @publicApi */
export interface JobSelection extends InStore {
  /** Jobs of the task that is stored under this name, or that `taskOf` names. */
  readonly task?: string | TaskRef<never[]>;
  /** Jobs that carry all of these. */
  readonly tags?: readonly string[];
}

/** What `getJobs` lists. @publicApi */
export interface JobsFilter extends JobSelection {
  /** Default: all three. Finished jobs have a condition of their own. */
  readonly state?: 'active' | 'paused' | 'disabled';
  /**
   * Also lists jobs that have no fire left: declared ones, which stay, and added ones whose last run has not ended. Default
   * `false`.
   */
  readonly finished?: boolean;
}
