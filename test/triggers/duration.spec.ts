import { Duration } from 'luxon';
import { describe, expect, it } from 'vitest';
import { type DurationInput, parseDuration } from '../../lib/triggers/duration.js';
import { InvalidDurationError } from '../../lib/triggers/trigger-errors.js';

describe('parseDuration', () => {
  it.each<[DurationInput, number]>([
    [0, 0],
    [1_500, 1_500],
    [{ seconds: 30 }, 30_000],
    [{ second: 1 }, 1_000],
    [{ weeks: 1, days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1 }, 694_861_001],
    [{ hours: 1.5 }, 5_400_000],
    [{ minutes: 1, seconds: undefined }, 60_000],
    ['PT30S', 30_000],
    ['PT1H30M', 5_400_000],
    ['P1D', 86_400_000],
    ['P1W', 604_800_000],
    ['P1DT12H', 129_600_000],
    ['PT0.5S', 500],
    ['PT0,25S', 250],
  ])('reads %j as %i ms', (input, ms) => {
    expect(parseDuration(input, 'delay')).toBe(ms);
  });

  it('rounds what parts and texts make to whole milliseconds', () => {
    expect(parseDuration({ seconds: 1 / 3 }, 'delay')).toBe(333);
    expect(parseDuration('PT0.3337S', 'delay')).toBe(334);
  });

  it('takes the Durations of luxon for their parts', () => {
    expect(parseDuration(Duration.fromObject({ minutes: 2, seconds: 1 }), 'delay')).toBe(121_000);
    expect(parseDuration(Duration.fromISO('PT1.5S'), 'delay')).toBe(1_500);
    expect(() => parseDuration(Duration.fromObject({ months: 1 }), 'delay')).toThrow("'months' has no fixed length");
    expect(() => parseDuration(Duration.invalid('odd'), 'delay')).toThrow('this is an invalid Duration');
  });

  it.each<[unknown, RegExp]>([
    [NaN, /not a finite/],
    [Infinity, /not a finite/],
    [1.5, /1\.5 is no whole number of milliseconds\. Round it, or write { seconds: 1\.5 }/],
    [-1, /negative/],
    [{ seconds: -5 }, /negative/],
    [Number.MAX_VALUE, /too long/],
    [{ months: 1 }, /'months' has no fixed length/],
    [{ year: 1 }, /'year' has no fixed length/],
    [{ quarters: 2 }, /'quarters' has no fixed length/],
    ['P1M', /'P1M' has no fixed length/],
    ['P1Y', /'P1Y' has no fixed length/],
    [{ fortnights: 1 }, /'fortnights' is no unit of time\. Units: weeks/],
    [{ second: 1, seconds: 2 }, /both 'second' and 'seconds'/],
    [{ seconds: '5' }, /seconds must be a finite number, not '5'/],
    [{ seconds: NaN }, /seconds must be a finite number/],
    [{}, /empty/],
    ['', /no ISO 8601 duration/],
    ['P', /no ISO 8601 duration/],
    ['PT', /no ISO 8601 duration/],
    ['1h30m', /no ISO 8601 duration/],
    ['1000', /no ISO 8601 duration/],
    ['-PT5S', /no ISO 8601 duration/],
    ['PT5S ', /no ISO 8601 duration/],
    [null, /null is no duration/],
    [undefined, /undefined is no duration/],
    [true, /true is no duration/],
    [[5], /\[5\] is no duration/],
    [new Date(5), /is no duration/],
    [() => 5, /a function is no duration/],
    [5n, /5n is no duration/],
  ])('P16 refuses %o, naming the option', (input, message) => {
    expect(() => parseDuration(input, 'misfireGraceTime')).toThrow(message);
    expect(() => parseDuration(input, 'misfireGraceTime')).toThrow(/^misfireGraceTime: /);
    expect(() => parseDuration(input, 'misfireGraceTime')).toThrow(InvalidDurationError);
  });
});
