import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allOf,
  anyOf,
  at,
  calendarInterval,
  cron,
  defineTrigger,
  except,
  interval,
} from '../../lib/triggers/factories.js';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';
import { bindChecked, bindDefinition } from '../../lib/triggers/bind-trigger.js';
import { countPatiently } from '../../lib/triggers/patient-trigger.js';
import { SearchEffort } from '../../lib/triggers/search-effort.js';
import { known } from '../../lib/testing/triggers/patiently.js';
import { brokenBetweenFires, brokenLaws } from '../../lib/testing/triggers/trigger-laws.js';
import { ADDED_AT, bind, firesBetween, patiently } from '../triggers/fires.js';

const FIRST = Date.UTC(1970, 0, 1);
const LAST = Date.UTC(2050, 0, 1);

const anyInstant = fc.integer({ min: FIRST, max: LAST });
const anyZone = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));
const anyOptions = fc.record(
  {
    startAt: fc.integer({ min: FIRST, max: Date.UTC(2020, 0, 1) }).map((ms) => new Date(ms)),
    endAt: fc.integer({ min: Date.UTC(2020, 0, 1), max: LAST }).map((ms) => new Date(ms)),
  },
  { requiredKeys: [] },
);
const anyInterval = fc
  .tuple(fc.integer({ min: 1, max: 10_000_000_000 }), anyOptions, fc.boolean())
  .map(([every, options, immediate]) => interval(every, { ...options, immediate }));
const anyAt = anyInstant.map((instant) => at(new Date(instant)));
const anyCronText = fc.constantFrom(
  '* * * * *',
  '* * * * * *',
  '*/7 */5 * * *',
  '30 2 * * *',
  '0,30 1-3 * * *',
  '59 23 * * sun',
  '0 0 L * *',
  '0 0 LW,1W,15W * *',
  '0 2 L-2 */2 *',
  '0 0 29 2 *',
  '0 0 * * fri#5,monL',
  '0 12 13 * fri',
  '15 0 13 * +fri',
  '10-20/3 22-2 1-7 nov-feb mon-fri',
  '0 0 0 1 1 * 1999-2050/3',
  '*/11 30 2 * * * 2020-2030',
  'H H(0-3) H * *',
);
const anyCronFields = fc.constantFrom(
  { week: 53, dayOfWeek: 'sat', hour: 2, minute: 30 },
  { week: '52-2', dayOfWeek: 1 },
  { day: 'last sun', hour: '*/3' },
  { day: ['1st mon', 20], minute: '*/25' },
  { second: 17 },
);
const anyPolicies = fc.record({
  gap: fc.constantFrom('shift' as const, 'next' as const, 'skip' as const),
  fold: fc.constantFrom('first' as const, 'last' as const, 'both' as const),
});
const anyCron = fc
  .tuple(fc.oneof(anyCronText, anyCronFields), anyOptions, anyPolicies)
  .map(([pattern, options, policies]) => cron(pattern, { ...options, ...policies }));
const anySimple = fc.oneof<fc.Arbitrary<TriggerDefinition>[]>(anyInterval, anyAt, anyCron, anyCron);
const anyCalendarInterval = fc
  .tuple(
    fc.record({
      years: fc.integer({ min: 0, max: 3 }),
      months: fc.integer({ min: 0, max: 14 }),
      weeks: fc.integer({ min: 0, max: 3 }),
      days: fc.integer({ min: 1, max: 40 }),
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.constantFrom(0, 30),
    }),
    fc.constantFrom('years', 'months', 'weeks', 'days', null),
    anyOptions,
    anyPolicies,
    fc.constantFrom('skip' as const, 'clamp' as const),
  )
  .map(([{ years, months, weeks, days, hour, minute }, only, options, policies, monthEnd]) => {
    const step = only === null ? { years, months, weeks, days } : { [only]: { years, months, weeks, days }[only] || 1 };
    return calendarInterval({ ...step, hour, minute }, { ...options, ...policies, monthEnd });
  });
