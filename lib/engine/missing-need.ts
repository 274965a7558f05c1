import { setImmediate } from 'node:timers/promises';
import type { JobRecord } from '../jobs/job-record.js';
import type { JobFilter, JobStoreSession, Need } from '../stores/job-store.js';

/** Ids that are read at a time. */
const PAGE = 1_000;
/** Per look, as dead nodes are looked for between two: at first, and when each job has been seen. */
const [FIRST_PAGES, LATER_PAGES] = [10, 3];
/** Rows that are read and understood within some three milliseconds: what is due meanwhile waits for no longer. */
const ROWS = 100;

/**
 * A need that no live node meets, and the jobs that have it. Their ids are looked through page by page, over and over, for
 * those that have come since: more of them per call at first than later.
 */
export class MissingNeed {
  readonly need: Need;
  /** Since when, monotonic. */
  readonly since: number;
  readonly #session: JobStoreSession;
  readonly #filter: JobFilter;
  readonly #page: number;
  readonly #reported = new Set<string>();
  readonly #seenThisRound = new Set<string>();
  /** The last id of the page before; empty where a round begins. */
  #after = '';
  #hasSeenAll = false;

  constructor(need: Need, since: number, session: JobStoreSession) {
    this.need = need;
    this.since = since;
    this.#session = session;
    // What is in the process's own memory is there at once, and nothing looks for more of it later.
    this.#page = session.isShared ? PAGE : Number.MAX_SAFE_INTEGER;
    const { kind, name } = need;
    this.#filter = { states: ['active', 'paused'], ...(kind === 'task' ? { tasks: [name] } : { executor: name }) };
  }

  /** Calls `report` for each job that it has not been called for yet. */
  async look(report: (job: JobRecord) => void): Promise<void> {
    for (let pagesLeft = this.#hasSeenAll ? LATER_PAGES : FIRST_PAGES; pagesLeft > 0; pagesLeft--) {
      const ids = await this.#session.findJobsInNeed(this.need, this.#after, this.#page);
      await this.#report(ids, report);
      for (const id of ids) this.#seenThisRound.add(id);
      this.#turnFrom(ids);
      if (this.#after === '') return this.#endRound();
    }
  }

  /** The need is met: calls `tell` for each job that was reported and is still there. */
  async resolve(tell: (jobId: string) => void): Promise<void> {
    if (this.#reported.size === 0) return;
    this.#after = '';
    do {
      const ids = await this.#session.findJobsInNeed(this.need, this.#after, this.#page);
      // Where a later page fails, all is done again: nobody is told twice.
      for (const id of ids) if (this.#reported.delete(id)) tell(id);
      this.#turnFrom(ids);
    } while (this.#after !== '');
  }

  async #report(ids: readonly string[], report: (job: JobRecord) => void): Promise<void> {
    const unreported = ids.filter((id) => !this.#reported.has(id));
    for (let i = 0; i < unreported.length; i += ROWS) {
      // A store whose answers are there at once would else let nothing of this process get between.
      if (i > 0) await setImmediate();
      const { jobs } = await this.#session.listJobs({ ids: unreported.slice(i, i + ROWS), ...this.#filter });
      for (const job of jobs) {
        report(job);
        this.#reported.add(job.id);
      }
    }
  }

  #turnFrom(ids: readonly string[]): void {
    this.#after = (ids.length < this.#page ? undefined : ids.at(-1)) ?? '';
  }

  /** Those that are gone, or run again, may come back. */
  #endRound(): void {
    for (const id of this.#reported) if (!this.#seenThisRound.has(id)) this.#reported.delete(id);
    this.#seenThisRound.clear();
    this.#hasSeenAll = true;
  }
}
