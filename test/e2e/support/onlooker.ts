import type { Overlap } from '../../../lib/index.js';
import { witnessedJobs, type WitnessedJob } from '../programs/support/witnessed-jobs.js';
import type { Lives } from './life.js';

/** How many runs of one job had not ended, at one look. */
interface Crowding {
  readonly id: string;
  readonly running: number;
  /** Those that wait or run for the first time: whatever has failed once comes back beside them. */
  readonly fresh: number;
  /** Those that wait to run for the first time. */
  readonly waiting: number;
}

/** Looks at the runs that have not ended, again and again: what happens in between leaves no trace in the end. */
export class Onlooker {
  /** What was seen and must not be. */
  readonly excess: Crowding[] = [];
  /** The policies under which fires were seen to wait. */
  readonly waited = new Set<Overlap>();
  readonly #lives: Lives;
  readonly #specs: ReadonlyMap<string, WitnessedJob>;

  /** @param crowd that the program `witnessed` was started with */
  constructor(lives: Lives, crowd: number) {
    this.#lives = lives;
    this.#specs = witnessedJobs(crowd);
  }

  async look(): Promise<void> {
    for (const crowding of await this.#crowdings()) {
      const { options } = this.#specs.get(crowding.id) as WitnessedJob;
      const { maxInstances = 1, overlap = 'skip' } = options ?? {};
      if (crowding.running > maxInstances || crowding.fresh > mostFresh(options)) this.excess.push(crowding);
      if (crowding.waiting > 0) this.waited.add(overlap);
    }
  }

  /** In one statement, so that it is the state of one instant. */
  async #crowdings(): Promise<Crowding[]> {
    const count = (condition: string): string => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END)`;
    const rows = await this.#lives.query<Record<keyof Crowding, unknown>>(
      ({ run }) => `SELECT job_id AS id, ${count('state = 1')} AS running, ${count('attempt = 1')} AS fresh,
        ${count('state = 0 AND attempt = 1')} AS waiting FROM ${run} WHERE state <= 1 GROUP BY job_id`,
    );
    return rows.map(({ id, running, fresh, waiting }) => ({
      id: String(id),
      running: Number(running),
      fresh: Number(fresh),
      waiting: Number(waiting),
    }));
  }
}

/** Each fire is let in only if those that run or wait, retries included, are no more than this without it. */
function mostFresh({ maxInstances = 1, overlap = 'skip', coalesce }: WitnessedJob['options'] = {}): number {
  // What has become due during a standstill waits in any case.
  if (overlap === 'queue' || coalesce === 'all') return Infinity;
  return overlap === 'skip' ? maxInstances : maxInstances + 1;
}
