import type { InstantInput } from '../triggers/instant.js';
import { VirtualClock } from './virtual-clock.js';

/** The clock of a scheduler that is driven by hand: it moves on when the scheduler has come to rest. */
export class SchedulerClock extends VirtualClock {
  /** Whoever steps the wall clock has the scheduler look at it: so a year is no million looks. */
  readonly longestTimerMs = Infinity;
  readonly #untilRest: () => Promise<void>;

  constructor(start: InstantInput | undefined, untilRest: () => Promise<void>) {
    super(start);
    this.#untilRest = untilRest;
  }

  protected override settle(): Promise<void> {
    return this.#untilRest();
  }
}
