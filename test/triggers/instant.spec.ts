import { DateTime, Duration } from 'luxon';
import { describe, expect, it } from 'vitest';
import { instantToText, parseInstant } from '../../lib/triggers/instant.js';
import { InvalidInstantError, UnknownTimeZoneError } from '../../lib/triggers/trigger-errors.js';
import { isoText } from './fires.js';

const berlin = { timeZone: 'Europe/Berlin', what: 'startAt' };

describe('parseInstant', () => {
  it.each([
    ['2027-01-31', '2027-01-30T23:00:00Z'],
    ['2027-01-31T09', '2027-01-31T08:00:00Z'],
    ['2027-01-31T09:00', '2027-01-31T08:00:00Z'],
    ['2027-01-31 09:00', '2027-01-31T08:00:00Z'],
    ['2027-07-31 09:00:01', '2027-07-31T07:00:01Z'],
    ['2027-01-31T09:00:00.250', '2027-01-31T08:00:00.250Z'],
    ['2027-01-31T09:00:00,2507', '2027-01-31T08:00:00.250Z'],
    ['2027-01-31T24:00', '2027-01-31T23:00:00Z'],
    ['20270131T090000', '2027-01-31T08:00:00Z'],
    ['2027-01-31T09:00Z', '2027-01-31T09:00:00Z'],
    ['2027-01-31T09:00+05:30', '2027-01-31T03:30:00Z'],
    ['2027-01-31T09:00-0800', '2027-01-31T17:00:00Z'],
    ['2027-01-31T09:00+02', '2027-01-31T07:00:00Z'],
    ['1969-12-31T23:00', '1969-12-31T22:00:00Z'],
  ])('reads %s', (text, instant) => {
    expect(isoText(parseInstant(text, berlin))).toBe(instant);
  });

  it('P09 shifts a time that the clocks skip by the length of the gap', () => {
    expect(isoText(parseInstant('2027-03-28T02:30', berlin))).toBe('2027-03-28T01:30:00Z');
    expect(isoText(parseInstant('2011-12-30T10:00', { ...berlin, timeZone: 'Pacific/Apia' }))).toBe(
      '2011-12-30T20:00:00Z',
    );
  });

  it('P09 takes the first of a time that happens twice, or the last if told so', () => {
    expect(isoText(parseInstant('2027-10-31T02:30', berlin))).toBe('2027-10-31T00:30:00Z');
    expect(isoText(parseInstant('2027-10-31T02:30', { ...berlin, fold: 'last' }))).toBe('2027-10-31T01:30:00Z');
  });

  it('P09 resolves by the rules of that year, not by those of today', () => {
    // New York changed in April and October then.
    const newYork = { timeZone: 'America/New_York', what: 'startAt' };
    expect(isoText(parseInstant('1998-03-20T12:00', newYork))).toBe('1998-03-20T17:00:00Z');
    expect(isoText(parseInstant('2027-03-20T12:00', newYork))).toBe('2027-03-20T16:00:00Z');
    expect(isoText(parseInstant('1972-01-06T12:00', { timeZone: 'Africa/Monrovia', what: 'x' }))).toBe(
      '1972-01-06T12:44:30Z',
    );
  });

  it('takes a date alone as the last millisecond of that day where an end is asked for', () => {
    const end = { ...berlin, bareDateMeans: 'end' } as const;
    expect(isoText(parseInstant('2027-01-31', end))).toBe('2027-01-31T22:59:59.999Z');
    expect(isoText(parseInstant('2027-03-28', end))).toBe('2027-03-28T21:59:59.999Z');
    expect(isoText(parseInstant('2027-01-31T00:00', end))).toBe('2027-01-30T23:00:00Z');
    // The next midnight does not exist in Cairo.
    expect(isoText(parseInstant('2027-04-29', { ...end, timeZone: 'Africa/Cairo' }))).toBe('2027-04-29T21:59:59.999Z');
  });

  it('P09 ends a date alone with the last instant that has the date, also where the clocks go back over midnight', () => {
    const end = (text: string, timeZone: string): string =>
      isoText(parseInstant(text, { timeZone, what: 'endAt', bareDateMeans: 'end' }));
    expect(end('2006-10-28', 'America/St_Johns')).toBe('2006-10-29T03:29:59.999Z');
    expect(end('2006-10-29', 'America/St_Johns')).toBe('2006-10-30T03:29:59.999Z');
    // Here the hour after midnight comes twice: it belongs to the next day both times.
    expect(end('2027-11-06', 'America/Havana')).toBe('2027-11-07T03:59:59.999Z');
    // A day that never was ends with the one before.
    expect(end('2011-12-30', 'Pacific/Apia')).toBe('2011-12-30T09:59:59.999Z');
  });

  it('takes Dates and DateTimes of any copy of luxon', () => {
    const date = new Date('2027-01-31T09:00:00Z');
    expect(parseInstant(date, berlin)).toBe(date.getTime());
    expect(parseInstant(DateTime.fromJSDate(date), berlin)).toBe(date.getTime());
    expect(parseInstant({ isValid: true, toMillis: () => 5 }, berlin)).toBe(5);
  });

  it.each<[unknown, RegExp]>([
    ['', /no ISO 8601/],
    ['tomorrow', /no ISO 8601/],
    ['2027-01-31T', /no ISO 8601/],
    ['2027-01-31T09:00 ', /no ISO 8601/],
    ['2027-01-31T09:00[Europe/Berlin]', /no ISO 8601/],
    ['2027-1-31', /no ISO 8601/],
    ['2027-02-29', /date that does not exist/],
    ['2027-13-01', /date that does not exist/],
    ['0000-01-01', /date that does not exist/],
    ['2027-01-31T25:00', /time of day that does not exist/],
    ['2027-01-31T24:01', /time of day that does not exist/],
    ['2027-01-31T09:60', /time of day that does not exist/],
    ['2027-01-31T09:00:60', /time of day that does not exist/],
    ['2027-01-31T09:00+19:00', /impossible offset/],
    [1_798_790_400_000, /write new Date\(1798790400000\)/],
    [new Date(NaN), /invalid Date/],
    [DateTime.invalid('test'), /invalid DateTime/],
    [Duration.fromMillis(5), /no instant/],
    [new Date(8.64e15), /outside the years 1 to 9999/],
    [null, /null is no instant/],
    [undefined, /undefined is no instant/],
    [{}, /no instant/],
  ])('refuses %o, naming the option', (input, message) => {
    expect(() => parseInstant(input, berlin)).toThrow(message);
    expect(() => parseInstant(input, berlin)).toThrow(/^startAt: /);
    expect(() => parseInstant(input, berlin)).toThrow(InvalidInstantError);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => parseInstant('2027-01-31', { timeZone: 'Mars/Base', what: 'startAt' })).toThrow(UnknownTimeZoneError);
  });
});

describe('instantToText', () => {
  it('keeps text as it is and writes the rest in UTC', () => {
    expect(instantToText('2027-01-31 09:00', 'at()')).toBe('2027-01-31 09:00');
    expect(instantToText(new Date(0), 'at()')).toBe('1970-01-01T00:00:00.000Z');
    expect(() => instantToText('soon', 'at()')).toThrow(InvalidInstantError);
  });
});
