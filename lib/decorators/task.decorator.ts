import { isObject } from '../errors/object-kinds.js';
import { assertTaskName } from '../jobs/job-id.js';
import { assertKnownKeys } from '../jobs/known-keys.js';
import { checkedRetryIf, type TaskRetryIf } from '../jobs/retry-if.js';
import { checkedAliases, type TaskAliases } from './aliases.js';
import { declareTask } from './declarations.js';
import { decoratedMethod } from './decorated-method.js';
import { InvalidDecoratorError } from './decorator-errors.js';
import { writtenForm } from './job-decorator.js';

/** The options of {@link Task}. @publicApi */
export interface TaskOptions extends TaskAliases, TaskRetryIf {}

/**
 * Makes the method a handler for jobs that are added at run time. Stored jobs know it by `name`, or by
 * `ClassName.method` without one: a name of its own survives a renaming of the class.
 *
 * @example
 * class Reminders { @Task('send-reminder') async send(userId: string, text: string) {} }
 * @throws {InvalidTaskError} when the class is defined, for a name that can't be kept in a store
 * @throws {InvalidDecoratorError} for a second `@Task()` on the method
 * @throws {InvalidJobOptionError} for an option that is unknown, and for a `retryIf` that can't answer at once
 * @publicApi
 */
export function Task(name?: string, options: TaskOptions = {}): MethodDecorator {
  const decorator = name === undefined ? '@Task()' : writtenForm('Task', name);
  return (target, key, descriptor) => {
    const method = decoratedMethod(decorator, target, key, descriptor);
    const what = `${method.label}: ${decorator}`;
    if (name !== undefined) assertTaskName(name, `${what}: the name`);
    if (!isObject(options)) {
      throw new InvalidDecoratorError(`${what}: the options must be an object, such as { aliases: ['old-name'] }.`);
    }
    assertKnownKeys(options, ['aliases', 'retryIf'], what);
    const retryIf = checkedRetryIf(options.retryIf, `${what}: retryIf`);
    declareTask(method, { name, aliases: checkedAliases(options.aliases, what), retryIf });
  };
}
