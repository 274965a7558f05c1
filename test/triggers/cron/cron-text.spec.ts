import { describe, expect, it } from 'vitest';
import { cron } from '../../../lib/triggers/cron.js';
import { bind, nextTexts } from '../fires.js';

/** Fires after 2027-01-01T00:00:00Z, a Friday, in UTC. */
function fires(text: string, count: number): string[] {
  return nextTexts(bind(cron(text)), '2027-01-01T00:00:00Z', count);
}

/** The days in January 2027 on which a text fires. */
function januaryDays(text: string): number[] {
  const days = nextTexts(bind(cron(text)), '2026-12-31T23:59:59Z', 31);
  return days.filter((day) => day.startsWith('2027-01')).map((day) => Number(day.slice(8, 10)));
}

/** What one field holds, read off the fires. */
function minutes(field: string): number[] {
  return nextTexts(bind(cron(`${field} 0 1 1 *`)), '2026-12-31T23:59:59Z', 60)
    .filter((fire) => fire.startsWith('2027'))
    .map((fire) => Number(fire.slice(14, 16)));
}

describe('the fields of a cron text', () => {
  it('are minute to weekday when there are five', () => {
    expect(fires('30 9 * * *', 2)).toEqual(['2027-01-01T09:30:00Z', '2027-01-02T09:30:00Z']);
  });

  it('begin with the second when there are six', () => {
    expect(fires('15 30 9 * * *', 2)).toEqual(['2027-01-01T09:30:15Z', '2027-01-02T09:30:15Z']);
  });

  it('end with the year when there are seven', () => {
    expect(fires('0 0 0 29 2 * 2031-2040', 9)).toEqual(['2032-02-29T00:00:00Z', '2036-02-29T00:00:00Z', '2040-02-29T00:00:00Z']); // prettier-ignore
    expect(fires('0 0 0 1 1 * 2030/1000,2028', 4)).toEqual(['2028', '2030', '3030', '4030'].map((year) => `${year}-01-01T00:00:00Z`)); // prettier-ignore
    expect(fires('0 0 0 1 1 * */30', 2)).toEqual(['2030-01-01T00:00:00Z', '2060-01-01T00:00:00Z']);
    expect(fires('0 0 0 1 1 * 9999', 2)).toEqual(['9999-01-01T00:00:00Z']);
  });

  it('are separated by any blanks', () => {
    expect(fires('  30\t9  * * * ', 1)).toEqual(['2027-01-01T09:30:00Z']);
  });

  it.each(['\n 30 9 * * *\r\n', '\nCRON_TZ=UTC\n30 9 * * *\n', '@every 9h30m\n', '\n@every 9h30m\t\n'])(
    'may have white space of any kind around them: %j',
    (text) => {
      expect(fires(text, 1)).toEqual(['2027-01-01T09:30:00Z']);
    },
  );

  it('may be a nickname with white space around it', () => {
    expect(fires('\n @daily\n', 1)).toEqual(['2027-01-02T00:00:00Z']);
  });
});

describe('the values of a field', () => {
  it.each([
    ['5', [5]],
    ['05', [5]],
    ['1,3,2,3', [1, 2, 3]],
    ['10-13', [10, 11, 12, 13]],
    ['*/20', [0, 20, 40]],
    ['10-30/10', [10, 20, 30]],
    ['45/5', [45, 50, 55]],
    ['58-2', [0, 1, 2, 58, 59]],
    ['50-10/10', [0, 10, 50]],
    ['7-7', [7]],
    ['*/59', [0, 59]],
    ['0,*/30,58-1', [0, 1, 30, 58, 59]],
  ])('%s are %j', (field, values) => {
    expect(minutes(field)).toEqual(values);
  });

  it('wrap around in every cyclic field', () => {
    expect(fires('0 22-2/2 * * *', 4).map((fire) => fire.slice(11, 13))).toEqual(['02', '22', '00', '02']);
    expect(fires('0 0 1 nov-feb/2 *', 3).map((fire) => fire.slice(5, 7))).toEqual(['11', '01', '11']);
    expect(januaryDays('0 0 30-2 * *')).toEqual([1, 2, 30, 31]);
    expect(januaryDays('0 0 * * fri-mon')).toEqual([1, 2, 3, 4, 8, 9, 10, 11, 15, 16, 17, 18, 22, 23, 24, 25, 29, 30, 31]); // prettier-ignore
  });

  it('may be names in any case, short or in full', () => {
    for (const name of ['feb', 'FEB', 'February'])
      expect(fires(`0 0 1 ${name} *`, 1)).toEqual(['2027-02-01T00:00:00Z']);
    for (const name of ['wed', 'Wed', 'WEDNESDAY']) expect(januaryDays(`0 0 * * ${name}`)).toEqual([6, 13, 20, 27]);
    expect(fires('0 0 1 jan-march,dec *', 4).map((fire) => fire.slice(5, 7))).toEqual(['02', '03', '12', '01']);
  });

  it('P14 mean Sunday by 0 and by 7', () => {
    const sundays = [3, 10, 17, 24, 31];
    for (const field of ['0', '7', 'sun', '7-7', '0,7', '7/7'])
      expect(januaryDays(`0 0 * * ${field}`)).toEqual(sundays);
    expect(januaryDays('0 0 * * 5-7')).toEqual(januaryDays('0 0 * * fri-sun'));
    expect(januaryDays('0 0 * * 7-2')).toEqual(januaryDays('0 0 * * sun-tue'));
    expect(januaryDays('0 0 * * 1-5')).toEqual(januaryDays('0 0 * * mon-fri'));
    expect(januaryDays('0 0 * * 0-7')).toHaveLength(31);
    expect(januaryDays('0 0 * * 5/1')).toEqual(januaryDays('0 0 * * fri,sat'));
  });
});

