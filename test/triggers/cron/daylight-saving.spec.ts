import { describe, expect, it } from 'vitest';
import { cron, type CronOptions } from '../../../lib/triggers/cron.js';
import { countPatiently } from '../../../lib/triggers/patient-trigger.js';
import { bind, firesBackwards, firesBetween, isoText } from '../fires.js';

const DAY = 86_400_000;

/** The fires of the days around a change of clocks. */
function fires(text: string, timeZone: string, date: string, options: CronOptions = {}, days = 1): string[] {
  const from = Date.parse(date);
  return firesBetween(bind(cron(text, options), timeZone), from, from + days * DAY).map(isoText);
}

describe('P09 a time that the clocks skip', () => {
  // Berlin, 2027-03-28: 02:00 becomes 03:00 at 01:00Z.
  it('is shifted by the length of the gap', () => {
    expect(fires('30 2 * * *', 'Europe/Berlin', '2027-03-28')).toEqual(['2027-03-28T01:30:00Z']);
  });

  it('fires right after the gap with "next"', () => {
    expect(fires('30 2 * * *', 'Europe/Berlin', '2027-03-28', { gap: 'next' })).toEqual(['2027-03-28T01:00:00Z']);
  });

  it('does not fire with "skip"', () => {
    expect(fires('30 2 * * *', 'Europe/Berlin', '2027-03-28', { gap: 'skip' })).toEqual([]);
  });

  it('comes in the order of instants: the shifted 02:30 follows 03:00', () => {
    expect(fires('0,30 2,3 * * *', 'Europe/Berlin', '2027-03-28')).toEqual([
      '2027-03-28T01:00:00Z',
      '2027-03-28T01:30:00Z',
    ]);
    expect(
      fires('30 2 * * *', 'Europe/Berlin', '2027-03-28').concat(fires('0 3 * * *', 'Europe/Berlin', '2027-03-28')),
    ).toEqual(['2027-03-28T01:30:00Z', '2027-03-28T01:00:00Z']);
  });

  it('fires once where it lands on another fire', () => {
    expect(fires('30 2,3 * * *', 'Europe/Berlin', '2027-03-28')).toEqual(['2027-03-28T01:30:00Z']);
    expect(fires('0,30 2 * * *', 'Europe/Berlin', '2027-03-28', { gap: 'next' })).toEqual(['2027-03-28T01:00:00Z']);
  });

  it('may be midnight', () => {
    // 2027-09-05 in Santiago begins at 01:00.
    expect(fires('0 0 * * *', 'America/Santiago', '2027-09-05')).toEqual(['2027-09-05T04:00:00Z']);
    expect(fires('0 0 * * *', 'Africa/Cairo', '2027-04-29T12:00Z')).toEqual(['2027-04-29T22:00:00Z']);
  });

  it('may be half an hour', () => {
    // Lord Howe: 02:00 becomes 02:30 at 2027-10-02T15:30Z.
    expect(fires('15 2 * * *', 'Australia/Lord_Howe', '2027-10-02T12:00Z')).toEqual(['2027-10-02T15:45:00Z']);
  });

  it('may be a whole day, whose fires join those of the next', () => {
    expect(fires('0 10 * * *', 'Pacific/Apia', '2011-12-29T12:00Z', {}, 3)).toEqual(['2011-12-29T20:00:00Z', '2011-12-30T20:00:00Z', '2011-12-31T20:00:00Z']); // prettier-ignore
    expect(fires('0 10 30 12 *', 'Pacific/Apia', '2011-12-29T12:00Z', {}, 3)).toEqual(['2011-12-30T20:00:00Z']);
    expect(fires('0 10 30 12 *', 'Pacific/Apia', '2011-12-29T12:00Z', { gap: 'next' }, 3)).toEqual([
      '2011-12-30T10:00:00Z',
    ]);
    expect(fires('0 10 30 12 *', 'Pacific/Apia', '2011-12-29T12:00Z', { gap: 'skip' }, 3)).toEqual([]);
  });

  it('may reach over the turn of a year', () => {
    // Enderbury had no 31 December 1994: at 11:00Z on that day began the 1st of January.
    const inOld = { '6': '1994-12-31T17:00:00Z', '20': '1995-01-01T07:00:00Z' };
    for (const [hour, fire] of Object.entries(inOld)) {
      expect(fires(`0 ${hour} 31 12 *`, 'Pacific/Enderbury', '1994-12-20', {}, 30)).toEqual([fire]);
      const trigger = bind(cron(`0 ${hour} 31 12 *`), 'Pacific/Enderbury');
      expect(isoText(trigger.previous(Date.UTC(1995, 5, 1)) ?? 0)).toBe(fire);
      expect(trigger.count?.(Date.UTC(1994, 11, 20), Date.UTC(1995, 0, 20))).toBe(1);
      expect(trigger.count?.(Date.UTC(1995, 0, 1), Date.UTC(1995, 0, 20))).toBe(hour === '20' ? 1 : 0);
    }
  });

  it('may be the only one that a pattern names', () => {
    const trigger = bind(cron('0 0 10 30 12 * 2011', { gap: 'skip', timeZone: 'Pacific/Apia' }));
    expect(trigger.next(0)).toBeNull();
    expect(trigger.previous(Infinity)).toBeNull();
    expect(countPatiently(trigger, 0, Date.UTC(2030, 0, 1))).toBe(0);
    // The clocks of Berlin are always put forward then.
    const always = bind(cron('30 2 * 3 +sunL', { gap: 'skip' }), 'Europe/Berlin');
    expect(always.next(Date.UTC(2027, 0, 1))).toBeNull();
    // Until 1980 they were put forward in April.
    const last = Date.UTC(1980, 2, 30, 1, 30);
    for (const before of [Date.UTC(1990, 0, 1), Date.UTC(2100, 0, 1), 1e14, 1e15, Infinity]) {
      expect(always.previous(before)).toBe(last);
    }
  });
});

