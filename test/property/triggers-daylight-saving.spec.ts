import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarInterval } from '../../lib/triggers/calendar-interval.js';
import { cron } from '../../lib/triggers/cron.js';
import type { FoldPolicy, GapPolicy } from '../../lib/triggers/wall-time.js';
import { bind, firesBackwards, firesBetween, isoText } from '../triggers/fires.js';
import { daysOfChange, WallClock } from '../triggers/wall-clock.js';
import { anyDailyPattern, anyPattern, type SamplePattern } from './cron-sample.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

const CHANGES: readonly (readonly [zone: string, year: number])[] = [
  ['Europe/Berlin', 2027],
  ['Europe/Dublin', 2027],
  ['America/New_York', 2027],
  ['America/Nuuk', 2027],
  ['America/Havana', 2027],
  ['America/Santiago', 2027],
  ['America/Sao_Paulo', 2018],
  ['America/Caracas', 2016],
  ['Asia/Beirut', 2027],
  ['Asia/Gaza', 2011],
  ['Asia/Pyongyang', 2018],
  ['Africa/Cairo', 2027],
  ['Africa/Cairo', 2014],
  // At the turn of a month, and of a year.
  ['Africa/Cairo', 1985],
  ['Pacific/Enderbury', 1994],
  ['Africa/Casablanca', 2027],
  ['Antarctica/Troll', 2027],
  ['Australia/Lord_Howe', 2027],
  ['Pacific/Apia', 2011],
  ['Pacific/Kwajalein', 1993],
  ['Pacific/Chatham', 2027],
];

/** Every minute around a change of clocks, and what the clocks show. */
interface Scan {
  readonly zone: string;
  readonly change: number;
  readonly minutes: readonly { readonly instant: number; readonly local: number }[];
}

function scan(zone: string, change: number): Scan {
  const clock = new WallClock(zone);
  const minutes = [];
  for (let instant = change - 2.5 * DAY; instant < change + 3.5 * DAY; instant += MINUTE) {
    minutes.push({ instant, local: clock.at(instant) });
  }
  return { zone, change, minutes };
}

const scans = CHANGES.flatMap(([zone, year]) => daysOfChange(zone, year).map((day) => scan(zone, day)));

/** The fires of a pattern by reading the rule word for word: minute by minute, no cleverness. */
function scannedFires({ minutes }: Scan, pattern: SamplePattern, gap: GapPolicy, fold: FoldPolicy): number[] {
  if (pattern.isEveryHour) return minutes.filter(({ local }) => pattern.matches(local)).map(({ instant }) => instant);
  const fires = new Set<number>();
  const instantsOf = new Map<number, number[]>();
  for (const { instant, local } of minutes) instantsOf.set(local, [...(instantsOf.get(local) ?? []), instant]);
  const first = minutes[0]?.local ?? 0;
  const last = minutes.at(-1)?.local ?? 0;
  for (let local = first; local <= last; local += MINUTE) {
    if (!pattern.matches(local)) continue;
    const instants = instantsOf.get(local);
    if (instants === undefined) {
      const made = madeUpFor(minutes, local, gap);
      if (made !== null) fires.add(made);
    } else if (fold === 'both') for (const instant of instants) fires.add(instant);
    else fires.add(fold === 'first' ? Math.min(...instants) : Math.max(...instants));
  }
  return [...fires].sort((a, b) => a - b);
}

/** When a local time fires that the clocks skip. */
function madeUpFor(minutes: Scan['minutes'], local: number, gap: GapPolicy): number | null {
  if (gap === 'skip') return null;
  const index = minutes.findIndex((minute) => minute.local > local);
  const [before, after] = [minutes[index - 1], minutes[index]];
  if (before === undefined || after === undefined) throw new Error('The gap lies outside the scan');
  return gap === 'next' ? after.instant : before.instant + (local - before.local);
}

const anyScan = fc.constantFrom(...scans);
const anyGap = fc.constantFrom<GapPolicy>('shift', 'next', 'skip');
const anyFold = fc.constantFrom<FoldPolicy>('first', 'last', 'both');

/** What is compared: the fires of the days around a change, and how many there are. */
interface Fires {
  readonly forward: readonly string[];
  readonly backward: readonly string[];
  readonly count: number | undefined;
}

type Case = readonly [around: Scan, pattern: SamplePattern, gap: GapPolicy, fold: FoldPolicy];

function bounds({ change }: Scan): [from: number, until: number] {
  return [change - 1.25 * DAY, change + 2.25 * DAY];
}

