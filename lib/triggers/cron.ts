import { compileCronFields, copyCronFields, type CronFields } from './cron/cron-fields.js';
import type { CronPattern } from './cron/cron-pattern.js';
import { describeFault } from './cron/cron-errors.js';
import { columnOfDays, compileCronText, type CronTextParts, splitCronText } from './cron/cron-text.js';
import { CronTrigger } from './cron/cron-trigger.js';
import { interval, type IntervalDefinition, intervalKind } from './interval.js';
import { showValue } from '../errors/show-value.js';
import { assertTimeZone, zoneOffsets } from './time-zone.js';
import {
  readWindow,
  type StoredTriggerOptions,
  storeOptions,
  type TriggerOptions,
  WINDOW_OPTIONS,
} from './time-window.js';
import type { TriggerDefinition } from './trigger.js';
import { InvalidTriggerError, NeverFiresError } from './trigger-errors.js';
import type { BoundTrigger } from './bound-trigger.js';
import {
  type BindNested,
  type BindValues,
  checkChoice,
  checkOptions,
  compact,
  type DefinitionData,
  type TriggerKind,
} from './trigger-kind.js';
import type { FoldPolicy, GapPolicy } from './wall-time.js';

/**
 * How a pattern treats changes of clocks. Every wall-clock time that it names happens exactly once on each day that it
 * names; only a pattern of every hour (`*`) follows real time instead, and fires at every instant whose wall clock
 * matches: there the two options change nothing.
 *
 * @publicApi
 */
export interface CronOptions extends TriggerOptions {
  /** When the clocks skip a time. Default `'shift'`: later by the length of the gap. */
  readonly gap?: GapPolicy | undefined;
  /** When a time happens twice. Default `'first'`. */
  readonly fold?: FoldPolicy | undefined;
}

/** What {@link cron} returns. @publicApi */
export interface CronDefinition extends TriggerDefinition, StoredTriggerOptions {
  readonly kind: 'cron';
  readonly version: 1;
  /** Either this … */
  readonly text?: string;
  /** … or these. */
  readonly fields?: CronFields;
  readonly gap?: GapPolicy;
  readonly fold?: FoldPolicy;
}

const GAPS = ['shift', 'next', 'skip'] as const;
const FOLDS = ['first', 'last', 'both'] as const;
/** An interval has no wall-clock times that could be skipped or repeated. */
const EVERY_OPTIONS = WINDOW_OPTIONS;
const MAX_CACHED = 1_024;
const WHAT = "Trigger 'cron'";

const patterns = new Map<string, CronPattern>();

/**
 * Fires by the wall clock, as a cron text (5, 6 or 7 fields, nicknames) or APScheduler's fields say.
 *
 * `cron('@every 1h30m')` is an interval.
 *
 * @throws {CronSyntaxError} with the column and a hint.
 * @throws {NeverFiresError} for dates that don't exist.
 * @throws {InvalidTriggerError} for unknown options and fields.
 * @throws {UnknownTimeZoneError} {@link InvalidInstantError} for `timeZone`, `CRON_TZ=`, `startAt` and `endAt`.
 * @example cron('0 3 * * mon-fri', { timeZone: 'Europe/Berlin' })
 * @example cron({ day: 'last fri', hour: 17 })
 * @publicApi
 */
export function cron(fields: CronFields, options?: CronOptions): CronDefinition;
export function cron(text: string, options?: CronOptions): CronDefinition | IntervalDefinition;
export function cron(textOrFields: string | CronFields, options?: CronOptions): CronDefinition | IntervalDefinition;
export function cron(
  textOrFields: string | CronFields,
  options: CronOptions = {},
): CronDefinition | IntervalDefinition {
  const source = checkSource(textOrFields, 'cron()');
  const parts = source.text === undefined ? null : splitCronText(source.text);
  if (parts?.every != null) {
    checkOptions(options, EVERY_OPTIONS, "cron('@every …')");
    return interval(parts.every, { ...options, timeZone: agreedZone(parts.timeZone, options.timeZone, 'cron()') });
  }
  checkOptions(options, [...WINDOW_OPTIONS, 'gap', 'fold'], 'cron()');
  const definition: CronDefinition = compact({
    kind: 'cron',
    version: 1,
    ...source,
    gap: checkChoice(options.gap, GAPS, 'cron(): gap'),
    fold: checkChoice(options.fold, FOLDS, 'cron(): fold'),
    ...storeOptions(options, 'cron()'),
  });
  agreedZone(parts?.timeZone ?? null, options.timeZone, 'cron()');
  patternOf(definition, '');
  return definition;
}

