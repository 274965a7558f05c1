import type { StatsQuery } from '../job-store.js';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** What the numbers in the column `span` stand for. 0 is the mark. */
export const HOUR = 1;
export const DAY = 2;

/** The hour and the day that an instant belongs to. */
export function spansOf(instant: number): readonly { readonly span: number; readonly since: number }[] {
  return [
    { span: HOUR, since: floor(instant, HOUR_MS) },
    { span: DAY, since: floor(instant, DAY_MS) },
  ];
}

/** From when on there are hours: since the beginning of yesterday. Before that there are days only. */
export function hoursKeptFrom(now: number): number {
  return floor(now, DAY_MS) - DAY_MS;
}

/** Epoch ms. Between `daysFrom` and `daysTo` whole days are added up, and hours before and after them. */
export interface TallyRange {
  /** Inclusive. */
  readonly from: number;
  readonly daysFrom: number;
  readonly daysTo: number;
  /** Exclusive. */
  readonly to: number;
  /** The last instant of a run that is counted: of those that end now, every one. */
  readonly until: number;
}

/** What can be told of the time that is asked for, which begins and ends with an hour or a day; it ends with `now` at the latest. */
export function rangeOf(query: StatsQuery, now: number): TallyRange {
  const kept = hoursKeptFrom(now);
  const from = floor(query.from, query.from < kept ? DAY_MS : HOUR_MS);
  const isOpen = query.to >= now;
  const to = isOpen ? now : ceil(query.to, query.to <= kept ? DAY_MS : HOUR_MS);
  const daysFrom = ceil(from, DAY_MS);
  // Of today only what has been is counted: that is the whole of it.
  const daysTo = isOpen ? ceil(now, DAY_MS) : floor(to, DAY_MS);
  const days = daysFrom < daysTo ? { daysFrom, daysTo } : { daysFrom: to, daysTo: to };
  return { from, ...days, to, until: isOpen ? Number.MAX_SAFE_INTEGER : to - 1 };
}

function floor(instant: number, unit: number): number {
  return Math.floor(instant / unit) * unit;
}

function ceil(instant: number, unit: number): number {
  return Math.ceil(instant / unit) * unit;
}