function found(...[around, { text }, gap, fold]: Case): Fires {
  const [from, until] = bounds(around);
  const trigger = bind(cron(text, { gap, fold }), around.zone);
  return {
    forward: firesBetween(trigger, from, until).map(isoText),
    backward: firesBackwards(trigger, from, until).map(isoText),
    count: trigger.count?.(from, until - 1),
  };
}

function expected(...[around, pattern, gap, fold]: Case): Fires {
  const [from, until] = bounds(around);
  const fires = scannedFires(around, pattern, gap, fold).filter((fire) => fire >= from && fire < until);
  return { forward: fires.map(isoText), backward: fires.map(isoText), count: fires.length };
}

describe('P09 cron around changes of clocks', { timeout: 180_000 }, () => {
  it('has changes to look at: gaps and folds, of half an hour to a day, at midnight and elsewhere', () => {
    const jumps = new Set(
      scans.flatMap(({ minutes }) =>
        minutes.slice(1).map(({ local }, index) => (local - (minutes[index]?.local ?? 0) - MINUTE) / MINUTE),
      ),
    );
    expect([...jumps].sort((a, b) => a - b)).toEqual([-120, -60, -30, 0, 30, 60, 120, 1440]);
  });

  it('agrees with a scan of every minute, at every change', () => {
    for (const around of scans) {
      for (const gap of ['shift', 'next', 'skip'] as const) {
        for (const fold of ['first', 'last', 'both'] as const) {
          const pattern = { text: '*/15 0-3,22-23 * * *', isEveryHour: false, matches: isQuarterAtNight };
          expect(found(around, pattern, gap, fold)).toEqual(expected(around, pattern, gap, fold));
          // One hour at a time: what is made up for must not hide among the fires of the hour after.
          for (const hour of [0, 1, 2, 23]) {
            const single = { text: `*/15 ${hour} * * *`, isEveryHour: false, matches: isQuarterOf(hour) };
            expect(found(around, single, gap, fold)).toEqual(expected(around, single, gap, fold));
          }
        }
      }
    }
  });

  it('agrees with a scan of every minute, for any times of day', () => {
    fc.assert(
      fc.property(anyScan, anyDailyPattern, anyGap, anyFold, (...each) => {
        expect(found(...each)).toEqual(expected(...each));
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with a scan of every minute, for any pattern that ever fires', () => {
    fc.assert(
      fc.property(anyScan, anyPattern, anyGap, anyFold, (...each) => {
        fc.pre(everFires(each[1].text));
        expect(found(...each)).toEqual(expected(...each));
      }),
      { numRuns: 200 },
    );
  });
});

describe('P09 calendarInterval from a startAt that the clocks skip', { timeout: 180_000 }, () => {
  it('agrees with a scan of every minute from the date and the time that are written there', () => {
    let compared = 0;
    for (const around of scans) {
      const [from, until] = bounds(around);
      for (const local of skippedTimes(around)) {
        const startAt = new Date(local).toISOString().slice(0, 19);
        const matches = (each: number): boolean => each >= local && (each - local) % DAY === 0;
        for (const gap of ['shift', 'next', 'skip'] as const) {
          const trigger = bind(calendarInterval({ days: 1 }, { startAt, gap }), around.zone);
          const scanned = scannedFires(around, { text: '', isEveryHour: false, matches }, gap, 'first');
          const fires = scanned.filter((fire) => fire < until).map(isoText);
          expect(firesBetween(trigger, from, until).map(isoText)).toEqual(fires);
          expect(firesBackwards(trigger, from, until).map(isoText)).toEqual(fires);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(100);
  });
});

/** The first and a later one of the local times that the clocks skip at each change. */
function skippedTimes({ minutes }: Scan): number[] {
  return minutes.slice(1).flatMap(({ local }, index) => {
    const first = (minutes[index]?.local ?? local) + MINUTE;
    return first < local ? [first, first + Math.floor((local - first) / MINUTE / 2) * MINUTE] : [];
  });
}

function isQuarterOf(hour: number): (local: number) => boolean {
  return (local) => isQuarterAtNight(local) && new Date(local).getUTCHours() === hour;
}

function isQuarterAtNight(local: number): boolean {
  const date = new Date(local);
  const hour = date.getUTCHours();
  return date.getUTCMinutes() % 15 === 0 && (hour <= 3 || hour >= 22);
}

function everFires(text: string): boolean {
  try {
    return cron(text) !== null;
  } catch {
    return false;
  }
}