export const cronKind: TriggerKind = {
  kind: 'cron',
  version: 1,
  properties: new Set(['text', 'fields', 'gap', 'fold', ...WINDOW_OPTIONS]),

  timeZoneOf({ text, timeZone }: DefinitionData): string | null {
    const prefix = typeof text === 'string' && /^\s*(?:CRON_)?TZ=/.test(text) ? splitCronText(text).timeZone : null;
    return agreedZone(prefix, timeZone as string | undefined, WHAT) ?? null;
  },

  bind(definition: DefinitionData, values: BindValues, bindNested: BindNested): BoundTrigger {
    const source = checkSource(definition.text ?? definition.fields, WHAT);
    if (definition.text !== undefined && definition.fields !== undefined) {
      throw new InvalidTriggerError(WHAT, 'it has both text and fields. Give one of them.');
    }
    const every = source.text?.includes('@') === true ? splitCronText(source.text).every : null;
    if (every !== null) return bindEvery(every, definition, values, bindNested);
    const window = readWindow(definition, values.timeZone, WHAT);
    return new CronTrigger({
      pattern: patternOf(source, values.jobId),
      zone: zoneOffsets(values.timeZone, `${WHAT}: timeZone`),
      gap: checkChoice(definition.gap, GAPS, `${WHAT}: gap`) ?? 'shift',
      fold: checkChoice(definition.fold, FOLDS, `${WHAT}: fold`) ?? 'first',
      timeZone: values.timeZone,
      window,
    });
  },

  dependsOnZone: ({ text }) => typeof text !== 'string' || splitCronText(text).every === null,

  canonical({ text, fields, ...options }) {
    return typeof text === 'string'
      ? { ...options, text: canonicalText(text) }
      : { ...options, fields: canonicalFields(fields as CronFields) };
  },
};

/** With seconds, in capitals, one blank between fields, nicknames and a zone resolved. */
function canonicalText(text: string): string {
  const { every, fields, start } = splitCronText(text);
  if (every !== null) return `@every ${every}ms`;
  const found = fields.slice(start).trim().toUpperCase().split(/\s+/);
  return (found.length === 5 ? ['0', ...found] : found).join(' ');
}

/** Numbers and lists as the text that says the same. */
function canonicalFields(fields: CronFields): CronFields {
  const texts = Object.entries(fields).map(([name, value]) => [name, String(value).trim().toUpperCase()]);
  return Object.fromEntries(texts) as CronFields;
}

function bindEvery(
  every: number,
  definition: DefinitionData,
  values: BindValues,
  bindNested: BindNested,
): BoundTrigger {
  const { startAt, endAt, gap, fold } = definition;
  checkOptions({ gap, fold }, EVERY_OPTIONS, `${WHAT} with '@every'`);
  return intervalKind.bind({ kind: 'interval', version: 1, every, startAt, endAt }, values, bindNested);
}

/** The text or the fields that make a pattern, whatever the caller gave. */
function checkSource(textOrFields: unknown, what: string): Pick<CronDefinition, 'text' | 'fields'> {
  if (typeof textOrFields === 'string') return { text: textOrFields };
  if (typeof textOrFields === 'object' && textOrFields !== null && !Array.isArray(textOrFields)) {
    return { fields: copyCronFields(textOrFields) };
  }
  throw new InvalidTriggerError(
    what,
    `a pattern is a text or fields such as { hour: 3 }, not ${showValue(textOrFields)}.`,
  );
}

/** The compiled form, shared by everything with the same text. @throws {NeverFiresError} when that is certain. */
function patternOf({ text, fields }: Pick<CronDefinition, 'text' | 'fields'>, jobId: string): CronPattern {
  // Marked, so that a text that happens to look like JSON is never taken for fields.
  const key = text === undefined ? `fields ${JSON.stringify(fields)}` : `text ${text}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const parts = text === undefined ? null : splitCronText(text);
  const pattern = parts === null ? compileCronFields(fields ?? {}, jobId) : compileCronText(parts, jobId);
  // What `H` makes of another job id may well exist.
  if (pattern.isSeeded) return pattern;
  if (pattern.isNever) throw new NeverFiresError(`cron ${showValue(text ?? fields)}`, describeNever(parts));
  if (patterns.size >= MAX_CACHED) patterns.clear();
  patterns.set(key, pattern);
  return pattern;
}

function describeNever(parts: CronTextParts | null): string {
  const problem = 'no date matches it.';
  if (parts === null) return problem;
  const hint = 'no day in the months and years that it names is one of these.';
  return describeFault({ problem, text: parts.fields, column: columnOfDays(parts), hint });
}

function agreedZone(prefix: string | null, timeZone: string | undefined, what: string): string | undefined {
  if (prefix === null) return timeZone;
  assertTimeZone(prefix, `${what}: CRON_TZ`);
  if (timeZone === undefined || timeZone === prefix) return prefix;
  throw new InvalidTriggerError(
    what,
    `the text says CRON_TZ=${prefix}, but timeZone is '${timeZone}'. Give one of them.`,
  );
}
