import { DurationHistogram } from './duration-histogram.js';
import { isUnfinished, type RunRecord, type RunState } from './run-record.js';

/** The states in which a run is over. @publicApi */
export type EndedState = Exclude<RunState, 'queued' | 'running'>;

/** How many ended in each state; of a roll-up each fire that it stands for. @publicApi */
export type RunCounts = Readonly<Record<EndedState, number>>;

/** Only ever append: the counts are kept in this order. */
const ENDED_STATES: readonly EndedState[] = ['succeeded', 'failed', 'cancelled', 'skipped', 'missed', 'lost'];

export const NO_RUNS: RunCounts = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0, missed: 0, lost: 0 };

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

  /** @param numbers begin with so many that `toNumbers` gave, perhaps when there were fewer states; others are not added */
  add(numbers: readonly number[], length = numbers.length): void {
    const states = numbers[0] as number;
    const durations = states + 2;
    const lateness = durations + 2 * (numbers[durations - 1] as number);
    if (durations > length || lateness > length || (length - lateness) % 2 !== 0) return;
    for (let i = 0; i < states; i++) {
      const state = ENDED_STATES[i];
      if (state) this.#counts[state] += numbers[i + 1] as number;
    }
    this.durations.addPairs(numbers, durations, lateness);
    this.lateness.addPairs(numbers, lateness, length);
  }

  /** How many states, a count for each, how many classes of durations, these with their counts, and those of lateness. */
  toNumbers(): readonly number[] {
    const counts = ENDED_STATES.map((state) => this.#counts[state]);
    const states = counts.findLastIndex((count) => count > 0) + 1;
    const durations = this.durations.toPairs();
    return [states, ...counts.slice(0, states), durations.length / 2, ...durations, ...this.lateness.toPairs()];
  }
}
