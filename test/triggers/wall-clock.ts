/** A zone's wall clock by `Intl` alone: what the code under test is compared with must not share its arithmetic. */
export class WallClock {
  readonly #format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** What the clocks show at an instant, in milliseconds as if it were UTC. */
  at(instant: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(instant)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  offsetAt(instant: number): number {
    return this.at(instant) - Math.floor(instant / 1_000) * 1_000;
  }
}

const DAY = 86_400_000;

/** The days (their first instant in UTC) of a year during which a zone's clocks are changed. */
export function daysOfChange(timeZone: string, year: number): number[] {
  const clock = new WallClock(timeZone);
  const days: number[] = [];
  for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += DAY) {
    if (clock.offsetAt(day) !== clock.offsetAt(day + DAY)) days.push(day);
  }
  return days;
}