describe('P09 a time that happens twice', () => {
  // Berlin, 2027-10-31: 03:00 becomes 02:00 at 01:00Z.
  it.each<[CronOptions['fold'], string[]]>([
    [undefined, ['2027-10-31T00:30:00Z']],
    ['first', ['2027-10-31T00:30:00Z']],
    ['last', ['2027-10-31T01:30:00Z']],
    ['both', ['2027-10-31T00:30:00Z', '2027-10-31T01:30:00Z']],
  ])('fires at %s', (fold, expected) => {
    expect(fires('30 2 * * *', 'Europe/Berlin', '2027-10-31', { fold })).toEqual(expected);
  });

  it('may end with a month', () => {
    // Cairo, 1985-10-01: 03:00 becomes 02:00 at 00:00Z.
    const from = Date.UTC(1985, 8, 30);
    const until = Date.UTC(1985, 9, 3);
    for (const [fold, first] of [
      ['first', '1985-09-30T23:30:00Z'],
      ['last', '1985-10-01T00:30:00Z'],
    ] as const) {
      // prettier-ignore
      const trigger = bind(cron('30 2 * * *', { fold }), 'Africa/Cairo');
      const expected = [first, '1985-10-02T00:30:00Z'];
      expect(firesBetween(trigger, from, until).map(isoText)).toEqual(expected);
      expect(firesBackwards(trigger, from, until).map(isoText)).toEqual(expected);
      expect(trigger.count?.(from, until)).toBe(expected.length);
    }
  });

  it('may cross midnight', () => {
    // Havana, 2027-11-07: 01:00 becomes 00:00 at 05:00Z.
    expect(fires('30 0 * * *', 'America/Havana', '2027-11-07')).toEqual(['2027-11-07T04:30:00Z']);
    expect(fires('30 0 * * *', 'America/Havana', '2027-11-07', { fold: 'last' })).toEqual(['2027-11-07T05:30:00Z']);
    // Santiago, 2027-04-04: 24:00 becomes 23:00 of the day before at 03:00Z.
    expect(fires('30 23 * * *', 'America/Santiago', '2027-04-03T12:00Z')).toEqual(['2027-04-04T02:30:00Z']);
    expect(fires('30 23 * * *', 'America/Santiago', '2027-04-03T12:00Z', { fold: 'last' })).toEqual([
      '2027-04-04T03:30:00Z',
    ]);
  });

  it('keeps its order in a list of hours', () => {
    expect(fires('*/30 1-3 * * *', 'Europe/Berlin', '2027-10-30T22:00Z', {}, 0.25)).toEqual([
      '2027-10-30T23:00:00Z',
      '2027-10-30T23:30:00Z',
      '2027-10-31T00:00:00Z',
      '2027-10-31T00:30:00Z',
      '2027-10-31T02:00:00Z',
      '2027-10-31T02:30:00Z',
    ]);
  });
});

