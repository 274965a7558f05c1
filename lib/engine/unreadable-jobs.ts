import type { UnreadableJob } from '../stores/job-store.js';
import { TriggerSearchError } from '../triggers/trigger-errors.js';
import type { ScopeKeeper } from './claim-scope.js';
import type { RunEvents } from './run-events.js';

/** The jobs of one store whose rows can't be read, or whose trigger throws: told once each, and no more claimed. */
export class UnreadableJobs {
  readonly #events: RunEvents;
  readonly #scope: ScopeKeeper;
  readonly #ids = new Set<string>();

  constructor(events: RunEvents, scope: ScopeKeeper) {
    this.#events = events;
    this.#scope = scope;
  }

  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  report(unreadable: readonly UnreadableJob[]): void {
    for (const { id, error } of unreadable) {
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      const reason = error instanceof TriggerSearchError ? 'searching' : 'unreadable';
      this.#events.unresolvable(id, reason, error.message);
    }
  }

  /** Reports them, and keeps them out of what is looked at until something changes. */
  exclude(unreadable: readonly UnreadableJob[]): void {
    for (const { id } of unreadable) this.#scope.exclude(id);
    this.report(unreadable);
  }

  /** The job was read, and its next fire found, whatever was before. */
  wasRead(id: string): void {
    if (this.#ids.size > 0 && this.#ids.delete(id)) this.#events.job('job.recovered', id);
  }
}
