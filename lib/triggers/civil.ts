/**
 * The proleptic Gregorian calendar in integers: a day is its number since 1970-01-01, a month is `year * 12 + month − 1`.
 * `Date` objects are neither read nor made. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */

export const DAY_MS = 86_400_000;

/** 9999-12-31T23:59:59.999Z: no search goes further. */
export const LAST_INSTANT = 253_402_300_799_999;

const DAYS_PER_ERA = 146_097;
const DAYS_TO_EPOCH = 719_468;

/** The day number of a date. `month` is 1–12. */
export function dayOf(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - DAYS_TO_EPOCH;
}

/** The month (`year * 12 + month − 1`) that a day lies in. */
export function monthOfDay(day: number): number {
  const shifted = day + DAYS_TO_EPOCH;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const year = yearOfEra + era * 400;
  return monthFromMarch < 10 ? year * 12 + monthFromMarch + 2 : (year + 1) * 12 + monthFromMarch - 10;
}

export function yearOfMonth(month: number): number {
  return Math.floor(month / 12);
}

/** The day number of the first of a month. */
export function firstDayOfMonth(month: number): number {
  const year = yearOfMonth(month);
  return dayOf(year, month - year * 12 + 1, 1);
}

/** 28–31. `month` is 1–12. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** 0 = Sunday … 6 = Saturday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** The ISO 8601 week, 1–53, that a day lies in: that of its Thursday. */
export function isoWeekOf(day: number): number {
  const thursday = day - ((weekdayOf(day) + 6) % 7) + 3;
  const firstOfYear = dayOf(yearOfMonth(monthOfDay(thursday)), 1, 1);
  return (((thursday - firstOfYear) / 7) | 0) + 1;
}
