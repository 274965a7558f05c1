import type { BoundTrigger } from './bound-trigger.js';
import type { Trigger } from './trigger.js';
import { TriggerSearchError } from './trigger-errors.js';

/** How many calls a search may take: less than a tenth of a second in all. */
const MAX_CALLS = 20;

/** A trigger that asks again where a search is given up, some twenty times. One that does not search is itself. */
export function patient(trigger: BoundTrigger): Trigger {
  return trigger.mayGiveUp ? new PatientTrigger(trigger) : trigger;
}

class PatientTrigger implements Trigger {
  readonly #trigger: BoundTrigger;
  readonly count?: (from: number, to: number) => number;

  constructor(trigger: BoundTrigger) {
    this.#trigger = trigger;
    if (trigger.count) this.count = (from, to) => trigger.count?.(from, to) ?? 0;
  }

  get endAt(): number | undefined {
    return this.#trigger.endAt;
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
    for (let calls = 1; ; calls++) {
      try {
        return this.#trigger[way](instant);
      } catch (error) {
        if (calls === MAX_CALLS || !(error instanceof TriggerSearchError)) throw error;
      }
    }
  }
}
