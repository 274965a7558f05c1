import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/internal';
import { ContextUtils } from '@nestjs/core/internal';
import { UnresolvableEnhancerError } from './enhancers-errors.js';
import { classOf, methodOf, prototypeOf } from './handler-target.js';
import type { HandlerTarget } from './handler-target.js';

interface Kind {
  readonly name: string;
  readonly metadataKey: string;
  /** What an enhancer of this kind implements. */
  readonly method: string;
}

const PIPE: Kind = { name: 'pipe', metadataKey: PIPES_METADATA, method: 'transform' };
const KINDS: readonly Kind[] = [
  { name: 'guard', metadataKey: GUARDS_METADATA, method: 'canActivate' },
  { name: 'interceptor', metadataKey: INTERCEPTORS_METADATA, method: 'intercept' },
  { name: 'exception filter', metadataKey: EXCEPTION_FILTERS_METADATA, method: 'catch' },
  PIPE,
];

interface DeclaredEnhancer {
  readonly kind: Kind;
  /** A class or an instance. */
  readonly enhancer: unknown;
}

/** What a parameter decorator such as `@Body('name', ParseIntPipe)` left behind. */
export interface DecoratedParameter {
  /** The name of the source and the position: `'3:0'`. */
  readonly key: string;
  readonly index: number;
  readonly data: unknown;
  readonly pipes: readonly unknown[];
  readonly schema: unknown;
}

const contextUtils = new ContextUtils();

/**
 * Whether guards, interceptors, filters or pipes are declared on the handler, its class or its parameters.
 *
 * @throws {UnresolvableEnhancerError} for one that Nest would silently leave out: a job without its guard.
 */
export function hasDeclaredEnhancers(target: HandlerTarget): boolean {
  const declared = [...declaredOnClassAndMethod(target), ...declaredOnParameters(target)];
  for (const item of declared) assertResolvable(item, target);
  return declared.length > 0;
}

export function decoratedParameters(target: HandlerTarget): readonly DecoratedParameter[] {
  const metadata = contextUtils.reflectCallbackMetadata<Record<string, Omit<DecoratedParameter, 'key'>> | undefined>(
    prototypeOf(target),
    target.methodName,
    ROUTE_ARGS_METADATA,
  );
  return Object.entries(metadata ?? {}).map(([key, parameter]) => ({
    ...parameter,
    key,
    pipes: parameter.pipes ?? [],
  }));
}

function declaredOnClassAndMethod(target: HandlerTarget): DeclaredEnhancer[] {
  const holders = [classOf(target), methodOf(target)];
  return KINDS.flatMap((kind) =>
    holders
      .flatMap((holder) => (Reflect.getMetadata(kind.metadataKey, holder) as unknown[] | undefined) ?? [])
      .map((enhancer) => ({ kind, enhancer })),
  );
}

function declaredOnParameters(target: HandlerTarget): DeclaredEnhancer[] {
  return decoratedParameters(target).flatMap(({ pipes }) => pipes.map((enhancer) => ({ kind: PIPE, enhancer })));
}

function assertResolvable({ kind, enhancer }: DeclaredEnhancer, { host, wrapper, methodName }: HandlerTarget): void {
  if (typeof enhancer !== 'function' || host.injectables.has(enhancer)) return;
  if (kind.method in enhancer) return;
  throw new UnresolvableEnhancerError(kind.name, enhancer.name, `${String(wrapper.name)}.${methodName}`, host.name);
}
