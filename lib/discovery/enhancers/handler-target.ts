import type { InstanceWrapper, Module } from '@nestjs/core/internal';

/** A method of a provider or controller that the scheduler calls. */
export interface HandlerTarget {
  /** The module that provides the class. */
  readonly host: Module;
  readonly wrapper: InstanceWrapper;
  readonly methodName: string;
}

/** An instance seen as a bag of methods. */
export type HandlerInstance = Record<string, HandlerMethod | undefined>;

export type HandlerMethod = (...args: unknown[]) => unknown;

/** An object with the class's prototype, whether or not there is an instance yet: enough to read metadata from. */
export function prototypeOf(target: HandlerTarget): HandlerInstance {
  const instance = target.wrapper.instance as object | null | undefined;
  if (target.wrapper.isNotMetatype && instance) return instance as HandlerInstance;
  return Object.create((classOf(target) as { readonly prototype: object }).prototype) as HandlerInstance;
}

/** The class that carries the handler's decorators. */
export function classOf({ wrapper }: HandlerTarget): object {
  if (!wrapper.isNotMetatype) return wrapper.metatype as object;
  const instance = wrapper.instance as object | null | undefined;
  // A factory that is called once per run has made nothing yet: its token is the class then.
  return instance ? instance.constructor : (wrapper.token as object);
}

/** The method as the decorators left it: guards and the like find their metadata on it. */
export function methodOf(target: HandlerTarget): HandlerMethod {
  return prototypeOf(target)[target.methodName] as HandlerMethod;
}

/**
 * Looks the method up with every call, so that one replaced later (a spy, a monkey patch) is the one called.
 *
 * @throws {TypeError} when it has gone: a run that calls nothing must not count as done
 */
export function callMethod(
  { methodName }: HandlerTarget,
  instance: HandlerInstance,
  args: readonly unknown[],
): unknown {
  if (typeof instance[methodName] === 'function') return instance[methodName](...args);
  throw new TypeError(`${instance.constructor.name}.${methodName} is not a method any more.`);
}
