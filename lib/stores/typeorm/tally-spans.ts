import type { StatsQuery } from '../job-store.js';

const HOUR_MS = 3_600_000;
const QUARTER_MS = 6 * HOUR_MS;
export const DAY_MS = 24 * HOUR_MS;

/** What the numbers in the column `span` stand for: hours, days, and quarters of days. 0 is the mark. */
export const HOUR = 1;
export const DAY = 2;
export const QUARTER = 3;

/** The hour, the quarter and the day that an instant belongs to. */
export function spansOf(instant: number): readonly { readonly span: number; readonly since: number }[] {
  return [
    { span: HOUR, since: floor(instant, HOUR_MS) },
    { span: QUARTER, since: floor(instant, QUARTER_MS) },
    { span: DAY, since: floor(instant, DAY_MS) },
  ];
}

/** From when on there are hours and quarters: since the beginning of yesterday. Before that there are days only. */
export function hoursKeptFrom(now: number): number {
  return floor(now, DAY_MS) - DAY_MS;
}

/** Epoch ms. */
export interface TallyRange {
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** The last instant of a run that is counted: of those that end now, every one. */
  readonly until: number;
  /** Between these six instants: hours, quarters, days, quarters and hours, with which the time is covered by few of them. */
  readonly bounds: readonly number[];
}

/** What can be told of the time that is asked for, which begins and ends with an hour or a day; it ends with `now` at the latest. */
export function rangeOf(query: StatsQuery, now: number): TallyRange {
  const kept = hoursKeptFrom(now);
  const from = floor(query.from, query.from < kept ? DAY_MS : HOUR_MS);
  if (query.to < now) {
    const to = ceil(query.to, query.to <= kept ? DAY_MS : HOUR_MS);
    return { from, to, until: to - 1, bounds: boundsOf(from, to) };
  }
  // Of today only what has been is counted: that is the whole of it.
  return { from, to: now, until: Number.MAX_SAFE_INTEGER, bounds: boundsOf(from, ceil(now, DAY_MS)) };
}

function boundsOf(from: number, to: number): readonly number[] {
  const [firstDay, endOfDays] = [ceil(from, DAY_MS), floor(to, DAY_MS)];
  const [firstQuarter, endOfQuarters] = [ceil(from, QUARTER_MS), floor(to, QUARTER_MS)];
  if (firstDay < endOfDays) return [from, firstQuarter, firstDay, endOfDays, endOfQuarters, to];
  if (firstQuarter < endOfQuarters) return [from, firstQuarter, endOfQuarters, endOfQuarters, endOfQuarters, to];
  return [from, to, to, to, to, to];
}

function floor(instant: number, unit: number): number {
  return Math.floor(instant / unit) * unit;
}

function ceil(instant: number, unit: number): number {
  return Math.ceil(instant / unit) * unit;
}
