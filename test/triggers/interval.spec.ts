import { describe, expect, it } from 'vitest';
import { interval, type IntervalOptions } from '../../lib/triggers/interval.js';
import { InvalidDurationError, InvalidTriggerError } from '../../lib/triggers/trigger-errors.js';
import { ADDED_AT, bind, firesBackwards, firesBetween, isoText, nextTexts } from './fires.js';

const addedAt = ADDED_AT.getTime();
const MINUTE = 60_000;

describe('interval()', () => {
  it('is plain data in milliseconds', () => {
    expect(interval({ minutes: 1 })).toEqual({ kind: 'interval', version: 1, every: MINUTE });
    const options = { startAt: new Date(0), endAt: '2027-01-31', immediate: true, timeZone: 'Asia/Tokyo' };
    const definition = interval('PT1M', options);
    expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
    expect(definition).toEqual({
      kind: 'interval',
      version: 1,
      every: MINUTE,
      startAt: '1970-01-01T00:00:00.000Z',
      endAt: '2027-01-31',
      immediate: true,
      timeZone: 'Asia/Tokyo',
    });
    expect(interval(MINUTE, { immediate: false })).toEqual(interval(MINUTE));
  });

  it.each([0, -1, NaN, Infinity, 0.4, {}, { months: 1 }, { years: 1 }, '', 'P1M', '5 minutes', null])(
    'P16 refuses %j as an interval',
    (every) => {
      expect(() => interval(every as number)).toThrow(InvalidDurationError);
    },
  );

  it.each([{ months: 1 }, { years: 1 }, 'P1M'])('names calendarInterval instead of %j', (every) => {
    expect(() => interval(every as never)).toThrow('calendarInterval(');
  });

  it('refuses what it does not know, by name', () => {
    expect(() => interval(5, { jitter: 5 } as IntervalOptions)).toThrow("there is no option 'jitter'");
    expect(() => interval(5, { immediate: 1 } as unknown as IntervalOptions)).toThrow('immediate');
    expect(() => interval(5, 7 as IntervalOptions)).toThrow(InvalidTriggerError);
    expect(() => interval(5, { startAt: '2027-02-01Z' })).toThrow('startAt');
    expect(() => interval(5, { startAt: '2027-02-02T00:00Z', endAt: '2027-02-01T00:00Z' })).toThrow('lies after endAt');
  });
});

describe('an interval', () => {
  it('fires first one interval after the job was added', () => {
    const trigger = bind(interval({ minutes: 10 }));
    expect(nextTexts(trigger, '2026-12-01T00:00:00Z', 2)).toEqual(['2027-01-01T00:10:00Z', '2027-01-01T00:20:00Z']);
    expect(trigger.next(addedAt + 10 * MINUTE)).toBe(addedAt + 20 * MINUTE);
    expect(trigger.next(addedAt + 10 * MINUTE - 1)).toBe(addedAt + 10 * MINUTE);
    expect(trigger.previous(addedAt + 10 * MINUTE)).toBeNull();
    expect(trigger.previous(addedAt + 10 * MINUTE + 1)).toBe(addedAt + 10 * MINUTE);
  });

  it('fires at once as well when it is immediate', () => {
    const trigger = bind(interval({ minutes: 10 }, { immediate: true }));
    expect(nextTexts(trigger, '2026-12-01T00:00:00Z', 2)).toEqual(['2027-01-01T00:00:00Z', '2027-01-01T00:10:00Z']);
  });

  it('counts from startAt, past or to come, and fires at it', () => {
    expect(nextTexts(bind(interval(MINUTE, { startAt: '2027-01-02T00:00:30Z' })), '2027-01-01T00:00:00Z', 2)).toEqual([
      '2027-01-02T00:00:30Z',
      '2027-01-02T00:01:30Z',
    ]);
    expect(nextTexts(bind(interval(MINUTE, { startAt: '2020-01-01T00:00:30Z' })), '2027-01-01T00:00:00Z', 1)).toEqual([
      '2027-01-01T00:00:30Z',
    ]);
  });

  it('adds the immediate fire to the course of startAt, once', () => {
    const beside = bind(interval({ hours: 1 }, { immediate: true, startAt: '2027-01-01T00:30:00Z' }));
    expect(firesBetween(beside, addedAt, addedAt + 100 * MINUTE).map(isoText)).toEqual([
      '2027-01-01T00:00:00Z',
      '2027-01-01T00:30:00Z',
      '2027-01-01T01:30:00Z',
    ]);
    const within = bind(interval({ hours: 1 }, { immediate: true, startAt: '2026-12-31T22:00:00Z' }));
    expect(firesBetween(within, addedAt - 60 * MINUTE, addedAt + 70 * MINUTE)).toHaveLength(3);
    expect(within.count?.(addedAt - 60 * MINUTE, addedAt + 70 * MINUTE)).toBe(3);
    const between = bind(interval({ hours: 1 }, { immediate: true, startAt: '2026-12-31T22:30:00Z' }));
    expect(firesBackwards(between, addedAt - 60 * MINUTE, addedAt + 60 * MINUTE).map(isoText)).toEqual([
      '2026-12-31T23:30:00Z',
      '2027-01-01T00:00:00Z',
      '2027-01-01T00:30:00Z',
    ]);
  });

  it('ends at endAt, inclusive; a date alone includes that day', () => {
    const trigger = bind(interval({ hours: 12 }, { endAt: '2027-01-02' }), 'Asia/Tokyo');
    expect(nextTexts(trigger, '2027-01-01T00:00:00Z', 9)).toEqual(['2027-01-01T12:00:00Z', '2027-01-02T00:00:00Z', '2027-01-02T12:00:00Z']); // prettier-ignore
    expect(isoText(trigger.previous(Infinity) ?? 0)).toBe('2027-01-02T12:00:00Z');
    const inclusive = bind(interval({ hours: 12 }, { endAt: '2027-01-02T00:00:00Z' }));
    expect(isoText(inclusive.previous(Infinity) ?? 0)).toBe('2027-01-02T00:00:00Z');
  });

  it('P09 follows elapsed time across changes of clocks', () => {
    const trigger = bind(interval({ days: 1 }, { startAt: '2027-03-27T12:00' }), 'Europe/Berlin');
    expect(nextTexts(trigger, '2027-03-01T00:00:00Z', 2)).toEqual(['2027-03-27T11:00:00Z', '2027-03-28T11:00:00Z']);
  });

  it('P11 counts in closed form', () => {
    const trigger = bind(interval({ seconds: 1 }, { endAt: '2999-12-31' }));
    const year = 365 * 86_400_000;
    expect(trigger.count?.(addedAt, addedAt + year)).toBe(365 * 86_400);
    expect(trigger.count?.(addedAt + 1_000, addedAt + 1_000)).toBe(1);
    expect(trigger.count?.(addedAt + 1_001, addedAt + 1_999)).toBe(0);
    expect(trigger.count?.(addedAt + 5_000, addedAt)).toBe(0);
    expect(trigger.count?.(0, addedAt)).toBe(0);
  });

  it('has no fire after the year 9999', () => {
    const trigger = bind(interval({ weeks: 1 }));
    expect(new Date(trigger.previous(Infinity) ?? 0).getUTCFullYear()).toBe(9999);
    expect(trigger.next(Infinity)).toBeNull();
    expect(trigger.next(Date.UTC(9999, 11, 31))).toBeNull();
  });
});
