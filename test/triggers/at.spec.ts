import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { at, type AtOptions } from '../../lib/triggers/at.js';
import { InvalidInstantError, InvalidTriggerError, NeverFiresError } from '../../lib/triggers/trigger-errors.js';
import { bind, isoText } from './fires.js';

describe('at()', () => {
  it('is plain data', () => {
    expect(at('2027-01-01 09:00')).toEqual({ kind: 'at', version: 1, at: '2027-01-01 09:00' });
    expect(at(new Date(0))).toEqual({ kind: 'at', version: 1, at: '1970-01-01T00:00:00.000Z' });
    expect(at(DateTime.fromISO('2027-01-01T09:00', { zone: 'Asia/Tokyo' }))).toEqual({
      kind: 'at',
      version: 1,
      at: '2027-01-01T00:00:00.000Z',
    });
  });

  it.each(['soon', '2027-02-30', new Date(NaN), 5, null, undefined, {}])('refuses %j as an instant', (when) => {
    expect(() => at(when as string)).toThrow(InvalidInstantError);
  });

  it('P09 refuses a time that means two instants, or none', () => {
    expect(() => at('2027-10-31T02:30', { fold: 'both' } as unknown as AtOptions)).toThrow(InvalidTriggerError);
    const skipping = { gap: 'skip', timeZone: 'Europe/Berlin' } as const;
    expect(() => at('2027-03-28T02:30', skipping)).toThrow(InvalidInstantError);
    expect(() => bind(at('2027-03-28T02:30', { gap: 'skip' }), 'Europe/Berlin')).toThrow("gap is 'skip'");
    expect(() => at('2027-03-28T03:30', skipping)).not.toThrow();
  });

  it('refuses what it does not know, and an instant outside its own bounds', () => {
    expect(() => at('2027-01-01', { every: 5 } as AtOptions)).toThrow("there is no option 'every'");
    expect(() => at('2027-01-01', { endAt: '2026-12-31', timeZone: 'UTC' })).toThrow(NeverFiresError);
    expect(() => bind(at('2027-01-01', { startAt: '2027-01-02' }))).toThrow(NeverFiresError);
    expect(() => bind(at('2027-01-01', { endAt: '2027-01-01' }))).not.toThrow();
  });
});

describe('a one-shot', () => {
  it('fires once, also when its instant is past', () => {
    const instant = Date.parse('2026-06-01T00:00:00Z');
    const trigger = bind(at('2026-06-01T00:00:00Z'));
    expect(trigger.next(-Infinity)).toBe(instant);
    expect(trigger.next(instant - 1)).toBe(instant);
    expect(trigger.next(instant)).toBeNull();
    expect(trigger.previous(instant)).toBeNull();
    expect(trigger.previous(instant + 1)).toBe(instant);
    expect(trigger.count?.(0, Infinity)).toBe(1);
    expect(trigger.count?.(instant + 1, Infinity)).toBe(0);
  });

  it.each<[AtOptions, string, string]>([
    [{}, '2027-07-01T09:00', '2027-07-01T07:00:00Z'],
    [{ timeZone: 'Asia/Tokyo' }, '2027-07-01T09:00', '2027-07-01T00:00:00Z'],
    [{}, '2027-07-01', '2027-06-30T22:00:00Z'],
    [{}, '2027-03-28T02:30', '2027-03-28T01:30:00Z'],
    [{ gap: 'next' }, '2027-03-28T02:30', '2027-03-28T01:00:00Z'],
    [{}, '2027-10-31T02:30', '2027-10-31T00:30:00Z'],
    [{ fold: 'last' }, '2027-10-31T02:30', '2027-10-31T01:30:00Z'],
  ])('P09 with %j in Berlin, %s is %s', (options, text, instant) => {
    expect(isoText(bind(at(text, options), 'Europe/Berlin').next(0) ?? 0)).toBe(instant);
  });
});
