import { ForbiddenException, Logger } from '@nestjs/common';
import { selectExceptionFilterMetadata } from '@nestjs/common/internal';
import type { ExceptionFilterMetadata } from '@nestjs/common/internal';
import { ExecutionContextHost, FORBIDDEN_MESSAGE, GuardsConsumer, InterceptorsConsumer } from '@nestjs/core/internal';
import { showValue } from '../../errors/show-value.js';
import { settleValue } from '../../executors/in-process/last-value.js';
import type { RunContext } from '../../executors/run-context.js';
import type { JsonValue } from '../../jobs/json.js';
import type { Enhancers } from './enhancer-resolver.js';
import { callMethod, methodOf } from './handler-target.js';
import type { HandlerInstance, HandlerMethod, HandlerTarget } from './handler-target.js';

/** What guards, interceptors and filters see as `context.getType()`. */
const CONTEXT_TYPE = 'scheduler';

const guardsConsumer = new GuardsConsumer();
const interceptorsConsumer = new InterceptorsConsumer();
const logger = new Logger('Scheduler');

/** One handler with everything around it, in Nest's order: guards, interceptors, pipes, handler; filters on error. */
export class HandlerPipeline {
  readonly #target: HandlerTarget;
  readonly #instance: HandlerInstance;
  readonly #method: HandlerMethod;
  readonly #enhancers: Enhancers;

  constructor(target: HandlerTarget, instance: HandlerInstance, enhancers: Enhancers) {
    this.#target = target;
    this.#instance = instance;
    this.#method = methodOf(target);
    this.#enhancers = enhancers;
  }

  /** Fails with whatever guard, interceptor, pipe or handler threw: filters see it but can't undo it. */
  async run(args: readonly JsonValue[], context: RunContext): Promise<unknown> {
    try {
      return await this.#call(args, context);
    } catch (error) {
      await showToFilter(error, this.#enhancers.filters, this.#target, this.#instance, args);
      throw error;
    }
  }

  async #call(args: readonly JsonValue[], context: RunContext): Promise<unknown> {
    const { guards, interceptors } = this.#enhancers;
    const shown = [...args];
    const isAllowed = await guardsConsumer.tryActivate(guards, shown, this.#instance, this.#method, CONTEXT_TYPE);
    if (!isAllowed) throw new ForbiddenException(FORBIDDEN_MESSAGE);
    const callHandler = (): Promise<unknown> => this.#callHandler(args);
    const result = interceptorsConsumer.intercept(
      interceptors,
      shown,
      this.#instance,
      this.#method,
      callHandler,
      CONTEXT_TYPE,
    );
    return settleValue(result, context);
  }

  async #callHandler(args: readonly JsonValue[]): Promise<unknown> {
    const values = (await this.#enhancers.pipes?.transform(args)) ?? args;
    return callMethod(this.#target, this.#instance, values);
  }
}

/**
 * Lets the nearest filter for `error` see it, and waits for it. What it returns doesn't count, and what it throws is
 * logged: the run has failed with `error` and with nothing else.
 */
export async function showToFilter(
  error: unknown,
  filters: ExceptionFilterMetadata[],
  target: HandlerTarget,
  instance: HandlerInstance,
  args: readonly JsonValue[],
): Promise<void> {
  const filter = selectExceptionFilterMetadata(filters, error);
  if (!filter) return;
  const host = new ExecutionContextHost([...args], instance.constructor as never, methodOf(target));
  host.setType(CONTEXT_TYPE);
  try {
    await filter.func(error, host);
  } catch (thrown) {
    if (thrown !== error) warnOfFilter(thrown, target);
  }
}

function warnOfFilter(thrown: unknown, { wrapper, methodName }: HandlerTarget): void {
  const handler = `${String(wrapper.name)}.${methodName}`;
  logger.warn(
    `An exception filter of ${handler} threw, the run keeps its own error: ${thrown instanceof Error ? String(thrown) : showValue(thrown)}`,
  );
}