/** The odd seconds of every minute that has some: a trigger of a user. */
const oddSeconds = defineTrigger('laws:oddSeconds', ({ seconds }: { seconds: number[] }) => {
  const find = (instant: number, isAhead: boolean): number | null => {
    const minute = Math.floor(instant / 60_000) * 60_000;
    const near = [-60_000, 0, 60_000].flatMap((shift) => seconds.map((second) => minute + shift + second * 1_000));
    const fires = near.sort((a, b) => a - b);
    return (isAhead ? fires.find((fire) => fire > instant) : fires.findLast((fire) => fire < instant)) ?? null;
  };
  return { next: (after) => find(Math.floor(after), true), previous: (before) => find(Math.ceil(before), false) };
});
const anyOwn = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 3 }), anyOptions)
  .map(([seconds, options]) => oddSeconds({ seconds }, options));
const { definition: anyNested } = fc.letrec<{ definition: TriggerDefinition }>((tie) => ({
  definition: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.oneof(anySimple, anyCalendarInterval, anyOwn),
    fc
      .tuple(fc.array(tie('definition'), { minLength: 1, maxLength: 3 }), anyOptions)
      .map(([triggers, options]) => anyOf(...triggers, options)),
    fc
      .tuple(
        fc.array(tie('definition'), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(0, 1_000, 3_600_000, 86_400_000),
        anyOptions,
      )
      .map(([triggers, threshold, options]) => allOf(...triggers, { ...options, threshold })),
    fc
      .tuple(
        tie('definition'),
        fc.array(
          fc.integer({ min: Date.UTC(2000, 0, 1), max: LAST }).map((ms) => new Date(ms)),
          { minLength: 1 },
        ),
        fc.option(tie('definition')),
        anyOptions,
      )
      .map(([trigger, days, other, options]) => {
        const [from = new Date(), to = from] = days.toSorted((a, b) => Number(a) - Number(b));
        return except(trigger, ...days, { from, to }, ...(other === null ? [] : [other]), options);
      }),
  ),
}));
const bound = ([definition, zone]: [TriggerDefinition, string]): {
  definition: TriggerDefinition;
  zone: string;
  trigger: Trigger;
} => ({ definition, zone, trigger: bind(definition, zone) });
const anyTrigger = fc.tuple(fc.oneof(anySimple, anyCalendarInterval, anyNested), anyZone).map(bound);
/** Those that count in closed form. */
const anyCounting = fc
  .oneof(
    fc.tuple(anySimple, anyZone),
    fc
      .tuple(anySimple, anyZone)
      .map(([each, zone]): [TriggerDefinition, string] => [
        except(each, '2010-05-05', { from: '2024-01-01', to: '2031-06-30T12:00' }),
        zone,
      ]),
  ) // prettier-ignore
  .map(bound);

/** `firesAt` is asked by other triggers alone, within a call whose effort has begun. */
function withinCall<T>(ask: () => T): T {
  const effort = new SearchEffort(1_000_000);
  effort.enter();
  try {
    return ask();
  } finally {
    effort.leave();
  }
}

/** Where two callers know different things; one may know what the other does not. */
function disagreements(some: readonly unknown[][], others: readonly unknown[][]): unknown[] {
  return some.flatMap((pair, n) =>
    pair.flatMap((one, m) => {
      const other = others[n]?.[m];
      return one === other || one === undefined || other === undefined ? [] : [{ n, m, one, other }];
    }),
  );
}

/** Fires close together, and stretches of them. */
const anyDense = fc
  .tuple(
    fc.constantFrom('* *', '*/10 *', '5-59/10 *', '0 *', '30 *', '0 */15', '*/7 *', '0-29 *', '5 1-59/2'),
    fc.constantFrom('* * * *', '2-22 * * *', '9-17 * * mon-fri', '* * * sat,sun', '* * jan-jun *', '0-11 1-15 * *'),
    anyOptions,
    anyPolicies,
  )
  .map(([often, when, options, policies]) => cron(`${often} ${when}`, { ...options, ...policies }));
