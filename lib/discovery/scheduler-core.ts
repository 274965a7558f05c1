import { Logger } from '@nestjs/common';
import type { ModuleRef, ModulesContainer } from '@nestjs/core';
import { takeUnprovidedClasses } from '../decorators/decorated-classes.js';
import type { ResolvedOptions } from '../engine/engine-options.js';
import { Scheduler } from '../engine/scheduler.js';
import { resolveOptions, type SchedulerModuleOptions } from '../scheduler.options.js';
import { ConflictingModuleOptionsError } from './discovery-errors.js';
import { JobConfiguration } from './job-configuration.js';
import { findDifference } from './same-options.js';
import { type HandlerFactory, SchedulerExplorer } from './scheduler.explorer.js';
import type { StandIns } from './stand-ins.js';

/** One per Nest container, so that neither a second import nor a second application disturbs it. */
const cores = new WeakMap<ModulesContainer, SchedulerCore>();

/** What one application has of the scheduler, and how it comes and goes with the application. */
export class SchedulerCore {
  readonly scheduler: Scheduler;
  readonly options: ResolvedOptions;
  readonly #given: SchedulerModuleOptions;
  readonly #standIns: StandIns | null;
  readonly #logger = new Logger('Scheduler');
  #isDiscovered = false;
  #isClosed = false;

  private constructor(given: SchedulerModuleOptions, standIns: StandIns | null) {
    this.#given = given;
    this.#standIns = standIns;
    // What is wrong with the options is wrong in a test, too.
    const options = resolveOptions(given);
    this.options = standIns ? resolveOptions(standIns.replace(given)) : options;
    this.scheduler = new Scheduler(this.options);
    standIns?.attach(this.scheduler);
  }

  /**
   * The core of an application, made at the first call.
   *
   * @throws {ConflictingModuleOptionsError} when it was made with other options
   */
  static for(
    modules: ModulesContainer,
    given: SchedulerModuleOptions,
    standIns: StandIns | null = null,
  ): SchedulerCore {
    const existing = cores.get(modules);
    if (!existing) {
      const core = new SchedulerCore(given, standIns);
      cores.set(modules, core);
      return core;
    }
    const difference = findDifference(existing.#given, given);
    if (difference !== null) throw new ConflictingModuleOptionsError(difference);
    return existing;
  }

  /** The core that an application has by now. */
  static of(modules: ModulesContainer): SchedulerCore | undefined {
    return cores.get(modules);
  }

  /** Makes everything known that the decorators declare. Needed before the first user hook may add a job. */
  discover(modules: ModulesContainer, moduleRef: ModuleRef, handlers: HandlerFactory): void {
    this.#isClosed = false;
    if (this.#isDiscovered) return;
    const configuration = new JobConfiguration(this.options, moduleRef);
    const { tasks, jobs, eventHandlers, warnings } = new SchedulerExplorer(modules, handlers, configuration).explore();
    for (const task of tasks) this.scheduler.tasks.register(task);
    this.scheduler.declare(jobs);
    for (const handler of eventHandlers) {
      this.scheduler.events.addListener(handler.types, (event) => handler.handle(event), handler.source);
    }
    for (const warning of warnings) this.#logger.warn(warning);
    this.#isDiscovered = true;
  }

  async start(): Promise<void> {
    // Nest lets `close()` overtake `init()` in applications with a server: then there is nothing to start any more.
    if (!this.options.autoStart || this.#isClosed) return;
    this.#warnOfUnprovidedClasses();
    await this.scheduler.start();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closing = this.scheduler.shutdown();
    await (this.#standIns?.seeThrough(this.scheduler, closing) ?? closing);
  }

  #warnOfUnprovidedClasses(): void {
    const names = takeUnprovidedClasses();
    if (names.length === 0) return;
    this.#logger.warn(
      `No module provides ${names.join(', ')}: what is decorated there does not exist for this application. ` +
        `Add ${names.length === 1 ? 'it' : 'them'} to the providers of a module.`,
    );
  }
}
