import { bindTrigger } from '../../lib/triggers/bind-trigger.js';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';

export { patiently } from '../../lib/testing/triggers/patiently.js';

/** When the jobs of these tests are added. */
export const ADDED_AT = new Date('2027-01-01T00:00:00Z');

export function bind(definition: TriggerDefinition, timeZone = 'UTC', jobId = 'job'): Trigger {
  return bindTrigger(definition, { jobId, addedAt: ADDED_AT, timeZone });
}

/** The fires of a trigger in `[from, until)`, found by `next`. */
export function firesBetween(trigger: Trigger, from: number, until: number): number[] {
  const fires: number[] = [];
  for (let fire = trigger.next(from - 1); fire !== null && fire < until; fire = trigger.next(fire)) fires.push(fire);
  return fires;
}

/** The same, found by `previous`. */
export function firesBackwards(trigger: Trigger, from: number, until: number): number[] {
  const fires: number[] = [];
  for (let fire = trigger.previous(until); fire !== null && fire >= from; fire = trigger.previous(fire))
    fires.push(fire);
  return fires.reverse();
}

/** The first fires after an instant, as ISO text without the milliseconds. */
export function nextTexts(trigger: Trigger, after: string, count: number): string[] {
  const texts: string[] = [];
  let fire = trigger.next(Date.parse(after));
  while (fire !== null && texts.length < count) {
    texts.push(isoText(fire));
    fire = trigger.next(fire);
  }
  return texts;
}

export function isoText(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
