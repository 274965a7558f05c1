import { isGeneratorFunction } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { InvalidTaskError } from '../jobs/job-errors.js';
import { assertTaskName } from '../jobs/job-id.js';
import { assertKnownKeys } from '../jobs/known-keys.js';
import { checkedRetryIf, type TaskRetryIf } from '../jobs/retry-if.js';
import type { Task } from './task-registry.js';

/** A plain function as a task. @throws {InvalidTaskError | InvalidJobOptionError} */
export function functionTask(
  name: string,
  fn: (...args: never[]) => unknown,
  options: TaskRetryIf & { readonly aliases?: readonly string[] },
): Task {
  assertTaskName(name, 'registerTask: name');
  if (typeof fn !== 'function') {
    throw new InvalidTaskError(
      `registerTask('${name}'): the second argument must be a function, got ${showValue(fn)}.`,
    );
  }
  if (isClass(fn)) {
    throw new InvalidTaskError(
      `registerTask('${name}'): ${fn.name || 'the second argument'} is a class, which can't be called. ` +
        `Give a function: () => new ${fn.name || 'Task'}().`,
    );
  }
  if (isGeneratorFunction(fn)) {
    throw new InvalidTaskError(
      `registerTask('${name}'): a generator function does nothing when it is called. Give a plain or async function.`,
    );
  }
  assertKnownKeys(options, ['aliases', 'retryIf'], `registerTask('${name}')`);
  const { aliases = [] } = options;
  if (!Array.isArray(aliases)) throw new InvalidTaskError(`registerTask('${name}'): aliases must be a list of names.`);
  for (const alias of aliases) assertTaskName(alias, `registerTask('${name}'): alias`);
  const retryIf = checkedRetryIf(options.retryIf, `registerTask('${name}'): retryIf`);
  return { name, aliases, retryIf, source: `registerTask('${name}')`, invoke: (args) => fn(...(args as never[])) };
}

function isClass(fn: (...args: never[]) => unknown): boolean {
  return /^class\b/.test(Function.prototype.toString.call(fn));
}
