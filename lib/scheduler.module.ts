import { type DynamicModule, Inject, Module, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { NotConfiguredError } from './discovery/discovery-errors.js';
import { SchedulerFirstModule, SchedulerLastModule } from './discovery/life-cycle.modules.js';
import { optionsProviders, SCHEDULER_OPTIONS, type SchedulerModuleAsyncOptions } from './discovery/async-options.js';
import { SchedulerCore } from './discovery/scheduler-core.js';
import { SCHEDULER_STAND_INS, type StandIns } from './discovery/stand-ins.js';
import type { SchedulerModuleOptions } from './scheduler.options.js';
import { SchedulerService } from './scheduler.service.js';

const SCHEDULER_CORE = Symbol('SCHEDULER_CORE');

/**
 * Adds the scheduler to an application. The module is global: import it once, in the root module, and inject
 * {@link SchedulerService} anywhere. It starts when every `onApplicationBootstrap` of the application has returned,
 * and stops, running handlers included, before the first `onModuleDestroy`.
 *
 * @publicApi
 */
@Module({})
export class SchedulerModule {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    for (const { providers } of modules.values()) if (providers.has(SCHEDULER_CORE)) return;
    throw new NotConfiguredError();
  }

  /**
   * The module with options known now.
   *
   * @throws when the application starts: {@link InvalidOptionError} for a wrong option,
   * {@link ConflictingModuleOptionsError} when the module is imported again with other options
   * @example SchedulerModule.forRoot({ timeZone: 'Europe/Berlin' })
   */
  static forRoot(options: SchedulerModuleOptions = {}): DynamicModule {
    return dynamicModule([{ provide: SCHEDULER_OPTIONS, useValue: options }]);
  }

  /**
   * The module with options that come from elsewhere: a factory, a class, or a provider that exists already.
   *
   * @throws {InvalidAsyncOptionsError} unless exactly one of `useFactory`, `useClass` and `useExisting` is given
   * @example
   * SchedulerModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({
   *     timeZone: config.get('TIME_ZONE'),
   *     overrides: { 'daily-report': { trigger: cron(config.get('REPORT_CRON')) } },
   *     resolveWith: ConfigService,
   *   }),
   * })
   */
  static forRootAsync(options: SchedulerModuleAsyncOptions): DynamicModule {
    return dynamicModule(optionsProviders(options), options.imports);
  }
}

function dynamicModule(options: readonly Provider[], imports: DynamicModule['imports'] = []): DynamicModule {
  return {
    module: SchedulerModule,
    global: true,
    imports: [...imports, SchedulerFirstModule, SchedulerLastModule],
    providers: [
      ...options,
      {
        provide: SCHEDULER_CORE,
        inject: [SCHEDULER_OPTIONS, ModulesContainer, SCHEDULER_STAND_INS],
        useFactory: (given: SchedulerModuleOptions, modules: ModulesContainer, standIns: StandIns | null) =>
          SchedulerCore.for(modules, given, standIns),
      },
      { provide: SCHEDULER_STAND_INS, useValue: null },
      { provide: SchedulerService, inject: [SCHEDULER_CORE], useFactory: serviceOf },
    ],
    exports: [SchedulerService],
  };
}

/** One facade per core: whoever imports the module twice still injects one service. */
const services = new WeakMap<SchedulerCore, SchedulerService>();

function serviceOf(core: SchedulerCore): SchedulerService {
  const service = services.get(core) ?? new SchedulerService(core.scheduler);
  services.set(core, service);
  return service;
}
