import { describe, expect, it, vi } from 'vitest';
import { allOf, anyOf, at, cron, defineTrigger, except, interval } from '../../lib/triggers/factories.js';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';
import { TriggerSearchError } from '../../lib/triggers/trigger-errors.js';
import { bind, firesBackwards, firesBetween, isoText, nextTexts, patiently } from './fires.js';

const FROM = Date.parse('2027-01-01T00:00:00Z');
const DAY = 86_400_000;

/** The fires of some days, by `next` and by `previous`, which must agree. */
function fires(definition: TriggerDefinition, days: number, timeZone = 'UTC'): string[] {
  const trigger = bind(definition, timeZone);
  const forward = firesBetween(trigger, FROM, FROM + days * DAY).map(isoText);
  expect(firesBackwards(trigger, FROM, FROM + days * DAY).map(isoText)).toEqual(forward);
  return forward;
}

let asked = 0;
/** Counts how often it is asked. */
const everyDays = defineTrigger('test:every-days', ({ days, plus }: { days: number; plus: number }) => ({
  next: (after) => (asked++, Math.floor((after - plus) / (days * DAY)) * days * DAY + days * DAY + plus),
  previous: (before) => (asked++, Math.ceil((before - plus) / (days * DAY)) * days * DAY - days * DAY + plus),
}));

/** How often the triggers inside are asked until a search is given up. */
function effort(definition: TriggerDefinition): number {
  const trigger = bind(definition);
  // The first calls of a process take less.
  for (let n = 0; n < 3; n++) expect(() => trigger.next(FROM - 100_000 * DAY)).toThrow(TriggerSearchError);
  asked = 0;
  expect(() => trigger.next(FROM)).toThrow(TriggerSearchError);
  const forward = asked;
  asked = 0;
  expect(() => trigger.previous(FROM + 5_000 * 365 * DAY)).toThrow(TriggerSearchError);
  return Math.max(asked, forward);
}

function catchError(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('It threw nothing.');
}

/** The error of a call that gives up. */
function givenUp(call: () => unknown): TriggerSearchError {
  const error = catchError(call);
  if (error instanceof TriggerSearchError) return error;
  throw error;
}

function nested(depth: number): TriggerDefinition {
  return depth <= 1 ? cron('@daily') : anyOf(nested(depth - 1));
}

describe('anyOf', () => {
  it('is the union of its triggers, each instant once, each on its own course', () => {
    expect(fires(anyOf(cron('0 9 * * *'), cron('0 9,17 * * *'), interval({ hours: 20 })), 2)).toEqual([
      '2027-01-01T09:00:00Z',
      '2027-01-01T17:00:00Z',
      '2027-01-01T20:00:00Z',
      '2027-01-02T09:00:00Z',
      '2027-01-02T16:00:00Z',
      '2027-01-02T17:00:00Z',
    ]);
  });

  it('lends its zone to those that name none, and its bounds to all', () => {
    const definition = anyOf(cron('0 9 * * *'), cron('0 9 * * *', { timeZone: 'UTC' }), {
      timeZone: 'Asia/Tokyo',
      startAt: '2027-01-02',
      endAt: '2027-01-02',
    });
    expect(fires(definition, 9)).toEqual(['2027-01-02T00:00:00Z', '2027-01-02T09:00:00Z']);
  });

  it('goes on when one of its triggers is over', () => {
    expect(fires(anyOf(at('2027-01-01T03:00'), cron('0 12 * * *')), 2)).toEqual([
      '2027-01-01T03:00:00Z',
      '2027-01-01T12:00:00Z',
      '2027-01-02T12:00:00Z',
    ]);
  });
});

