import type { Clock, ClockTimer } from '../clock.js';
import type { Completion } from '../stores/job-store.js';
import { Backoff } from './backoff.js';

/** Most locks that an outcome meets are those of a claim or a change, which are gone after a few milliseconds. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;
/** Of the time that a shutdown leaves for the last outcomes, the end counts: the lock may be gone by then. */
const LONGEST_LAST_PAUSE_MS = 100;

interface BusyOutcomesPorts {
  readonly clock: Clock;
  readonly keepAlive: boolean;
  /** These may be tried again. */
  again(completions: readonly Completion[]): void;
}

interface BusyJob {
  backoff: Backoff;
  completions: Completion[];
  /** `null` while they are being tried. */
  pause: ClockTimer | null;
}

/**
 * Outcomes that can't be written because somebody has locked their runs or jobs: those of one job together, so that they keep
 * their order, each time after a longer pause. The others go on without them.
 */
export class BusyOutcomes {
  readonly #ports: BusyOutcomesPorts;
  readonly #jobs = new Map<string, BusyJob>();
  #longestPauseMs = LONGEST_PAUSE_MS;

  constructor(ports: BusyOutcomesPorts) {
    this.#ports = ports;
  }

  get waiting(): readonly Completion[] {
    return [...this.#jobs.values()].flatMap(({ completions }) => completions);
  }

  /** Whether none was locked when it was tried last. */
  get isEmpty(): boolean {
    return this.#jobs.size === 0;
  }

  /** Takes another outcome of a job of which some wait; answers whether it did. */
  join(completion: Completion): boolean {
    const job = this.#jobs.get(completion.run.jobId);
    if (!job?.pause) return false;
    job.completions.push(completion);
    return true;
  }

  /** The store has answered that somebody else has them. */
  hold(completions: readonly Completion[]): void {
    for (const completion of completions) {
      if (!this.join(completion)) this.#pause(completion);
    }
  }

  /** These are written. */
  settle(completions: readonly Completion[]): void {
    if (this.#jobs.size === 0) return;
    for (const { run } of completions) if (!this.#jobs.get(run.jobId)?.pause) this.#jobs.delete(run.jobId);
  }

  /** Tries all at once, and from then on after short pauses. */
  hurry(): void {
    this.#longestPauseMs = LONGEST_LAST_PAUSE_MS;
    for (const job of this.#jobs.values()) {
      job.backoff = this.#newBackoff();
      if (!job.pause) continue;
      job.pause.cancel();
      this.#tryAgain(job);
    }
  }

  clear(): void {
    for (const { pause } of this.#jobs.values()) pause?.cancel();
    this.#jobs.clear();
  }

  #pause(completion: Completion): void {
    const { clock, keepAlive } = this.#ports;
    const { jobId } = completion.run;
    const backoff = this.#jobs.get(jobId)?.backoff ?? this.#newBackoff();
    const job: BusyJob = { backoff, completions: [completion], pause: null };
    job.pause = clock.setTimer(() => this.#tryAgain(job), backoff.next(), { keepAlive });
    this.#jobs.set(jobId, job);
  }

  #newBackoff(): Backoff {
    return new Backoff(FIRST_PAUSE_MS, this.#longestPauseMs);
  }

  #tryAgain(job: BusyJob): void {
    const { completions } = job;
    job.completions = [];
    job.pause = null;
    this.#ports.again(completions);
  }
}
