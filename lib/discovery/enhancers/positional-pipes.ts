import type { ArgumentMetadata, PipeTransform, Type } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal';
import { ContextUtils, ParamsTokenFactory, PipesConsumer } from '@nestjs/core/internal';
import { decoratedParameters } from './declared-enhancers.js';
import type { DecoratedParameter } from './declared-enhancers.js';
import { prototypeOf } from './handler-target.js';
import type { HandlerTarget } from './handler-target.js';

interface Position {
  readonly metadata: ArgumentMetadata;
  readonly pipes: PipeTransform[];
}

const consumer = new PipesConsumer();
const contextUtils = new ContextUtils();
const tokens = new ParamsTokenFactory();

/**
 * The pipes of a handler, applied to a job's arguments by position: first those of class and method, then those of
 * the parameter itself. An argument is a payload, so pipes are told `type: 'body'`, unless a parameter decorator says
 * otherwise. A parameter with pipes of its own is piped even without an argument, as `DefaultValuePipe` needs it.
 */
export class PositionalPipes {
  readonly #common: PipeTransform[];
  readonly #types: readonly unknown[];
  readonly #decorated: readonly (Position | undefined)[];

  private constructor(
    common: PipeTransform[],
    types: readonly unknown[],
    decorated: readonly (Position | undefined)[],
  ) {
    this.#common = common;
    this.#types = types;
    this.#decorated = decorated;
  }

  /** @param resolve turns classes and instances of pipes into instances. */
  static of(
    target: HandlerTarget,
    common: PipeTransform[],
    resolve: (pipes: readonly unknown[]) => PipeTransform[],
  ): PositionalPipes | null {
    const types = contextUtils.reflectCallbackParamtypes(prototypeOf(target), target.methodName) as
      unknown[] | undefined;
    const decorated: Position[] = [];
    for (const parameter of decoratedParameters(target)) {
      const own = resolve(parameter.pipes);
      if (own.length === 0) continue;
      const metadata = metadataOf(parameter, types?.[parameter.index]);
      decorated[parameter.index] = { metadata, pipes: [...common, ...own] };
    }
    if (common.length === 0 && decorated.length === 0) return null;
    warnOfMissingTypes(target, types, common);
    return new PositionalPipes(common, types ?? [], decorated);
  }

  transform(args: readonly unknown[]): Promise<unknown[]> {
    const length = Math.max(args.length, this.#decorated.length);
    return Promise.all(Array.from({ length }, (_, index) => this.#transformOne(args[index], index, args.length)));
  }

  async #transformOne(value: unknown, index: number, given: number): Promise<unknown> {
    const decorated = this.#decorated[index];
    if (decorated) return consumer.applyPipes(value, decorated.metadata, decorated.pipes);
    if (index >= given) return undefined;
    return consumer.applyPipes(value, { type: 'body', metatype: this.#types[index] as Type }, this.#common);
  }
}

function metadataOf({ key, data, schema }: DecoratedParameter, type: unknown): ArgumentMetadata {
  return {
    type: tokens.exchangeEnumForString(Number(contextUtils.mapParamType(key))),
    metatype: type as Type,
    data: data as string | undefined,
    schema: schema as ArgumentMetadata['schema'],
  };
}

/** As Nest does for routes: without types, which tsx and esbuild leave out, a `ValidationPipe` lets everything through. */
function warnOfMissingTypes(target: HandlerTarget, types: unknown[] | undefined, common: PipeTransform[]): void {
  const arity = prototypeOf(target)[target.methodName]?.length ?? 0;
  const parameters = Array.from({ length: arity }, (_, index) => ({
    index,
    type: RouteParamtypes.BODY,
    data: undefined as never,
    pipes: [],
    extractValue: () => undefined,
  }));
  contextUtils.warnOnMissingParamtypes(prototypeOf(target), target.methodName, types, common, parameters);
}
