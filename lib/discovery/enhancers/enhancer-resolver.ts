import type { CanActivate, NestInterceptor, PipeTransform } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA } from '@nestjs/common/internal';
import type { ExceptionFilterMetadata } from '@nestjs/common/internal';
import type { ApplicationConfig, ContextId, ModulesContainer, NestContainer } from '@nestjs/core';
import { ExternalExceptionFilterContext } from '@nestjs/core/exceptions/external-exception-filter-context.js';
import { GuardsContextCreator, InterceptorsContextCreator, PipesContextCreator } from '@nestjs/core/internal';
import type { InstanceWrapper } from '@nestjs/core/internal';
import { methodOf } from './handler-target.js';
import type { HandlerInstance, HandlerTarget } from './handler-target.js';
import { PositionalPipes } from './positional-pipes.js';

/** The kinds of application-wide enhancers that may apply to jobs. Guards never do. @publicApi */
export type GlobalEnhancer = 'interceptors' | 'filters';

/** Everything around one handler, ready to be called. */
export interface Enhancers {
  readonly guards: CanActivate[];
  readonly interceptors: NestInterceptor[];
  readonly pipes: PositionalPipes | null;
  /** Nearest first. */
  readonly filters: ExceptionFilterMetadata[];
}

/**
 * Finds the enhancers of handlers with Nest's own context creators. Those get no `ApplicationConfig`, and so see no
 * global enhancers: an `APP_GUARD` made for HTTP would deny every job.
 */
export class EnhancerResolver {
  readonly #guards: GuardsContextCreator;
  readonly #interceptors: InterceptorsContextCreator;
  readonly #pipes: PipesContextCreator;
  readonly #filters: FilterContext;
  readonly #config: ApplicationConfig;
  readonly #globals: readonly GlobalEnhancer[];

  constructor(modules: ModulesContainer, config: ApplicationConfig, globals: readonly GlobalEnhancer[]) {
    // All that the creators ask of the container; the container itself can't be injected.
    const container = { getModules: () => modules } as unknown as NestContainer;
    this.#config = config;
    this.#globals = globals;
    this.#guards = new GuardsContextCreator(container);
    this.#pipes = new PipesContextCreator(container);
    this.#interceptors = new InterceptorsContextCreator(container, this.#configFor('interceptors'));
    this.#filters = new FilterContext(container, this.#configFor('filters'));
  }

  /** Whether the application has global enhancers that apply to jobs. */
  get hasGlobals(): boolean {
    const interceptors = this.#configFor('interceptors')?.getGlobalInterceptors() ?? [];
    const filters = this.#configFor('filters')?.getGlobalFilters() ?? [];
    return interceptors.length + filters.length + this.scopedGlobals.length > 0;
  }

  /** Those of them that are made for each run. */
  get scopedGlobals(): InstanceWrapper[] {
    return [
      ...(this.#configFor('interceptors')?.getGlobalRequestInterceptors() ?? []),
      ...(this.#configFor('filters')?.getGlobalRequestFilters() ?? []),
    ];
  }

  resolve(target: HandlerTarget, instance: HandlerInstance, contextId: ContextId): Enhancers {
    const method = methodOf(target);
    const { token: moduleKey } = target.host;
    const { id: inquirerId } = target.wrapper;
    const pipes: PipeTransform[] = this.#pipes.create(instance, method, moduleKey, contextId, inquirerId);
    return {
      guards: this.#guards.create(instance, method, moduleKey, contextId, inquirerId),
      interceptors: this.#interceptors.create(instance, method, moduleKey, contextId, inquirerId),
      pipes: PositionalPipes.of(target, pipes, (own) =>
        this.#pipes.createConcreteContext<unknown[], PipeTransform[]>([...own], contextId, inquirerId),
      ),
      filters: this.filters(target, instance, contextId),
    };
  }

  filters(target: HandlerTarget, instance: HandlerInstance, contextId: ContextId): ExceptionFilterMetadata[] {
    return this.#filters.find(instance, methodOf(target), target.host.token, contextId, target.wrapper.id);
  }

  #configFor(kind: GlobalEnhancer): ApplicationConfig | undefined {
    return this.#globals.includes(kind) ? this.#config : undefined;
  }
}

class FilterContext extends ExternalExceptionFilterContext {
  find(
    instance: HandlerInstance,
    method: (...args: unknown[]) => unknown,
    moduleKey: string,
    contextId: ContextId,
    inquirerId: string,
  ): ExceptionFilterMetadata[] {
    this.moduleContext = moduleKey;
    return this.createContext<ExceptionFilterMetadata[], ExceptionFilterMetadata[]>(
      instance,
      method,
      EXCEPTION_FILTERS_METADATA,
      contextId,
      inquirerId,
    ).reverse();
  }
}
