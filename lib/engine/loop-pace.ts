import type { Clock } from '../clock.js';
import { Backoff } from './backoff.js';

/** How long the loop may work without letting timers and I/O of the application through, in milliseconds. */
const BREATH_MS = 10;

/** The pause after rounds in which the store refused everything, doubled with each, so that losers do not spin. */
const LOST_PAUSE_MS = 5;
const LONGEST_LOST_PAUSE_MS = 1000;

/** When a loop has to give way: to the application, to nodes that were faster, to a store that fails. */
export class LoopPace {
  readonly #clock: Clock;
  readonly #backoff = new Backoff();
  #lastBreath = 0;
  #roundsLost = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The pause after one more failure, in milliseconds. */
  failed(): number {
    return this.#backoff.next();
  }

  /** A round has come to its end. */
  succeeded(): void {
    this.#backoff.reset();
    this.#roundsLost = 0;
  }

  /** Something was claimed. */
  won(): void {
    this.#roundsLost = 0;
  }

  /** Others have claimed all there was; answers how long to wait, in milliseconds: the first time not at all. */
  lost(): number {
    if (++this.#roundsLost === 1) return 0;
    return Math.min(LOST_PAUSE_MS * 2 ** this.#roundsLost, LONGEST_LOST_PAUSE_MS);
  }

  /** The loop has waited, so others had their turn. */
  rested(): void {
    this.#lastBreath = this.#clock.monotonic();
  }

  get isOutOfBreath(): boolean {
    return this.#clock.monotonic() - this.#lastBreath >= BREATH_MS;
  }

  /** Lets timers and I/O through. */
  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.rested();
  }
}
