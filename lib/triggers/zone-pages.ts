import { DAY_MS, dayOf, firstDayOfMonth, isLeapYear, monthOfDay, weekdayOf, yearOfMonth } from './civil.js';

/**
 * How time is cut into pages, so that a look at both ends of a page shows whether clocks were changed on it. To ask
 * `Intl` costs a microsecond or two, and a century may be asked about at once, so a page is as long as the history of
 * all zones allows. A page is named by its first month, `year * 12 + month − 1`.
 */

/** No zone had left its local mean time before. */
export const FIRST_YEAR_OF_CHANGES = 1835;
/** From here on most zones follow a yearly rule. */
export const FIRST_YEAR_OF_RULES = 2038;
/** From here on all do: the last dates of their own are those of Ramadan, up to 2087. */
export const FIRST_RECURRING_YEAR = 2088;
/** A zone with dates of its own after 2037 has some in this year. */
export const YEAR_OF_LAST_DATES = 2086;

/** Before, no clocks were changed twice within a year. */
const FIRST_YEAR_OF_QUARTERS = 1900;
/** Since then some are, nearly every year, within a quarter: summer time stops during Ramadan. */
const FIRST_YEAR_OF_MONTHS = 2010;
/** The years before in which some clocks were changed twice within a quarter. */
const RESTLESS_YEARS: ReadonlySet<number> = new Set([
  1919, 1921, 1932, 1933, 1938, 1940, 1941, 1943, 1944, 1945, 1946, 1947, 1949, 1951, 1953, 1954, 1960, 1963, 1965,
  1967, 1970, 1973, 1974, 1976, 1980, 1992, 2000, 2003, 2004, 2008,
]); // prettier-ignore
/** The months in which some clocks are changed twice. The two lie 7 days apart or more. */
const RESTLESS_MONTHS: ReadonlySet<number> = new Set(
  [
    [1938, 4], [1941, 4], [1943, 4], [1944, 4], [1944, 10], [1945, 4], [2000, 10], [2004, 6], [2010, 9],
    [2040, 10], [2041, 10], [2072, 10], [2073, 10], [2074, 10],
  ].map(([year = 0, month = 0]) => year * 12 + month - 1),
); // prettier-ignore
/** Governments may yet decide on more of them while this release is in use: its years are looked at more often. */
const YEARS_OF_USE = { first: 2025, last: 2034, days: 16 };

const DAYS_OF_QUARTER = 92;

/** A page begins so long before its month: clocks change on whole seconds, and so never on the edge of a page. */
const EDGE = 500;
/** Within so many years every kind of year comes, be there a century without a leap day among them or not. */
export const YEARS_OF_ALL_KINDS = 40;
/** The first year of each kind of year from {@link FIRST_RECURRING_YEAR} on. */
const RECURRING_YEARS = recurringYears();

/** The page that an instant lies on. */
export function pageOf(instant: number): number {
  const month = monthOfDay(Math.floor((instant + EDGE) / DAY_MS));
  return month - (month % monthsOfPage(month));
}

/** The first instant of the page of a month. */
export function startOfPage(page: number): number {
  return firstDayOfMonth(page) * DAY_MS - EDGE;
}

/** The page after a page. */
export function nextPage(page: number): number {
  return page + monthsOfPage(page);
}

/** Days between two looks on a page. */
export function daysBetweenLooks(page: number): number {
  if (RESTLESS_MONTHS.has(page)) return 6;
  const year = yearOfMonth(page);
  if (year >= FIRST_RECURRING_YEAR) return DAYS_OF_QUARTER;
  return year >= YEARS_OF_USE.first && year <= YEARS_OF_USE.last ? YEARS_OF_USE.days : Infinity;
}

/** How much later than in a recurring year clocks that follow a yearly rule are changed in this one. */
export function shiftOfYear(year: number): number {
  return (dayOf(year, 1, 1) - dayOf(RECURRING_YEARS[kindOfYear(year)] ?? year, 1, 1)) * DAY_MS;
}

function monthsOfPage(month: number): number {
  const year = yearOfMonth(month);
  if (year < FIRST_YEAR_OF_QUARTERS || year >= FIRST_RECURRING_YEAR) return 12;
  return year >= FIRST_YEAR_OF_MONTHS || RESTLESS_YEARS.has(year) ? 1 : 3;
}

/** 0–13: the weekday on which a year begins, and whether it is a leap year. */
function kindOfYear(year: number): number {
  return weekdayOf(dayOf(year, 1, 1)) + (isLeapYear(year) ? 7 : 0);
}

function recurringYears(): readonly number[] {
  const years: number[] = [];
  for (let year = FIRST_RECURRING_YEAR + YEARS_OF_ALL_KINDS - 1; year >= FIRST_RECURRING_YEAR; year--)
    years[kindOfYear(year)] = year;
  return years;
}