describe('allOf', () => {
  it('has no fire before its triggers begin, though another of them is searched in vain', () => {
    const second = (at: number) => cron(`${at} * * * * *`);
    const never = allOf(except(second(0), cron('* * * * * *')), second(1), { threshold: 0 });
    const trigger = bind(allOf(interval({ days: 1 }, { startAt: '2027-01-01' }), never, { threshold: 0 }));
    expect(trigger.previous(Date.UTC(2026, 11, 31))).toBeNull();
  });

  it('fires where all fire at once', () => {
    expect(fires(allOf(cron('0 9 * * *'), interval({ days: 3 }, { startAt: '2027-01-01T09:00:00Z' })), 8)).toEqual([
      '2027-01-01T09:00:00Z',
      '2027-01-04T09:00:00Z',
      '2027-01-07T09:00:00Z',
    ]);
  });

  it('fires at the earliest of those that lie within the threshold, and not beyond', () => {
    const a = cron('0 0 9 * * *');
    const b = cron('30 0 9 * * *');
    const bounds = { startAt: '2026-12-01', endAt: '2027-02-01' };
    expect(fires(allOf(b, a, { threshold: { seconds: 30 } }), 1)).toEqual(['2027-01-01T09:00:00Z']);
    expect(fires(allOf(b, a, { threshold: { seconds: 29 }, ...bounds }), 1)).toEqual([]);
  });

  it.each([
    [
      'one that ends soon with one of two crons',
      () =>
        allOf(
          interval({ minutes: 25 }, { startAt: '2027-03-10T08:50Z', endAt: '2027-03-10T09:16Z' }),
          anyOf(cron('55 8 * * *'), cron('14 9 * * *')),
          { threshold: { minutes: 30 } },
        ),
    ],
    [
      'two with two crons each',
      () =>
        anyOf(
          allOf(cron('50 8 * * *'), cron('15 9 * * *'), { threshold: { minutes: 30 } }),
          allOf(anyOf(cron('50 8 * * *'), cron('15 9 * * *')), anyOf(cron('55 8 * * *'), cron('14 9 * * *')), {
            threshold: { minutes: 30 },
          }),
        ),
    ],
  ])('inside another trigger answers the same after it was asked for a fire before: %s', (_, make) => {
    const at = (time: string): number => Date.parse(`2027-03-10T${time}:00Z`);
    const trigger = bind(anyOf(cron('*/20 * * * *'), make()));
    const forward = ['08:50', '08:55', '09:00', '09:14', '09:20'].map(at);
    expect(firesBetween(bind(anyOf(cron('*/20 * * * *'), make())), at('08:45'), at('09:25'))).toEqual(forward);
    expect(trigger.previous(at('09:05'))).toBe(at('09:00'));
    expect(trigger.previous(at('09:00'))).toBe(at('08:55'));
    expect(trigger.next(at('08:50'))).toBe(at('08:55'));
    expect(firesBackwards(trigger, at('08:45'), at('09:25'))).toEqual(forward);
  });

  it('takes one second for the threshold unless told otherwise', () => {
    const late = (ms: number): TriggerDefinition =>
      interval({ days: 1 }, { startAt: new Date(Date.parse('2027-01-01T09:00Z') + ms) });
    const bounds = { startAt: '2026-12-01', endAt: '2027-02-01' };
    expect(fires(allOf(late(0), late(1_000)), 1)).toEqual(['2027-01-01T09:00:00Z']);
    expect(fires(allOf(late(0), late(1_001), bounds), 1)).toEqual([]);
    expect(fires(allOf(late(0), late(1), { threshold: 0, ...bounds }), 1)).toEqual([]);
  });

  it('fires at every fire from which on each other one has one within the threshold', () => {
    const every20s = interval({ seconds: 20 }, { startAt: '2027-01-01T00:00:00Z' });
    const hourly = cron('0 1 * * *');
    expect(fires(allOf(every20s, hourly, { threshold: 45_000 }), 1)).toEqual([
      '2027-01-01T00:59:20Z',
      '2027-01-01T00:59:40Z',
      '2027-01-01T01:00:00Z',
    ]);
  });

  it('finds a rare meeting', () => {
    const rare = bind(allOf(cron('0 0 29 2 *'), cron('0 0 * * mon'), { threshold: 0 }));
    expect(isoText(rare.next(FROM) ?? 0)).toBe('2044-02-29T00:00:00Z');
    expect(isoText(rare.previous(FROM) ?? 0)).toBe('2016-02-29T00:00:00Z');
  });
});

