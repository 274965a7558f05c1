import type { BoundTrigger } from './bound-trigger.js';
import type { Trigger } from './trigger.js';
import { TriggerSearchError } from './trigger-errors.js';

/** How many calls a search may take: less than a tenth of a second in all. */
const MAX_CALLS = 20;

/** A trigger that asks again where a search is given up, some twenty times. One that does not search is itself. */
export function patient(trigger: BoundTrigger): Trigger {
  return trigger.mayGiveUp ? new PatientTrigger(trigger) : trigger;
}

/** What `count` answers, asked again where one call would look at clocks for too long; `null`: the trigger has none. */
export function countPatiently(trigger: Trigger, from: number, to: number): number | null {
  for (let calls = MAX_CALLS; ; calls--) {
    try {
      return trigger.count?.(from, to) ?? null;
    } catch (error) {
      if (calls === 1 || !(error instanceof TriggerSearchError)) throw error;
    }
  }
}

/** Made by {@link patient}. */
export class PatientTrigger implements Trigger {
  readonly #trigger: BoundTrigger;
  /** What was asked for when the patience ended. */
  readonly #inVain = { next: NaN, previous: NaN };
  readonly count?: (from: number, to: number) => number;

  constructor(trigger: BoundTrigger) {
    this.#trigger = trigger;
    if (trigger.count) this.count = (from, to) => trigger.count?.(from, to) ?? 0;
  }

  get endAt(): number | undefined {
    return this.#trigger.endAt;
  }

  /** An instant before which no fire is known to lie after another, once that has been asked about. */
  emptyUntil(after: number): number {
    return this.#trigger.emptyUntil(after);
  }

  /** What was asked for in vain is searched for once more with all patience. */
  goOn(): void {
    this.#inVain.next = NaN;
    this.#inVain.previous = NaN;
  }

  next(after: number): number | null {
    return this.#ask('next', after);
  }

  previous(before: number): number | null {
    return this.#ask('previous', before);
  }

  describe(): string {
    return this.#trigger.describe();
  }

  #ask(way: 'next' | 'previous', instant: number): number | null {
    // Who asks once more has waited for something else, such as a change of another job, which must not take so long.
    let calls = this.#inVain[way] === instant ? 1 : MAX_CALLS;
    for (;;) {
      try {
        return this.#trigger[way](instant);
      } catch (error) {
        if (!(error instanceof TriggerSearchError)) throw error;
        if (--calls > 0) continue;
        this.#inVain[way] = instant;
        throw error;
      }
    }
  }
}
