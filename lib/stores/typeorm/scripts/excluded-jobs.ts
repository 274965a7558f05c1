import type { JobRecord } from '../../../jobs/job-record.js';
import type { Row } from '../script.js';

/** How many excluded jobs a peek looks at again: so few that thousands of them do not slow the others down. */
const REVISITED = 20;

/** Stands for a row that could not be read: whatever can be read is a change from it. */
const UNREADABLE = '';

/**
 * The jobs that the engine does not want to see until their rows change: those that could not be read, which somebody
 * may repair, and those that it could not make sense of itself.
 */
export class ExcludedJobs {
  #ids: readonly string[] = [];
  #next = 0;
  /** By id, what the row said when it was left alone. */
  readonly #leftAs = new Map<string, string>();

  adopt(ids: ReadonlySet<string>): void {
    this.#ids = [...ids];
    for (const id of this.#leftAs.keys()) if (!ids.has(id)) this.#leftAs.delete(id);
  }

  noteUnreadable(row: Row): void {
    this.#leftAs.set(String(row['id']), UNREADABLE);
  }

  /** Those whose turn it is. */
  nextToRevisit(): readonly string[] {
    if (this.#next >= this.#ids.length) this.#next = 0;
    const ids = this.#ids.slice(this.#next, this.#next + REVISITED);
    this.#next += REVISITED;
    return ids;
  }

  /** Whether an excluded job, readable now, is defined otherwise than when it was left alone. */
  hasChanged(job: JobRecord): boolean {
    const before = this.#leftAs.get(job.id);
    const now = `${job.gen} ${job.updatedAt} ${JSON.stringify(job.trigger)}`;
    if (before !== undefined) return before !== now;
    this.#leftAs.set(job.id, now);
    return false;
  }
}
