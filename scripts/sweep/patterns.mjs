// Cron patterns together with a plain reading of them that shares nothing with the parser.

function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** `*`, a value, a list, a range (which may wrap around) or steps: its text, and a set of its values as a lookup table. */
function field(random, min, max, weightOfStar) {
  const kind = random.integer(0, 3 + weightOfStar);
  const value = () => random.integer(min, max);
  if (kind === 0) {
    const values = range(0, random.integer(1, 3)).map(value);
    return tableOf(values.join(','), values);
  }
  if (kind === 1) {
    const [first, last] = [value(), value()];
    return tableOf(
      `${first}-${last}`,
      first <= last ? range(first, last) : [...range(first, max), ...range(min, last)],
    );
  }
  if (kind === 2) {
    const step = random.integer(2, max - min);
    return tableOf(`*/${step}`, range(min, max).filter((each) => (each - min) % step === 0)); // prettier-ignore
  }
  if (kind === 3) {
    const only = value();
    return tableOf(`${only}`, [only]);
  }
  return tableOf('*', range(min, max));
}

function tableOf(text, values) {
  const table = new Uint8Array(64);
  for (const value of values) table[value] = 1;
  return { text, table };
}

/** `matches(minute, hour, day, month, weekday)`. Two thirds name no dates, so that they meet every change of clocks. */
export function randomPattern(random) {
  const minute = field(random, 0, 59, 0);
  const hour = field(random, 0, 23, 1);
  const isDaily = random.integer(0, 2) > 0;
  const day = field(random, 1, 31, isDaily ? 1e9 : 3);
  const month = field(random, 1, 12, isDaily ? 1e9 : 3);
  const weekday = field(random, 0, 6, isDaily ? 1e9 : 3);
  const mustBothMatch = day.text.startsWith('*') || weekday.text.startsWith('*');
  return {
    text: [minute, hour, day, month, weekday].map((each) => each.text).join(' '),
    isEveryHour: hour.table.subarray(0, 24).every((each) => each === 1),
    matches(minuteValue, hourValue, dayValue, monthValue, weekdayValue) {
      if (minute.table[minuteValue] === 0 || hour.table[hourValue] === 0 || month.table[monthValue] === 0) return false;
      const byDay = day.table[dayValue] === 1;
      const byWeekday = weekday.table[weekdayValue] === 1;
      return mustBothMatch ? byDay && byWeekday : byDay || byWeekday;
    },
  };
}
