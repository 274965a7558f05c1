import { describeTime, joinWords, ordinal } from '../describe-time.js';
import { has } from './bits.js';
import { CRON_FIELDS, type CronFieldName, type CronFieldValues, LAST_YEAR, type YearRange } from './cron-field.js';
import type { CronPatternFields } from './cron-pattern.js';
import type { DayRule } from './day-rules.js';

const MAX_TIMES = 6;
const MONTHS = longNames('month');
const WEEKDAYS = longNames('dayOfWeek');

/** A pattern in words: `at 03:00, Monday to Friday`. */
export function describePattern(fields: CronPatternFields): string {
  const dates = describeDates(fields);
  const times = describeTimes(valuesOf(fields.second, 59), valuesOf(fields.minute, 59), valuesOf(fields.hour, 23));
  if (dates.length === 0 && times.startsWith('at ') && !times.includes('every')) return `${times}, every day`;
  return [times, ...dates].join(', ');
}

function describeTimes(seconds: readonly number[], minutes: readonly number[], hours: readonly number[]): string {
  if (seconds.length * minutes.length * hours.length <= MAX_TIMES) {
    const times = hours.flatMap((hour) =>
      minutes.flatMap((minute) => seconds.map((second) => describeTime((hour * 60 + minute) * 60 + second))),
    );
    return `at ${joinWords(times)}`;
  }
  const isOnMinute = seconds.length === 1 && seconds[0] === 0;
  if (isOnMinute && minutes.length === 1 && minutes[0] === 0) return everyHour(hours);
  const everySecond = every('second', seconds, 60);
  const parts = isOnMinute ? [] : [everySecond ?? `at ${numbered('second', seconds)}`];
  const everyMinute = every('minute', minutes, 60);
  if (isOnMinute) parts.push(everyMinute ?? `at ${numbered('minute', minutes)}`);
  else if (minutes.length < 60) parts.push(`of ${everyNth('minute', minutes, 60) ?? numbered('minute', minutes)}`);
  else if (everySecond === null) parts.push('of every minute');
  const isRhythm = isOnMinute ? everyMinute !== null : minutes.length === 60;
  const hourText = hours.length === 24 ? (isRhythm ? '' : 'of every hour') : hoursOf(hours, isRhythm);
  return [...parts, hourText].filter((part) => part !== '').join(' ');
}

function everyHour(hours: readonly number[]): string {
  const [run, other] = runsOf(hours, 24);
  const isRun = run !== undefined && other === undefined;
  const some = isRun
    ? `from ${describeTime(run[0] * 3_600)} to ${describeTime(run[1] * 3_600)}`
    : hoursOf(hours, false);
  return every('hour', hours, 24) ?? `every hour ${some}`;
}

function hoursOf(hours: readonly number[], isRhythm: boolean): string {
  const step = everyNth('hour', hours, 24);
  if (step !== null) return `of ${step}`;
  const runs = runsOf(hours, 24);
  if (!isRhythm || runs.length > 2) return `of ${numbered('hour', hours)}`;
  return joinWords(runs.map(([from, to]) => `from ${describeTime(from * 3_600)} to ${describeTime(to * 3_600 + 59 * 60)}`)); // prettier-ignore
}

/** `every 5 minutes`, where the values are just that. */
function every(unit: string, values: readonly number[], size: number): string | null {
  if (values.length === size) return `every ${unit}`;
  const step = stepOf(values, size);
  return step === null ? null : `every ${step} ${unit}s`;
}

/** `every 5th minute`, where the values are just that. */
function everyNth(unit: string, values: readonly number[], size: number): string | null {
  const step = stepOf(values, size);
  return step === null ? null : `every ${ordinal(step)} ${unit}`;
}

/** The step of values that go evenly around; `null`: they don't. */
function stepOf(values: readonly number[], size: number): number | null {
  const [first, second] = values;
  if (first !== 0 || second === undefined || size % second !== 0 || values.length * second !== size) return null;
  return values.every((value, index) => value === index * second) ? second : null;
}

function describeDates({ day, dayOfWeek, month, week, year, dayMatch }: CronPatternFields): string[] {
  const isAnyDay = isFull('day', day);
  const isAnyWeekday = isFull('dayOfWeek', dayOfWeek);
  const days = isAnyDay ? '' : `on ${daysText(day)} of the month`;
  const weekdays = isAnyWeekday ? '' : weekdaysText(dayOfWeek);
  const parts: string[] = [];
  if (dayMatch === 'both') {
    if (days !== '' && weekdays !== '') parts.push(`${days} when it is ${weekdays.replaceAll(' and ', ' or ')}`);
    else parts.push(days, weekdays);
  } else if (days !== '' && weekdays !== '') parts.push(`${days} and on ${weekdays}`);
  if (!isFull('month', month)) parts.push(`in ${named(valuesOf(month, 12), MONTHS, 12)}`);
  if (week !== null && !isFull('week', week)) parts.push(`in ISO ${numbered('week', valuesOf(week, 53))}`);
  if (year !== null && !year.isEveryYear) parts.push(joinWords(year.years.map(yearsText)));
  return parts.filter((part) => part !== '');
}

