import { DurationHistogram } from './duration-histogram.js';
import { isUnfinished, type RunRecord, type RunState } from './run-record.js';

/** The states in which a run is over. @publicApi */
export type EndedState = Exclude<RunState, 'queued' | 'running'>;

/** How many ended in each state; of a roll-up each fire that it stands for. @publicApi */
export type RunCounts = Readonly<Record<EndedState, number>>;

/** Only ever append: the counts are kept in this order. */
const ENDED_STATES: readonly EndedState[] = ['succeeded', 'failed', 'cancelled', 'skipped', 'missed', 'lost'];

export const NO_RUNS: RunCounts = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0, missed: 0, lost: 0 };

/** A tally as JSON: counts, durations, lateness. */
export type TallyData = readonly [counts: readonly number[], durations: readonly number[], lateness: readonly number[]];

/** How runs ended, how long they took, and how late they started. */
export class RunTally {
  readonly durations = new DurationHistogram();
  readonly lateness = new DurationHistogram();
  readonly #counts: Record<EndedState, number> = { ...NO_RUNS };

  get counts(): RunCounts {
    return this.#counts;
  }

  /** Takes a run in. One that has not ended is no concern of a tally. */
  count(run: Pick<RunRecord, 'state' | 'count' | 'availableAt' | 'startedAt' | 'finishedAt'>): void {
    const { state, count, availableAt, startedAt, finishedAt } = run;
    if (isUnfinished(state) || finishedAt === null) return;
    this.#counts[state as EndedState] += count ?? 1;
    if (startedAt === null) return;
    this.lateness.count(startedAt - availableAt);
    // When a dead node's run ended nobody knows.
    if (state !== 'lost') this.durations.count(finishedAt - startedAt);
  }

  /** @param data as `toData` gave it, perhaps when there were fewer states */
  add([counts, durations, lateness]: TallyData): void {
    for (const [i, count] of counts.entries()) {
      const state = ENDED_STATES[i];
      if (state) this.#counts[state] += count;
    }
    this.durations.addPairs(durations);
    this.lateness.addPairs(lateness);
  }

  toData(): TallyData {
    return [ENDED_STATES.map((state) => this.#counts[state]), this.durations.toPairs(), this.lateness.toPairs()];
  }
}
