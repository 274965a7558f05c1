import { bindChecked } from './bind-trigger.js';
import { showValue } from '../errors/show-value.js';
import { patient } from './patient-trigger.js';
import type { Trigger, TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import { checkOptions } from './trigger-kind.js';

const MAX_COUNT = 1_000;

/** The options of {@link preview}. @publicApi */
export interface PreviewOptions {
  /** Fires strictly after this instant. */
  readonly from: Date;
  /** How many at most; 0 to 1,000. */
  readonly count: number;
  /** The zone of a definition that names none. Default `'UTC'`. */
  readonly timeZone?: string;
}

/**
 * The next fires of a definition, as if its job were added at `from`, with an empty id.
 *
 * @throws {InvalidTriggerError} for bad options; and whatever `bindTrigger` throws.
 * @throws {TriggerSearchError} when a search of `allOf` or `except` finds none for long.
 * @example preview(cron('0 9 * * mon-fri'), { from: new Date(), count: 5, timeZone: 'Europe/Berlin' })
 * @publicApi
 */
export function preview(definition: TriggerDefinition, options: PreviewOptions): Date[] {
  checkOptions(options ?? null, ['from', 'count', 'timeZone'], 'preview()');
  const { from, count, timeZone = 'UTC' } = options;
  if (!(from instanceof Date) || Number.isNaN(from.getTime())) {
    throw new InvalidTriggerError('preview()', `from must be a valid Date, not ${showValue(from)}.`);
  }
  const trigger = bindChecked(definition, { jobId: '', addedAt: from, timeZone });
  return firesAfter(patient(trigger), from.getTime(), count);
}

/** The first `count` fires strictly after `after` (epoch ms). @throws {InvalidTriggerError} for a bad count. */
export function firesAfter(trigger: Trigger, after: number, count: number): Date[] {
  if (!Number.isSafeInteger(count) || count < 0 || count > MAX_COUNT) {
    throw new InvalidTriggerError(
      'preview()',
      `count must be a whole number from 0 to ${MAX_COUNT}, not ${showValue(count)}.`,
    );
  }
  const fires: Date[] = [];
  let last: number | null = after;
  while (fires.length < count) {
    last = trigger.next(last);
    if (last === null) break;
    fires.push(new Date(last));
  }
  return fires;
}