const anyDenseInterval = fc
  .tuple(fc.constantFrom(500, 1_000, 5_000, 60_000), fc.integer({ min: 0, max: 3 }), anyOptions)
  .map(([every, quarters, options]) => interval(every, { ...options, startAt: new Date(FIRST + quarters * 250) }));

describe('except', { timeout: 180_000 }, () => {
  const manyLooks = 1_000;

  it('takes away what a look at each fire by itself would take away, and no more', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.oneof(anyDense, anyDenseInterval),
        fc.oneof(anyDense, anyDenseInterval),
        anyZone,
        anyInstant,
        (definition, other, zone, instant) => {
          const [trigger, excluding] = [bind(definition, zone), bind(other, zone)];
          const isExcluded = (fire: number): boolean => excluding.previous(fire + 1) === fire;
          for (const way of ['next', 'previous'] as const) {
            let fire = trigger[way](instant);
            let looks = 0;
            while (fire !== null && isExcluded(fire) && looks++ < manyLooks) fire = trigger[way](fire);
            const without = bind(except(definition, other), zone);
            const answer = known(() => without[way](instant));
            if (looks <= manyLooks) {
              expect(answer).toBe(fire);
            } else if (answer != null && fire !== null) {
              found++;
              expect(isExcluded(answer)).toBe(false);
              expect(trigger.previous(answer + 1)).toBe(answer);
              // What was leapt over: the fires just short of the answer, and some on the way to it.
              const near = way === 'next' ? 'previous' : 'next';
              const onTheWay = Array.from({ length: 300 }, (_, n) => fire + ((answer - fire) * n) / 300);
              let last = trigger[near](answer) ?? NaN;
              for (let n = 0; n < 300; n++, last = trigger[near](last) ?? NaN) onTheWay.push(last);
              const ofTrigger = onTheWay.map((each) => trigger.next(Math.floor(each) - 1) ?? NaN);
              const leaptOver = ofTrigger.filter((each) => (each - instant) * (answer - each) > 0);
              expect(leaptOver.filter((each) => !isExcluded(each))).toEqual([]);
            }
          }
        },
      ),
      { numRuns: 2_000 },
    );
    expect(found).toBeGreaterThan(3);
  });
});

