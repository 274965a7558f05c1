import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SchedulerError } from '../../lib/errors/scheduler-error.js';
import { allOf, anyOf, calendarInterval, cron, except } from '../../lib/triggers/factories.js';
import type { CronFields } from '../../lib/triggers/cron/cron-fields.js';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';
import { TriggerSearchError } from '../../lib/triggers/trigger-errors.js';
import { bind } from '../triggers/fires.js';

/** What item after item of a cron is made of, sound and not. */
const anyPiece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('*', '?', 'H', 'L', 'W', '#', '/', '-', ',', '+', '(', ')', ' ', '  ', '\t'),
  },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 70 }).map(String) },
  { weight: 2, arbitrary: fc.constantFrom('mon', 'FRI', 'sunday', 'jan', 'december', 'last', '3rd fri', 'LW', '15W') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('*/5', 'H/3', 'H(1-9)', '22-2', 'fri#5', 'monL', 'L-3', '1970-9999/7', '0-23'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('@daily', '@every', '1h30m', 'CRON_TZ=', 'TZ=Europe/Berlin ', '@', '\n', '\0'),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 3, unit: 'binary' }) },
  { weight: 1, arbitrary: fc.bigInt().map(String) },
);
const anySoundField = fc.constantFrom(
  '*',
  '0',
  '5',
  '*/7',
  '1-5',
  '22-2',
  'H',
  '0,30',
  '29-31',
  'L',
  'LW',
  'fri#5',
  '2',
  '*/2',
  '31',
);
const anySoundText = fc
  .tuple(
    fc.constantFrom('', '0 ', '*/7 ', 'H '),
    fc.constantFrom('*', '0', '*/7', '50-10/3', 'H'),
    fc.constantFrom('*', '2', '22-2', '*/5', 'H(0-3)'),
    fc.constantFrom('*', '?', '31', 'L', 'L-3', 'LW,15W', '1-7', '29'),
    fc.constantFrom('*', '2', 'nov-feb', '*/5', '3'),
    fc.constantFrom('*', 'fri', '+sunL', 'fri#5', '1-5', '7'),
    fc.constantFrom('', ' 2020-2040', ' *', ' 1970/7', ' 2096'),
  )
  .map(
    ([second, minute, hour, day, month, weekday, year]) =>
      `${year === '' ? second : second || '0 '}${minute} ${hour} ${day} ${month} ${weekday}${year}`,
  );
const anyText = fc.oneof(
  fc.array(anyPiece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc
    .array(fc.array(anyPiece, { minLength: 1, maxLength: 3 }), { minLength: 4, maxLength: 8 })
    .map((fields) => fields.map((pieces) => pieces.join('')).join(' ')),
  anySoundText,
  anySoundText,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.tuple(anyPiece, fc.constantFrom(1_001, 100_000)).map(([piece, times]) => (piece || '*').repeat(times)),
);
const anyValue = fc.oneof(
  { weight: 8, arbitrary: anySoundField },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 60 }) },
  { weight: 2, arbitrary: fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }), anySoundField), { maxLength: 4 }) },
  { weight: 1, arbitrary: anyText },
  {
    weight: 1,
    arbitrary: fc.anything({ withSparseArray: true, withBigInt: true, withDate: true, withNullPrototype: true }),
  },
);
const anyName = fc.constantFrom('year', 'month', 'day', 'week', 'dayOfWeek', 'hour', 'minute', 'second');
const anyFields = fc.oneof(
  { weight: 9, arbitrary: fc.dictionary(anyName, anyValue, { maxKeys: 5 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.oneof(anyName, fc.string()), anyValue, { maxKeys: 3 }) },
  {
    weight: 1,
    arbitrary: anyName.map((name) =>
      Object.defineProperty({}, name, {
        enumerable: true,
        get: () => {
          throw new TypeError('not today');
        },
      }),
    ),
  },
);
const anyOptions = fc.record(
  {
    gap: fc.constantFrom('shift', 'next', 'skip'),
    fold: fc.constantFrom('first', 'last', 'both'),
    timeZone: fc.oneof(
      {
        weight: 9,
        arbitrary: fc.constantFrom(
          'UTC',
          'Europe/Berlin',
          'Africa/Casablanca',
          'Australia/Lord_Howe',
          'Pacific/Apia',
          'America/Havana',
        ),
      },
      { weight: 1, arbitrary: fc.string() },
    ),
    endAt: fc.constantFrom('2028-01-01', '1999-12-31', new Date(Date.UTC(2100, 0, 1))),
  },
  { requiredKeys: [] },
);
const anyInstant = fc.oneof(
  fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
  fc.constantFrom(-Infinity, Infinity, 0, -1, Date.UTC(9_999, 11, 31), Date.UTC(1_800, 0, 1)),
  fc.double({ min: 0, max: 4e12, noNaN: true }),
);

/** What any input at all comes to: a trigger, or an error of ours. */
function triggerOf(make: () => TriggerDefinition): Trigger | null {
  try {
    return bind(make());
  } catch (error) {
    expect(error).toBeInstanceOf(SchedulerError);
    expect((error as SchedulerError).code).toMatch(/^[A-Z_]+$/);
    expect((error as SchedulerError).message.length).toBeLessThan(2_000);
    return null;
  }
}

function expectLaws(trigger: Trigger, instant: number): void {
  const next = trigger.next(instant);
  const previous = trigger.previous(instant);
  if (next !== null) {
    expect(next).toBeGreaterThan(instant);
    expect(trigger.previous(next) ?? -Infinity).toBeLessThanOrEqual(instant);
    expect(trigger.previous(next + 1)).toBe(next);
  }
  if (previous !== null) {
    expect(previous).toBeLessThan(instant);
    expect(trigger.next(previous) ?? Infinity).toBeGreaterThanOrEqual(instant);
    expect(trigger.next(previous - 1)).toBe(previous);
  }
  expect(trigger.describe()).toMatch(/^[^\n]+$/);
}

/** Three times what is promised: these machines are shared, and what a test runs is less optimised than a build. */
const LIMIT_MS = 15;

/** What a call answers; a search that it gives up is an answer, too. */
function known(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof TriggerSearchError) return error;
    throw error;
  }
}

