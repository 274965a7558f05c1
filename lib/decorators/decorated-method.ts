import { isGeneratorFunction } from '../errors/object-kinds.js';
import { InvalidDecoratorError } from './decorator-errors.js';

/** The method that a decorator stands on. */
export interface DecoratedMethod {
  readonly prototype: object;
  readonly key: string;
  /** Such as `Reports.daily`. */
  readonly label: string;
}

/**
 * What a decorator was applied to, if it is something that can be run by name.
 *
 * @param decorator as it is written, such as `@Cron('0 3 * * *')`
 * @throws {InvalidDecoratorError} for anything but a method of an instance with a name of text
 */
export function decoratedMethod(
  decorator: string,
  target: unknown,
  key: unknown,
  descriptor: unknown,
): DecoratedMethod {
  if (isStandardContext(key)) {
    throw new InvalidDecoratorError(
      `${decorator} was compiled as a standard decorator, which Nest does not use. ` +
        `Set "experimentalDecorators": true in tsconfig.json.`,
    );
  }
  if (key === undefined) {
    throw new InvalidDecoratorError(
      `${decorator} stands on ${labelOf(target)}, which is no method. Put it on a method of a provider or controller.`,
    );
  }
  const label = `${labelOf(target)}.${String(key)}`;
  if (typeof target === 'function') {
    throw new InvalidDecoratorError(
      `${label}: ${decorator} stands on a static method, which Nest has no instance for. Make it an instance method.`,
    );
  }
  if (typeof target !== 'object' || target === null) {
    throw new InvalidDecoratorError(`${label}: ${decorator} stands on no class member.`);
  }
  if (typeof key !== 'string') {
    throw new InvalidDecoratorError(
      `${label}: ${decorator} stands on a method named by a symbol. A store keeps names, so give the method one.`,
    );
  }
  assertMethod(decorator, label, descriptor);
  return { prototype: target, key, label };
}

function assertMethod(decorator: string, label: string, descriptor: unknown): void {
  if (typeof descriptor === 'number') {
    throw new InvalidDecoratorError(`${label}: ${decorator} stands on a parameter. Put it on the method.`);
  }
  const property = (descriptor ?? {}) as PropertyDescriptor;
  if (isGeneratorFunction(property.value)) {
    throw new InvalidDecoratorError(
      `${label}: ${decorator} stands on a generator, whose body a call does not run. Make it a plain or async method.`,
    );
  }
  if (typeof property.value === 'function') return;
  if ('get' in property) {
    throw new InvalidDecoratorError(
      `${label}: ${decorator} stands on an accessor. Put it on a method; if another decorator turned the method into ` +
        `an accessor, put ${decorator} below it.`,
    );
  }
  throw new InvalidDecoratorError(
    `${label}: ${decorator} stands on a property. A property exists only on instances: make it a method.`,
  );
}

function labelOf(target: unknown): string {
  const constructor: unknown = typeof target === 'function' ? target : (target as object | undefined)?.constructor;
  return (typeof constructor === 'function' && constructor.name) || 'an anonymous class';
}

/** Standard (stage 3) decorators get a context object as their second argument. */
function isStandardContext(key: unknown): boolean {
  return typeof key === 'object' && key !== null && 'kind' in key;
}
