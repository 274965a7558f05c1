import { inspect } from 'node:util';
import { isObject } from '../errors/object-kinds.js';
import { SchedulerError } from '../errors/scheduler-error.js';
import type { AfterStart } from '../jobs/declared-job.js';
import type { JobOptions } from '../jobs/job-options.js';
import { type DeclaredRetryOptions, splitRetryIf } from '../jobs/retry-if.js';
import { assertFlag } from '../jobs/known-keys.js';
import { assertJobOptionKeys, BUILT_IN_DEFAULTS, JOB_OPTION_KEYS, resolveJobOptions } from '../jobs/job-policy.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import { checkedAliases, type TaskAliases } from './aliases.js';
import { declareJob, type JobDeclaration } from './declarations.js';
import { decoratedMethod } from './decorated-method.js';
import { InvalidDecoratorError } from './decorator-errors.js';
import { resolvedTrigger, type TriggerResolver } from './trigger-resolver.js';

/** What every decorator that declares a job takes. @publicApi */
export interface DeclaredJobOptions extends JobOptions, TaskAliases {
  /** As in {@link JobOptions}, and which failures are worth another attempt. */
  readonly retry?: DeclaredRetryOptions | null;
  /**
   * This process does not fire the job. What the store has of it is kept, and while no process fires it, it is listed as
   * `'disabled'`. Enabled again it goes on from now, without the fires of the meantime. Default `false`.
   */
  readonly disabled?: boolean;
}

interface JobDecoratorSpec<Options extends DeclaredJobOptions> {
  /** Such as `Cron`. */
  readonly name: string;
  /** Its first argument. */
  readonly when: unknown;
  readonly options: Options;
  /** Options that say when, not how. */
  readonly timingKeys: readonly string[];
}

interface TriggerDecoratorSpec<When, Options extends DeclaredJobOptions> extends JobDecoratorSpec<Options> {
  readonly when: When | TriggerResolver<never, When>;
  /** Checks what the first argument says, or a resolver in its place, and the timing options. */
  trigger(when: When, options: Options, what: string): TriggerDefinition;
}

interface AfterStartSpec<Options extends DeclaredJobOptions> extends JobDecoratorSpec<Options> {
  /** Checks the first argument and the timing options. */
  afterStart(options: Options, what: string): AfterStart;
}

/** When a declared job is due. */
type Timing = Pick<JobDeclaration, 'trigger' | 'resolve' | 'afterStart'>;

/** The part that the decorators of a job with a trigger share. */
export function triggerDecorator<When, Options extends DeclaredJobOptions>(
  spec: TriggerDecoratorSpec<When, Options>,
): MethodDecorator {
  const { when, options } = spec;
  if (!isResolver<When>(when)) {
    const decorator = writtenForm(spec.name, when);
    return jobDecorator(spec, decorator, (what) => ({
      trigger: spec.trigger(when, options, what),
      resolve: null,
      afterStart: null,
    }));
  }
  const resolve = resolvedTrigger(when, (answer, what) => spec.trigger(answer, options, what));
  return jobDecorator(spec, `@${spec.name}((config) => …)`, () => ({ trigger: null, resolve, afterStart: null }));
}

export function afterStartDecorator<Options extends DeclaredJobOptions>(
  spec: AfterStartSpec<Options>,
): MethodDecorator {
  return jobDecorator(spec, writtenForm(spec.name, spec.when), (what) => ({
    trigger: null,
    resolve: null,
    afterStart: spec.afterStart(spec.options, what),
  }));
}

function isResolver<When>(when: When | TriggerResolver<never, When>): when is TriggerResolver<never, When> {
  return typeof when === 'function';
}

/**
 * The part that all job decorators share. Everything that can be known to be wrong without an application is refused
 * here, when the class is defined, under the name of the method.
 */
function jobDecorator<Options extends DeclaredJobOptions>(
  spec: JobDecoratorSpec<Options>,
  decorator: string,
  timingOf: (what: string) => Timing,
): MethodDecorator {
  return (target, key, descriptor) => {
    const method = decoratedMethod(decorator, target, key, descriptor);
    const what = `${method.label}: ${decorator}`;
    if (!isObject(spec.options)) {
      throw new InvalidDecoratorError(`${what}: the options must be an object, such as { id: 'report' }.`);
    }
    assertJobOptionKeys(spec.options, what, [...JOB_OPTION_KEYS, ...spec.timingKeys, 'aliases', 'disabled']);
    assertFlag(spec.options.disabled, `${what}: disabled`);
    const aliases = checkedAliases(spec.options.aliases, what);
    const { retry, retryIf } = splitRetryIf(spec.options.retry, what);
    const options = jobOptionsOf({ ...spec.options, retry });
    // The defaults of the module are not known yet; the values of this job are.
    resolveJobOptions(options.id ?? method.label, options, BUILT_IN_DEFAULTS, what);
    const timing = located(what, () => timingOf(what));
    declareJob(method, { decorator, ...timing, options, disabled: spec.options.disabled === true, aliases, retryIf });
  };
}

/** The members of `options` that are called one of `keys`. */
export function pick<T extends object, Key extends keyof T>(options: T, keys: readonly Key[]): Pick<T, Key> {
  const picked: Partial<Pick<T, Key>> = {};
  for (const key of keys) if (options[key] !== undefined) picked[key] = options[key];
  return picked as Pick<T, Key>;
}

/** A decorator as it stands in the source, for messages. */
export function writtenForm(name: string, ...args: readonly unknown[]): string {
  const written = args.map((arg) => inspect(arg, { breakLength: Infinity, depth: 2, maxStringLength: 80 }));
  return `@${name}(${written.join(', ')})`;
}

function jobOptionsOf(options: JobOptions): JobOptions {
  return Object.freeze(pick(options, JOB_OPTION_KEYS));
}

/** Trigger factories know what is wrong, but not where it stands. */
function located<T>(what: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (!(error instanceof SchedulerError) || error instanceof InvalidDecoratorError) throw error;
    throw new InvalidDecoratorError(`${what}: ${error.message}`, { cause: error });
  }
}
