import type { InstanceWrapper, Module } from '@nestjs/core/internal';

/** A method of a provider or controller that the scheduler calls. */
export interface HandlerTarget {
  /** The module that provides the class. */
  readonly host: Module;
  readonly wrapper: InstanceWrapper;
  readonly methodName: string;
}

/** An instance seen as a bag of methods: discovery has made sure that the one asked for is there. */
export type HandlerInstance = Record<string, (...args: unknown[]) => unknown>;

export type HandlerMethod = (...args: unknown[]) => unknown;

/** An object with the class's prototype, whether or not there is an instance yet: enough to read metadata from. */
export function prototypeOf({ wrapper }: HandlerTarget): HandlerInstance {
  const instance = wrapper.instance as object | null | undefined;
  if (wrapper.isNotMetatype && instance) return instance as HandlerInstance;
  return Object.create((wrapper.metatype as { readonly prototype: object }).prototype) as HandlerInstance;
}

/** The method as the decorators left it: guards and the like find their metadata on it. */
export function methodOf(target: HandlerTarget): HandlerMethod {
  return prototypeOf(target)[target.methodName] as HandlerMethod;
}
