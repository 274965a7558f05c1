import type { ApplicationConfig, ContextId, ModuleRef, ModulesContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/internal';
import type { RunContext } from '../../executors/run-context.js';
import type { JsonValue } from '../../jobs/json.js';
import { hasDeclaredEnhancers } from './declared-enhancers.js';
import { EnhancerResolver } from './enhancer-resolver.js';
import type { GlobalEnhancer } from './enhancer-resolver.js';
import { HandlerPipeline, showToFilter } from './handler-pipeline.js';
import { callMethod, prototypeOf } from './handler-target.js';
import type { HandlerInstance, HandlerTarget } from './handler-target.js';
import { RunScope } from './run-scope.js';

/** Calls a handler with a job's arguments. */
export type EnhancedHandler = (args: readonly JsonValue[], context: RunContext) => unknown;

export interface EnhancedHandlerOptions {
  readonly globalEnhancers: readonly GlobalEnhancer[];
}

/**
 * Makes decorated methods callable as Nest would call them: on the right instance, with the guards, interceptors,
 * pipes and exception filters of the method and its class around them (context type `'scheduler'`).
 */
export class EnhancedHandlerFactory {
  readonly #resolver: EnhancerResolver;
  readonly #scope: RunScope;

  constructor(
    modules: ModulesContainer,
    moduleRef: ModuleRef,
    config: ApplicationConfig,
    options: EnhancedHandlerOptions,
  ) {
    this.#resolver = new EnhancerResolver(modules, config, options.globalEnhancers);
    this.#scope = new RunScope(moduleRef);
  }

  /**
   * To be called once Nest has made its instances, for every handler. A handler of a static provider without
   * enhancers becomes a plain call.
   *
   * @throws {UnresolvableEnhancerError}
   */
  create(target: HandlerTarget): EnhancedHandler {
    const isEnhanced = hasDeclaredEnhancers(target) || this.#resolver.hasGlobals;
    if (this.#needsContext(target)) return this.#createPerRun(target, isEnhanced);
    if (target.wrapper.isTransient) return this.#createTransient(target, isEnhanced);
    return this.#createFor(target, isEnhanced, target.wrapper.instance as HandlerInstance, STATIC_CONTEXT);
  }

  #needsContext({ wrapper }: HandlerTarget): boolean {
    return !wrapper.isDependencyTreeStatic() || this.#resolver.scopedGlobals.length > 0;
  }

  #createPerRun(target: HandlerTarget, isEnhanced: boolean): EnhancedHandler {
    return async (args, context) => {
      const contextId = this.#scope.open(target, context);
      const load = this.#scope.load(target, contextId, this.#resolver.scopedGlobals);
      const instance = await this.#showFailure(load, target, args);
      return this.#createFor(target, isEnhanced, instance, contextId)(args, context);
    };
  }

  #createTransient(target: HandlerTarget, isEnhanced: boolean): EnhancedHandler {
    let ready: EnhancedHandler | null = null;
    const makeReady = async (args: readonly JsonValue[]): Promise<EnhancedHandler> => {
      const { instance, contextId } = await this.#showFailure(this.#scope.transient(target), target, args);
      ready ??= this.#createFor(target, isEnhanced, instance, contextId);
      return ready;
    };
    return (args, context) =>
      ready ? ready(args, context) : makeReady(args).then((handler) => handler(args, context));
  }

  #createFor(
    target: HandlerTarget,
    isEnhanced: boolean,
    instance: HandlerInstance,
    contextId: ContextId,
  ): EnhancedHandler {
    if (!isEnhanced) return (args) => callMethod(target, instance, args);
    const pipeline = new HandlerPipeline(target, instance, this.#resolver.resolve(target, instance, contextId));
    return (args, context) => pipeline.run(args, context);
  }

  /** Shows filters that an instance could not be made, as Nest does for requests. */
  async #showFailure<T>(loading: Promise<T>, target: HandlerTarget, args: readonly JsonValue[]): Promise<T> {
    try {
      return await loading;
    } catch (error) {
      const placeholder = prototypeOf(target);
      const filters = this.#resolver.filters(target, placeholder, STATIC_CONTEXT);
      await showToFilter(error, filters, target, placeholder, args);
      throw error;
    }
  }
}