describe('days of the month', () => {
  it.each([
    ['L', [31]],
    ['L-3', [28]],
    ['L-30', [1]],
    ['LW', [29]],
    ['lw,l', [29, 31]],
    ['15W', [15]],
    ['16W', [15]],
    ['17W', [18]],
    ['2W', [1]],
    ['31W', [29]],
    ['1,15W,L-1', [1, 15, 30]],
  ])('%s are %j in January 2027', (field, days) => {
    expect(januaryDays(`0 0 ${field} * *`)).toEqual(days);
  });

  it('leave out months that have no such day', () => {
    expect(fires('0 0 31W * *', 3).map((fire) => fire.slice(5, 10))).toEqual(['01-29', '03-31', '05-31']);
    expect(fires('0 0 L-30 * *', 3).map((fire) => fire.slice(5, 10))).toEqual(['03-01', '05-01', '07-01']);
    expect(fires('0 0 29 2 *', 2)).toEqual(['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']);
  });

  it('move the first and the last weekday into the month', () => {
    // 2027-05-01 is a Saturday, 2027-08-01 a Sunday, 2027-02-28 a Sunday.
    expect(fires('0 0 1W 5,8 *', 2).map((fire) => fire.slice(5, 10))).toEqual(['05-03', '08-02']);
    expect(fires('0 0 28W 2 *', 1)).toEqual(['2027-02-26T00:00:00Z']);
    expect(fires('0 0 LW 2 *', 1)).toEqual(['2027-02-26T00:00:00Z']);
  });
});

describe('days of the week', () => {
  it.each([
    ['fri#1', [1]],
    ['5#5', [29]],
    ['fri#L', [29]],
    ['friL', [29]],
    ['FRIDAYL', [29]],
    ['5L', [29]],
    ['7L', [31]],
    ['0#L', [31]],
    ['mon#2,wed#4,sunL', [11, 27, 31]],
    ['mon,fri#1', [1, 4, 11, 18, 25]],
  ])('%s are %j in January 2027', (field, days) => {
    expect(januaryDays(`0 0 * * ${field}`)).toEqual(days);
  });

  it('leave out months without a fifth', () => {
    expect(fires('0 0 * * mon#5', 3).map((fire) => fire.slice(5, 10))).toEqual(['03-29', '05-31', '08-30']);
  });
});

describe('both day fields', () => {
  it('let either match when both restrict', () => {
    expect(januaryDays('0 0 13 * fri')).toEqual([1, 8, 13, 15, 22, 29]);
    expect(januaryDays('0 0 L * mon#1')).toEqual([4, 31]);
    expect(januaryDays('0 0 1-31 * fri')).toHaveLength(31);
  });

  it('must both match when either begins with a star or is a question mark', () => {
    expect(januaryDays('0 0 */2 * fri')).toEqual([1, 15, 29]);
    expect(januaryDays('0 0 13 * */3')).toEqual([13]);
    expect(januaryDays('0 0 ? * fri')).toEqual([1, 8, 15, 22, 29]);
    expect(januaryDays('0 0 13 * ?')).toEqual([13]);
    expect(januaryDays('0 0 ? * ?')).toHaveLength(31);
  });

  it('must both match when a plus stands before the weekday', () => {
    expect(januaryDays('0 0 13-19 * +fri')).toEqual([15]);
    expect(fires('0 0 13 * +fri', 1)).toEqual(['2027-08-13T00:00:00Z']);
  });
});

