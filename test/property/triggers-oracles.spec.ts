import { Cron as Croner } from 'croner';
import { CronExpressionParser } from 'cron-parser';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cron } from '../../lib/triggers/cron.js';
import { bind, isoText } from '../triggers/fires.js';
import { anyPattern } from './cron-sample.js';

const anySecond = fc.integer({ min: Date.UTC(1990, 0, 1) / 1_000, max: Date.UTC(2045, 0, 1) / 1_000 });
const anyZone = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));

/** What cron-parser reads as we do: it wants ranges that don't wrap and no value twice. */
const plainElement = (min: number, max: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min, max }).map(String),
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 2, maxLength: 4 }).map((values) => values.join(',')),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map((ends) => ends.sort((a, b) => a - b).join('-')),
    fc.integer({ min: 2, max: max - min }).map((step) => `*/${step}`),
  );
const anyPlainText = fc
  .tuple(plainElement(0, 59), plainElement(0, 59), plainElement(0, 23), plainElement(1, 28), plainElement(1, 12))
  .chain((fields) => fc.constantFrom(0, 1).map((which) => [...fields, '*', which] as const))
  .map(([second, minute, hour, day, month, weekday, which]) =>
    which === 0
      ? `${second} ${minute} ${hour} ${day} ${month} ${weekday}`
      : `${second} ${minute} ${hour} * ${month} 1-5`,
  );

describe('cron beside cron-parser, in UTC', { timeout: 180_000 }, () => {
  it('finds the same next and previous fires', () => {
    fc.assert(
      fc.property(anyPlainText, anySecond, (text, second) => {
        const trigger = bind(cron(text));
        const forward = CronExpressionParser.parse(text, { tz: 'UTC', currentDate: new Date(second * 1_000) });
        const backward = CronExpressionParser.parse(text, { tz: 'UTC', currentDate: new Date(second * 1_000) });
        let [next, previous] = [second * 1_000, second * 1_000];
        for (let i = 0; i < 3; i++) {
          next = trigger.next(next) ?? NaN;
          previous = trigger.previous(previous) ?? NaN;
          expect(isoText(next)).toBe(isoText(forward.next().getTime()));
          expect(isoText(previous)).toBe(isoText(backward.prev().getTime()));
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each(['0 0 0 L * *', '0 30 9 * * 5L', '0 0 0 * * 1#2', '0 0 0 1,L * *', '0 0 12 * 1,6 6,7', '@daily', '@weekly'])(
    'reads %s as it does',
    (text) => {
      const trigger = bind(cron(text));
      const oracle = CronExpressionParser.parse(text, { tz: 'UTC', currentDate: new Date('2027-01-01T00:00:00Z') });
      let fire = Date.parse('2027-01-01T00:00:00Z');
      for (let i = 0; i < 40; i++) {
        fire = trigger.next(fire) ?? NaN;
        expect(isoText(fire)).toBe(isoText(oracle.next().getTime()));
      }
    },
  );
});

describe('cron beside croner, in any zone', { timeout: 180_000 }, () => {
  it('P09 finds the same fires of one time a day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        anyZone,
        anySecond,
        (minute, hour, zone, second) => {
          const text = `${minute} ${hour} * * *`;
          expect(ours(text, zone, second * 1_000, 4)).toEqual(croners(text, zone, second * 1_000, 4));
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    '0 0 L * *',
    '0 6 LW * *',
    '0 6 15W * *',
    '0 6 * * 5#2',
    '0 6 * * 5#L',
    '0 6 13 * 5',
    '30 5 13 * +5',
    '0 6 29 2 *',
  ])('reads %s as it does', (text) => {
    const from = Date.UTC(2027, 0, 1);
    for (const zone of ['UTC', 'Asia/Tokyo']) expect(ours(text, zone, from, 30)).toEqual(croners(text, zone, from, 30));
  });

  it('finds the same fires of any pattern in UTC', () => {
    fc.assert(
      fc.property(anyPattern, anySecond, ({ text }, second) => {
        // The two differ on stars in the day fields (there croner lets either match), and on ranges that wrap.
        const [, , day = '', , weekday = ''] = text.split(' ');
        const isAlike = day === '*' || weekday === '*' || (!day.startsWith('*') && !weekday.startsWith('*'));
        fc.pre(isAlike && !/(\d+)-(\d+)/.test(text));
        const expected = croners(text, 'UTC', second * 1_000, 3);
        // Dates that don't exist: croner answers with nothing, we refuse the text.
        fc.pre(expected.length === 3);
        expect(ours(text, 'UTC', second * 1_000, 3)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

/** Our next fires; what the clocks skip is made up for as croner does it. */
function ours(text: string, zone: string, from: number, count: number): string[] {
  const trigger = bind(cron(text, { gap: 'next' }), zone);
  const fires: string[] = [];
  for (let fire = trigger.next(from); fire !== null && fires.length < count; fire = trigger.next(fire)) {
    fires.push(isoText(fire));
  }
  return fires;
}

/** Croner's next fires. */
function croners(text: string, zone: string, from: number, count: number): string[] {
  const oracle = new Croner(text, { timezone: zone, paused: true });
  return oracle.nextRuns(count, new Date(from)).map((date) => isoText(date.getTime()));
}
