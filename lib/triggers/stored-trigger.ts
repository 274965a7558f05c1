import { bindDefinition, zoneOfDefinition } from './bind-trigger.js';
import { SharedTriggers, sharingKey } from './shared-triggers.js';
import { showValue } from '../errors/show-value.js';
import { patient, PatientTrigger } from './patient-trigger.js';
import { assertTimeZone } from './time-zone.js';
import type { Trigger, TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import type { BoundTrigger } from './bound-trigger.js';

const shared = new SharedTriggers<StoredTrigger>();

/** The JSON form of a {@link StoredTrigger}. */
export interface StoredTriggerJson {
  readonly definition: TriggerDefinition;
  /** Epoch milliseconds. */
  readonly anchor: number;
  readonly timeZone: string;
}

/**
 * A trigger as a store keeps it: the definition with the anchor and the zone resolved, so that neither a restart nor
 * another module zone moves its fires. Whoever holds one knows that its definition is valid.
 */
export class StoredTrigger {
  readonly definition: TriggerDefinition;
  /** When the job was added, epoch ms: an interval without `startAt` counts from here. */
  readonly anchor: number;
  /** The definition's own zone, or else the one it was stored with. */
  readonly timeZone: string;
  #bound: BoundTrigger;
  #boundFor = '';
  /** What {@link bind} answers. */
  #patient: Trigger;
  /** What {@link addedAt} answered last. */
  #later: StoredTrigger | null = null;

  private constructor(definition: TriggerDefinition, anchor: number, timeZone: string, bound?: BoundTrigger) {
    this.definition = definition;
    this.anchor = anchor;
    this.timeZone = timeZone;
    this.#bound = bound ?? bindDefinition(definition, { jobId: '', anchor, timeZone });
    this.#patient = patient(this.#bound);
  }

  /** The trigger of no job in particular. */
  get bound(): BoundTrigger {
    return this.#bound;
  }

  /** @throws a SchedulerError when the definition is invalid. */
  static of(
    definition: TriggerDefinition,
    context: { readonly addedAt: number; readonly timeZone: string },
  ): StoredTrigger {
    return StoredTrigger.#make(definition, context.addedAt, context.timeZone, true);
  }

  /**
   * @param json what {@link toJSON} answered, after a round trip.
   * @param isKept whether jobs that are read later may get it as well. Not when many are read only to be checked: those
   * that fire would be forgotten for them.
   * @throws {UnknownTriggerKindError} {@link InvalidTriggerError} and the errors of the factories.
   */
  static fromJSON(json: unknown, isKept = true): StoredTrigger {
    if (typeof json !== 'object' || json === null) {
      throw new InvalidTriggerError('Stored trigger', `${showValue(json)} is no stored trigger.`);
    }
    const { definition, anchor, timeZone } = json as Partial<StoredTriggerJson>;
    return StoredTrigger.#make(definition as TriggerDefinition, anchor, timeZone, isKept);
  }

  static #make(definition: TriggerDefinition, anchor: unknown, defaultZone: unknown, isKept: boolean): StoredTrigger {
    if (typeof anchor !== 'number' || !Number.isSafeInteger(anchor)) {
      throw new InvalidTriggerError(
        'Stored trigger',
        `the anchor must be epoch milliseconds, not ${showValue(anchor)}.`,
      );
    }
    const timeZone: unknown = zoneOfDefinition(definition) ?? defaultZone;
    assertTimeZone(timeZone, 'Stored trigger: timeZone');
    const shareable = StoredTrigger.#shared(definition, anchor, timeZone, isKept);
    return shareable ?? new StoredTrigger(definition, anchor, timeZone);
  }

  /** `null`: what it holds can't be shared, or is not known and not to be kept. */
  static #shared(
    definition: TriggerDefinition,
    anchor: number,
    timeZone: string,
    isKept: boolean,
  ): StoredTrigger | null {
    const last = shared.lastIf(definition, timeZone, anchor);
    if (last) return last;
    const key = sharingKey(definition, timeZone);
    if (key === null) return null;
    const known = shared.find(key, anchor);
    if (known?.anchor === anchor) return known;
    if (!known && !isKept) return null;
    // A copy: whoever changes his definition afterwards must not change that of other jobs.
    const own = known?.definition ?? Object.freeze({ ...definition });
    const made = new StoredTrigger(own, anchor, timeZone, known?.bound);
    if (isKept) shared.share(key, made);
    return made;
  }

  /** The trigger of a job that is added at this moment: what was read of the definition need not be read again. */
  addedAt(anchor: number): StoredTrigger {
    if (anchor === this.anchor) return this;
    const isSame = !this.#bound.isSeeded && !this.#bound.isAnchored;
    if (!isSame) return new StoredTrigger(this.definition, anchor, this.timeZone);
    if (this.#later?.anchor !== anchor) {
      this.#later = new StoredTrigger(this.definition, anchor, this.timeZone, this.#bound);
    }
    return this.#later;
  }

  /** The trigger of a job, which searches patiently; the same object for the same id. */
  bind(jobId: string): Trigger {
    if (!this.#bound.isSeeded || this.#boundFor === jobId) return this.#patient;
    this.#bound = bindDefinition(this.definition, { jobId, anchor: this.anchor, timeZone: this.timeZone });
    this.#patient = patient(this.#bound);
    this.#boundFor = jobId;
    return this.#patient;
  }

  /** A search for a fire of a job that was given up goes on, as patiently as before. */
  goOn(jobId: string): void {
    const trigger = this.bind(jobId);
    if (trigger instanceof PatientTrigger) trigger.goOn();
  }

  toJSON(): StoredTriggerJson {
    return { definition: this.definition, anchor: this.anchor, timeZone: this.timeZone };
  }
}
