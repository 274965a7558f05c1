import type { Clock, ClockTimer } from '../clock.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * The jobs of one store whose triggers were searched for longer than a claim may take. Nothing need ever change that
 * would wake the loop for them, so it is woken after a pause, each time a longer one, and the searches go on.
 */
export class SearchPauses {
  readonly #clock: Clock;
  readonly #goOn: () => void;
  readonly #waiting = new Set<string>();
  readonly #goingOn = new Set<string>();
  #timer: ClockTimer | null = null;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(clock: Clock, goOn: () => void) {
    this.#clock = clock;
    this.#goOn = goOn;
  }

  givenUp(jobId: string): void {
    if (this.#timer === null && this.#goingOn.size === 0) this.#pauseMs = FIRST_PAUSE_MS;
    this.#goingOn.delete(jobId);
    this.#waiting.add(jobId);
    // The alarm keeps the process alive; this never has to.
    this.#timer ??= this.#clock.setTimer(() => this.#end(), this.#pauseMs, { keepAlive: false });
  }

  /** Whether a pause has ended for the job since it was asked about last. */
  takeGoingOn(jobId: string): boolean {
    return this.#goingOn.size > 0 && this.#goingOn.delete(jobId);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #end(): void {
    this.#timer = null;
    for (const jobId of this.#waiting) this.#goingOn.add(jobId);
    this.#waiting.clear();
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    this.#goOn();
  }
}
