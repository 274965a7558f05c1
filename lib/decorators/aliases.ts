import { assertTaskName } from '../jobs/job-id.js';
import { InvalidDecoratorError } from './decorator-errors.js';

/** What every decorator that makes a method a task takes. @publicApi */
export interface TaskAliases {
  /**
   * Names the task had before: stored jobs that carry one of them still find it. After renaming `Reports.nightly` to
   * `Reports.daily` write `aliases: ['Reports.nightly']`.
   */
  readonly aliases?: readonly string[];
}

/** @throws {InvalidDecoratorError | InvalidTaskError} for anything but a list of task names */
export function checkedAliases(aliases: unknown, what: string): readonly string[] {
  if (aliases === undefined) return [];
  if (!Array.isArray(aliases)) {
    throw new InvalidDecoratorError(`${what}: aliases must be a list of task names, such as ['Reports.nightly'].`);
  }
  for (const alias of aliases as unknown[]) assertTaskName(alias, `${what}: an alias`);
  return [...new Set(aliases as string[])];
}
