import { describe, expect, it } from 'vitest';
import { cron } from '../../../lib/triggers/cron.js';
import { CronSyntaxError } from '../../../lib/triggers/cron/cron-errors.js';
import type { CronFields } from '../../../lib/triggers/cron/cron-fields.js';
import { InvalidTriggerError, NeverFiresError } from '../../../lib/triggers/trigger-errors.js';
import { bind, nextTexts } from '../fires.js';

function fires(fields: CronFields, count: number): string[] {
  return nextTexts(bind(cron(fields)), '2027-01-01T00:00:00Z', count);
}

describe('cron fields', () => {
  it.each<[CronFields, string[]]>([
    [{ hour: 3 }, ['2027-01-01T03:00:00Z', '2027-01-02T03:00:00Z']],
    [{ minute: 20 }, ['2027-01-01T00:20:00Z', '2027-01-01T01:20:00Z']],
    [{ second: '*/30' }, ['2027-01-01T00:00:30Z', '2027-01-01T00:01:00Z']],
    [{ day: 1, minute: 20 }, ['2027-01-01T00:20:00Z', '2027-01-01T01:20:00Z']],
    [{ month: 'feb' }, ['2027-02-01T00:00:00Z', '2028-02-01T00:00:00Z']],
    [{ year: '2028,2030' }, ['2028-01-01T00:00:00Z', '2030-01-01T00:00:00Z']],
    [{ day: 15 }, ['2027-01-15T00:00:00Z', '2027-02-15T00:00:00Z']],
    [{ dayOfWeek: 'mon-fri', hour: 17, minute: 30 }, ['2027-01-01T17:30:00Z', '2027-01-04T17:30:00Z']],
    [{ dayOfWeek: 'tue' }, ['2027-01-05T00:00:00Z', '2027-01-12T00:00:00Z']],
    [{ year: '*', hour: 5, second: 7 }, ['2027-01-01T05:00:07Z', '2027-01-01T05:01:07Z']],
  ])('%j leave out what comes before, and start what comes after', (fields, expected) => {
    expect(fires(fields, 2)).toEqual(expected);
  });

  it('fire weekly by the week alone', () => {
    // Every day of the first ISO week of 2028, which begins on January 3rd.
    expect(fires({ year: 2028, week: 1 }, 9).map((fire) => fire.slice(0, 10))).toEqual(
      [3, 4, 5, 6, 7, 8, 9].map((day) => `2028-01-0${day}`),
    );
    expect(fires({ week: 53, dayOfWeek: 'fri' }, 2)).toEqual(['2032-12-31T00:00:00Z', '2038-01-01T00:00:00Z']);
    expect(fires({ week: '52-1', dayOfWeek: 'mon' }, 3).map((fire) => fire.slice(0, 10))).toEqual(['2027-01-04', '2027-12-27', '2028-01-03']); // prettier-ignore
  });

  it('must all match', () => {
    expect(fires({ day: 13, dayOfWeek: 'fri' }, 2)).toEqual(['2027-08-13T00:00:00Z', '2028-10-13T00:00:00Z']);
    expect(() => cron({ week: 30, month: 1 })).toThrow(NeverFiresError);
    expect(() => cron({ month: 2, day: 30 })).toThrow(NeverFiresError);
    expect(() => cron({ year: 2027, month: 2, day: 29 })).toThrow(NeverFiresError);
  });

  it('P14 count weekdays from Sunday', () => {
    expect(fires({ dayOfWeek: 0 }, 1)).toEqual(['2027-01-03T00:00:00Z']);
    expect(fires({ dayOfWeek: 7 }, 1)).toEqual(['2027-01-03T00:00:00Z']);
  });

  it.each<[CronFields['day'], string[]]>([
    ['last', ['2027-01-31', '2027-02-28']],
    ['LAST SUN', ['2027-01-31', '2027-02-28']],
    ['last friday', ['2027-01-29', '2027-02-26']],
    ['1st fri', ['2027-02-05', '2027-03-05']],
    ['3rd  fri', ['2027-01-15', '2027-02-19']],
    ['5th mon', ['2027-03-29', '2027-05-31']],
    ['2nd mon, 4th mon', ['2027-01-11', '2027-01-25']],
    [
      ['last', 15, '1st tue'],
      ['2027-01-05', '2027-01-15'],
    ],
    ['15W', ['2027-01-15', '2027-02-15']],
    [
      [10, '20-21'],
      ['2027-01-10', '2027-01-20'],
    ],
    ['L-1', ['2027-01-30', '2027-02-27']],
  ])('day %j is understood', (day, expected) => {
    expect(fires({ day }, 2).map((fire) => fire.slice(0, 10))).toEqual(expected);
  });

  it('are kept as they were written', () => {
    const fields = { day: 'last sun', hour: [3, 'H'], minute: undefined };
    expect(cron(fields, { timeZone: 'Asia/Tokyo' })).toEqual({
      kind: 'cron',
      version: 1,
      fields: { day: 'last sun', hour: [3, 'H'] },
      timeZone: 'Asia/Tokyo',
    });
  });

  it.each<[object, typeof CronSyntaxError | typeof InvalidTriggerError, RegExp]>([
    [{}, InvalidTriggerError, /none is given/],
    [{ hour: undefined }, InvalidTriggerError, /none is given/],
    [{ day_of_week: 'mon' }, InvalidTriggerError, /no field 'day_of_week'.*dayOfWeek/],
    [{ hour: null }, InvalidTriggerError, /'hour'.*not null/],
    [{ hour: {} }, InvalidTriggerError, /'hour'/],
    [{ hour: [] }, InvalidTriggerError, /'hour'.*empty/],
    [{ hour: [null] }, InvalidTriggerError, /'hour'.*not null/],
    [{ hour: 1.5 }, InvalidTriggerError, /'hour'.*1\.5/],
    [{ hour: -1 }, InvalidTriggerError, /'hour'.*-1/],
    [{ hour: [NaN] }, InvalidTriggerError, /'hour'.*NaN/],
    [{ hour: 24 }, CronSyntaxError, /hour: 24 is out of range/],
    [{ hour: '' }, CronSyntaxError, /hour: a value is missing/],
    [{ hour: '1 2' }, CronSyntaxError, /hour: unexpected ' 2'/],
    [{ day: '3rd' }, CronSyntaxError, /followed by a weekday/],
    [{ day: '3rd foo' }, CronSyntaxError, /followed by a weekday/],
    [{ day: '2th mon' }, CronSyntaxError, /'2th' is no ordinal/],
    [{ day: '6th fri' }, CronSyntaxError, /'6th' is no ordinal[^]*write 1st, 2nd/],
    [{ week: '*/54' }, CronSyntaxError, /is 53; for more, use the year field/],
    [{ dayOfWeek: 'last mon' }, CronSyntaxError, /'last mon' is not understood/],
    [{ dayOfWeek: '+mon' }, CronSyntaxError, /'\+mon' is not understood/],
    [{ week: 54 }, CronSyntaxError, /week: 54/],
  ])('P15 %j are refused', (fields, error, message) => {
    expect(() => cron(fields)).toThrow(error);
    expect(() => cron(fields)).toThrow(message);
  });
});
