import type { Clock, ClockTimer } from '../clock.js';
import type { JobStoreSession } from '../stores/job-store.js';
import type { ActiveRun } from './active-run.js';
import type { RunEvents } from './run-events.js';

/** How often the progress of a run is kept and told at most. */
const EVERY_MS = 1_000;

/** Keeps how far the runs of one store are, and tells it: the first word at once, later ones together, once a second. */
export class ProgressReporter {
  readonly #session: JobStoreSession;
  readonly #events: RunEvents;
  readonly #clock: Clock;
  readonly #changed = new Set<ActiveRun>();
  #pause: ClockTimer | null = null;

  constructor(session: JobStoreSession, events: RunEvents, clock: Clock) {
    this.#session = session;
    this.#events = events;
    this.#clock = clock;
  }

  note(run: ActiveRun): void {
    this.#changed.add(run);
    if (this.#pause === null) this.#report();
  }

  /** Resolves when what its handler has said last is kept: the end of the run comes after it. */
  async flush(run: ActiveRun): Promise<void> {
    if (this.#changed.delete(run)) await this.#keep([run]);
  }

  #report(): void {
    const runs = [...this.#changed];
    this.#changed.clear();
    this.#pause = null;
    if (runs.length === 0) return;
    this.#pause = this.#clock.setTimer(() => this.#report(), EVERY_MS, { keepAlive: false });
    void this.#keep(runs);
  }

  async #keep(runs: readonly ActiveRun[]): Promise<void> {
    const reports = runs.map((run) => ({ run: run.record, progress: run.reached ?? 0 }));
    for (const { run, progress } of reports) this.#events.progress(run, progress);
    // The next word, if there is one, makes up for one that is lost or of a locked run. The loop tells of a store that is away.
    await this.#session.noteProgress(reports).catch(() => undefined);
  }
}
