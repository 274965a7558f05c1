import { PatientTrigger } from '../triggers/patient-trigger.js';
import type { Trigger } from '../triggers/trigger.js';
import { TriggerSearchError } from '../triggers/trigger-errors.js';

/** What comes next. */
export interface Ahead {
  /** A fire, or an instant before which none lies and from which the search goes on; `null`: nothing comes. */
  readonly at: number | null;
  readonly isFire: boolean;
}

/**
 * What comes after an instant. Where a search for it is given up, that is where it has got to.
 *
 * @throws {TriggerSearchError} when it has not got beyond `beyond`
 */
export function lookAhead(trigger: Trigger, after: number, beyond: number): Ahead {
  try {
    return { at: trigger.next(after), isFire: true };
  } catch (error) {
    if (!(error instanceof TriggerSearchError && trigger instanceof PatientTrigger)) throw error;
    // Fires come at whole milliseconds.
    const at = Math.max(trigger.emptyUntil(after), after + 1);
    if (at <= beyond) throw error;
    return { at, isFire: false };
  }
}

/**
 * What comes where a job is due for no fire, but for going on with a search; `null`: `slot` is a fire. Only triggers
 * that search are asked.
 *
 * @throws {TriggerSearchError} when the search has not got any further
 */
export function foundInstead(trigger: Trigger, slot: number): Ahead | null {
  if (!(trigger instanceof PatientTrigger)) return null;
  const found = lookAhead(trigger, slot - 1, slot);
  return found.at === slot ? null : found;
}