describe('a search', () => {
  const never = (): TriggerDefinition => allOf(cron('0 9 * * *'), cron('0 10 * * *'));
  const allExcluded = (): TriggerDefinition => except(cron('0 9 * * *'), cron('0 * * * *'));

  it.each([
    ['triggers that do not meet', never],
    ['fires that are all excluded', allExcluded],
    ['the same inside another trigger', () => anyOf(allExcluded(), at('2020-01-01'))],
  ])('is given up with an error after some milliseconds of %s, and never answers that nothing comes', (_, make) => {
    const trigger = bind(make());
    for (const call of [(): unknown => trigger.next(FROM), (): unknown => trigger.previous(FROM + 50_000 * DAY)]) {
      expect(givenUp(call).code).toBe('TRIGGER_SEARCH_EXHAUSTED');
    }
  });

  it('says what was searched, up to where, and what to do', () => {
    const { message } = givenUp(() => bind(allExcluded()).next(FROM));
    expect(message).toContain("'at 09:00, every day, except every hour (UTC)'");
    expect(message).toMatch(/no fire between 2027-01-01T00:00:00.000Z and 202\d-/);
    expect(message).toMatch(/Call again to go on from there.*simpler.*endAt/);
    expect(givenUp(() => bind(allExcluded()).previous(FROM)).message).toMatch(/2027-01-01T00:00:00.000Z and 202\d-/);
    const own = givenUp(() => bind(anyOf(at('2020-01-01'), allExcluded())).next(FROM));
    expect(own.message).toContain("'at 09:00, every day, except every hour (UTC)'");
  });

  it.each([
    ['on', 'next', 1],
    ['back', 'previous', -1],
  ] as const)('goes on from where it stopped with the next call: %s', (_, way, sign) => {
    const trigger = bind(allExcluded());
    const at = FROM + 10_000 * DAY;
    const first = givenUp(() => trigger[way](at)).searchedTo;
    const second = givenUp(() => trigger[way](at)).searchedTo;
    expect((first - at) * sign).toBeGreaterThan(100 * DAY);
    expect((second - at) / (first - at)).toBeGreaterThan(1.9);
  });

  it.each([
    ['next', FROM, 'previous', FROM],
    ['next', FROM, 'next', FROM + 200 * 365 * DAY],
    ['previous', FROM, 'previous', FROM + 200 * 365 * DAY],
  ] as const)('goes on where two questions are asked in turn: %s of %i and %s of %i', (one, from, other, from2) => {
    const trigger = bind(allExcluded());
    let [first, second] = [from, from2];
    for (let n = 0; n < 5; n++) {
      const [further, further2] = [givenUp(() => trigger[one](from)).searchedTo, givenUp(() => trigger[other](from2)).searchedTo]; // prettier-ignore
      expect(Math.abs(further - from)).toBeGreaterThan(Math.abs(first - from));
      expect(Math.abs(further2 - from2)).toBeGreaterThan(Math.abs(second - from2));
      [first, second] = [further, further2];
    }
  });

  it('answers that nothing comes where that is proved: one of the triggers is over, or the end is passed', () => {
    expect(bind(allOf(at('2026-01-01'), cron('* * * * *'))).next(FROM)).toBeNull();
    const bounded = bind(except(cron('0 9 * * *'), cron('0 * * * *'), { startAt: '2026-12-01', endAt: '2027-02-01' }));
    expect(bounded.next(FROM)).toBeNull();
    expect(bounded.previous(FROM)).toBeNull();
    const fromThenOn = bind(except(interval(DAY, { startAt: '2027-01-01T00:00Z' }), cron('* * * * *')));
    expect(patiently(() => fromThenOn.previous(FROM + 20_000 * DAY))).toBeNull();
  });

  it('shares its effort with the searches inside it, however deep', () => {
    const everyFive = except(cron('*/5 * * * *'), cron('*/5 18-7 * * *'));
    const trigger = bind(except(everyFive, cron('*/5 * 25 12 *')));
    expect(isoText(trigger.next(Date.parse('2027-01-01T17:55:00Z')) ?? 0)).toBe('2027-01-02T08:00:00Z');
    expect(isoText(trigger.next(Date.parse('2027-12-24T17:55:00Z')) ?? 0)).toBe('2027-12-26T08:00:00Z');
    expect(isoText(trigger.previous(Date.parse('2027-12-26T08:00:00Z')) ?? 0)).toBe('2027-12-24T17:55:00Z');
    const often = anyOf(except(everyFive, cron('*/5 * 25 12 *')), at('2040-01-01'));
    expect(isoText(bind(often).next(Date.parse('2027-01-01T17:55:00Z')) ?? 0)).toBe('2027-01-02T08:00:00Z');
  });

  it('in vain does not keep the fires of the other triggers of anyOf from being found', () => {
    const others = [cron('0 0 1 * *'), except(cron('0 0 2 * *'), '2027-02-02'), at('2026-12-01')];
    const trigger = bind(anyOf(allExcluded(), never(), ...others));
    expect(nextTexts(trigger, '2027-01-01T00:00:00Z', 4)).toEqual([
      '2027-01-02T00:00:00Z',
      '2027-02-01T00:00:00Z',
      '2027-03-01T00:00:00Z',
      '2027-03-02T00:00:00Z',
    ]);
    expect(isoText(trigger.previous(FROM) ?? 0)).toBe('2026-12-02T00:00:00Z');
    const far = bind(anyOf(allExcluded(), except(cron('0 0 1 1 *'), '2028-01-01')));
    expect(isoText(patiently(() => far.next(FROM), 4) ?? 0)).toBe('2029-01-01T00:00:00Z');
    expect(isoText(patiently(() => far.previous(FROM - 1), 4) ?? 0)).toBe('2026-01-01T00:00:00Z');
  });

  it('in vain does not keep allOf from knowing that another trigger is over', () => {
    expect(bind(allOf(allExcluded(), at('2026-01-01'))).next(FROM)).toBeNull();
  });

  it('is made only where the other triggers of allOf fire', () => {
    const from2060On = except(cron('0 9 * * *'), cron('0 * * * *', { endAt: '2059-12-31' }));
    expect(bind(allOf(from2060On, at('2061-01-01T09:00Z'))).next(FROM)).toBe(Date.parse('2061-01-01T09:00Z'));
    const yearly = bind(allOf(from2060On, cron('0 9 1 1 *')));
    expect(isoText(yearly.next(FROM) ?? 0)).toBe('2060-01-01T09:00:00Z');
    const january2060 = bind(allOf(from2060On, cron('* * * * *', { startAt: '2060-01-01' })));
    expect(isoText(january2060.next(FROM) ?? 0)).toBe('2060-01-01T09:00:00Z');
  });

  it('goes no further than to where one of the triggers of allOf is over', () => {
    for (const other of [
      cron('* * * * *', { endAt: '2027-02-01' }),
      anyOf(cron('0 * * * *', { endAt: '2027-02-01' })),
    ]) {
      expect(bind(allOf(allExcluded(), other)).next(FROM)).toBeNull();
      expect(bind(allOf(allExcluded(), other, { threshold: { hours: 2 } })).next(FROM)).toBeNull();
    }
  });

  it('finds from afar what it finds from nearby', () => {
    const options = { startAt: new Date(FROM) };
    const make = (): Trigger => bind(allOf(interval(4_001, options), interval(4_003, options), { threshold: 0 }));
    const meeting = FROM + 4_001 * 4_003;
    expect(make().next(meeting - 1)).toBe(meeting);
    expect(make().next(meeting - 1_000_000)).toBe(meeting);
    const trigger = make();
    expect(patiently(() => trigger.next(FROM))).toBe(meeting);
    expect(patiently(() => trigger.previous(meeting))).toBe(FROM);
  });

  it('goes on where triggers have to be searched from two places for one answer', () => {
    const minute = (n: number): Date => new Date(FROM + n * 60_000);
    const every = (first: number, last: number): TriggerDefinition =>
      interval(60_000, { startAt: minute(first), endAt: minute(last) });
    const atZeroAnd300 = except(every(0, 2_000), anyOf(every(1, 299), every(301, 2_000)));
    const at289 = except(at(minute(289)), at(minute(5)));
    const trigger = bind(allOf(atZeroAnd300, at289, { threshold: { minutes: 300 } }));
    expect(patiently(() => trigger.previous(FROM + 290 * 60_000), 5)).toBe(FROM + 289 * 60_000);
  });

  it('looks at each millisecond where it is asked for what comes after a fraction of one', () => {
    const once = except(anyOf(at(new Date(FROM))), at('2020-01-01'));
    const hour = 3_600_000;
    expect(bind(anyOf(once, once)).next(FROM - hour - 0.5)).toBe(FROM);
    expect(bind(anyOf(once, once)).next(FROM - hour - 1.5)).toBe(FROM);
    expect(bind(anyOf(once, once)).previous(FROM + hour + 0.5)).toBe(FROM);
    expect(bind(anyOf(once, once)).previous(FROM + hour + 1.5)).toBe(FROM);
  });

  it('goes on through triggers of a kind of your own, which draw on the same effort', () => {
    const inner = bind(allExcluded());
    const own = defineTrigger('test:nests-ours', () => ({
      next: (after) => inner.next(after),
      previous: (before) => inner.previous(before),
    }));
    const trigger = bind(except(own(null), '2027-01-01'));
    const first = givenUp(() => trigger.next(FROM)).searchedTo;
    expect(givenUp(() => trigger.next(FROM)).searchedTo).toBeGreaterThan(first);
  });

  it('is not disturbed by a trigger inside that throws', () => {
    let isBroken = true;
    const fragile = defineTrigger('test:fragile', () => ({
      next: (after) => {
        if (isBroken && after > FROM + DAY) throw new Error('no');
        return (Math.floor(after / DAY) + 1) * DAY;
      },
      previous: (before) => (Math.ceil(before / DAY) - 1) * DAY,
    }));
    const trigger = bind(except(fragile(null), cron('0 0 1-20 1 *')));
    expect(() => trigger.next(FROM)).toThrow('no');
    isBroken = false;
    expect(isoText(trigger.next(FROM) ?? 0)).toBe('2027-01-21T00:00:00Z');
  });

  it('takes fewer steps in the first call of a process, because code that is new to it takes longer', async () => {
    vi.resetModules();
    const { bindTrigger } = await import('../../lib/triggers/bind-trigger.js');
    const trigger = bindTrigger(never(), { jobId: 'job', addedAt: new Date(FROM), timeZone: 'UTC' });
    const searched = [FROM];
    for (let n = 0; n < 4; n++) {
      searched.push((catchError(() => trigger.next(FROM)) as TriggerSearchError).searchedTo);
    }
    const [first = 0, second = 0, ...others] = searched.slice(1).map((to, n) => (to - (searched[n] ?? 0)) / DAY);
    expect(first).toBeLessThan(second / 1.5);
    expect(Math.min(...others)).toBeGreaterThan(second);
  });

  it('takes fewer steps where they are far apart, because each takes longer there', () => {
    const meeting = (days: number): TriggerDefinition => allOf(everyDays({ days, plus: 0 }), everyDays({ days, plus: (days * DAY) / 2 })); // prettier-ignore
    const excluded = (days: number): TriggerDefinition => except(everyDays({ days, plus: 0 }), everyDays({ days, plus: 0 })); // prettier-ignore
    for (const make of [meeting, excluded]) {
      expect(effort(make(1))).toBeGreaterThan(1_100);
      expect(effort(make(30))).toBeLessThan(700);
    }
  });
});

