import { CRON_FIELDS, type CronFieldName, type CronFieldValues } from './cron-field.js';
import { CronPattern } from './cron-pattern.js';
import { checkCronLength, CronScanner } from './cron-scanner.js';
import { parseField } from './parse-field.js';

/** A cron text, taken apart but not read. */
export interface CronTextParts {
  /** Of a `CRON_TZ=` prefix. */
  readonly timeZone: string | null;
  /** The milliseconds of `@every`. */
  readonly every: number | null;
  /** What a nickname stands for, or else the text itself. */
  readonly fields: string;
  /** Where the fields begin in it. */
  readonly start: number;
}

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
  ['@minutely', '* * * * *'],
  ['@weekdays', '0 0 * * 1-5'],
  ['@weekends', '0 0 * * 0,6'],
]);
/** Those of others, and what to write instead. */
const STRANGE_NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@reboot', 'what runs once after the start is declared with @AfterStart(0).'],
  ['@secondly', "every second is '* * * * * *'."],
]);
const FIVE: readonly CronFieldName[] = ['minute', 'hour', 'day', 'month', 'dayOfWeek'];
const SIX: readonly CronFieldName[] = ['second', ...FIVE];
const SEVEN: readonly CronFieldName[] = [...SIX, 'year'];
const LAYOUTS: ReadonlyMap<number, readonly CronFieldName[]> = new Map([
  [5, FIVE],
  [6, SIX],
  [7, SEVEN],
]);
const EVERY_UNITS: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
]);

/** @throws {CronSyntaxError} for unknown nicknames, a wrong `@every`, and a text that is too long. */
export function splitCronText(text: string): CronTextParts {
  checkCronLength(text, 'Cron text');
  const prefix = /^\s*(?:CRON_TZ|TZ)=(\S*)\s*/.exec(text);
  const timeZone = prefix === null ? null : (prefix[1] ?? '');
  const scanner: CronScanner = new CronScanner(text, prefix?.[0].length ?? 0, text.length);
  scanner.skipBlanks();
  const { position: start } = scanner;
  const zone = /^(?:CRON_)?TZ=/i.exec(scanner.rest)?.[0];
  if (zone !== undefined) {
    const problem = prefix === null ? `'${zone}' is not understood.` : 'it names two time zones.';
    scanner.fail(`Cron text: ${problem}`, "write 'CRON_TZ=Europe/Paris 0 9 * * *', in capitals and once.");
  }
  const parts = { timeZone, every: null, fields: text, start };
  if (!scanner.rest.startsWith('@')) return parts;
  const every = /^@every(?:\s+|$)/i.exec(scanner.rest);
  if (every !== null) {
    scanner.position += every[0].length;
    return { ...parts, every: readEvery(scanner) };
  }
  // Only ASCII: '\u212A' is a 'k' in lower case, and yet nobody's '@weekly'.
  const [found = '', name = ''] = /^(@[A-Za-z]+)(?:\s+|$)/.exec(scanner.rest) ?? [];
  const word = name.toLowerCase();
  const nickname = NICKNAMES.get(word);
  if (nickname !== undefined) {
    scanner.position += found.length;
    if (!scanner.isAtEnd) scanner.fail(`Cron text: unexpected '${scanner.rest.trimEnd()}'.`, `'${name}' stands alone.`);
    return { ...parts, fields: nickname, start: 0 };
  }
  const hint = STRANGE_NICKNAMES.get(word) ?? `nicknames: ${[...NICKNAMES.keys()].join(' ')} and '@every 1h30m'.`;
  scanner.fail(`Cron text: '${scanner.rest.trimEnd()}' is no nickname.`, hint);
}

/**
 * @param seed what `H` is made of: the job id.
 * @throws {CronSyntaxError}
 */
export function compileCronText({ fields: text, start }: CronTextParts, seed: string): CronPattern {
  const places = fieldsOf(text, start);
  checkIsOneLine(text, start);
  const layout = LAYOUTS.get(places.length);
  if (layout === undefined) return failFieldCount(text, start, places);
  const parsed = new Map<CronFieldName, CronFieldValues>();
  for (const [index, name] of layout.entries()) {
    const [from = 0, end = 0] = places[index] ?? [];
    const allowsPlus = name === 'dayOfWeek';
    const field = { text, start: from, end, seed, allowsPlus, allowsOrdinals: false };
    parsed.set(name, parseField(CRON_FIELDS[name], field));
  }
  const get = (name: CronFieldName): CronFieldValues => parsed.get(name) ?? minimumOf(name);
  const [day, dayOfWeek] = [get('day'), get('dayOfWeek')];
  const isBoth = day.startsWithStar || dayOfWeek.startsWithStar || dayOfWeek.startsWithPlus;
  return new CronPattern({
    second: get('second'),
    minute: get('minute'),
    hour: get('hour'),
    day,
    month: get('month'),
    dayOfWeek,
    year: parsed.get('year') ?? null,
    week: null,
    dayMatch: isBoth ? 'both' : 'either',
  });
}

