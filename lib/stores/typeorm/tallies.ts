import { RunTally } from '../../jobs/run-tally.js';
import type { EndedRun } from './codec/tally-codec.js';
import { DAY, spansOf } from './tally-spans.js';

/** Where a tally stands in its table. */
export interface TallyKey {
  readonly span: number;
  readonly since: number;
  readonly task: string;
  /** Empty: of all runs of the task. */
  readonly job_id: string;
}

export interface KeyedTally extends TallyKey {
  readonly tally: RunTally;
}

/** What runs add to the tallies of the spans in which they ended, of their task and of their job. */
export class Tallies {
  readonly #byKey = new Map<string, KeyedTally>();
  readonly #hoursFrom: number;

  /** @param hoursFrom of what ended before there are days alone: see `hoursKeptFrom` */
  constructor(hoursFrom = -Infinity) {
    this.#hoursFrom = hoursFrom;
  }

  get all(): readonly KeyedTally[] {
    return [...this.#byKey.values()];
  }

  count(run: EndedRun): void {
    for (const { span, since } of spansOf(run.finishedAt)) {
      if (span !== DAY && since < this.#hoursFrom) continue;
      this.of({ span, since, task: run.task, job_id: '' }).count(run);
      if (run.hasJob) this.of({ span, since, task: run.task, job_id: run.jobId }).count(run);
    }
  }

  of({ span, since, task, job_id }: TallyKey): RunTally {
    const key = `${span} ${since} ${task} ${job_id}`;
    const known = this.#byKey.get(key);
    if (known) return known.tally;
    const tally = new RunTally();
    this.#byKey.set(key, { span, since, task, job_id, tally });
    return tally;
  }
}