describe('except', () => {
  it('leaves out days, by the clocks of the zone', () => {
    const definition = except(cron('0 1,12 * * *'), '2027-01-02', new Date('2027-01-03T16:00:00Z'));
    expect(fires(definition, 5, 'Asia/Tokyo')).toEqual([
      '2027-01-01T03:00:00Z',
      '2027-01-02T16:00:00Z',
      '2027-01-03T03:00:00Z',
      '2027-01-04T16:00:00Z',
      '2027-01-05T03:00:00Z',
      '2027-01-05T16:00:00Z',
    ]);
  });

  it('P09 leaves out both parts of a day where the clocks go back over midnight, and nothing of the other day', () => {
    const without = (day: string): Trigger => bind(except(cron('*/30 * * * *'), day), 'America/St_Johns');
    const [from, until] = [Date.parse('2006-10-29T02:00:00Z'), Date.parse('2006-10-29T05:00:00Z')];
    const dayBefore = ['02:30', '03:30', '04:00', '04:30'].map((time) => `2006-10-29T${time}:00Z`);
    expect(firesBetween(without('2006-10-28'), from, until).map(isoText)).toEqual(dayBefore);
    expect(firesBackwards(without('2006-10-28'), from, until).map(isoText)).toEqual(dayBefore);
    const dayAfter = ['2006-10-29T02:00:00Z', '2006-10-29T03:00:00Z'];
    expect(firesBetween(without('2006-10-29'), from, until).map(isoText)).toEqual(dayAfter);
    expect(firesBackwards(without('2006-10-29'), from, until).map(isoText)).toEqual(dayAfter);
  });

  it('leaves out ranges, both ends included, the whole last day of a date alone', () => {
    expect(
      fires(
        except(
          cron('0 */12 * * *'),
          { from: '2027-01-01T12:00', to: '2027-01-02' },
          { from: '2027-01-03T00:00', to: '2027-01-03T00:00' },
        ),
        4,
      ),
    ).toEqual(['2027-01-01T00:00:00Z', '2027-01-03T12:00:00Z', '2027-01-04T00:00:00Z', '2027-01-04T12:00:00Z']);
  });

  it('leaves out the fires of another trigger', () => {
    expect(fires(except(cron('0 9 * * *'), cron('0 9 * * sat,sun'), cron('0 9 5 * *')), 7)).toEqual([
      '2027-01-01T09:00:00Z',
      '2027-01-04T09:00:00Z',
      '2027-01-06T09:00:00Z',
      '2027-01-07T09:00:00Z',
    ]);
  });

  it('gets over a weekend of excluded fires every ten seconds, in both directions', () => {
    const trigger = bind(except(cron('*/10 * * * * *'), cron('* * * * * sat,sun')), 'Europe/Berlin');
    const [friday, monday] = [Date.parse('2027-01-01T22:59:50Z'), Date.parse('2027-01-03T23:00:00Z')];
    expect(trigger.next(friday)).toBe(monday);
    expect(trigger.previous(monday)).toBe(friday);
  });

  it.each<[string, TriggerDefinition, string, string]>([
    [
      'a working week of seconds',
      except(cron('* * * * * *'), cron('* * * * * mon-fri')),
      '2027-03-21T22:59:59Z',
      '2027-03-26T23:00:00Z',
    ],
    [
      'a day of seconds on which clocks change',
      except(cron('* * * * * *'), cron('* * * * * sun')),
      '2027-03-27T22:59:59Z',
      '2027-03-28T22:00:00Z',
    ],
    [
      'a year and more of minutes',
      except(cron('* * * * *'), cron('0 * * * * * 2027'), cron('0 * * * 1 * 2028')),
      '2026-12-31T22:59:00Z',
      '2028-01-31T23:00:00Z',
    ],
    [
      'a day of a trigger without some other day',
      except(except(cron('* * * * * *'), '2027-12-24'), cron('* * 0-22 * * *')),
      '2027-03-01T22:59:59Z',
      '2027-03-02T22:00:00Z',
    ],
    [
      'a day of the only one of several',
      except(anyOf(cron('* * * * * *'), { endAt: '2030-01-01' }), cron('* * 0-22 * * *')),
      '2027-03-01T22:59:59Z',
      '2027-03-02T22:00:00Z',
    ],
    [
      'a weekend by one of several triggers',
      except(cron('*/5 * * * * *'), anyOf(cron('*/5 * * * * sat,sun'), cron('*/5 * 0-7,19-23 * * *'))),
      '2027-04-16T16:59:55Z',
      '2027-04-19T06:00:00Z',
    ],
    [
      'a day by a trigger that has an exception',
      except(cron('* * * * * *'), except(cron('* * 0-22 * * *'), '2027-05-01')),
      '2027-03-01T22:59:59Z',
      '2027-03-02T22:00:00Z',
    ],
    [
      'months of an interval',
      except(
        cron('*/10 * * * *'),
        interval({ minutes: 5 }, { startAt: '2027-01-01T00:05', endAt: '2027-03-01T00:05' }),
      ),
      '2026-12-31T23:00:00Z',
      '2027-02-28T23:10:00Z',
    ],
  ])('leaps over %s of excluded fires, in both directions', (_, definition, before, after) => {
    const trigger = bind(definition, 'Europe/Berlin');
    expect(isoText(patiently(() => trigger.next(Date.parse(before)), 2) ?? 0)).toBe(after);
    expect(isoText(patiently(() => trigger.previous(Date.parse(after)), 2) ?? 0)).toBe(before);
  });

  it('does not leap over a fire that a change of clocks has put off, nor over the odd offsets of old', () => {
    const everyQuarter = cron('*/15 * * * *', { timeZone: 'UTC' });
    const putOff = bind(except(cron('*/15 0-22 * * *', { gap: 'next' }), everyQuarter), 'America/St_Johns');
    expect(isoText(putOff.next(Date.parse('2010-03-13T00:00Z')) ?? 0)).toBe('2010-03-14T03:31:00Z');
    const old = bind(except(cron('*/15 * * * *'), everyQuarter), 'Africa/Monrovia');
    expect(isoText(patiently(() => old.previous(Date.parse('1972-01-20T00:00Z'))) ?? 0)).toBe('1972-01-07T00:29:30Z');
  });

  it('P11 counts in closed form where days and ranges are excluded', () => {
    const trigger = bind(except(cron('* * * * * *'), '2027-01-02', { from: '2027-01-02T12:00', to: '2027-01-04' }));
    expect(trigger.count?.(FROM, FROM + 10 * DAY - 1)).toBe(7 * 86_400);
    expect(bind(except(cron('* * * * *'), cron('0 * * * *'))).count).toBeUndefined();
  });

  it.each([
    ['2027-13-01', 'INVALID_INSTANT'],
    [5, 'INVALID_INSTANT'],
    [{ from: '2027-01-01', to: 'soon' }, 'INVALID_INSTANT'],
    [new Date(NaN), 'INVALID_INSTANT'],
    [['2027-01-01'], 'INVALID_TRIGGER'],
  ])('refuses to exclude %j', (exclusion, code) => {
    expect(() => except(cron('@daily'), exclusion as never, {})).toThrow(expect.objectContaining({ code }));
  });

  it.each([[['2027-12-24', '2027-12-25']], [new Set([new Date('2027-12-24')])], [new Map([['eve', '2027-12-24']])]])(
    'refuses a list of exclusions, and says that it is to be spread',
    (list) => {
      const message = 'except(): a list is no exclusion. Spread it: except(trigger, ...days).';
      expect(() => except(cron('@daily'), list as never)).toThrow(message);
      expect(() => except(cron('@daily'), '2027-12-31', list as never)).toThrow(message);
      expect(() => except(cron('@daily'), list as never, {})).toThrow(message);
    },
  );

  it('refuses what is neither an exclusion nor options where options may stand', () => {
    expect(() => except(cron('@daily'), '2027-12-24', /x/ as never)).toThrow('{} is no instant');
  });

  it.each([
    [{ from: '2027-01-01' }, `the range {"from":"2027-01-01"} has no 'to'`],
    [{ to: '2027-01-01', from: undefined }, `the range {"to":"2027-01-01"} has no 'from'`],
    [{ from: '2027-01-01', to: '2027-01-02', foo: 1 }, `a range has 'from' and 'to', but no 'foo'`],
  ])('P16 refuses the range %j, made or stored', (range, problem) => {
    expect(() => except(cron('@daily'), range as never)).toThrow(`except(): ${problem}.`);
    const stored = { ...except(cron('@daily'), '2027-01-01'), exclusions: [range] };
    expect(() => bind(stored)).toThrow(`Trigger 'except': ${problem}.`);
  });

  it('refuses a range that runs backwards, and nothing', () => {
    expect(() => bind(except(cron('@daily'), { from: '2027-02-01', to: '2027-01-01' }))).toThrow('runs backwards');
    expect(() => except(cron('@daily'))).toThrow('nothing is excluded');
    expect(() => except(cron('@daily'), { timeZone: 'UTC' })).toThrow('nothing is excluded');
  });
});

