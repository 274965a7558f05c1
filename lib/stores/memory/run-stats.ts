import { RunTally } from '../../jobs/run-tally.js';
import type { StatsQuery, StoreStats, Tallied } from '../job-store.js';
import type { EndedRun } from './ended-run.js';

/** Adds up what a history still has. It is bounded, so nothing is counted while runs end: that would slow each of them. */
export class RunStats {
  /** When the latest run ended that has left the history, by task. */
  readonly #forgotten = new Map<string, number>();

  /** A run of the task has left the history. */
  forget(task: string, finishedAt: number): void {
    this.#forgotten.set(task, Math.max(this.#forgotten.get(task) ?? -Infinity, finishedAt));
  }

  of(runs: Iterable<EndedRun>, { from, to, jobId }: StatsQuery): StoreStats {
    const tasks = new Map<string, Tallied>();
    const jobs = new Map<string, Tallied>();
    for (const run of runs) {
      if (run.finishedAt < from || run.finishedAt >= to) continue;
      const { entry } = run;
      const { task } = run.job;
      if (jobId === undefined) {
        count(run, tasks.get(task) ?? added(tasks, task, newTally(task, null, from, this.#forgotten.get(task))));
      }
      if (entry.job) {
        count(run, jobs.get(entry.id) ?? added(jobs, entry.id, newTally(task, entry.id, from, entry.forgottenUntil)));
      }
    }
    return { from, to, tallies: [...tasks.values(), ...jobs.values()] };
  }
}

/** Complete from there on: of those that ended in the same millisecond as one that is forgotten, others may be forgotten, too. */
function newTally(task: string, jobId: string | null, from: number, forgottenUntil: number = -Infinity): Tallied {
  return { task, jobId, from: Math.max(from, forgottenUntil + 1), tally: new RunTally() };
}

function added(tallies: Map<string, Tallied>, key: string, tallied: Tallied): Tallied {
  tallies.set(key, tallied);
  return tallied;
}

function count({ state, details, availableAt, startedAt, finishedAt }: EndedRun, { tally }: Tallied): void {
  tally.count({
    state,
    count: details.count ?? null,
    availableAt,
    startedAt: Number.isNaN(startedAt) ? null : startedAt,
    finishedAt,
  });
}
