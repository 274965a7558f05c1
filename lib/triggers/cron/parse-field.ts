import { CRON_FIELDS, type CronFieldName, type CronFieldSpec, CronFieldValues } from './cron-field.js';
import { CronScanner } from './cron-scanner.js';
import { stableHash } from './hash.js';
import { takeLastDay, takeOrdinal, takeWeekdayRule } from './take-day-rule.js';

/** What the elements of a field need to know. */
interface FieldContext {
  readonly spec: CronFieldSpec;
  readonly values: CronFieldValues;
  /** Seeds `H`. */
  readonly seed: string;
}

export interface FieldText {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly seed: string;
  /** Whether `last`, `last sun` and `3rd fri` are understood (cron fields). */
  readonly allowsOrdinals: boolean;
  /** Whether `+` may stand before it (the weekday of a cron text). */
  readonly allowsPlus: boolean;
}

/** Where steps go on that are too long for a field. */
const LARGER_FIELDS: Partial<Record<CronFieldName, CronFieldName>> = {
  second: 'minute',
  minute: 'hour',
  hour: 'day',
  day: 'month',
  week: 'year',
  month: 'year',
};

/** @throws {CronSyntaxError} */
export function parseField(spec: CronFieldSpec, field: FieldText): CronFieldValues {
  const values = new CronFieldValues();
  const context: FieldContext = { spec, values, seed: field.seed };
  let start = field.start;
  if (field.allowsPlus && field.text.charAt(start) === '+') {
    values.startsWithPlus = true;
    start++;
  }
  values.startsWithStar = field.text.charAt(start) === '*';
  if (isQuestionMark(spec, field, start)) {
    values.startsWithStar = true;
    addRange(context, spec.min, spec.top, 1);
    return values;
  }
  for (const [from, to] of elementsOf(field.text, start, field.end)) {
    const scanner = new CronScanner(field.text, from, to);
    const rule = field.allowsOrdinals ? takeOrdinal(scanner) : null;
    if (rule !== null) values.rules.push(rule);
    else parseElement(scanner, context);
  }
  return values;
}

function isQuestionMark(spec: CronFieldSpec, { text, end }: FieldText, start: number): boolean {
  return (spec.name === 'day' || spec.name === 'dayOfWeek') && text.slice(start, end) === '?';
}

/** The ranges between commas, without the blanks around them. */
function elementsOf(text: string, start: number, end: number): [from: number, to: number][] {
  const elements: [number, number][] = [];
  let from = start;
  for (let i = start; i <= end; i++) {
    if (i < end && text.charAt(i) !== ',') continue;
    let to = i;
    while (from < to && text.charAt(from) === ' ') from++;
    while (to > from && text.charAt(to - 1) === ' ') to--;
    elements.push([from, to]);
    from = i + 1;
  }
  return elements;
}

function parseElement(scanner: CronScanner, context: FieldContext): void {
  const { spec } = context;
  if (scanner.isAtEnd) scanner.fail(`Cron ${spec.label}: a value is missing.`, rangeHint(spec));
  if (scanner.take('*')) {
    addRange(context, spec.min, spec.top, takeStep(scanner, spec) ?? 1);
  } else if (!takeHashed(scanner, context)) {
    const rule = takeLastDay(scanner, spec);
    if (rule === null) takeValues(scanner, context);
    else context.values.rules.push(rule);
  }
  if (!scanner.isAtEnd) {
    scanner.fail(
      `Cron ${spec.label}: unexpected '${scanner.rest}'.`,
      'separate values by commas and fields by blanks.',
    );
  }
}

/** `a`, `a-b`, `a/n`, `a-b/n`, and the forms of the day fields that begin with a value. */
function takeValues(scanner: CronScanner, context: FieldContext): void {
  const { spec } = context;
  const start = scanner.position;
  const first = takeValue(scanner, spec);
  if (spec.name === 'day' && scanner.take('W')) {
    context.values.rules.push({ kind: 'nearestWeekday', day: first });
    return;
  }
  const rule = spec.name === 'dayOfWeek' ? takeWeekdayRule(scanner, first % 7) : null;
  if (rule !== null) {
    context.values.rules.push(rule);
    return;
  }
  if (scanner.take('-')) {
    const last = takeValue(scanner, spec);
    if (first > last && spec.name === 'year') {
      scanner.fail(`Cron year: ${first}-${last} runs backwards.`, 'years do not wrap around.', start);
    }
    addRange(context, first, last, takeStep(scanner, spec) ?? 1);
    return;
  }
  const step = takeStep(scanner, spec);
  if (step === null) addRange(context, first, first, 1);
  else addRange(context, spec.name === 'dayOfWeek' ? first % 7 : first, spec.top, step);
}

