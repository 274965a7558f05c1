import type { DayRule } from './day-rules.js';

export type CronFieldName = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'dayOfWeek' | 'year' | 'week';

/** What a field may hold. */
export interface CronFieldSpec {
  readonly name: CronFieldName;
  /** For messages. */
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** The largest distinct value: Saturday, although Sunday may also be written 7. */
  readonly top: number;
  /** Names of values, lower case. */
  readonly names: ReadonlyMap<string, number>;
  /** The largest value `H` takes; `null`: there is no `H` here. */
  readonly hashTop: number | null;
}

/** The values of a field, as far as they are fixed numbers, and its rules. */
export class CronFieldValues {
  low = 0;
  high = 0;
  readonly years: YearRange[] = [];
  readonly rules: DayRule[] = [];
  /** The text starts with `*` or is `?`: Vixie cron then lets both day fields decide. */
  startsWithStar = false;
  /** The text starts with `+`. */
  startsWithPlus = false;
  /** An `H` stands in it. */
  isSeeded = false;

  /** Whether years are named in a way that leaves none out. */
  get isEveryYear(): boolean {
    return this.years.some(({ from, to, step }) => from === FIRST_YEAR && to === LAST_YEAR && step === 1);
  }
}

export interface YearRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export const FIRST_YEAR = 1970;
export const LAST_YEAR = 9999;

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']; // prettier-ignore
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const NO_NAMES: ReadonlyMap<string, number> = new Map();

export const CRON_FIELDS: Readonly<Record<CronFieldName, CronFieldSpec>> = {
  second: { name: 'second', label: 'second', min: 0, max: 59, top: 59, names: NO_NAMES, hashTop: 59 },
  minute: { name: 'minute', label: 'minute', min: 0, max: 59, top: 59, names: NO_NAMES, hashTop: 59 },
  hour: { name: 'hour', label: 'hour', min: 0, max: 23, top: 23, names: NO_NAMES, hashTop: 23 },
  // Every month has a 28th.
  day: { name: 'day', label: 'day-of-month', min: 1, max: 31, top: 31, names: NO_NAMES, hashTop: 28 },
  month: { name: 'month', label: 'month', min: 1, max: 12, top: 12, names: namesFrom(MONTHS, 1), hashTop: 12 },
  dayOfWeek: {
    name: 'dayOfWeek',
    label: 'day-of-week',
    min: 0,
    max: 7,
    top: 6,
    names: namesFrom(WEEKDAYS, 0),
    hashTop: 6,
  },
  year: {
    name: 'year',
    label: 'year',
    min: FIRST_YEAR,
    max: LAST_YEAR,
    top: LAST_YEAR,
    names: NO_NAMES,
    hashTop: null,
  },
  // Every year has a week 52.
  week: { name: 'week', label: 'week', min: 1, max: 53, top: 53, names: NO_NAMES, hashTop: 52 },
};

function namesFrom(names: readonly string[], first: number): ReadonlyMap<string, number> {
  return new Map(
    names.flatMap((name, index) => [[name.slice(0, 3), first + index] as const, [name, first + index] as const]),
  );
}