function daysText({ low, rules }: CronFieldValues): string {
  const days = valuesIn(low, 0, 31);
  const step = (days[1] ?? 0) - (days[0] ?? 0);
  const isEven = days.length >= 3 && step > 1 && days.every((day, index) => day === 1 + index * step);
  if (isEven && 1 + days.length * step > 31 && rules.length === 0) return `every ${ordinal(step)} day from the 1st`;
  const runs = runsOf(days).flatMap(([from, to]) =>
    to - from >= 2
      ? [`the ${ordinal(from)} to the ${ordinal(to)}`]
      : range(from, to).map((day) => `the ${ordinal(day)}`),
  );
  return joinWords([...runs, ...rules.map(ruleText)]);
}

function weekdaysText({ low, rules }: CronFieldValues): string {
  const days = named(valuesIn(low, 0, 6), WEEKDAYS, 7);
  return joinWords([...(days === '' ? [] : [days]), ...rules.map((rule) => `${ruleText(rule)} of the month`)]);
}

function ruleText(rule: DayRule): string {
  switch (rule.kind) {
    case 'last':
      return rule.daysBefore === 0 ? 'the last day' : `the ${ordinal(rule.daysBefore + 1)} last day`;
    case 'nearestWeekday':
      return `the weekday nearest to the ${ordinal(rule.day)}`;
    case 'lastWeekday':
      return 'the last weekday';
    case 'nth':
      return `the ${ordinal(rule.n)} ${WEEKDAYS[rule.weekday]}`;
    case 'lastOf':
      return `the last ${WEEKDAYS[rule.weekday]}`;
  }
}

function yearsText({ from, to, step }: YearRange): string {
  if (from === to) return `in ${from}`;
  const every = step === 1 ? 'in' : `every ${ordinal(step)} year`;
  return to === LAST_YEAR ? `${every} from ${from}` : `${every} ${step === 1 ? '' : 'from '}${from} to ${to}`;
}

/** `Monday to Friday`, `May and July`. */
function named(values: readonly number[], names: readonly string[], size: number): string {
  const name = (value: number): string => names[value] ?? '';
  const parts = runsOf(values, size).flatMap(([from, to]) => {
    const members = values.length === 1 ? 0 : (to - from + size) % size;
    if (members >= 2) return [`${name(from)} to ${name(to)}`];
    return from === to ? [name(from)] : [name(from), name(to)];
  });
  return joinWords(parts);
}

/** `hours 9 to 17 and 20`. */
function numbered(unit: string, values: readonly number[]): string {
  const parts = runsOf(values).flatMap(([from, to]) => (to - from >= 2 ? [`${from} to ${to}`] : range(from, to).map(String))); // prettier-ignore
  return `${unit}${values.length === 1 ? '' : 's'} ${joinWords(parts)}`;
}

/** Neighbours together; with `size`, the last and the first are neighbours, too. */
function runsOf(values: readonly number[], size?: number): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  const [first] = runs;
  const last = runs.at(-1);
  if (size === undefined || first === undefined || last === undefined || runs.length < 2) return runs;
  if ((last[1] + 1) % size !== first[0] % size) return runs;
  return [...runs.slice(1, -1), [last[0], first[1]]];
}

function isFull(name: CronFieldName, values: CronFieldValues): boolean {
  const { min, top } = CRON_FIELDS[name];
  return valuesOf(values, top).filter((value) => value >= min).length === top - min + 1;
}

function valuesOf(values: CronFieldValues, top: number): number[] {
  return valuesIn(values.low, values.high, top);
}

function valuesIn(low: number, high: number, top: number): number[] {
  return range(0, top).filter((value) => has(low, high, value));
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The long names of a field's values, by value. */
function longNames(field: 'month' | 'dayOfWeek'): readonly string[] {
  const names: string[] = [];
  for (const [name, value] of CRON_FIELDS[field].names) {
    if (name.length >= (names[value]?.length ?? 0)) names[value] = name.charAt(0).toUpperCase() + name.slice(1);
  }
  return names;
}