/** The time that the quickest of some calls takes of the processor: what the machine does besides is not the trigger's. */
function quickest(call: () => unknown): number {
  let best = Infinity;
  for (let n = 0; n < 10 && best > LIMIT_MS; n++) {
    const start = process.cpuUsage();
    known(call);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}

describe('P15 whatever is given as a cron', { timeout: 180_000 }, () => {
  it('is a trigger that obeys the laws, or an error that says what is wrong: any text', () => {
    let sound = 0;
    fc.assert(
      fc.property(anyText, anyOptions, anyInstant, (text, options, instant) => {
        const trigger = triggerOf(() => cron(text, options));
        if (trigger === null) return;
        sound++;
        expectLaws(trigger, instant);
      }),
      { numRuns: 3_000 },
    );
    expect(sound).toBeGreaterThan(50);
  });

  it('is a trigger that obeys the laws, or an error that says what is wrong: any fields', () => {
    let sound = 0;
    fc.assert(
      fc.property(anyFields, anyOptions, anyInstant, (fields, options, instant) => {
        const trigger = triggerOf(() => cron(fields as CronFields, options));
        if (trigger === null) return;
        sound++;
        expectLaws(trigger, instant);
      }),
      { numRuns: 3_000 },
    );
    expect(sound).toBeGreaterThan(50);
  });

  it('takes no call more than some milliseconds', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, anyFields), anyOptions, anyInstant, (pattern, options, instant) => {
        const make = (): TriggerDefinition => cron(pattern as string, options);
        expect(quickest(() => triggerOf(make))).toBeLessThan(LIMIT_MS);
        const trigger = triggerOf(make);
        if (trigger === null) return;
        expect(quickest(() => trigger.next(instant))).toBeLessThan(LIMIT_MS);
        expect(quickest(() => trigger.previous(instant))).toBeLessThan(LIMIT_MS);
        expect(quickest(() => trigger.count?.(instant - 366 * 86_400_000, instant))).toBeLessThan(LIMIT_MS);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[string, () => TriggerDefinition]>([
    ['a date that clocks always skip', () => cron('30 2 * 3 +sunL', { gap: 'skip' })],
    ['the same in every third year', () => cron('0 30 2 * 3 +sunL 1970-9999/3', { gap: 'skip' })],
    ['a leap day of a year far away', () => cron('0 0 0 29 2 * 9996')],
    ['triggers that never meet', () => allOf(cron('0 9 * * *'), cron('0 10 * * *'))],
    [
      'triggers that never meet, nested',
      () => allOf(allOf(cron('* * * * *'), cron('0 9 * * *')), allOf(cron('0 10 * * *'), cron('*/7 * * * *'))),
    ],
    ['fires that are all excluded', () => except(cron('0 9 * * *'), cron('0 * * * *'))],
    [
      'many triggers that are all excluded',
      () => except(anyOf(...Array.from({ length: 47 }, (_, n) => cron(`${n} * * * *`))), cron('* * * * *')),
    ],
    [
      'calendar intervals that hardly ever meet',
      () =>
        allOf(
          ...Array.from({ length: 49 }, (_, n) => calendarInterval({ days: n + 1 }, { startAt: '1970-01-01T02:30' })),
        ),
    ],
    [
      'many leap days that clocks skip',
      () => allOf(...Array.from({ length: 49 }, (_, n) => cron(`${n} 2 29 2 *`, { gap: 'skip', fold: 'both' }))),
    ],
    [
      'many days of weeks that few years have',
      () =>
        anyOf(...Array.from({ length: 49 }, (_, n) => cron({ week: 53, month: 1, day: 3, hour: '0-23', minute: n }))),
    ],
    [
      'hundreds of excluded years',
      () =>
        except(
          cron('0 9 * * *'),
          ...Array.from({ length: 249 }, (_, n) => ({ from: `${1970 + n * 32}-01-01`, to: `${1970 + n * 32}-12-31` })),
        ),
    ],
    [
      'triggers in as many zones as there may be',
      () => anyOf(...Intl.supportedValuesOf('timeZone').slice(0, 12).map((timeZone) => cron('0 9 * * *', { timeZone }))), // prettier-ignore
    ],
  ])('takes no call more than some milliseconds on %s', (_, make) => {
    const trigger = bind(make(), 'Europe/Berlin');
    for (const instant of [-Infinity, 0, Date.UTC(2027, 0, 1), Date.UTC(9_000, 0, 1), Infinity]) {
      expect(quickest(() => trigger.next(instant))).toBeLessThan(LIMIT_MS);
      expect(quickest(() => trigger.previous(instant))).toBeLessThan(LIMIT_MS);
    }
    expect(quickest(() => trigger.count?.(0, Infinity))).toBeLessThan(LIMIT_MS);
  });
});
