import type { JobCodec } from '../codec/job-codec.js';
import type { Dialect } from '../dialects/dialect.js';

/** What every script works with. */
export interface ScriptContext {
  readonly sql: Dialect;
  readonly codec: JobCodec;
  readonly stamps: StampFloor;
  /** Whether the transaction is a caller's own, of whatever isolation. */
  readonly isWithin?: boolean;
}

/**
 * `gen` and `fence` of a new job start at the clock, which may stand still or step back between the removal of a job
 * and the next one of its id: this keeps the new one's above those of all that this session has removed.
 */
export class StampFloor {
  #floor = 0;

  noteRemoved(jobs: readonly { readonly gen: number; readonly fence: number }[]): void {
    for (const { gen, fence } of jobs) this.#floor = Math.max(this.#floor, gen, fence);
  }

  raise<T extends { readonly gen: number; readonly fence: number }>(job: T): T {
    if (job.gen > this.#floor && job.fence > this.#floor) return job;
    return { ...job, gen: Math.max(job.gen, this.#floor + 1), fence: Math.max(job.fence, this.#floor + 1) };
  }
}

export function unique(ids: readonly string[]): readonly string[] {
  return ids.length < 2 ? ids : [...new Set(ids)];
}
