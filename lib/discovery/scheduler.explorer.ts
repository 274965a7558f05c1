import type { ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/internal';
import { markProvided } from '../decorators/decorated-classes.js';
import {
  declaredMethods,
  defaultTaskName,
  type JobDeclaration,
  type MethodDeclarations,
  prototypeChain,
} from '../decorators/declarations.js';
import type { SchedulerEvent, SchedulerEventType } from '../events/scheduler-event.js';
import type { Task } from '../executors/task-registry.js';
import type { DeclaredJob } from '../jobs/declared-job.js';
import { assertJobId, assertTaskName } from '../jobs/job-id.js';
import { AnonymousClassError, UnsupportedEventHandlerError } from './discovery-errors.js';
import type { EnhancedHandlerFactory } from './enhancers/enhanced-handler.js';
import type { JobConfiguration } from './job-configuration.js';
import { placeOf, type ProvidedClass, providedClasses, tokenPrototypes } from './provided-class.js';

/**
 * Everything that the decorators of one application declare. That no two of them claim one name or id is for the
 * registries to see, which know of those added at run time as well.
 */
export interface Discovery {
  readonly tasks: readonly Task[];
  readonly jobs: readonly DeclaredJob[];
  readonly eventHandlers: readonly EventHandler[];
  /** Things that work, but hardly as they were meant. */
  readonly warnings: readonly string[];
}

/** A method that wants to hear of events. */
export interface EventHandler {
  readonly types: readonly SchedulerEventType[];
  /** Where it stands, for messages: `Alerts.page (AppModule)`. */
  readonly source: string;
  handle(event: SchedulerEvent): unknown;
}

/** Makes what calls a decorated method. */
export type HandlerFactory = Pick<EnhancedHandlerFactory, 'create'>;

/**
 * Finds the decorated methods of what the modules of one application provide. Modules that are loaded lazily later are
 * not seen: their handlers can be made tasks by `registerTask`.
 */
export class SchedulerExplorer {
  readonly #tasks: Task[] = [];
  readonly #jobs: DeclaredJob[] = [];
  readonly #eventHandlers: EventHandler[] = [];
  readonly #warnings: string[] = [];
  readonly #modules: ModulesContainer;
  readonly #handlers: HandlerFactory;
  readonly #configuration: JobConfiguration;

  constructor(modules: ModulesContainer, handlers: HandlerFactory, configuration: JobConfiguration) {
    this.#modules = modules;
    this.#handlers = handlers;
    this.#configuration = configuration;
  }

  /**
   * Call it once, when Nest has made all instances.
   *
   * @throws {AnonymousClassError | UnsupportedEventHandlerError | InvalidTaskError | InvalidJobIdError |
   * InvalidOverrideError | TriggerResolverError}
   */
  explore(): Discovery {
    for (const prototype of tokenPrototypes(this.#modules)) markProvided(prototype);
    for (const places of this.#decoratedClasses()) this.#exploreClass(this.#chooseHost(places));
    this.#configuration.assertAllDeclared(this.#jobs.map(({ id }) => id));
    return {
      tasks: this.#tasks,
      jobs: this.#jobs,
      eventHandlers: this.#eventHandlers,
      warnings: this.#warnings,
    };
  }

  /** For each decorated class, all the places that provide it. */
  #decoratedClasses(): Iterable<readonly ProvidedClass[]> {
    const classes = new Map<object, ProvidedClass[]>();
    for (const provided of providedClasses(this.#modules)) {
      const { prototype } = provided;
      for (const level of prototypeChain(prototype)) markProvided(level);
      const places = classes.get(prototype);
      if (places) places.push(provided);
      else if (declaredMethods(prototype).size > 0) classes.set(prototype, [provided]);
    }
    return classes.values();
  }

  /** A class is one set of jobs, however often it is provided. The place that uses the class as its token goes first. */
  #chooseHost(places: readonly ProvidedClass[]): ProvidedClass {
    const [first, ...others] = [...places].sort((a, b) => Number(isOwnToken(b)) - Number(isOwnToken(a))) as [
      ProvidedClass,
      ...ProvidedClass[],
    ];
    const doubles = others.filter(({ wrapper }) => !isSameInstance(wrapper, first.wrapper));
    if (doubles.length > 0) {
      this.#warnings.push(
        `${first.name || 'An anonymous class'} is provided more than once: by ${[first, ...doubles].map(placeOf).join(', ')}. ` +
          `Its jobs and tasks are run once, on the instance of ${placeOf(first)}. Provide it in one module and export it there.`,
      );
    }
    return first;
  }

  #exploreClass(provided: ProvidedClass): void {
    for (const [key, declarations] of declaredMethods(provided.prototype)) {
      const source = `${provided.name || 'An anonymous class'}.${key} (${provided.host.name})`;
      if (declarations.task || declarations.jobs.length > 0) this.#addTask(provided, key, declarations, source);
      if (declarations.events.length > 0) this.#addEventHandler(provided, key, declarations.events, source);
    }
  }

  #addTask(provided: ProvidedClass, key: string, declarations: MethodDeclarations, source: string): void {
    const { task, jobs } = declarations;
    const isNamed = task?.name !== undefined && jobs.every(({ options }) => options.id !== undefined);
    if (provided.name === '' && !isNamed) throw new AnonymousClassError(key, provided.host.name);
    const defaultName = defaultTaskName(provided.name, key);
    const name = task?.name ?? defaultName;
    assertTaskName(name, `${source}: the task name`);
    const aliases = new Set([...(task?.aliases ?? []), ...jobs.flatMap((job) => job.aliases)]);
    aliases.delete(name);
    const { host, wrapper } = provided;
    const invoke = this.#handlers.create({ host, wrapper, methodName: key });
    this.#tasks.push({ name, aliases: [...aliases], retryIf: task?.retryIf, source, invoke });
    for (const job of jobs) this.#addJob(job, name, job.options.id ?? defaultName, source);
  }

  #addJob(declaration: JobDeclaration, task: string, id: string, source: string): void {
    assertJobId(id, `${source}: the job id`);
    this.#jobs.push(this.#configuration.configure(declaration, { id, task, source }));
  }

  #addEventHandler(
    { wrapper }: ProvidedClass,
    key: string,
    types: readonly SchedulerEventType[],
    source: string,
  ): void {
    if (wrapper.isTransient) throw new UnsupportedEventHandlerError(source, 'transient');
    if (!wrapper.isDependencyTreeStatic()) {
      throw new UnsupportedEventHandlerError(source, 'request-scoped, itself or through something it depends on');
    }
    this.#eventHandlers.push({
      types,
      source,
      handle: (event) => (wrapper.instance as Record<string, (event: SchedulerEvent) => unknown>)[key]?.(event),
    });
  }
}

function isOwnToken({ wrapper, prototype }: ProvidedClass): boolean {
  return wrapper.token === prototype.constructor;
}

/** A factory may hand out an instance that is provided elsewhere: another name for it, as an alias is. */
function isSameInstance(a: InstanceWrapper, b: InstanceWrapper): boolean {
  return a.instance !== null && a.instance === b.instance;
}
