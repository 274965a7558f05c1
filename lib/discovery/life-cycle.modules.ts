import {
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig, ModuleRef, ModulesContainer } from '@nestjs/core';
import { describeError } from '../jobs/outcome.js';
import { EnhancedHandlerFactory } from './enhancers/enhanced-handler.js';
import { SchedulerCore } from './scheduler-core.js';

/**
 * Nest calls the hooks of its modules in the order of their `distance` from the root module: at init and bootstrap the
 * farthest first, global modules at `Number.MAX_VALUE` before all others; when it closes the other way round. The
 * order is fixed at the first hook, when every provider has been made: until then a module may place itself.
 */
function placeModule(modules: ModulesContainer, metatype: Type, distance: number): void {
  for (const module of modules.values()) {
    if (module.metatype === metatype) module.distance = distance;
  }
}

/** First at init: the users' own hooks may add jobs, so all tasks have to be known before. */
@Module({})
export class SchedulerFirstModule implements OnModuleInit {
  readonly #modules: ModulesContainer;
  readonly #moduleRef: ModuleRef;
  readonly #config: ApplicationConfig;

  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ModuleRef) moduleRef: ModuleRef,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    this.#modules = modules;
    this.#moduleRef = moduleRef;
    this.#config = config;
    placeModule(modules, SchedulerFirstModule, Infinity);
  }

  onModuleInit(): void {
    const core = SchedulerCore.of(this.#modules);
    if (!core) return;
    const { globalEnhancers } = core.options;
    const handlers = new EnhancedHandlerFactory(this.#modules, this.#moduleRef, this.#config, { globalEnhancers });
    try {
      core.discover(this.#modules, this.#moduleRef, handlers);
    } catch (error) {
      logFailedStart(error);
      throw error;
    }
  }
}

/**
 * Last at bootstrap, first at the end: no handler runs before the slowest `onApplicationBootstrap` of the users' own
 * has returned, and none runs any more when their `onModuleDestroy` hooks begin to take the providers away.
 */
@Module({})
export class SchedulerLastModule implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #modules: ModulesContainer;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.#modules = modules;
    placeModule(modules, SchedulerLastModule, -1);
  }

  async onApplicationBootstrap(): Promise<void> {
    try {
      await SchedulerCore.of(this.#modules)?.start();
    } catch (error) {
      logFailedStart(error);
      throw error;
    }
  }

  async onModuleDestroy(): Promise<void> {
    await SchedulerCore.of(this.#modules)?.close();
  }
}

function logFailedStart(error: unknown): void {
  const { message, stack } = describeError(error);
  new Logger('Scheduler').error(`The scheduler could not start: ${message}`, stack);
}
