import { VirtualClock } from '../../support/virtual-clock.js';

/** A clock whose machine can sleep: time passes, but timers don't run meanwhile and don't count it. */
export class SuspendingClock extends VirtualClock {
  #slept = 0;

  suspend(ms: number): void {
    this.#slept += ms;
  }

  override now(): number {
    return super.now() + this.#slept;
  }

  override monotonic(): number {
    return super.monotonic() + this.#slept;
  }
}
