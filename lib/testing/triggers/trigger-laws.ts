import type { Trigger } from '../../triggers/trigger.js';
import { known, patiently } from './patiently.js';

/** The laws of `Trigger` that an instant breaks. Where a search was given up, nothing is known, and nothing broken. */
export function brokenLaws(trigger: Trigger, instant: number): string[] {
  const next = known(() => trigger.next(instant));
  const previous = known(() => trigger.previous(instant));
  const back = next == null ? undefined : known(() => trigger.previous(next));
  const on = previous == null ? undefined : known(() => trigger.next(previous));
  const laws = {
    'next(t) > t': next == null || next > instant,
    'previous(t) < t': previous == null || previous < instant,
    'previous(next(t)) <= t': back == null || back <= instant,
    'next(previous(t)) >= t': on == null || on >= instant,
    // What is found is a fire from nearby, too, which takes no search.
    'next(t) is a fire for previous': next == null || trigger.previous(next + 1) === next,
    'previous(t) is a fire for next': previous == null || trigger.next(previous - 1) === previous,
  };
  return namesOfBroken(laws);
}

/**
 * The laws that are broken between the first fire after an instant and the one that follows it: nothing may lie there, seen
 * from any instant in between.
 *
 * @param share where to look, 0 to 1
 */
export function brokenBetweenFires(trigger: Trigger, instant: number, share: number): string[] {
  const fire = known(() => trigger.next(instant));
  const successor = fire == null ? null : known(() => trigger.next(fire));
  if (fire == null || successor == null || successor <= fire) return [];
  const between = Math.min(fire + Math.floor((successor - fire) * share), successor - 1);
  const onward = known(() => trigger.next(between));
  const laws = {
    // From nearby, which takes no search: here an answer is owed.
    'previous(successor of a fire) is that fire': patiently(() => trigger.previous(successor)) === fire,
    'previous, from between a fire and its successor, is the fire':
      patiently(() => trigger.previous(between + 1)) === fire,
    'next, from between a fire and its successor, is the successor': onward === undefined || onward === successor,
  };
  return [...brokenLaws(trigger, between), ...namesOfBroken(laws)];
}

function namesOfBroken(laws: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(laws).flatMap(([law, holds]) => (holds ? [] : [law]));
}
