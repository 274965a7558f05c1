import { stableChoice } from '../../jobs/stable-choice.js';
import type { RunTally } from '../../jobs/run-tally.js';
import type { EndedRun } from './codec/tally-codec.js';
import { DAY, spansOf } from './tally-spans.js';
import { nameOf, TallySums } from './tally-sums.js';

/**
 * Rows that hold what is known of a span: a few long texts are read sooner than a row for each job, and to add to a job
 * only one of them is written anew. Never changed: a job would be looked for in another row.
 */
const SHARDS = 32;

/** In which of the rows of a span the tally of a job is, or that of a task as a whole. */
export function shardOf(jobIdOrTask: string): number {
  return stableChoice(jobIdOrTask, SHARDS);
}

/** Where a row stands in the table of tallies. */
export interface ShardKey {
  readonly span: number;
  readonly since: number;
  readonly shard: number;
}

/** What is to be added to a row, by the names of its lines. */
export interface TallyShard extends ShardKey {
  readonly tallies: ReadonlyMap<string, RunTally>;
}

/** What runs add to the tallies of the spans in which they ended, of their task and of their job. */
export class Tallies {
  readonly #spans = new Map<string, SpanSums>();
  readonly #hoursFrom: number;

  /** @param hoursFrom of what ended before there are days alone: see `hoursKeptFrom` */
  constructor(hoursFrom = -Infinity) {
    this.#hoursFrom = hoursFrom;
  }

  get shards(): readonly TallyShard[] {
    return [...this.#spans.values()].flatMap(shardsOf);
  }

  count(run: EndedRun): void {
    const task = nameOf(run.task);
    const job = run.hasJob ? nameOf(run.task, run.jobId) : null;
    for (const { span, since } of spansOf(run.finishedAt)) {
      if (span !== DAY && since < this.#hoursFrom) continue;
      const { sums } = this.#of(span, since);
      sums.of(task).count(run);
      if (job !== null) sums.of(job).count(run);
    }
  }

  #of(span: number, since: number): SpanSums {
    const key = `${span} ${since}`;
    const known = this.#spans.get(key);
    if (known) return known;
    const made = { span, since, sums: new TallySums() };
    this.#spans.set(key, made);
    return made;
  }
}

interface SpanSums {
  readonly span: number;
  readonly since: number;
  readonly sums: TallySums;
}

function shardsOf({ span, since, sums }: SpanSums): readonly TallyShard[] {
  const shards = new Map<number, Map<string, RunTally>>();
  for (const { task, jobId, tally } of sums.all(since)) {
    const shard = shardOf(jobId ?? task);
    const tallies = shards.get(shard) ?? new Map<string, RunTally>();
    shards.set(shard, tallies.set(nameOf(task, jobId ?? ''), tally));
  }
  return Array.from(shards, ([shard, tallies]) => ({ span, since, shard, tallies }));
}