/** `H`, `H/n`, `H(a-b)`, `H(a-b)/n`. */
function takeHashed(scanner: CronScanner, context: FieldContext): boolean {
  const { spec, values } = context;
  if (!/^H(?![A-Za-z])/i.test(scanner.rest)) return false;
  if (spec.hashTop === null) scanner.fail(`Cron ${spec.label}: there is no 'H' in this field.`, rangeHint(spec));
  scanner.take('H');
  let first = spec.min;
  let last = spec.hashTop;
  if (scanner.take('(')) {
    const start = scanner.position;
    first = takeValue(scanner, spec);
    if (!scanner.take('-')) scanner.fail(`Cron ${spec.label}: 'H(' takes a range.`, "write 'H(0-29)'.");
    last = takeValue(scanner, spec);
    if (!scanner.take(')')) scanner.fail(`Cron ${spec.label}: ')' is missing.`, "write 'H(0-29)'.");
    if (first > last) scanner.fail(`Cron ${spec.label}: the range of 'H' runs backwards.`, "write 'H(0-29)'.", start);
  }
  values.isSeeded = true;
  const hash = stableHash(`${spec.name}:${context.seed}`);
  const step = takeStep(scanner, spec);
  const size = last - first + 1;
  const offset = hash % (step === null ? size : Math.min(step, size));
  addRange(context, first + offset, step === null ? first + offset : last, step ?? 1);
  return true;
}

function takeValue(scanner: CronScanner, spec: CronFieldSpec): number {
  const start = scanner.position;
  const digits = scanner.takeDigits();
  if (digits === '') return takeName(scanner, spec);
  const value = Number(digits);
  if (value < spec.min || value > spec.max) {
    scanner.fail(`Cron ${spec.label}: ${digits} is out of range.`, rangeHint(spec), start);
  }
  return value;
}

function takeName(scanner: CronScanner, spec: CronFieldSpec): number {
  const start = scanner.position;
  const letters = scanner.takeLetters();
  const value = spec.names.get(letters.toLowerCase());
  if (value !== undefined) return value;
  // 'friL': the rule belongs to the name before it.
  const stem = /l$/i.test(letters) ? spec.names.get(letters.slice(0, -1).toLowerCase()) : undefined;
  if (stem !== undefined && spec.name === 'dayOfWeek') {
    scanner.position--;
    return stem;
  }
  scanner.position = start;
  if (scanner.isAtEnd) scanner.fail(`Cron ${spec.label}: a value is missing.`, rangeHint(spec));
  scanner.fail(`Cron ${spec.label}: '${scanner.rest}' is not understood.`, rangeHint(spec));
}

/** `/n`; `null`: there is none. */
function takeStep(scanner: CronScanner, spec: CronFieldSpec): number | null {
  if (!scanner.take('/')) return null;
  const start = scanner.position;
  const digits = scanner.takeDigits();
  const step = Number(digits);
  if (digits === '') scanner.fail(`Cron ${spec.label}: the step after '/' is missing.`, "'*/5' is every fifth.");
  if (step === 0) scanner.fail(`Cron ${spec.label}: a step of 0 never moves on.`, 'the smallest step is 1.', start);
  if (step > spec.max) {
    const larger = LARGER_FIELDS[spec.name];
    scanner.fail(
      `Cron ${spec.label}: a step of ${digits} is longer than the field.`,
      `the largest step here is ${spec.max}${larger === undefined ? '' : `; for more, use the ${CRON_FIELDS[larger].label} field`}.`,
      start,
    );
  }
  return step;
}

/** Adds `first`, `first + step`, … up to `last`, past the end and around where `last` is smaller. */
function addRange({ spec, values }: FieldContext, first: number, last: number, step: number): void {
  if (spec.name === 'year') {
    values.years.push({ from: first, to: last, step });
    return;
  }
  const size = spec.top - spec.min + 1;
  const length = first <= last ? last - first : (last - first + 2 * size) % size;
  for (let i = 0; i <= length; i += step) {
    const value = spec.min + ((first - spec.min + i) % size);
    if (value < 32) values.low |= 1 << value;
    else values.high |= 1 << (value - 32);
  }
}

function rangeHint(spec: CronFieldSpec): string {
  const range = `${spec.label} goes from ${spec.min} to ${spec.max}`;
  if (spec.name === 'dayOfWeek') return `${range} (0 and 7 are Sunday), or sun to sat.`;
  return spec.name === 'month' ? `${range}, or jan to dec.` : `${range}.`;
}
