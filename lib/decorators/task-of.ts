import { InvalidTaskError } from '../jobs/job-errors.js';
import type { TaskRef } from '../jobs/task-ref.js';
import { declaredMethods, defaultTaskName } from './declarations.js';

/** The names of the methods of `Host`. */
type MethodName<Host> = {
  [Key in keyof Host]: Host[Key] extends (...args: never[]) => unknown ? Key : never;
}[keyof Host] &
  string;

type ArgsOf<Method> = Method extends (...args: infer Args) => unknown ? Args : never;

/**
 * The task that a decorated method is, with the types of its arguments: `addJob` then refuses wrong, missing and
 * non-JSON arguments when it is compiled.
 *
 * @example
 * await scheduler.addJob({ task: taskOf(Reminders, 'send'), args: ['user-1', 'Hello'], trigger: at(when) });
 * @throws {InvalidTaskError} when the method carries none of our decorators.
 * @publicApi
 */
export function taskOf<Host extends object, Name extends MethodName<Host>>(
  host: abstract new (...args: never[]) => Host,
  method: Name,
): TaskRef<ArgsOf<Host[Name]>> {
  const given: unknown = host;
  if (typeof given !== 'function') {
    throw new InvalidTaskError("taskOf() takes a class and the name of a method: taskOf(Reminders, 'send').");
  }
  const declared = declaredMethods(host.prototype as object).get(method);
  if (!declared?.task && !declared?.jobs.length) {
    throw new InvalidTaskError(
      `taskOf(${host.name}, '${method}'): ${host.name}.${method} is not a task. Decorate it with @Task().`,
    );
  }
  return { taskName: declared.task?.name ?? defaultTaskName(host.name, method) };
}
