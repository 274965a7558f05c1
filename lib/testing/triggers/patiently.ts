import { TriggerSearchError } from '../../triggers/trigger-errors.js';

/** What a call answers in the end, when it is made again wherever it gives up a search. @throws {TriggerSearchError} */
export function patiently<T>(call: () => T, calls = 10_000): T {
  for (; ; calls--) {
    try {
      return call();
    } catch (error) {
      if (calls <= 1 || !(error instanceof TriggerSearchError)) throw error;
    }
  }
}

/** As many calls of one search as there is time for. */
const MANY_CALLS = 40;

/** What a patient caller knows in the end; `undefined`: not even whether there is a fire. */
export function known(call: () => number | null, calls: number = MANY_CALLS): number | null | undefined {
  try {
    return patiently(call, calls);
  } catch (error) {
    if (error instanceof TriggerSearchError) return undefined;
    throw error;
  }
}