describe('nicknames and prefixes', () => {
  it.each([
    ['@yearly', '2028-01-01T00:00:00Z'],
    ['@annually', '2028-01-01T00:00:00Z'],
    ['@monthly', '2027-02-01T00:00:00Z'],
    ['@weekly', '2027-01-03T00:00:00Z'],
    ['@daily', '2027-01-02T00:00:00Z'],
    ['@midnight', '2027-01-02T00:00:00Z'],
    ['@hourly', '2027-01-01T01:00:00Z'],
    ['@minutely', '2027-01-01T00:01:00Z'],
    ['@weekdays', '2027-01-04T00:00:00Z'],
    ['@WeekEnds', '2027-01-02T00:00:00Z'],
    ['@every 1h30m', '2027-01-01T01:30:00Z'],
    ['@every 250ms', '2027-01-01T00:00:00.250Z'],
    ['CRON_TZ=Asia/Tokyo 0 9 * * *', '2027-01-02T00:00:00Z'],
    ['TZ=Asia/Tokyo @daily', '2027-01-01T15:00:00Z'],
  ])('%s fires next at %s', (text, fire) => {
    expect(fires(text, 1)).toEqual([fire]);
  });

  it('stand alone, in a definition written by hand, too', () => {
    const definition = { kind: 'cron', version: 1, text: '0 3 * * * @every 5m' };
    expect(() => bind(definition)).toThrow(expect.objectContaining({ code: 'CRON_SYNTAX' }));
  });

  it('make an interval of @every', () => {
    expect(cron('@every 1h30m', { startAt: '2027-01-01T00:10Z' })).toEqual({
      kind: 'interval',
      version: 1,
      every: 5_400_000,
      startAt: '2027-01-01T00:10Z',
    });
    expect(cron('CRON_TZ=Asia/Tokyo @every 1s')).toMatchObject({ timeZone: 'Asia/Tokyo' });
    expect(bind({ kind: 'cron', version: 1, text: '@every 1h' } as never).next(Date.UTC(2027, 0, 1))).toBe(Date.UTC(2027, 0, 1, 1)); // prettier-ignore
  });
});

describe('H', () => {
  it('spreads jobs by their id, and keeps each where it is', () => {
    const text = 'H H * * *';
    const firstFires = new Set(
      Array.from({ length: 200 }, (_, n) => bind(cron(text), 'UTC', `job-${n}`).next(Date.UTC(2027, 0, 1))),
    );
    expect(firstFires.size).toBeGreaterThan(150);
    // Stored jobs rely on these: they must never change.
    expect(nextTexts(bind(cron(text), 'UTC', 'daily-report'), '2027-01-01T00:00:00Z', 1)).toEqual([
      '2027-01-01T12:11:00Z',
    ]);
    expect(nextTexts(bind(cron('H H(1-5) H * *'), 'UTC', 'billing'), '2027-01-01T00:00:00Z', 1)).toEqual([
      '2027-01-09T04:28:00Z',
    ]);
  });

  it.each([
    ['H', 1, 0, 59],
    ['H/15', 4, 0, 59],
    ['H(30-39)', 1, 30, 39],
    ['H(0-29)/10', 3, 0, 29],
    ['H(50-59)/30', 1, 50, 59],
  ])('%s names %i minutes from %i to %i', (field, count, first, last) => {
    for (const id of ['a', 'b', 'c', 'another job', 'x'.repeat(50)]) {
      const found = nextTexts(bind(cron(`${field} 0 1 1 *`), 'UTC', id), '2026-12-31T23:59:59Z', count + 1)
        .filter((fire) => fire.startsWith('2027-01-01T00'))
        .map((fire) => Number(fire.slice(14, 16)));
      expect(found).toHaveLength(count);
      expect(Math.min(...found)).toBeGreaterThanOrEqual(first);
      expect(Math.max(...found)).toBeLessThanOrEqual(last);
    }
  });

  it('stays between 1 and 28 in the day of the month', () => {
    for (let n = 0; n < 200; n++) {
      expect(nextTexts(bind(cron('0 0 H * *'), 'UTC', `job-${n}`), '2027-02-01T00:00:00Z', 1)[0]).toMatch(/^2027-0[23]-(0\d|1\d|2[0-8])/); // prettier-ignore
    }
  });
});
