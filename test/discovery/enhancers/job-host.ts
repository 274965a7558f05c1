import { Injectable, Logger } from '@nestjs/common';
import type { ModuleMetadata, Type } from '@nestjs/common';
import { ApplicationConfig, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { EnhancedHandlerFactory } from '../../../lib/discovery/enhancers/enhanced-handler.js';
import type { GlobalEnhancer } from '../../../lib/discovery/enhancers/enhancer-resolver.js';
import type { HandlerTarget } from '../../../lib/discovery/enhancers/handler-target.js';
import { withinRun } from '../../../lib/executors/run-context.js';
import type { RunContext } from '../../../lib/executors/run-context.js';
import type { JsonValue } from '../../../lib/jobs/json.js';

/** Stands for `@Cron` and the like: being decorated at all makes TypeScript emit the parameter types. */
export function Job(): MethodDecorator {
  return () => {};
}

/** Where test doubles note what happened, in order. */
@Injectable()
export class Diary {
  readonly entries: unknown[] = [];

  note(entry: unknown): void {
    this.entries.push(entry);
  }
}

/** A real Nest application that calls decorated methods as the scheduler does. */
export class JobHost {
  readonly diary: Diary;
  readonly #app: INestApplication;
  #runs = 0;

  private constructor(app: INestApplication) {
    this.#app = app;
    this.diary = app.get(Diary);
  }

  static async with(
    metadata: ModuleMetadata,
    prepare: (app: INestApplication) => void = () => {},
    override: (builder: TestingModuleBuilder) => unknown = () => {},
  ): Promise<JobHost> {
    const providers = [Diary, ...(metadata.providers ?? [])];
    const builder = Test.createTestingModule({ ...metadata, providers });
    override(builder);
    const app = (await builder.compile()).createNestApplication();
    prepare(app);
    await app.init();
    return new JobHost(app);
  }

  get app(): INestApplication {
    return this.#app;
  }

  handler(token: unknown, methodName: string, globalEnhancers: readonly GlobalEnhancer[] = []) {
    const factory = new EnhancedHandlerFactory(
      this.#app.get(ModulesContainer),
      this.#app.get(ModuleRef),
      this.#app.get(ApplicationConfig),
      { globalEnhancers },
    );
    const handler = factory.create(this.#target(token, methodName));
    return (...args: JsonValue[]): unknown => {
      const context = this.#context(methodName);
      return withinRun(context, () => handler(args, context));
    };
  }

  run(type: Type, methodName: string, ...args: JsonValue[]): unknown {
    return this.handler(type, methodName)(...args);
  }

  async close(): Promise<void> {
    await this.#app.close();
  }

  #target(token: unknown, methodName: string): HandlerTarget {
    for (const host of this.#app.get(ModulesContainer).values()) {
      const wrapper = host.controllers.get(token as Type) ?? host.providers.get(token as Type);
      if (wrapper && !(host.providers.get(token as Type)?.isAlias ?? false)) return { host, wrapper, methodName };
    }
    throw new Error(`Nobody provides ${String(token)}`);
  }

  #context(methodName: string): RunContext {
    this.#runs++;
    return {
      runId: `run-${this.#runs}`,
      jobId: 'job',
      task: `Test.${methodName}`,
      scheduledTime: new Date('2030-01-01T00:00:00Z'),
      startedAt: new Date('2030-01-01T00:00:00Z'),
      attempt: 1,
      signal: new AbortController().signal,
      metadata: { tenant: `tenant-${this.#runs}` },
      logger: new Logger('Test'),
      progress: () => undefined,
    };
  }
}

/** Calls `fn` with a host and closes it, whatever happens. */
export async function withJobHost(
  metadata: ModuleMetadata,
  fn: (host: JobHost) => Promise<void>,
  prepare?: (app: INestApplication) => void,
  override?: (builder: TestingModuleBuilder) => unknown,
): Promise<void> {
  const host = await JobHost.with(metadata, prepare, override);
  try {
    await fn(host);
  } finally {
    await host.close();
  }
}
