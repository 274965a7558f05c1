import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertTimeZone, zoneOffsets } from '../../lib/triggers/time-zone.js';
import { InvalidTriggerError, UnknownTimeZoneError } from '../../lib/triggers/trigger-errors.js';
import { WallClock } from './wall-clock.js';

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];

describe('assertTimeZone', () => {
  it('accepts every zone that the runtime lists', () => {
    for (const zone of zones) expect(() => assertTimeZone(zone, 'timeZone')).not.toThrow();
  });

  it.each([
    ['Europe/Berln', 'Europe/Berlin'],
    ['berlin', 'Europe/Berlin'],
    ['America/NewYork', 'America/New_York'],
    ['utx', 'UTC'],
  ])('refuses %s and suggests %s', (zone, suggestion) => {
    expect(() => assertTimeZone(zone, 'timeZone of job x')).toThrow(UnknownTimeZoneError);
    expect(() => assertTimeZone(zone, 'timeZone of job x')).toThrow(suggestion);
    expect(() => assertTimeZone(zone, 'timeZone of job x')).toThrow(/^timeZone of job x: /);
  });

  it('refuses what is no zone name on every runtime', () => {
    for (const zone of ['', '+02:00', 'local', ' UTC', 'Nowhere/At/All']) {
      expect(() => assertTimeZone(zone, 'timeZone')).toThrow(UnknownTimeZoneError);
    }
    expect(() => assertTimeZone(2, 'timeZone')).toThrow(InvalidTriggerError);
  });
});

describe('the offsets of a zone', () => {
  it('agree with Intl at any instant of any zone', () => {
    const anyInstant = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), anyInstant, (zone, instant) => {
        const span = zoneOffsets(zone, 'timeZone').spanAt(instant);
        expect(span.from <= instant && instant < span.until).toBe(true);
        expect(span.offset).toBe(new WallClock(zone).offsetAt(instant));
      }),
      { numRuns: 400 },
    );
  });

  it('follow one another without a break and change on the second', () => {
    for (const zone of [
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'America/Recife',
      'America/Argentina/Tucuman',
    ]) {
      const offsets = zoneOffsets(zone, 'timeZone');
      const clock = new WallClock(zone);
      let span = offsets.spanAt(Date.UTC(2000, 0, 1));
      while (span.until < Date.UTC(2012, 0, 1)) {
        const next = offsets.spanAt(span.until);
        expect(next.from).toBe(span.until);
        expect(next.offsetBefore).toBe(span.offset);
        expect(span.offsetAfter).toBe(next.offset);
        expect(clock.offsetAt(span.until - 1_000)).toBe(span.offset);
        expect(clock.offsetAt(span.until)).toBe(next.offset);
        span = next;
      }
    }
  });

  it('miss no change of clocks in any year of any zone', () => {
    const day = 86_400_000;
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 1850, max: 2110 }), (zone, year) => {
        const offsets = zoneOffsets(zone, 'timeZone');
        const clock = new WallClock(zone);
        for (let noon = Date.UTC(year, 0, 1, 12); noon < Date.UTC(year + 1, 0, 1); noon += day) {
          const { offset } = offsets.spanAt(noon);
          expect([new Date(noon), offset]).toEqual([new Date(noon), clock.offsetAt(noon)]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('know a zone whose clocks were changed twice within a week', () => {
    const recife = zoneOffsets('America/Recife', 'timeZone');
    const hoursAt = (date: string): number => recife.spanAt(Date.parse(date)).offset / 3_600_000;
    expect(['2000-10-05', '2000-10-10', '2000-10-20'].map(hoursAt)).toEqual([-3, -2, -3]);
  });
});
