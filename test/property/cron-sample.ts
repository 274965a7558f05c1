import * as fc from 'fast-check';

/** A cron pattern together with a plain reading of it, made without the parser. */
export interface SamplePattern {
  readonly text: string;
  /** Whether a wall-clock time (milliseconds as if it were UTC) is named. */
  matches(local: number): boolean;
  readonly isEveryHour: boolean;
}

interface SampleField {
  readonly text: string;
  readonly values: ReadonlySet<number>;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** `*`, a value, a list, a range (which may wrap around) or steps. */
function field(min: number, max: number): fc.Arbitrary<SampleField> {
  const all = range(min, max);
  const anyValue = fc.integer({ min, max });
  const size = max - min + 1;
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({ text: '*', values: new Set(all) }) },
    anyValue.map((value) => ({ text: `${value}`, values: new Set([value]) })),
    fc
      .array(anyValue, { minLength: 1, maxLength: 4 })
      .map((values) => ({ text: values.join(','), values: new Set(values) })),
    fc.tuple(anyValue, anyValue).map(([first, last]) => ({
      text: `${first}-${last}`,
      values: new Set(first <= last ? range(first, last) : [...range(first, max), ...range(min, last)]),
    })),
    fc.integer({ min: 1, max: size - 1 }).map((step) => ({
      text: `*/${step}`,
      values: new Set(all.filter((value) => (value - min) % step === 0)),
    })),
  );
}

/** Five-field patterns of plain values. */
export const anyPattern: fc.Arbitrary<SamplePattern> = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
  .map(([minute, hour, day, month, weekday]) => {
    const mustBothMatch = day.text.startsWith('*') || weekday.text.startsWith('*');
    return {
      text: [minute, hour, day, month, weekday].map((each) => each.text).join(' '),
      isEveryHour: hour.values.size === 24,
      matches(local: number): boolean {
        const date = new Date(local);
        if (date.getUTCSeconds() !== 0 || !minute.values.has(date.getUTCMinutes())) return false;
        if (!hour.values.has(date.getUTCHours()) || !month.values.has(date.getUTCMonth() + 1)) return false;
        const byDay = day.values.has(date.getUTCDate());
        const byWeekday = weekday.values.has(date.getUTCDay());
        return mustBothMatch ? byDay && byWeekday : byDay || byWeekday;
      },
    };
  });

/** Patterns whose day fields are free, so that they meet a given change of clocks. */
export const anyDailyPattern: fc.Arbitrary<SamplePattern> = fc
  .tuple(field(0, 59), field(0, 23))
  .map(([minute, hour]) => ({
    text: `${minute.text} ${hour.text} * * *`,
    isEveryHour: hour.values.size === 24,
    matches(local: number): boolean {
      const date = new Date(local);
      return (
        date.getUTCSeconds() === 0 && minute.values.has(date.getUTCMinutes()) && hour.values.has(date.getUTCHours())
      );
    },
  }));
