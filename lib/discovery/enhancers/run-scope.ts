import { ContextIdFactory } from '@nestjs/core';
import type { ContextId, ModuleRef } from '@nestjs/core';
import type { Injector, InstanceWrapper } from '@nestjs/core/internal';
import type { RunContext } from '../../executors/run-context.js';
import type { HandlerInstance, HandlerTarget } from './handler-target.js';

/** An instance and the context that its enhancers were made in. */
export interface ScopedInstance {
  readonly instance: HandlerInstance;
  readonly contextId: ContextId;
}

/** Makes the instances that Nest makes per request: here, per run. */
export class RunScope {
  readonly #moduleRef: ModuleRef;
  readonly #injector: Injector;
  readonly #transients = new WeakMap<InstanceWrapper, Promise<ScopedInstance>>();

  constructor(moduleRef: ModuleRef) {
    this.#moduleRef = moduleRef;
    // The one that knows the application's options, such as `instrument`.
    this.#injector = moduleRef['injector'];
  }

  /** A context of its own for one run, in which `REQUEST` is the run's context. */
  open(target: HandlerTarget, context: RunContext): ContextId {
    // The application's strategy decides which run shares which durable instances. It is made for requests, so it is
    // asked only where durable providers are at stake.
    const contextId = dependsOnDurable(target.wrapper)
      ? ContextIdFactory.getByRequest(context)
      : ContextIdFactory.create();
    this.#moduleRef.registerRequestByContextId(context, contextId);
    return contextId;
  }

  /** The handler's instance in a context, its enhancers and `more` enhancers loaded beside it. */
  async load(target: HandlerTarget, contextId: ContextId, more: InstanceWrapper[] = []): Promise<HandlerInstance> {
    const { wrapper } = target;
    const instance = await this.#instanceOf(target, contextId);
    if (wrapper.isDependencyTreeStatic()) await this.#injector.loadEnhancersPerContext(wrapper, contextId, wrapper);
    await this.#injector.loadEnhancersPerContext(wrapper, contextId, wrapper, more);
    return instance;
  }

  /** Each consumer of a transient provider has an instance of its own: the scheduler has one, made at the first run. */
  async transient(target: HandlerTarget): Promise<ScopedInstance> {
    const { wrapper } = target;
    const made = this.#transients.get(wrapper) ?? this.#createTransient(target);
    this.#transients.set(wrapper, made);
    try {
      return await made;
    } catch (error) {
      this.#transients.delete(wrapper);
      throw error;
    }
  }

  async #createTransient(target: HandlerTarget): Promise<ScopedInstance> {
    const contextId = ContextIdFactory.create();
    return { instance: await this.#create(target, contextId), contextId };
  }

  async #instanceOf(target: HandlerTarget, contextId: ContextId): Promise<HandlerInstance> {
    const { wrapper } = target;
    if (!wrapper.isDependencyTreeStatic()) return this.#create(target, contextId);
    return wrapper.isTransient ? (await this.transient(target)).instance : (wrapper.instance as HandlerInstance);
  }

  #create({ host, wrapper }: HandlerTarget, contextId: ContextId): Promise<HandlerInstance> {
    const isController = host.controllers.get(wrapper.token as never) === wrapper;
    const collection = isController ? host.controllers : host.providers;
    const placeholder = wrapper.instance as HandlerInstance;
    return this.#injector.loadPerContext(placeholder, host, collection, contextId, wrapper);
  }
}

function dependsOnDurable(wrapper: InstanceWrapper, seen = new Set<InstanceWrapper>()): boolean {
  if (wrapper.durable) return true;
  if (seen.has(wrapper)) return false;
  seen.add(wrapper);
  const properties = wrapper.getPropertiesMetadata()?.map((property) => property.wrapper);
  const dependencies = [wrapper.getCtorMetadata(), properties, wrapper.getEnhancersMetadata()];
  // Constructor metadata has holes where a parameter is not injected by Nest.
  return dependencies
    .flatMap((list) => list ?? [])
    .some((dependency) => dependency && dependsOnDurable(dependency, seen));
}
