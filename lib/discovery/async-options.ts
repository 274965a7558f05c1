import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Provider, Type } from '@nestjs/common';
import { isObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { nearestWord } from '../jobs/known-keys.js';
import type { SchedulerModuleOptions } from '../scheduler.options.js';
import { InvalidAsyncOptionsError } from './discovery-errors.js';

export const SCHEDULER_OPTIONS = Symbol('SCHEDULER_OPTIONS');

/**
 * Makes the module's options, for `forRootAsync({ useClass })` and `{ useExisting }`.
 *
 * @example
 * class SchedulerConfig implements SchedulerOptionsFactory {
 *   createSchedulerOptions() { return { timeZone: 'Europe/Berlin' }; }
 * }
 * @publicApi
 */
export interface SchedulerOptionsFactory {
  createSchedulerOptions(): SchedulerModuleOptions | Promise<SchedulerModuleOptions>;
}

/** Where `forRootAsync` gets the options from: exactly one of `useFactory`, `useClass`, `useExisting`. @publicApi */
export interface SchedulerModuleAsyncOptions {
  /** Modules that export what is injected. */
  readonly imports?: ModuleMetadata['imports'];
  /** What `useFactory` is called with. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  /** Makes the options of what is injected. */
  readonly useFactory?: (...args: never[]) => SchedulerModuleOptions | Promise<SchedulerModuleOptions>;
  /** A class that Nest makes an instance of. */
  readonly useClass?: Type<SchedulerOptionsFactory>;
  /** A provider that is there already. */
  readonly useExisting?: InjectionToken<SchedulerOptionsFactory>;
}

const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;
const KEYS: readonly string[] = ['imports', 'inject', ...SOURCES];
const A_TOKEN = 'an injection token (a class, a string or a symbol)';
const OPTIONS_FACTORY = Symbol('SCHEDULER_OPTIONS_FACTORY');

/** @throws {InvalidAsyncOptionsError} */
export function optionsProviders(options: SchedulerModuleAsyncOptions): readonly Provider[] {
  assertAsyncOptions(options);
  const { useFactory, useClass, useExisting, inject = [] } = options;
  if (useFactory) {
    const factory = useFactory as (...args: unknown[]) => unknown;
    const create = async (...args: unknown[]): Promise<unknown> => assertMade(await factory(...args), 'useFactory');
    return [{ provide: SCHEDULER_OPTIONS, inject: [...inject], useFactory: create }];
  }
  const create = async (factory: SchedulerOptionsFactory): Promise<unknown> => {
    if (typeof factory?.createSchedulerOptions !== 'function') {
      throw new InvalidAsyncOptionsError(
        `the ${useClass ? 'class of useClass' : 'provider of useExisting'} has no method createSchedulerOptions().`,
      );
    }
    return assertMade(await factory.createSchedulerOptions(), 'createSchedulerOptions()');
  };
  const provided = { provide: SCHEDULER_OPTIONS, inject: [useExisting ?? OPTIONS_FACTORY], useFactory: create };
  return useClass ? [{ provide: OPTIONS_FACTORY, useClass }, provided] : [provided];
}

function assertAsyncOptions(options: SchedulerModuleAsyncOptions): void {
  if (!isObject(options)) {
    throw new InvalidAsyncOptionsError(`the options must be an object, such as { useFactory: () => ({}) }.`);
  }
  assertKeys(Object.keys(options));
  const sources = SOURCES.filter((source) => options[source] !== undefined);
  if (sources.length !== 1) {
    throw new InvalidAsyncOptionsError(
      `exactly one of ${SOURCES.join(', ')} is needed, got ${sources.join(' and ') || 'none'}.`,
    );
  }
  assertSource(options);
  if (options.inject && !options.useFactory) {
    throw new InvalidAsyncOptionsError(`inject goes with useFactory; ${sources[0]} is injected by Nest itself.`);
  }
  assertLists(options);
}

function assertSource({ useFactory, useClass, useExisting }: SchedulerModuleAsyncOptions): void {
  if (useFactory !== undefined && typeof useFactory !== 'function') {
    throw new InvalidAsyncOptionsError(`useFactory must be a function, got ${showValue(useFactory)}.`);
  }
  if (useClass !== undefined && !isClass(useClass)) {
    const got = typeof useClass === 'function' ? 'a function that no instance can be made of' : showValue(useClass);
    throw new InvalidAsyncOptionsError(`useClass must be a class, got ${got}.`);
  }
  if (useExisting !== undefined && !isToken(useExisting)) {
    throw new InvalidAsyncOptionsError(`useExisting must be ${A_TOKEN}, got ${showValue(useExisting)}.`);
  }
}

function assertLists({ inject, imports }: SchedulerModuleAsyncOptions): void {
  if (imports !== undefined && !Array.isArray(imports)) {
    throw new InvalidAsyncOptionsError(`imports must be a list of modules, got ${showValue(imports)}.`);
  }
  if (inject === undefined) return;
  if (!Array.isArray(inject)) {
    throw new InvalidAsyncOptionsError(`inject must be a list of injection tokens, got ${showValue(inject)}.`);
  }
  for (const [place, given] of [...(inject as readonly unknown[])].entries()) {
    if (isToken(given) || (isObject(given) && isToken(given['token']))) continue;
    throw new InvalidAsyncOptionsError(`inject[${place}] must be ${A_TOKEN}, got ${showValue(given)}.`);
  }
}

/** Nest also takes `forwardRef(() => Token)`, for files that import each other. */
function isToken(value: unknown): boolean {
  if (isObject(value)) return typeof value['forwardRef'] === 'function';
  return typeof value === 'string' || typeof value === 'symbol' || typeof value === 'function';
}

function isClass(value: unknown): boolean {
  try {
    // Looks at what could be made, and makes nothing of it.
    Reflect.construct(Object, [], value as Type);
    return true;
  } catch {
    return false;
  }
}

function assertKeys(keys: readonly string[]): void {
  const unknown = keys.find((key) => !KEYS.includes(key));
  if (unknown === undefined) return;
  const nearest = nearestWord(unknown, KEYS);
  const hint = nearest
    ? `Did you mean "${nearest}"?`
    : `Known: ${KEYS.join(', ')}. What useFactory returns takes the rest.`;
  throw new InvalidAsyncOptionsError(`unknown option "${unknown}". ${hint}`);
}

/** A factory without a `return` would otherwise mean: all defaults. */
function assertMade(options: unknown, source: string): unknown {
  if (options !== undefined && options !== null) return options;
  throw new InvalidAsyncOptionsError(
    `${source} returned ${showValue(options)} instead of the options. Return {} for the defaults.`,
  );
}
