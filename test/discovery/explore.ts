import type { ModuleMetadata } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { HandlerTarget } from '../../lib/discovery/enhancers/handler-target.js';
import { JobConfiguration } from '../../lib/discovery/job-configuration.js';
import { type Discovery, SchedulerExplorer } from '../../lib/discovery/scheduler.explorer.js';
import type { RunContext } from '../../lib/executors/run-context.js';
import { resolveOptions } from '../../lib/scheduler.options.js';

export interface Exploration extends Discovery {
  /** The methods that a handler was asked for. */
  readonly targets: readonly HandlerTarget[];
  readonly taskNames: readonly string[];
  readonly jobIds: readonly string[];
  /** Calls a task on the instance that Nest holds. */
  call(task: string): unknown;
}

/** Nothing is said of jobs but by their decorators. */
export function unconfigured(): JobConfiguration {
  return new JobConfiguration(resolveOptions(), { get: () => undefined as never });
}

/** What the explorer finds in an application of these modules, before anything is started. */
export async function explore(metadata: ModuleMetadata): Promise<Exploration> {
  const app = await Test.createTestingModule(metadata).compile();
  const targets: HandlerTarget[] = [];
  const handlers = {
    create(target: HandlerTarget) {
      targets.push(target);
      return () => (target.wrapper.instance as Record<string, () => unknown>)[target.methodName]?.();
    },
  };
  try {
    const discovery = new SchedulerExplorer(app.get(ModulesContainer), handlers, unconfigured()).explore();
    return {
      ...discovery,
      targets,
      taskNames: discovery.tasks.map(({ name }) => name),
      jobIds: discovery.jobs.map(({ id }) => id),
      call: (name) => discovery.tasks.find((task) => task.name === name)?.invoke([], {} as RunContext),
    };
  } finally {
    await app.close();
  }
}
