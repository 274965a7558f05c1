import type { JobRecord } from '../jobs/job-record.js';
import type { Lane } from '../stores/job-store.js';

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

  /** Takes out what is due at `now` and has room in its lane. */
  takeDue(now: number, lanes: readonly Lane[]): JobRecord[] {
    const room = new Map(lanes.map(({ executor, limit }) => [executor, limit]));
    let roomLeft = lanes.reduce((sum, { limit }) => sum + limit, 0);
    const taken: JobRecord[] = [];
    const left: JobRecord[] = [];
    for (const job of this.#jobs) {
      if (roomLeft === 0 || (job.dueAt as number) > now) break;
      const free = room.get(job.executor) ?? 0;
      if (free === 0) {
        left.push(job);
        continue;
      }
      taken.push(job);
      room.set(job.executor, free - 1);
      roomLeft--;
    }
    this.#jobs.splice(0, taken.length + left.length, ...left);
    return taken;
  }

  /** Somebody else works on what is due at `now` in the same order: goes on from another place. */
  reorderDue(now: number): void {
    const end = this.#endOfDue(now);
    const start = Math.floor(Math.random() * end);
    this.#jobs.push(...this.#jobs.splice(0, start));
    this.#jobs.push(...this.#jobs.splice(end - start, this.#jobs.length - end));
  }

  #endOfDue(now: number): number {
    const end = this.#jobs.findIndex((job) => (job.dueAt as number) > now);
    return end === -1 ? this.#jobs.length : end;
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
