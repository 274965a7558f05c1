import type { SchedulerEventType } from '../events/scheduler-event.js';
import type { AfterStart } from '../jobs/declared-job.js';
import type { JobOptions } from '../jobs/job-options.js';
import type { RetryIf } from '../jobs/retry-if.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import { rememberDecorated } from './decorated-classes.js';
import type { DecoratedMethod } from './decorated-method.js';
import { InvalidDecoratorError } from './decorator-errors.js';
import type { ResolveTrigger } from './trigger-resolver.js';

/** What `@Task` says of a method. */
export interface TaskDeclaration {
  /** `undefined`: `ClassName.method`. */
  readonly name: string | undefined;
  readonly aliases: readonly string[];
  readonly retryIf: RetryIf | undefined;
}

/** What one of the job decorators says of a method. */
export interface JobDeclaration {
  /** As it is written, for messages: `@Cron('0 3 * * *')`. */
  readonly decorator: string;
  /** `null` for `@AfterStart`, and where a resolver makes it. */
  readonly trigger: TriggerDefinition | null;
  readonly resolve: ResolveTrigger | null;
  readonly afterStart: AfterStart | null;
  readonly options: JobOptions;
  readonly disabled: boolean;
  readonly aliases: readonly string[];
  readonly retryIf: RetryIf | undefined;
}

/** Everything our decorators say of one method. */
export interface MethodDeclarations {
  readonly task: TaskDeclaration | null;
  /** In the order in which they are written. */
  readonly jobs: readonly JobDeclaration[];
  readonly events: readonly SchedulerEventType[];
}

const NOTHING: MethodDeclarations = { task: null, jobs: [], events: [] };

/** Shared by all copies of this package in a process: a library may bring its own. */
const KEY = Symbol.for('nestjs-advanced-scheduler:declarations');

/**
 * What is declared on a prototype itself, by method name. It is kept on (prototype, key) and not on the function, so a
 * decorator above ours that puts another function in its place loses nothing.
 */
function ownDeclarations(prototype: object): Map<string, MethodDeclarations> | undefined {
  return Reflect.getOwnMetadata(KEY, prototype) as Map<string, MethodDeclarations> | undefined;
}

function change(method: DecoratedMethod, change: (before: MethodDeclarations) => MethodDeclarations): void {
  let declarations = ownDeclarations(method.prototype);
  const after = change(declarations?.get(method.key) ?? NOTHING);
  if (!declarations) {
    declarations = new Map();
    Reflect.defineMetadata(KEY, declarations, method.prototype);
    rememberDecorated(method.prototype);
  }
  declarations.set(method.key, after);
}

/** @throws {InvalidDecoratorError} when the method has a `@Task` already */
export function declareTask(method: DecoratedMethod, task: TaskDeclaration): void {
  change(method, (before) => {
    if (!before.task) return { ...before, task };
    throw new InvalidDecoratorError(
      `${method.label}: a method is one task. Keep one @Task(), with the others as aliases.`,
    );
  });
}

/** @throws {InvalidDecoratorError} when the jobs of the method can't be told apart by their ids */
export function declareJob(method: DecoratedMethod, job: JobDeclaration): void {
  change(method, (before) => {
    for (const other of before.jobs) assertDistinct(method, job, other);
    // Decorators are applied from the bottom up.
    return { ...before, jobs: [job, ...before.jobs] };
  });
}

export function declareEvents(method: DecoratedMethod, types: readonly SchedulerEventType[]): void {
  change(method, (before) => ({ ...before, events: [...new Set([...types, ...before.events])] }));
}

function assertDistinct({ label }: DecoratedMethod, upper: JobDeclaration, lower: JobDeclaration): void {
  const [a, b] = [upper.options, lower.options];
  if (a.id !== b.id) return;
  if (a.id === undefined) {
    throw new InvalidDecoratorError(
      `${label}: ${upper.decorator} and ${lower.decorator} are two jobs, and both would be called "${label}". ` +
        `Give one of them an id: { id: '…' }.`,
    );
  }
  if ((a.store ?? 'default') !== (b.store ?? 'default')) return;
  throw new InvalidDecoratorError(
    `${label}: ${upper.decorator} and ${lower.decorator} are two jobs with one id, "${a.id}". Give them different ids.`,
  );
}

/**
 * The decorated methods of a class, inherited ones included. The definition of a method that is nearest to the class
 * decides: an override without our decorators takes the method out of the schedule, as an override without `@Get()`
 * takes a route away; one that carries some is what they say, and nothing of the overridden method is left.
 */
export function declaredMethods(prototype: object): ReadonlyMap<string, MethodDeclarations> {
  const found = new Map<string, MethodDeclarations>();
  const defined = new Set<string>();
  for (const level of prototypeChain(prototype)) {
    for (const [key, declarations] of ownDeclarations(level) ?? []) {
      if (!defined.has(key)) found.set(key, declarations);
    }
    for (const key of Object.getOwnPropertyNames(level)) defined.add(key);
  }
  return found;
}

/** A prototype and those it inherits from, the nearest first, without `Object.prototype`. */
export function prototypeChain(prototype: object): readonly object[] {
  const chain: object[] = [];
  let level: object | null = prototype;
  while (level !== null && level !== Object.prototype) {
    chain.push(level);
    level = Object.getPrototypeOf(level) as object | null;
  }
  return chain;
}

/** The name of the task that a method is, unless `@Task` gives another. */
export function defaultTaskName(className: string, key: string): string {
  return `${className}.${key}`;
}
