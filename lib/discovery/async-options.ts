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
  readonly useFactory?: (...args: never[]) => SchedulerModuleOptions | Promise<SchedulerModuleOptions>;
  /** A class that Nest makes an instance of. */
  readonly useClass?: Type<SchedulerOptionsFactory>;
  /** A provider that is there already. */
  readonly useExisting?: InjectionToken<SchedulerOptionsFactory>;
}

const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;
const KEYS: readonly string[] = ['imports', 'inject', ...SOURCES];
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
  if (sources[0] !== 'useExisting' && typeof options[sources[0] as 'useFactory'] !== 'function') {
    throw new InvalidAsyncOptionsError(
      `${sources[0]} must be a ${sources[0] === 'useClass' ? 'class' : 'function'}, got ${showValue(options[sources[0] as 'useFactory'])}.`,
    );
  }
  if (options.inject && !options.useFactory) {
    throw new InvalidAsyncOptionsError(`inject goes with useFactory; ${sources[0]} is injected by Nest itself.`);
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