const zones = Intl.supportedValuesOf('timeZone');

describe('triggers in triggers', () => {
  it.each([509, 1_009, 1_499, 1_501, 2_003, 3_001])('that meet after %i fires are found from both sides', (n) => {
    const options = { startAt: new Date(FROM) };
    const trigger = bind(allOf(interval(n, options), interval(n + 2, options), { threshold: 0 }));
    const meeting = FROM + n * (n + 2);
    expect(patiently(() => trigger.next(FROM), 12)).toBe(meeting);
    expect(patiently(() => trigger.previous(meeting), 12)).toBe(FROM);
  });

  it('are described as far as anybody would read', () => {
    const minutes = Array.from({ length: 12 }, (_, n) => cron(`${n} * * * *`));
    expect(bind(anyOf(...minutes)).describe()).toMatch(/^every hour, at minute 1 .*minute 8 of every hour or 3 more/);
    expect(bind(anyOf(...minutes.slice(0, 10))).describe()).toMatch(/ or at minute 9 of every hour/);
  });

  it('refuses a range that runs backwards where it is written, if that can be told without a zone', () => {
    const backwards = { from: '2027-01-05T00:00:00Z', to: '2027-01-01T00:00:00Z' };
    expect(() => except(cron('@daily'), backwards)).toThrow('except(): the range');
    expect(() => except(cron('@daily'), { from: '2027-01-05', to: '2027-01-01' })).toThrow('runs backwards');
    const mixed = except(cron('@daily'), { from: '2027-01-05', to: '2027-01-01T00:00:00Z' });
    expect(() => bind(mixed)).toThrow('runs backwards');
  });

  it('may go by a dozen zones', () => {
    const inZones = (count: number): TriggerDefinition =>
      anyOf(...zones.slice(0, count).map((timeZone) => cron('0 9 * * *', { timeZone })), { timeZone: 'UTC' });
    expect(patiently(() => bind(inZones(12)).next(FROM))).toBeTypeOf('number');
    expect(() => bind(inZones(13))).toThrow('more than 12 time zones');
  });

  it('are kept to a depth and a number that make sense', () => {
    expect(fires(nested(8), 1)).toEqual(['2027-01-01T00:00:00Z']);
    expect(() => nested(9)).toThrow('nested deeper than 8 levels');
    expect(() => anyOf(...Array.from({ length: 50 }, () => cron('@daily')))).toThrow('more than 50 triggers');
  });

  it('are kept to it in definitions written by hand, too', () => {
    const written = (depth: number): TriggerDefinition =>
      ({ kind: 'anyOf', version: 1, triggers: depth === 0 ? [] : [written(depth - 1)] }) as TriggerDefinition;
    expect(() => bind(written(20))).toThrow('nested deeper than 8 levels');
    expect(() => bind(written(2))).toThrow('no trigger is given');
    const endless: { kind: string; version: number; triggers: unknown[] } = { kind: 'anyOf', version: 1, triggers: [] };
    endless.triggers.push(endless);
    expect(() => bind(endless)).toThrow('nested deeper than 8 levels');
  });

  it('are validated as deep as they are', () => {
    const wrong = { kind: 'anyOf', version: 1, triggers: [{ kind: 'interval', version: 1, every: 0 }] };
    expect(() => bind(wrong)).toThrow('the shortest one is a millisecond');
    const unknown = { kind: 'except', version: 1, trigger: { kind: 'moon', version: 1 }, exclusions: ['2027-01-01'] };
    expect(() => bind(unknown)).toThrow(expect.objectContaining({ code: 'UNKNOWN_TRIGGER_KIND' }));
  });

  it.each([
    [(): unknown => anyOf(), 'no trigger is given'],
    [(): unknown => allOf({}), 'no trigger is given'],
    [(): unknown => anyOf('0 9 * * *' as never), 'is no trigger'],
    [(): unknown => anyOf(cron('@daily'), { threshold: 5 } as never), "no option 'threshold'"],
    [(): unknown => allOf(cron('@daily'), { threshold: -5 }), 'negative'],
    [(): unknown => except('@daily' as never, '2027-01-01'), 'is no trigger'],
    [(): unknown => anyOf(cron('@daily'), { timeZone: 'Mars/Base' }), 'Mars/Base'],
  ])('are refused when they are wrong: %s', (make, problem) => {
    expect(make).toThrow(problem);
  });

  it('spread H by the job id as deep as it stands', () => {
    const definition = except(anyOf(cron('H H * * *')), '2027-01-01');
    const first = (jobId: string): number | null => bind(definition, 'UTC', jobId).next(FROM);
    expect(first('a')).toBe(first('a'));
    expect(first('a')).not.toBe(first('b'));
  });

  it('start an interval without startAt when the job is added', () => {
    const trigger: Trigger = bind(anyOf(interval({ hours: 7 }, { immediate: true })));
    expect(nextTexts(trigger, '2026-12-31T00:00:00Z', 2)).toEqual(['2027-01-01T00:00:00Z', '2027-01-01T07:00:00Z']);
  });
});
