import type { JobRecord } from '../jobs/job-record.js';

/**
 * The jobs that a peek has seen to become due soon, so that each can be claimed at its instant without another peek.
 * Nothing is lost by a plan that has become wrong: the store refuses the claim, and the next peek tells how it is.
 */
export class PlannedFires {
  /** By `dueAt`. */
  #jobs: JobRecord[] = [];
  #until = -Infinity;

  /** The instant of the store's clock from which on there may be fires that this knows nothing of. */
  get until(): number {
    return this.#until;
  }

  get nextDueAt(): number | null {
    return this.#jobs[0]?.dueAt ?? null;
  }

  /** @param jobs all that become due before `until`, in order */
  replace(jobs: readonly JobRecord[], until: number): void {
    this.#jobs = [...jobs];
    this.#until = until;
  }

  /** From now on nothing is known. */
  forget(): void {
    this.#jobs = [];
    this.#until = -Infinity;
  }

  /** Takes out what is due at `now`. */
  takeDue(now: number): JobRecord[] {
    const end = this.#jobs.findIndex((job) => (job.dueAt as number) > now);
    return this.#jobs.splice(0, end === -1 ? this.#jobs.length : end);
  }

  /** The job as a claim has left it: due again before `until`, it is planned again. */
  add(job: JobRecord): void {
    const { dueAt } = job;
    if (job.state !== 'active' || dueAt === null || dueAt >= this.#until) return;
    let at = this.#jobs.length;
    while (at > 0 && ((this.#jobs[at - 1] as JobRecord).dueAt as number) > dueAt) at--;
    this.#jobs.splice(at, 0, job);
  }
}