describe('every trigger', { timeout: 180_000 }, () => {
  it('goes forward with next, back with previous, and leaves out nothing in between', () => {
    fc.assert(
      fc.property(anyTrigger, anyInstant, fc.double({ min: 0, max: 1, noNaN: true }), ({ trigger }, instant, share) => {
        expect(brokenLaws(trigger, instant)).toEqual([]);
        expect(brokenBetweenFires(trigger, instant, share)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('fires at an instant that is the last one before the next', () => {
    let fires = 0;
    fc.assert(
      fc.property(
        fc.tuple(fc.oneof(anyCron, anyCron, anyNested), anyZone),
        fc.array(fc.tuple(anyInstant, fc.constantFrom(-1_000, -1, 0, 0, 0, 1, 500, 3_600_000)), { minLength: 4 }),
        ([definition, timeZone], instants) => {
          const context = { jobId: 'job', addedAt: ADDED_AT, timeZone };
          const trigger = bindChecked(definition, context);
          for (const [instant, shift] of instants) {
            const fire = known(() => trigger.next(instant)) ?? instant;
            const other = fire + shift;
            const expected = known(() => bindChecked(definition, context).previous(other + 1));
            if (expected === undefined) continue;
            if (expected === other) fires++;
            expect(withinCall(() => trigger.firesAt(other))).toBe(expected === other);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(fires).toBeGreaterThan(200);
  });

  it('P11 counts what next would find', () => {
    fc.assert(
      fc.property(anyCounting, anyInstant, fc.integer({ min: 0, max: 60 }), ({ trigger }, instant, steps) => {
        const fires: number[] = [];
        for (let fire = trigger.next(instant); fire !== null && fire < LAST; fire = trigger.next(fire)) {
          if (fires.length > steps) break;
          fires.push(fire);
        }
        const last = fires.at(-1) ?? instant;
        expect(countPatiently(trigger, instant + 1, last)).toBe(fires.length);
        expect(countPatiently(trigger, instant + 1, last - 1)).toBe(Math.max(0, fires.length - 1));
        expect(countPatiently(trigger, instant + 2, last)).toBe(fires.length - (fires[0] === instant + 1 ? 1 : 0));
      }),
      { numRuns: 300 },
    );
  });

  it('P11 counts long ranges as the sum of their parts', () => {
    fc.assert(
      fc.property(anyCounting, anyInstant, anyInstant, anyInstant, ({ trigger }, a, b, c) => {
        const [from = 0, middle = 0, to = 0] = [a, b, c].sort((x, y) => x - y);
        const count = (start: number, end: number): number => countPatiently(trigger, start, end) ?? NaN;
        expect(count(from, middle) + count(middle + 1, to)).toBe(count(from, to));
      }),
      { numRuns: 60 },
    );
  });

  it('answers the same whatever was asked before', () => {
    fc.assert(
      fc.property(
        anyTrigger,
        fc.array(anyInstant, { minLength: 2, maxLength: 6 }),
        ({ definition, zone, trigger }, instants) => {
          const ask = (asked: Trigger, instant: number): unknown[] => [
            known(() => asked.next(instant)),
            known(() => asked.previous(instant)),
          ];
          const answers = instants.map((instant) => ask(trigger, instant));
          const again = instants.toReversed().map((instant) => ask(trigger, instant));
          expect(disagreements(again.toReversed(), answers)).toEqual([]);
          const fresh = bind(definition, zone);
          expect(
            disagreements(
              instants.map((instant) => ask(fresh, instant)),
              answers,
            ),
          ).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('finds with little effort and many calls what it finds in one call, from nearby and from afar, in any order', () => {
    let searched = 0;
    let givenUp = 0;
    fc.assert(
      fc.property(
        fc.tuple(anyNested, anyZone),
        fc.array(fc.tuple(anyInstant, fc.constantFrom('next' as const, 'previous' as const)), {
          minLength: 1,
          maxLength: 6,
        }),
        ([definition, zone], questions) => {
          const values = { jobId: 'job', anchor: ADDED_AT.getTime(), timeZone: zone };
          const [little, much] = [bindDefinition(definition, values, 150), bindDefinition(definition, values, 20_000)];
          for (const [instant, way] of questions) {
            const found = known(() => much[way](instant), 1);
            if (found === undefined) continue;
            let calls = 0;
            const answer = known(() => {
              // What it has got to is no guess.
              if (calls++ > 0 && way === 'next')
                expect(little.emptyUntil(instant)).toBeLessThanOrEqual(found ?? Infinity);
              return little[way](instant);
            }, 2_000);
            // So little at a time, decades without a fire take more calls than there is time for.
            if (answer === undefined) {
              givenUp++;
              continue;
            }
            expect(answer).toBe(found);
            if (calls > 1) searched++;
            if (found === null) continue;
            const near = way === 'next' ? found - 1 : found + 1;
            expect(patiently(() => little[way](near))).toBe(found);
            expect(patiently(() => little[way](instant))).toBe(found);
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(searched).toBeGreaterThan(10);
    expect(givenUp).toBeLessThan(searched / 2);
  });

  it('keeps to its bounds', () => {
    fc.assert(
      fc.property(
        anyCronText,
        anyZone,
        anyInstant,
        fc.integer({ min: 0, max: 40 * 86_400_000 }),
        (text, zone, start, length) => {
          const bounded = bind(cron(text, { startAt: new Date(start), endAt: new Date(start + length) }), zone);
          const free = bind(cron(text), zone);
          const expected = firesBetween(free, start, Math.min(start + length + 1, start + 3_600_000));
          expect(firesBetween(bounded, start - 5_000_000, start + 3_600_000)).toEqual(expected);
          expect(bounded.next(start + length)).toBeNull();
          expect(bounded.previous(start)).toBeNull();
        },
      ),
      { numRuns: 200 },
    );
  });
});
