import { SystemClock } from '../../../../lib/index.js';

/** A wall clock that goes on, but was set wrongly. */
export class ShiftedClock extends SystemClock {
  readonly #errorMs: number;

  constructor(errorMs: number) {
    super();
    this.#errorMs = errorMs;
  }

  override now(): number {
    return super.now() + this.#errorMs;
  }
}
