import { DAY_MS, firstDayOfMonth, monthOfDay, yearOfMonth } from './civil.js';
import type { FoldPolicy, GapPolicy } from './wall-time.js';
import { ZoneOffsets } from './zone-offsets.js';

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [7 * DAY_MS, 'week'],
  [DAY_MS, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
  [1, 'millisecond'],
];

/** `2027-01-31 09:00` on the clocks of a zone; seconds and milliseconds only where there are some. */
export function describeInstant(instant: number, timeZone: string): string {
  const local = instant + ZoneOffsets.of(timeZone).spanAt(instant).offset;
  const day = Math.floor(local / DAY_MS);
  const month = monthOfDay(day);
  const year = yearOfMonth(month);
  const date = [String(year).padStart(4, '0'), pad(month - year * 12 + 1), pad(day - firstDayOfMonth(month) + 1)];
  const millis = local - day * DAY_MS;
  const fraction = millis % 1_000;
  const second = Math.floor(millis / 1_000);
  // The end of a day reads better without.
  if (fraction === 0 || millis === DAY_MS - 1) return `${date.join('-')} ${describeTime(second)}`;
  const time = second % 60 === 0 ? `${describeTime(second)}:00` : describeTime(second);
  return `${date.join('-')} ${time}.${String(fraction).padStart(3, '0')}`;
}

/** `09:00` or `09:00:30`. */
export function describeTime(secondOfDay: number): string {
  const second = secondOfDay % 60;
  const time = `${pad(Math.floor(secondOfDay / 3_600))}:${pad(Math.floor(secondOfDay / 60) % 60)}`;
  return second === 0 ? time : `${time}:${pad(second)}`;
}

const IN_GAP: Readonly<Record<GapPolicy, string>> = {
  shift: '',
  next: ', as soon as clocks have skipped it',
  skip: ', skipped when clocks skip it',
};
const IN_FOLD: Readonly<Record<FoldPolicy, string>> = {
  first: '',
  last: ', the second time when clocks repeat it',
  both: ', twice when clocks repeat it',
};

/** What becomes of times that clocks skip or repeat; nothing where it is the default. */
export function describePolicies(gap: GapPolicy, fold: FoldPolicy): string {
  return IN_GAP[gap] + IN_FOLD[fold];
}

/** `1 hour and 30 minutes`; `singular` leaves the 1 out where it stands alone: `every hour`. */
export function describeDuration(ms: number, singular = false): string {
  const parts: [count: number, unit: string][] = [];
  let rest = ms;
  for (const [size, unit] of UNITS) {
    // Whole weeks alone read well; '1 week and 3 days' does not.
    if (unit === 'week' && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count > 0) parts.push([count, unit]);
    rest -= count * size;
  }
  return describeParts(parts, singular);
}

/** `2 months and 1 day`. */
export function describeParts(parts: readonly (readonly [count: number, unit: string])[], singular = false): string {
  if (singular && parts.length === 1 && parts[0]?.[0] === 1) return parts[0][1];
  return joinWords(parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`));
}

/** `a, b and c`. */
export function joinWords(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** `1st`, `22nd`. */
export function ordinal(value: number): string {
  const ending = value % 100 >= 11 && value % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${ending}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
