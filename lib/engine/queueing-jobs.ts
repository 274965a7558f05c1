import type { RunRecord } from '../jobs/run-record.js';
import type { ActiveRun } from './active-run.js';

/**
 * The jobs that had a run queued, and when the latest of those is available. Runs that wait for a free instance are in
 * no peek, so that they don't wake the loop in vain: the end of another run of their job does.
 */
export class QueueingJobs {
  readonly #availableAt = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#availableAt.size === 0;
  }

  /** A run waits, or has waited, and others of its job behind it. */
  note({ jobId, availableAt }: RunRecord): void {
    this.#availableAt.set(jobId, Math.max(this.#availableAt.get(jobId) ?? availableAt, availableAt));
  }

  /** Answers whether a queued run may start now that runs of these jobs have ended. */
  mayStart(endedJobs: Iterable<string>, active: Iterable<ActiveRun>, now: number): boolean {
    const jobIds = new Set<string>();
    for (const id of endedJobs) if (this.#availableAt.has(id)) jobIds.add(id);
    if (jobIds.size === 0) return false;
    for (const run of active) jobIds.delete(run.jobId);
    // Taken from the queue again, the job is noted again.
    for (const id of jobIds) if ((this.#availableAt.get(id) as number) <= now) this.#availableAt.delete(id);
    return true;
  }
}
