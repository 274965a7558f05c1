import { atLeast, atMost, bitCount, bitsBelow, countBelow, has } from './bits.js';
import type { CronFieldValues } from './cron-field.js';
import { commonDivisor } from '../solid-stretch.js';

const ALL_HOURS = 0xff_ffff;

/** The times of day that a pattern names, as bit sets. A time is a number of seconds since midnight. */
export class TimesOfDay {
  /** Whether every hour matches. */
  readonly isEveryHour: boolean;
  readonly #secondLow: number;
  readonly #secondHigh: number;
  readonly #minuteLow: number;
  readonly #minuteHigh: number;
  readonly #hours: number;

  constructor(hour: CronFieldValues, minute: CronFieldValues, second: CronFieldValues) {
    this.isEveryHour = hour.low === ALL_HOURS;
    this.#secondLow = second.low;
    this.#secondHigh = second.high;
    this.#minuteLow = minute.low;
    this.#minuteHigh = minute.high;
    this.#hours = hour.low;
  }

  /** Any two of them are a multiple of so many seconds apart; 0 for a single one. */
  get raster(): number {
    const [hour, minute] = [atLeast(this.#hours, 0, 0), atLeast(this.#minuteLow, this.#minuteHigh, 0)];
    const second = atLeast(this.#secondLow, this.#secondHigh, 0);
    let divisor = 0;
    for (let value = 0; value < 60; value++) {
      if (has(this.#hours, 0, value)) divisor = commonDivisor(divisor, (value - hour) * 3_600);
      if (has(this.#minuteLow, this.#minuteHigh, value)) divisor = commonDivisor(divisor, (value - minute) * 60);
      if (has(this.#secondLow, this.#secondHigh, value)) divisor = commonDivisor(divisor, value - second);
    }
    return divisor;
  }

  /** The first one at or after `time`, or −1. */
  from(time: number): number {
    const hour = (time / 3_600) | 0;
    if (((this.#hours >>> hour) & 1) === 1) {
      const minute = ((time / 60) | 0) - hour * 60;
      if (has(this.#minuteLow, this.#minuteHigh, minute)) {
        const second = atLeast(this.#secondLow, this.#secondHigh, time - hour * 3_600 - minute * 60);
        if (second >= 0) return hour * 3_600 + minute * 60 + second;
      }
      const nextMinute = atLeast(this.#minuteLow, this.#minuteHigh, minute + 1);
      if (nextMinute >= 0) return hour * 3_600 + nextMinute * 60 + atLeast(this.#secondLow, this.#secondHigh, 0);
    }
    const nextHour = atLeast(this.#hours, 0, hour + 1);
    if (nextHour < 0) return -1;
    return (
      nextHour * 3_600 +
      atLeast(this.#minuteLow, this.#minuteHigh, 0) * 60 +
      atLeast(this.#secondLow, this.#secondHigh, 0)
    );
  }

  /** The last one at or before `time`, or −1. */
  upTo(time: number): number {
    const hour = (time / 3_600) | 0;
    if (((this.#hours >>> hour) & 1) === 1) {
      const minute = ((time / 60) | 0) - hour * 60;
      if (has(this.#minuteLow, this.#minuteHigh, minute)) {
        const second = atMost(this.#secondLow, this.#secondHigh, time - hour * 3_600 - minute * 60);
        if (second >= 0) return hour * 3_600 + minute * 60 + second;
      }
      const lastMinute = atMost(this.#minuteLow, this.#minuteHigh, minute - 1);
      if (lastMinute >= 0) return hour * 3_600 + lastMinute * 60 + atMost(this.#secondLow, this.#secondHigh, 59);
    }
    const lastHour = atMost(this.#hours, 0, hour - 1);
    if (lastHour < 0) return -1;
    return (
      lastHour * 3_600 +
      atMost(this.#minuteLow, this.#minuteHigh, 59) * 60 +
      atMost(this.#secondLow, this.#secondHigh, 59)
    );
  }

  /** How many lie before `time` (0–86,400). */
  countBefore(time: number): number {
    const hour = (time / 3_600) | 0;
    const minute = ((time / 60) | 0) - hour * 60;
    const perMinute = countBelow(this.#secondLow, this.#secondHigh, 60);
    const perHour = countBelow(this.#minuteLow, this.#minuteHigh, 60) * perMinute;
    const inHours = bitCount(this.#hours & bitsBelow(hour)) * perHour;
    if (((this.#hours >>> hour) & 1) === 0) return inHours;
    const inMinutes = countBelow(this.#minuteLow, this.#minuteHigh, minute) * perMinute;
    if (!has(this.#minuteLow, this.#minuteHigh, minute)) return inHours + inMinutes;
    return inHours + inMinutes + countBelow(this.#secondLow, this.#secondHigh, time - hour * 3_600 - minute * 60);
  }
}