describe('P09 a pattern of every hour', () => {
  it.each(['*', '*/1', '0-23', '0/1', '12-11'])('follows real time when its hour is %s', (hour) => {
    for (const options of [{}, { gap: 'next', fold: 'last' }] as CronOptions[]) {
      expect(fires(`30 ${hour} * * *`, 'Europe/Berlin', '2027-03-28', options)).toHaveLength(24);
      expect(fires(`30 ${hour} * * *`, 'Europe/Berlin', '2027-10-31', options)).toHaveLength(24);
    }
  });

  it('fires only when the wall clock matches', () => {
    // There is no 02:15 on this day, and 02:45 is only half an hour after 01:45.
    expect(fires('15 * * * *', 'Australia/Lord_Howe', '2027-10-02T14:00Z', {}, 0.125)).toEqual(['2027-10-02T14:45:00Z', '2027-10-02T16:15:00Z']); // prettier-ignore
    expect(fires('15 * 30 12 *', 'Pacific/Apia', '2011-12-28', {}, 4)).toEqual([]);
  });

  it('is meant by fields that omit the hour, too', () => {
    const from = Date.parse('2027-10-31');
    expect(firesBetween(bind(cron({ minute: 30 }), 'Europe/Berlin'), from, from + DAY)).toHaveLength(24);
  });
});

describe('bounds of a cron', () => {
  it('are inclusive', () => {
    const trigger = bind(cron('0 0 * * *', { startAt: '2027-01-02', endAt: '2027-01-04T00:00' }));
    expect(firesBetween(trigger, 0, Infinity).map(isoText)).toEqual(['2027-01-02T00:00:00Z', '2027-01-03T00:00:00Z', '2027-01-04T00:00:00Z']); // prettier-ignore
    expect(trigger.previous(Date.parse('2027-01-02'))).toBeNull();
    expect(trigger.next(Date.parse('2027-01-04'))).toBeNull();
    expect(countPatiently(trigger, -Infinity, Infinity)).toBe(3);
  });

  it('include the whole day of a bare endAt, in the zone', () => {
    const trigger = bind(cron('0 */12 * * *', { endAt: '2027-01-02' }), 'Asia/Tokyo');
    expect(isoText(trigger.previous(Infinity) ?? 0)).toBe('2027-01-02T03:00:00Z');
  });

  it('are 1970 and 9999 by default', () => {
    const trigger = bind(cron('0 0 1 1 *'));
    expect(trigger.next(-Infinity)).toBe(0);
    expect(trigger.previous(0)).toBeNull();
    expect(isoText(trigger.previous(Infinity) ?? 0)).toBe('9999-01-01T00:00:00Z');
    expect(trigger.next(Infinity)).toBeNull();
    expect(trigger.next(NaN)).toBeNull();
    expect(trigger.previous(-Infinity)).toBeNull();
    expect(trigger.previous(NaN)).toBeNull();
    expect(isoText(trigger.next(5) ?? 0)).toBe('1971-01-01T00:00:00Z');
  });

  it('may begin before 1970', () => {
    const trigger = bind(cron('0 0 1 1 *', { startAt: '1960-06-01' }));
    expect(isoText(trigger.next(-Infinity) ?? 0)).toBe('1961-01-01T00:00:00Z');
    expect(isoText(trigger.previous(-5e7) ?? 0)).toBe('1969-01-01T00:00:00Z');
    const untouched = bind(cron('0 0 31 12 *', { startAt: '1960-06-01' }));
    expect(isoText(untouched.previous(0) ?? 0)).toBe('1969-12-31T00:00:00Z');
  });
});

describe('P11 counting', () => {
  it('takes a year of a one-second cron in closed form', () => {
    const from = Date.UTC(2027, 0, 1);
    const to = Date.UTC(2028, 0, 1) - 1;
    for (const zone of ['UTC', 'Europe/Berlin']) {
      expect(bind(cron('* * * * * *'), zone).count?.(from, to)).toBe(365 * 86_400);
    }
    const daytime = bind(cron('* * 1-4 * * *'), 'Europe/Berlin');
    // The hour that is skipped joins another one, the hour that is repeated counts once.
    expect(daytime.count?.(from, to)).toBe(365 * 4 * 3_600 - 3_600);
  });

  it('is empty for an empty range', () => {
    const trigger = bind(cron('* * * * *'));
    expect(trigger.count?.(5, 4)).toBe(0);
    expect(trigger.count?.(60_000, 60_000)).toBe(1);
    expect(trigger.count?.(60_001, 119_999)).toBe(0);
  });
});
