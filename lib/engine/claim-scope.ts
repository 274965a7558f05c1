import type { TaskRegistry } from '../executors/task-registry.js';
import type { ClaimScope } from '../stores/job-store.js';

/** What this node may claim from one store: kept up to date as tasks come and rows turn out unreadable. */
export class ScopeKeeper {
  readonly #tasks: TaskRegistry;
  readonly #declaredJobs: ReadonlySet<string>;
  readonly #excluded = new Set<string>();
  #scope: ClaimScope | null = null;
  #version = 0;

  constructor(tasks: TaskRegistry, declaredJobs: ReadonlySet<string>) {
    this.#tasks = tasks;
    this.#declaredJobs = declaredJobs;
  }

  get current(): ClaimScope {
    return (this.#scope ??= {
      version: ++this.#version,
      tasks: this.#tasks.names,
      declaredJobs: this.#declaredJobs,
      excludedJobs: new Set(this.#excluded),
    });
  }

  exclude(jobId: string): void {
    this.#excluded.add(jobId);
    this.#scope = null;
  }

  /** Gives every row another chance: it may have been repaired. */
  includeAll(): void {
    if (this.#excluded.size === 0) return;
    this.#excluded.clear();
    this.#scope = null;
  }

  /** The tasks have changed. */
  refresh(): void {
    this.#scope = null;
  }
}
