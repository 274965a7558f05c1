import type { RunRecord } from '../jobs/run-record.js';
import type { ActiveRun } from './active-run.js';

/** So often may runs of a job end without one being taken from the queue before it is believed to be empty. */
const ENDS_IN_VAIN = 2;

interface QueueingJob {
  /** When the latest of its queued runs is available. */
  readonly availableAt: number;
  /** How many runs have ended since one was taken from the queue. */
  endsInVain: number;
}

/**
 * The jobs that had a run queued. Runs that wait for a free instance are in no peek, so that they don't wake the loop in
 * vain: the end of another run of their job does.
 */
export class QueueingJobs {
  readonly #jobs = new Map<string, QueueingJob>();

  get isEmpty(): boolean {
    return this.#jobs.size === 0;
  }

  /** A run waits, or has waited, and others of its job behind it. */
  note({ jobId, availableAt }: RunRecord): void {
    const latest = Math.max(this.#jobs.get(jobId)?.availableAt ?? availableAt, availableAt);
    this.#jobs.set(jobId, { availableAt: latest, endsInVain: 0 });
  }

  /** Answers whether a queued run may start now that runs of these jobs have ended. */
  mayStart(endedJobs: Iterable<string>, active: Iterable<ActiveRun>, now: number): boolean {
    const jobIds = new Set<string>();
    for (const id of endedJobs) if (this.#jobs.has(id)) jobIds.add(id);
    if (jobIds.size === 0) return false;
    for (const run of active) jobIds.delete(run.jobId);
    for (const id of jobIds) this.#countEnd(id, now);
    return true;
  }

  /** Taken from the queue again, the job is noted again; but a fire may have had the free instance before. */
  #countEnd(id: string, now: number): void {
    const job = this.#jobs.get(id) as QueueingJob;
    if (job.availableAt > now) return;
    if (job.endsInVain === ENDS_IN_VAIN) this.#jobs.delete(id);
    job.endsInVain++;
  }
}
