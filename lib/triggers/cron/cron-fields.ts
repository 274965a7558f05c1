import { showValue } from '../../errors/show-value.js';
import { InvalidTriggerError } from '../trigger-errors.js';
import { CRON_FIELDS, type CronFieldName, type CronFieldValues } from './cron-field.js';
import { CronPattern } from './cron-pattern.js';
import { checkCronLength, MAX_CRON_TEXT } from './cron-scanner.js';
import { everyOf, minimumOf } from './cron-text.js';
import { parseField } from './parse-field.js';

/** A number, a text in the grammar of cron, or a list of them. @publicApi */
export type CronFieldInput = number | string | readonly (number | string)[];

/**
 * A cron pattern by field, as APScheduler writes it; all given fields must match. Omitted fields before the last given
 * one (in the order below) match always; those after it take their minimum, except `week` and `dayOfWeek`, which match
 * always. So `{ hour: 3 }` is daily at 03:00:00.
 *
 * @publicApi
 */
export interface CronFields {
  /** 1970–9999. */
  readonly year?: CronFieldInput | undefined;
  /** 1–12 or `jan`–`dec`. */
  readonly month?: CronFieldInput | undefined;
  /** 1–31, and what cron text allows (`L`, `15W`), `'last'`, `'last sun'`, `'3rd fri'`. */
  readonly day?: CronFieldInput | undefined;
  /** ISO week, 1–53. */
  readonly week?: CronFieldInput | undefined;
  /** 0–7 (0 and 7 are Sunday) or `sun`–`sat`. */
  readonly dayOfWeek?: CronFieldInput | undefined;
  /** 0–23. */
  readonly hour?: CronFieldInput | undefined;
  /** 0–59. */
  readonly minute?: CronFieldInput | undefined;
  /** 0–59. */
  readonly second?: CronFieldInput | undefined;
}

const ORDER = ['year', 'month', 'day', 'week', 'dayOfWeek', 'hour', 'minute', 'second'] as const satisfies readonly CronFieldName[]; // prettier-ignore
/** Their minimum would be a restriction that nobody asked for. */
const NEVER_MINIMAL: ReadonlySet<CronFieldName> = new Set(['week', 'dayOfWeek']);

/**
 * A plain copy, so that nothing that happens to the caller's object later changes a definition.
 *
 * @throws {InvalidTriggerError} {@link CronSyntaxError} for what can't be read at all, and what is too long to be.
 */
export function copyCronFields(fields: object): CronFields {
  const copy: Partial<Record<CronFieldName, unknown>> = {};
  for (const [key, value] of readEntries(fields)) {
    if (value === undefined) continue;
    const name = checkName(key);
    checkCronLength(textOf(name, value), `Cron field '${name}'`);
    copy[name] = Array.isArray(value) ? Array.from(value as unknown[]) : value;
  }
  return copy as CronFields;
}

function readEntries(fields: object): [string, unknown][] {
  try {
    return Object.entries(fields);
  } catch (error) {
    throw new InvalidTriggerError('Cron fields', `they can't be read: ${String(error)}.`);
  }
}

/**
 * @param seed what `H` is made of: the job id.
 * @throws {CronSyntaxError} for a field that is no cron.
 * @throws {InvalidTriggerError} for unknown fields, and for none.
 */
export function compileCronFields(fields: CronFields, seed: string): CronPattern {
  const last = ORDER.findLastIndex((name) => fields[name] !== undefined);
  if (last < 0) throw new InvalidTriggerError('Cron fields', `none is given. Fields: ${ORDER.join(', ')}.`);
  const read = (name: CronFieldName & keyof CronFields): CronFieldValues | null => {
    const input = fields[name];
    if (input !== undefined) return readField(name, input, seed);
    return ORDER.indexOf(name) < last || NEVER_MINIMAL.has(name) ? null : minimumOf(name);
  };
  const get = (name: CronFieldName & keyof CronFields): CronFieldValues => read(name) ?? everyOf(name);
  return new CronPattern({
    second: get('second'),
    minute: get('minute'),
    hour: get('hour'),
    day: get('day'),
    month: get('month'),
    dayOfWeek: get('dayOfWeek'),
    year: read('year'),
    week: read('week'),
    dayMatch: 'both',
  });
}

function readField(name: CronFieldName, input: unknown, seed: string): CronFieldValues {
  const text = textOf(name, input);
  const field = { text, start: 0, end: text.length, seed, allowsPlus: false, allowsOrdinals: name === 'day' };
  return parseField(CRON_FIELDS[name], field);
}

function textOf(name: CronFieldName, input: unknown): string {
  if (typeof input === 'string') return input;
  if (typeof input === 'number') return numberText(name, input);
  if (!Array.isArray(input)) {
    throw new InvalidTriggerError(`Cron field '${name}'`, `it is a number, a text or a list, not ${showValue(input)}.`);
  }
  if (input.length === 0) throw new InvalidTriggerError(`Cron field '${name}'`, 'the list is empty.');
  if (input.length > MAX_CRON_TEXT) {
    throw new InvalidTriggerError(`Cron field '${name}'`, `a list of ${input.length} values is too long.`);
  }
  // Not map(): it leaves out what a sparse list does not have.
  return Array.from(input, (element: unknown) => elementText(name, element)).join(',');
}

function elementText(name: CronFieldName, element: unknown): string {
  if (typeof element === 'string') return element;
  if (typeof element === 'number') return numberText(name, element);
  throw new InvalidTriggerError(`Cron field '${name}'`, `a list holds numbers and texts, not ${showValue(element)}.`);
}

function numberText(name: CronFieldName, value: number): string {
  if (Number.isSafeInteger(value) && value >= 0) return String(value);
  const { min, max } = CRON_FIELDS[name];
  throw new InvalidTriggerError(`Cron field '${name}'`, `${value} is no whole number from ${min} to ${max}.`);
}

function checkName(key: string): CronFieldName {
  const name = ORDER.find((each) => each === key);
  if (name !== undefined) return name;
  throw new InvalidTriggerError('Cron fields', `there is no field ${showValue(key)}. Fields: ${ORDER.join(', ')}.`);
}
