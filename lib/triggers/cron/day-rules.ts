/** A day that is not a fixed number in every month. Weekdays: 0 = Sunday. */
export type DayRule =
  /** `L`, `L-n`: so many days before the last of the month. */
  | { readonly kind: 'last'; readonly daysBefore: number }
  /** `nW`: the weekday (Monday to Friday) nearest to the day, in the same month. */
  | { readonly kind: 'nearestWeekday'; readonly day: number }
  /** `LW`: the last weekday (Monday to Friday) of the month. */
  | { readonly kind: 'lastWeekday' }
  /** `D#n`. */
  | { readonly kind: 'nth'; readonly weekday: number; readonly n: number }
  /** `DL`, `D#L`. */
  | { readonly kind: 'lastOf'; readonly weekday: number };

const SATURDAY = 6;
const EVERY_WEEK = 0b1_0000001_0000001_0000001_0000001;

/** The days that rules name in a month, as bits: bit 0 is the 1st. */
export function daysOfRules(rules: readonly DayRule[], firstWeekday: number, length: number): number {
  let days = 0;
  for (const rule of rules) {
    const day = dayOfRule(rule, firstWeekday, length);
    if (day >= 1 && day <= length) days |= 1 << (day - 1);
  }
  return days;
}

/** The days that fall on weekdays (bit 0 = Sunday) in a month that begins on `firstWeekday`; may run past its end. */
export function daysOfWeekdays(weekdays: number, firstWeekday: number): number {
  const firstWeek = ((weekdays >>> firstWeekday) | (weekdays << (7 - firstWeekday))) & 0x7f;
  return Math.imul(firstWeek, EVERY_WEEK) & 0x7fffffff;
}

/** The day of the month, which may lie outside of it. */
function dayOfRule(rule: DayRule, firstWeekday: number, length: number): number {
  switch (rule.kind) {
    case 'last':
      return length - rule.daysBefore;
    case 'nearestWeekday':
      return nearestWeekday(rule.day, firstWeekday, length);
    case 'lastWeekday':
      return nearestWeekday(length, firstWeekday, length);
    case 'nth':
      return firstOf(rule.weekday, firstWeekday) + 7 * (rule.n - 1);
    case 'lastOf': {
      const first = firstOf(rule.weekday, firstWeekday);
      return first + 7 * Math.floor((length - first) / 7);
    }
  }
}

function nearestWeekday(day: number, firstWeekday: number, length: number): number {
  if (day > length) return 0;
  const weekday = (firstWeekday + day - 1) % 7;
  if (weekday === SATURDAY) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === length ? day - 2 : day + 1;
  return day;
}

function firstOf(weekday: number, firstWeekday: number): number {
  return 1 + ((weekday - firstWeekday + 7) % 7);
}