/** Where a text names its days, counted from 1: in the day-of-month field, or in that of weekdays where the first is open. */
export function columnOfDays({ fields: text, start }: CronTextParts): number {
  const places = fieldsOf(text, start);
  const layout = LAYOUTS.get(places.length) ?? FIVE;
  const [from = 0, end = 0] = places[layout.indexOf('day')] ?? [];
  const isOpen = text.slice(from, end) === '*' || text.slice(from, end) === '?';
  return 1 + (isOpen ? (places[layout.indexOf('dayOfWeek')]?.[0] ?? 0) : from);
}

/** A field that holds its smallest value only. */
export function minimumOf(name: CronFieldName): CronFieldValues {
  return fieldOf(name, String(CRON_FIELDS[name].min));
}

/** A field that holds every value. */
export function everyOf(name: CronFieldName): CronFieldValues {
  return fieldOf(name, '*');
}

function fieldOf(name: CronFieldName, text: string): CronFieldValues {
  const field = { text, start: 0, end: text.length, seed: '', allowsPlus: false, allowsOrdinals: false };
  return parseField(CRON_FIELDS[name], field);
}

function fieldsOf(text: string, start: number): [from: number, end: number][] {
  const places: [number, number][] = [];
  const fields = /[^ \t]+/g;
  fields.lastIndex = start;
  // What a text ends with may be a line break.
  const trimmed = text.trimEnd();
  for (let match = fields.exec(trimmed); match !== null; match = fields.exec(trimmed)) {
    places.push([match.index, match.index + match[0].length]);
  }
  return places;
}

function checkIsOneLine(text: string, start: number): void {
  const lineBreak = text
    .slice(start)
    .trimEnd()
    .search(/[\r\n]/);
  if (lineBreak < 0) return;
  const scanner: CronScanner = new CronScanner(text, start + lineBreak, text.length);
  scanner.fail('Cron text: there is a line break in it.', 'write one pattern, in one line; anyOf() takes several.');
}

function failFieldCount(text: string, start: number, places: readonly [from: number, end: number][]): never {
  const scanner: CronScanner = new CronScanner(text, start, text.length);
  if (places.length === 0) scanner.fail('Cron text: it is empty.', "every minute is '* * * * *'.");
  const oddBlank = text.slice(start).search(/[^\S \t\r\n]/);
  if (oddBlank >= 0) {
    scanner.fail(
      'Cron text: a blank that separates nothing.',
      'fields are separated by ordinary blanks or tabs; this one may come from a web page.',
      start + oddBlank,
    );
  }
  const at = places.length > 7 ? places[7]?.[0] : places.at(-1)?.[1];
  scanner.fail(
    `Cron text: ${places.length} ${places.length === 1 ? 'field' : 'fields'} instead of 5, 6 or 7.`,
    '[second] minute hour day-of-month month day-of-week [year]; with 6 fields the first is the second.',
    at,
  );
}

/** `1h30m`, as Go writes durations. */
function readEvery(scanner: CronScanner): number {
  const hint = "write '@every 1h30m'; units are h, m, s and ms.";
  const start = scanner.position;
  let ms = 0;
  do {
    const at = scanner.position;
    const digits = scanner.takeDigits();
    if (digits === '') scanner.fail("Cron text: '@every' takes a duration.", hint, at);
    const unitAt = scanner.position;
    const unitMs = EVERY_UNITS.get(scanner.takeLetters().toLowerCase());
    if (unitMs === undefined) scanner.fail("Cron text: '@every' takes a duration with units.", hint, unitAt);
    ms += Number(digits) * unitMs;
    if (scanner.rest.trim() === '') scanner.skipBlanks();
  } while (!scanner.isAtEnd);
  if (ms < 1 || !Number.isSafeInteger(ms)) scanner.fail("Cron text: '@every' takes at least 1 ms.", hint, start);
  return ms;
}
