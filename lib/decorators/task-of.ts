import { isObject } from '../errors/object-kinds.js';
import { InvalidTaskError } from '../jobs/job-errors.js';
import type { TaskRef } from '../jobs/task-ref.js';
import { declaredMethods, defaultTaskName } from './declarations.js';

/** The names of the public methods of `T`. @publicApi */
export type MethodName<T> = {
  [Key in keyof T]: Key extends string ? (T[Key] extends (...args: never[]) => unknown ? Key : never) : never;
}[keyof T];

/** The parameters of a method. @publicApi */
export type MethodParameters<Method> = Method extends (...args: infer Args) => unknown ? Args : never;

/**
 * The task that a decorated method is, for `addJob`: with it the compiler checks `args` against the parameters.
 *
 * @throws {InvalidTaskError} when the method is none of the class, or carries none of the decorators that make a task
 * @example
 * await scheduler.addJob({ task: taskOf(Reminders, 'send'), args: ['42', 'Hello'], trigger: at(when) });
 * @publicApi
 */
export function taskOf<T extends object, Key extends MethodName<T>>(
  type: abstract new (...args: never[]) => T,
  method: Key,
): TaskRef<MethodParameters<T[Key]>> {
  const given: unknown = type;
  // An arrow function has no prototype.
  if (typeof given !== 'function' || !isObject(given.prototype)) {
    throw new InvalidTaskError(`taskOf() takes a class and the name of a method: taskOf(Reminders, 'send').`);
  }
  const declarations = declaredMethods(type.prototype as object).get(String(method));
  if (!declarations || (!declarations.task && declarations.jobs.length === 0)) {
    throw new InvalidTaskError(
      `taskOf(${type.name}, '${String(method)}'): this method is no task. Decorate it with @Task().`,
    );
  }
  return { taskName: declarations.task?.name ?? defaultTaskName(type.name, String(method)) };
}
