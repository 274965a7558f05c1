import type { BoundTrigger } from './bound-trigger.js';
import type { TriggerDefinition } from './trigger.js';

/** What jobs with the same definition share. */
interface Shareable {
  readonly definition: TriggerDefinition;
  readonly timeZone: string;
  readonly anchor: number;
  readonly bound: BoundTrigger;
}

/** How many are kept: enough for those of each millisecond of a second. */
const MAX_SHARED = 4_096;

/**
 * The triggers of jobs that were asked for last, so that jobs with the same definition get the same one. It is read
 * once then, and is at hand in the processor's cache when the next of them fires: that is worth a third of the cost of
 * a fire when 100,000 jobs take turns.
 */
export class SharedTriggers<T extends Shareable> {
  readonly #shared = new Map<string, T>();
  /** The one that was found or shared last: jobs that are added together often have the same. */
  #last: T | null = null;

  /** The last one, if it is this very trigger: it takes no key to see that. */
  lastIf(definition: TriggerDefinition, timeZone: string, anchor: number): T | null {
    const last = this.#last;
    if (!last || last.anchor !== anchor || last.timeZone !== timeZone) return null;
    return isSame(definition, last.definition) ? last : null;
  }

  /** One whose fires are those of the key at this anchor; its own anchor may be another. */
  find(key: string, anchor: number): T | undefined {
    const found = this.#shared.get(key) ?? this.#shared.get(keyAt(key, anchor));
    if (found) this.#last = found;
    return found;
  }

  /** Later ones replace earlier ones: those added at the same moment are the same in everything. */
  share(key: string, trigger: T): void {
    const { bound, anchor } = trigger;
    if (bound.isSeeded) return;
    this.#last = trigger;
    if (this.#shared.size >= MAX_SHARED) this.#shared.clear();
    this.#shared.set(bound.isAnchored ? keyAt(key, anchor) : key, trigger);
  }
}

/** Equal for definitions that mean the same in the same zone; `null`: it holds more than a text can tell. */
export function sharingKey(definition: TriggerDefinition, timeZone: string): string | null {
  if (typeof definition !== 'object' || definition === null) return null;
  for (const value of Object.values(definition)) if (!isPlain(value)) return null;
  return `${timeZone} ${JSON.stringify(definition)}`;
}

/** Whether both have the same properties, of which none is an object: others are not shared. */
function isSame(one: TriggerDefinition, other: TriggerDefinition): boolean {
  if (typeof one !== 'object' || one === null) return false;
  const keys = Object.keys(one) as (keyof TriggerDefinition)[];
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && one[key] === other[key]);
}

function keyAt(key: string, anchor: number): string {
  return `${anchor} ${key}`;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === undefined;
}
