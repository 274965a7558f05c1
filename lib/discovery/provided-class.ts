import type { ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper, Module } from '@nestjs/core/internal';

/** A class that a module provides, as a provider or a controller. */
export interface ProvidedClass {
  readonly prototype: object;
  /** Empty for a class that has no name of its own. */
  readonly name: string;
  readonly host: Module;
  readonly wrapper: InstanceWrapper;
}

/** Everything that the modules provide and that has a class, in the order in which Nest holds it. */
export function* providedClasses(modules: ModulesContainer): Generator<ProvidedClass> {
  for (const host of modules.values()) {
    for (const wrapper of [...host.providers.values(), ...host.controllers.values()]) {
      const prototype = prototypeOf(wrapper);
      if (prototype) yield { prototype, name: nameOf(prototype), host, wrapper };
    }
  }
}

/** Classes that serve as tokens: what stands behind one of them may be a double, but the class is not forgotten. */
export function* tokenPrototypes(modules: ModulesContainer): Generator<object> {
  for (const { providers } of modules.values()) {
    for (const token of providers.keys()) {
      const prototype = typeof token === 'function' ? prototypeOfClass(token) : null;
      if (prototype) yield prototype;
    }
  }
}

/** Such as `ReportsModule`, or `ReportsModule as "REPORTS"` where the token is not the class itself. */
export function placeOf({ host, wrapper, prototype }: ProvidedClass): string {
  if (wrapper.token === prototype.constructor) return host.name;
  const token: unknown = wrapper.token;
  return `${host.name} as ${typeof token === 'function' ? token.name : `"${String(token)}"`}`;
}

/** An alias is another name for an instance that is provided elsewhere: not a class of its own. */
function prototypeOf(wrapper: InstanceWrapper): object | null {
  if (wrapper.isAlias) return null;
  if (!wrapper.isNotMetatype) return prototypeOfClass(wrapper.metatype);
  const instance: unknown = wrapper.instance;
  if (typeof instance === 'object' && instance !== null) return Object.getPrototypeOf(instance) as object | null;
  // A factory that is called once per run has made nothing yet; a class as its token says what it will make.
  return wrapper.isFactory && typeof wrapper.token === 'function' ? prototypeOfClass(wrapper.token) : null;
}

function prototypeOfClass(type: unknown): object | null {
  if (typeof type !== 'function') return null;
  return (type as { readonly prototype?: object }).prototype ?? null;
}

/** What Nest's `mixin()` calls a class: something random, another in each process. */
const NAME_OF_MIXIN = /^[0-9a-f]{21}$/;

function nameOf(prototype: object): string {
  const { constructor } = prototype as { readonly constructor?: unknown };
  return typeof constructor !== 'function' || NAME_OF_MIXIN.test(constructor.name) ? '' : constructor.name;
}
