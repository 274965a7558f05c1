import { type CronFieldSpec, CronFieldValues } from './cron-field.js';
import { CronScanner } from './cron-scanner.js';
import type { DayRule } from './day-rules.js';
import { stableHash } from './hash.js';

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

const ORDINALS: ReadonlyMap<string, number> = new Map([
  ['1st', 1],
  ['2nd', 2],
  ['3rd', 3],
  ['4th', 4],
  ['5th', 5],
]);

/** @throws {CronSyntaxError} */
export function parseField(spec: CronFieldSpec, field: FieldText, weekdays: CronFieldSpec): CronFieldValues {
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
    const rule = field.allowsOrdinals ? takeOrdinal(scanner, weekdays) : null;
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
  } else if (!takeHashed(scanner, context) && !takeLastDay(scanner, context)) {
    takeValues(scanner, context);
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
  if (spec.name === 'dayOfWeek' && takeWeekdayRule(scanner, context, first % 7)) return;
  if (scanner.take('-')) {
    const last = takeValue(scanner, spec);
    if (first > last && spec.name === 'year')
      scanner.fail(`Cron year: ${first}-${last} runs backwards.`, undefined, start);
    addRange(context, first, last, takeStep(scanner, spec) ?? 1);
    return;
  }
  const step = takeStep(scanner, spec);
  if (step === null) addRange(context, first, first, 1);
  else addRange(context, spec.name === 'dayOfWeek' ? first % 7 : first, spec.top, step);
}

/** `#n`, `#L` and `L` after a weekday. */
function takeWeekdayRule(scanner: CronScanner, { spec, values }: FieldContext, weekday: number): boolean {
  if (scanner.take('L')) {
    values.rules.push({ kind: 'lastOf', weekday });
    return true;
  }
  if (!scanner.take('#')) return false;
  if (scanner.take('L')) {
    values.rules.push({ kind: 'lastOf', weekday });
    return true;
  }
  const start = scanner.position;
  const n = Number(scanner.takeDigits() || '0');
  if (n < 1 || n > 5) {
    scanner.fail(`Cron ${spec.label}: '#' takes 1 to 5, or L for the last.`, "'fri#2' is the second Friday.", start);
  }
  values.rules.push({ kind: 'nth', weekday, n });
  return true;
}

/** `L`, `L-n`, `LW`. */
function takeLastDay(scanner: CronScanner, { spec, values }: FieldContext): boolean {
  if (!/^L(?![A-Za-z])|^LW(?![A-Za-z])/i.test(scanner.rest)) return false;
  if (spec.name !== 'day') {
    const hint =
      spec.name === 'dayOfWeek'
        ? "'friL' is the last Friday of the month."
        : "'L' belongs into the day-of-month field.";
    scanner.fail(`Cron ${spec.label}: 'L' alone means nothing here.`, hint);
  }
  scanner.take('L');
  if (scanner.take('W')) {
    values.rules.push({ kind: 'lastWeekday' });
    return true;
  }
  let daysBefore = 0;
  if (scanner.take('-')) {
    const start = scanner.position;
    const digits = scanner.takeDigits();
    daysBefore = Number(digits);
    if (digits === '' || daysBefore > 30) {
      scanner.fail(`Cron ${spec.label}: 'L-' takes 0 to 30.`, "'L-3' is three days before the last.", start);
    }
  }
  values.rules.push({ kind: 'last', daysBefore });
  return true;
}

/** `H`, `H/n`, `H(a-b)`, `H(a-b)/n`. */
function takeHashed(scanner: CronScanner, context: FieldContext): boolean {
  const { spec, values } = context;
  if (!/^H(?![A-Za-z])/i.test(scanner.rest)) return false;
  if (spec.hashTop === null) scanner.fail(`Cron ${spec.label}: there is no 'H' in this field.`);
  scanner.take('H');
  let first = spec.min;
  let last = spec.hashTop;
  if (scanner.take('(')) {
    const start = scanner.position;
    first = takeValue(scanner, spec);
    if (!scanner.take('-')) scanner.fail(`Cron ${spec.label}: 'H(' takes a range.`, "write 'H(0-29)'.");
    last = takeValue(scanner, spec);
    if (!scanner.take(')')) scanner.fail(`Cron ${spec.label}: ')' is missing.`, "write 'H(0-29)'.");
    if (first > last) scanner.fail(`Cron ${spec.label}: the range of 'H' runs backwards.`, undefined, start);
  }
  values.isSeeded = true;
  const hash = stableHash(`${spec.name}:${context.seed}`);
  const step = takeStep(scanner, spec);
  const size = last - first + 1;
  const offset = hash % (step === null ? size : Math.min(step, size));
  addRange(context, first + offset, step === null ? first + offset : last, step ?? 1);
  return true;
}

/** `last`, `last sun`, `3rd fri`. */
function takeOrdinal(scanner: CronScanner, weekdays: CronFieldSpec): DayRule | null {
  const match = /^(last|[1-5](?:st|nd|rd|th))(?:([ \t]+)([A-Za-z]+))?$/i.exec(scanner.rest);
  if (match === null) return null;
  const [, ordinal = '', blanks = '', name] = match;
  const isLast = ordinal.toLowerCase() === 'last';
  if (name === undefined && isLast) return { kind: 'last', daysBefore: 0 };
  const n = ORDINALS.get(ordinal.toLowerCase());
  if (!isLast && n === undefined)
    scanner.fail(`Cron day: '${ordinal}' is no ordinal.`, '1st, 2nd, 3rd, 4th, 5th or last.');
  const weekday = name === undefined ? undefined : weekdays.names.get(name.toLowerCase());
  if (weekday === undefined) {
    const at = scanner.position + ordinal.length + blanks.length;
    scanner.fail(`Cron day: '${ordinal}' is followed by a weekday.`, "write 'last sun' or '3rd fri'.", at);
  }
  return n === undefined ? { kind: 'lastOf', weekday } : { kind: 'nth', weekday, n };
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
    scanner.fail(
      `Cron ${spec.label}: a step of ${digits} is longer than the field.`,
      `the largest step here is ${spec.max}; for more, use the next field to the right.`,
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
