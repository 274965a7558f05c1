import type { Run, SchedulerService } from 'nestjs-advanced-scheduler';
import { JOBS } from './work.js';

const SECOND = 1_000;

/** What the store says of the fires between two full seconds. */
export class Audit {
  readonly #runs: readonly Run[];
  readonly #due: number;

  private constructor(runs: readonly Run[], due: number) {
    this.#runs = runs;
    this.#due = due;
  }

  /** @param from the first slot, epoch ms; `to` is the last one */
  static async of(scheduler: SchedulerService, from: number, to: number): Promise<Audit> {
    const runs: Run[] = [];
    for (const jobId of JOBS) {
      const page = await scheduler.getRuns({ jobId, from: new Date(from), to: new Date(to), limit: 1_000 });
      runs.push(...page.runs);
    }
    return new Audit(runs, JOBS.length * ((to - from) / SECOND + 1));
  }

  get isOver(): boolean {
    return this.#runs.length >= this.#due && this.#runs.every(({ finishedAt }) => finishedAt !== null);
  }

  get isComplete(): boolean {
    return this.#done.length === this.#due && new Set(this.#done.map(({ runId }) => runId)).size === this.#due;
  }

  print(deaths: number): void {
    const again = this.#done.filter(({ attempt }) => attempt > 1).length;
    const others = this.#runs.filter(({ state }) => state !== 'succeeded');
    console.log(
      `\n${this.#due} fires were due, ${this.#done.length} were carried out, ${again} of them in a later attempt.`,
    );
    console.log(`A process died ${deaths} ${deaths === 1 ? 'time' : 'times'}.`);
    for (const { runId, state, reason } of others) console.log(`${runId}: ${state}${reason ? ` (${reason})` : ''}`);
    console.log(this.isComplete ? 'Nothing is missing, nothing is there twice.' : 'Something is missing.');
  }

  get #done(): readonly Run[] {
    return this.#runs.filter(({ state }) => state === 'succeeded');
  }
}
