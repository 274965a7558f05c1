import type { JobStoreSession, UnreadableJob, UnreadableRun } from '../stores/job-store.js';

/** Rows looked at in one go at the start: about three milliseconds. */
const FIRST_PAGE = 200;
/** An idle process has forgotten what it compiled: a row costs it several times as much. */
const LATER_PAGE = 100;

/** The first pages follow each other, so that what is wrong is known soon, and nothing is held up. */
const FIRST_PAUSE_MS = 50;
/** Beyond so many a store is large, and must not keep a process busy for half a minute after each start. */
const FIRST_PAGES = 25;

/** Who is told of the rows that can't be read; may be told again of the same. */
export interface UnreadableReports {
  jobs(unreadable: readonly UnreadableJob[]): void;
  runs(unreadable: readonly UnreadableRun[]): void;
}

/**
 * Looks through the jobs and the unfinished runs of a store, a page at a time and again and again, for rows that can't
 * be read. A row with a wrong state or instant is in no index where the loop would meet it: its job would never fire,
 * and nobody would know why.
 */
export class UnreadableWatch {
  readonly #session: JobStoreSession;
  readonly #reports: UnreadableReports;
  readonly #laterPauseMs: () => number;
  #firstPagesLeft = FIRST_PAGES;
  #hasFailed = false;

  constructor(session: JobStoreSession, reports: UnreadableReports, laterPauseMs: () => number) {
    this.#session = session;
    this.#reports = reports;
    this.#laterPauseMs = laterPauseMs;
  }

  /** How long to wait for the next page. */
  pauseMs(): number {
    return this.#firstPagesLeft > 0 && !this.#hasFailed ? FIRST_PAUSE_MS : this.#laterPauseMs();
  }

  async look(): Promise<void> {
    this.#hasFailed = true;
    const rows = this.#firstPagesLeft > 0 ? FIRST_PAGE : LATER_PAGE;
    const { jobs, runs, hasSeenAll } = await this.#session.findUnreadable(rows);
    this.#hasFailed = false;
    this.#firstPagesLeft = hasSeenAll ? 0 : this.#firstPagesLeft - 1;
    if (jobs.length > 0) this.#reports.jobs(jobs);
    if (runs.length > 0) this.#reports.runs(runs);
  }
}
