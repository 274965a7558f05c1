import { describe, expect, it } from 'vitest';
import { calendarInterval } from '../../lib/triggers/calendar-interval.js';
import { bind, firesBackwards, firesBetween, isoText, nextTexts } from './fires.js';

/** Fires of a trigger in a year, in UTC. */
function datesOf(definition: Parameters<typeof bind>[0], count: number, after = '2026-12-31T00:00:00Z'): string[] {
  return nextTexts(bind(definition), after, count).map((text) => text.slice(0, 10));
}

describe('calendarInterval', () => {
  it('counts from the anchor, never from the last fire: the 31st stays the 31st', () => {
    const onThe31st = calendarInterval({ months: 1 }, { startAt: '2027-01-31' });
    expect(datesOf(onThe31st, 5)).toEqual(['2027-01-31', '2027-03-31', '2027-05-31', '2027-07-31', '2027-08-31']);
  });

  it('clamps to the end of a month when asked to, and comes back to the 31st', () => {
    const atMonthEnd = calendarInterval({ months: 1 }, { startAt: '2027-01-31', monthEnd: 'clamp' });
    expect(datesOf(atMonthEnd, 4)).toEqual(['2027-01-31', '2027-02-28', '2027-03-31', '2027-04-30']);
  });

  it('steps the months first and the days after', () => {
    const mixed = calendarInterval({ months: 1, days: 1 }, { startAt: '2027-01-31', monthEnd: 'clamp' });
    expect(datesOf(mixed, 4)).toEqual(['2027-01-31', '2027-03-01', '2027-04-02', '2027-05-03']);
    const weeks = calendarInterval({ weeks: 1, days: 3 }, { startAt: '2027-01-01' });
    expect(datesOf(weeks, 3)).toEqual(['2027-01-01', '2027-01-11', '2027-01-21']);
  });

  it('keeps the 29th of February to leap years', () => {
    const leap = calendarInterval({ years: 1 }, { startAt: '2096-02-29' });
    expect(datesOf(leap, 3, '2090-01-01T00:00:00Z')).toEqual(['2096-02-29', '2104-02-29', '2108-02-29']);
  });

  it('fires at the given wall-clock time, else at that of startAt, else at midnight', () => {
    const first = (definition: Parameters<typeof bind>[0]): string =>
      nextTexts(bind(definition, 'Europe/Berlin'), '2027-01-01T00:00:00Z', 1)[0] ?? '';
    expect(first(calendarInterval({ days: 1, hour: 9, minute: 30 }))).toBe('2027-01-01T08:30:00Z');
    expect(first(calendarInterval({ days: 1 }, { startAt: '2027-03-01T09:15' }))).toBe('2027-03-01T08:15:00Z');
    expect(first(calendarInterval({ days: 1, hour: 3 }, { startAt: '2027-03-01T09:15' }))).toBe('2027-03-02T02:00:00Z');
    expect(first(calendarInterval({ days: 1 }))).toBe('2027-01-01T23:00:00Z');
  });

  it('has no fire before the job is added, although its first date is that day', () => {
    const daily = bind(calendarInterval({ days: 1 }));
    expect(daily.previous(Date.parse('2027-01-01T00:00:00Z'))).toBeNull();
    expect(isoText(daily.next(-Infinity) ?? 0)).toBe('2027-01-01T00:00:00Z');
  });

  it('P09 keeps the wall-clock time over changes of clocks', () => {
    const trigger = bind(calendarInterval({ days: 1, hour: 9 }, { startAt: '2027-03-26' }), 'Europe/Berlin');
    expect(nextTexts(trigger, '2027-03-26T00:00:00Z', 4)).toEqual([
      '2027-03-26T08:00:00Z',
      '2027-03-27T08:00:00Z',
      '2027-03-28T07:00:00Z',
      '2027-03-29T07:00:00Z',
    ]);
  });

  it.each([
    ['shift', ['2027-03-28T01:30:00Z']],
    ['next', ['2027-03-28T01:00:00Z']],
    ['skip', []],
  ] as const)('P09 treats a time that the clocks skip by gap: %s', (gap, expected) => {
    const trigger = bind(calendarInterval({ days: 1, hour: 2, minute: 30 }, { gap }), 'Europe/Berlin');
    const [from, until] = [Date.parse('2027-03-28T00:00:00Z'), Date.parse('2027-03-28T22:00:00Z')];
    expect(firesBetween(trigger, from, until).map(isoText)).toEqual(expected);
    expect(firesBackwards(trigger, from, until).map(isoText)).toEqual(expected);
  });

  it.each([
    ['first', ['2027-10-31T00:30:00Z']],
    ['last', ['2027-10-31T01:30:00Z']],
    ['both', ['2027-10-31T00:30:00Z', '2027-10-31T01:30:00Z']],
  ] as const)('P09 treats a time that happens twice by fold: %s', (fold, expected) => {
    const trigger = bind(calendarInterval({ days: 1, hour: 2, minute: 30 }, { fold }), 'Europe/Berlin');
    const [from, until] = [Date.parse('2027-10-30T22:00:00Z'), Date.parse('2027-10-31T22:00:00Z')];
    expect(firesBetween(trigger, from, until).map(isoText)).toEqual(expected);
    expect(firesBackwards(trigger, from, until).map(isoText)).toEqual(expected);
  });

  it('P09 fires once where a day that never was shares its instant with the next one', () => {
    const trigger = bind(calendarInterval({ days: 1, hour: 10 }, { startAt: '2011-12-28' }), 'Pacific/Apia');
    expect(nextTexts(trigger, '2011-12-28T00:00:00Z', 4)).toEqual([
      '2011-12-28T20:00:00Z',
      '2011-12-29T20:00:00Z',
      '2011-12-30T20:00:00Z',
      '2011-12-31T20:00:00Z',
    ]);
  });

  it.each([
    ['shift', '2027-03-28T01:30:00Z'],
    ['next', '2027-03-28T01:00:00Z'],
    ['skip', null],
  ] as const)('P09 keeps the time that is written in startAt where the clocks skip it, gap: %s', (gap, first) => {
    const trigger = bind(calendarInterval({ weeks: 1 }, { startAt: '2027-03-28T02:30', gap }), 'Europe/Berlin');
    const fires = [...(first === null ? [] : [first]), '2027-04-04T00:30:00Z', '2027-04-11T00:30:00Z'];
    expect(nextTexts(trigger, '2027-01-01T00:00:00Z', fires.length)).toEqual(fires);
    expect(firesBackwards(trigger, -Infinity, Date.parse('2027-04-12T00:00:00Z')).map(isoText)).toEqual(fires);
  });

  it('P09 keeps the date that is written in startAt where the clocks skip it', () => {
    const midnight = bind(calendarInterval({ days: 1 }, { startAt: '2027-09-05' }), 'America/Santiago');
    expect(nextTexts(midnight, '2027-01-01T00:00:00Z', 2)).toEqual(['2027-09-05T04:00:00Z', '2027-09-06T03:00:00Z']);
    const onThe30th = bind(calendarInterval({ months: 1, hour: 0 }, { startAt: '2011-12-30' }), 'Pacific/Apia');
    expect(nextTexts(onThe30th, '2011-12-01T00:00:00Z', 2)).toEqual(['2011-12-30T10:00:00Z', '2012-01-29T10:00:00Z']);
  });

  it('ends with endAt, and with the year 9999', () => {
    const bounded = bind(calendarInterval({ days: 1 }, { startAt: '2027-01-01', endAt: '2027-01-03' }));
    expect(firesBetween(bounded, -Infinity, Infinity)).toHaveLength(3);
    expect(bind(calendarInterval({ years: 300_000 })).next(Date.UTC(2027, 0, 1))).toBeNull();
    expect(isoText(bind(calendarInterval({ years: 1 })).previous(Infinity) ?? 0)).toBe('9999-01-01T00:00:00Z');
  });

  it.each([
    [{}, 'the step is empty'],
    [{ months: 0 }, 'the step is empty'],
    [{ hour: 3 }, 'the step is empty'],
    [{ months: -1 }, 'months is a whole number'],
    [{ months: 1.5 }, 'months is a whole number'],
    [{ days: Infinity }, 'days is a whole number'],
    [{ days: 1, hour: 24 }, 'hour is a whole number from 0 to 23'],
    [{ days: '1' }, 'days is a whole number'],
    [{ day: 1 }, "there is no 'day'"],
    [[], 'a step is an object'],
    [null, 'a step is an object'],
    [5, 'a step is an object'],
  ])('P16 refuses the step %j', (step, problem) => {
    expect(() => calendarInterval(step as never)).toThrow(problem);
  });

  it('refuses unknown options and wrong choices', () => {
    expect(() => calendarInterval({ days: 1 }, { monthEnd: 'last' as never })).toThrow('monthEnd');
    expect(() => calendarInterval({ days: 1 }, { immediate: true } as never)).toThrow("no option 'immediate'");
  });
});
