import { SchedulerError } from '../errors/scheduler-error.js';
import type { JsonValue } from '../jobs/json.js';
import type { RetryIf } from '../jobs/retry-if.js';
import type { RunContext } from './run-context.js';

/** A named handler. Only these can ever be called from a store. */
export interface Task {
  readonly name: string;
  /** Names it had before: stored jobs that carry one still find it. */
  readonly aliases: readonly string[];
  /** Where it stands, for messages: `Reports.daily (ReportsModule)`. */
  readonly source: string;
  /** Which failures are worth another attempt, for jobs that don't say; not there: all. */
  readonly retryIf?: RetryIf | undefined;
  /** Calls the handler; may throw or reject. */
  invoke(args: readonly JsonValue[], context: RunContext): unknown;
}

/** Two tasks claim one name. @publicApi */
export class DuplicateTaskError extends SchedulerError {
  readonly code = 'DUPLICATE_TASK';

  constructor(name: string, first: string, second: string) {
    super(
      `The task name "${name}" is claimed twice: by ${first} and by ${second}. Give one of them another, with @Task('…').`,
    );
  }
}

/** The tasks this process can run, by name and alias. */
export class TaskRegistry {
  readonly #tasks = new Map<string, Task>();
  readonly #listeners = new Set<() => void>();

  /** Every name a stored job may use, aliases included. */
  get names(): ReadonlySet<string> {
    return new Set(this.#tasks.keys());
  }

  get(name: string): Task | undefined {
    return this.#tasks.get(name);
  }

  /** All names of the task that is known by this one; this one alone when there is none. */
  namesOf(name: string): readonly string[] {
    const task = this.#tasks.get(name);
    return task ? [task.name, ...task.aliases] : [name];
  }

  /** @throws {DuplicateTaskError} */
  register(task: Task): void {
    const names = [task.name, ...task.aliases];
    for (const name of names) {
      const other = this.#tasks.get(name);
      if (other) throw new DuplicateTaskError(name, other.source, task.source);
    }
    for (const name of names) this.#tasks.set(name, task);
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
