import { DAY_MS } from '../civil.js';
import { BoundTrigger } from '../bound-trigger.js';
import { describePolicies } from '../describe-time.js';
import { commonDivisor, OFFSET_RASTER } from '../solid-stretch.js';
import type { TimeWindow } from '../time-window.js';
import { type FoldPolicy, type GapPolicy, MAX_OFFSET } from '../wall-time.js';
import { isCutAfter, isCutBefore, REACH, spanAround, withAfter, withBefore } from '../whole-spans.js';
import type { OffsetSpan, ZoneOffsets } from '../zone-offsets.js';
import { FIRST_RECURRING_YEAR, YEARS_OF_ALL_KINDS } from '../zone-pages.js';
import type { CronPattern } from './cron-pattern.js';
import { FireCount, FOUR_HUNDRED_YEARS, startOfYear, yearOf } from './fire-count.js';
import { SpanFires } from './span-fires.js';

/** When and by which clock a pattern fires. */
export interface CronCourse {
  readonly pattern: CronPattern;
  readonly zone: ZoneOffsets;
  readonly gap: GapPolicy;
  readonly fold: FoldPolicy;
  /** The name of `zone`. */
  readonly timeZone: string;
  readonly window: TimeWindow;
}

const DAY_SECONDS = 86_400;
/** Fires this close to what was known before are worth looking further around. */
const NEAR = 40 * DAY_MS;

/**
 * The fires of a cron pattern in a time zone. Time is walked in spans of one offset: inside a span local and real time
 * differ by a constant, so fires come in the order of instants by themselves. What a change of clocks skips belongs to
 * the span after it, what it repeats to the span that the fold policy chooses.
 */
export class CronTrigger extends BoundTrigger {
  readonly #pattern: CronPattern;
  readonly #zone: ZoneOffsets;
  readonly #gap: GapPolicy;
  readonly #fold: FoldPolicy;
  readonly #fires: SpanFires;
  readonly #count: FireCount;
  readonly #startAt: number;
  readonly #endAt: number;
  /**
   * The stretch `[#plainFrom, #plainEnd)` around the last answer in which local and real time differ by `#offset` and
   * nothing is skipped or repeated. Inside it only small integers are handed on, so that no answer costs an allocation.
   */
  #plainFrom = Infinity;
  #plainEnd = -Infinity;
  #offset = 0;

  constructor({ pattern, zone, gap, fold, timeZone, window }: CronCourse) {
    super({ timeZone, window });
    this.#pattern = pattern;
    this.#zone = zone;
    this.#gap = gap;
    this.#fold = fold;
    this.#fires = new SpanFires(pattern, gap, fold);
    this.#count = new FireCount(pattern, zone, this.#fires);
    this.#startAt = window.startAt ?? 0;
    this.#endAt = window.endAt;
  }

  override get isSeeded(): boolean {
    return this.#pattern.isSeeded;
  }

  override get isAnchored(): boolean {
    return false;
  }

  override get raster(): number {
    // The end of a gap is no time that the pattern names.
    if (this.#gap === 'next') return 1_000;
    return commonDivisor(this.#pattern.times.raster * 1_000, OFFSET_RASTER);
  }

  next(after: number): number | null {
    if (after >= this.#plainFrom && after < this.#plainEnd) {
      const { days, times, firstTime, lastTime } = this.#pattern;
      const second = Math.floor((after + this.#offset) / 1_000) + 1;
      const day = Math.floor(second / DAY_SECONDS);
      const earliest = second - day * DAY_SECONDS;
      const match = days.from(earliest > lastTime ? day + 1 : day);
      const time = match === day ? times.from(earliest) : firstTime;
      const fire = (match * DAY_SECONDS + time) * 1_000 - this.#offset;
      // Days ahead that don't exist lie far beyond the end.
      if (fire < this.#plainEnd) return fire;
    }
    return this.#settle(this.#searchNext(after));
  }

  previous(before: number, limit = -Infinity): number | null {
    if (before > this.#plainFrom && before <= this.#plainEnd) {
      const { days, times, firstTime, lastTime } = this.#pattern;
      const second = Math.ceil((before + this.#offset) / 1_000) - 1;
      const day = Math.floor(second / DAY_SECONDS);
      const latest = second - day * DAY_SECONDS;
      const match = days.upTo(latest < firstTime ? day - 1 : day);
      const time = match === day ? times.upTo(latest) : lastTime;
      const fire = (match * DAY_SECONDS + time) * 1_000 - this.#offset;
      if (fire >= this.#plainFrom) return fire;
    }
    return this.#settle(this.#searchPrevious(before, limit));
  }

  /** Looks at the day itself: a rare pattern has its last fire years before. */
  override firesAt(instant: number): boolean {
    if (instant < this.#startAt || instant > this.#endAt) return false;
    if (instant < this.#plainFrom || instant >= this.#plainEnd) this.#settle(instant);
    // What clocks skip or repeat takes a closer look.
    if (instant < this.#plainFrom || instant >= this.#plainEnd) return super.firesAt(instant);
    const second = (instant + this.#offset) / 1_000;
    const day = Math.floor(second / DAY_SECONDS);
    const time = second - day * DAY_SECONDS;
    const { days, times } = this.#pattern;
    return Number.isInteger(second) && days.includes(day) && times.from(time) === time;
  }

  #searchNext(after: number): number | null {
    let cursor = Math.max(Math.floor(after), this.#startAt - 1);
    const limit = this.#pattern.hasYears ? this.#endAt : Math.min(this.#endAt, cursor + FOUR_HUNDRED_YEARS);
    while (cursor < limit) {
      let span = this.#spanNear(cursor + 1);
      let fire = this.#fires.first(span, cursor);
      while (fire !== Infinity && isCutAfter(span) && fire >= span.until - REACH) {
        span = withAfter(this.#zone, span);
        fire = this.#fires.first(span, cursor);
      }
      if (fire !== Infinity) return fire <= this.#endAt ? fire : null;
      if (span.until > limit) return null;
      // Over the stretch in which no clock of the world could show a matching time.
      const local = this.#pattern.nextSecond(Math.floor((span.until - MAX_OFFSET) / 1_000)) * 1_000;
      cursor = this.#skipYears(cursor, Math.max(span.until, local - MAX_OFFSET) - 1, limit);
    }
    return null;
  }

  #searchPrevious(before: number, limit: number): number | null {
    const first = Math.max(limit, this.#startAt);
    let cursor = Math.min(Math.ceil(before), this.#endAt + 1);
    const oldest = this.#pattern.hasYears ? -Infinity : cursor - FOUR_HUNDRED_YEARS;
    while (cursor > first) {
      let span = this.#spanNear(cursor - 1);
      let fire = this.#fires.last(span, cursor);
      while (fire !== -Infinity && isCutBefore(span) && fire < span.from + REACH) {
        span = withBefore(this.#zone, span);
        fire = this.#fires.last(span, cursor);
      }
      if (fire !== -Infinity) return fire >= this.#startAt ? fire : null;
      // What a change before a cut skipped may lie after it.
      const from = isCutBefore(span) ? span.from + REACH : span.from;
      if (from <= first) return null;
      if (from < oldest && from > startOfYear(FIRST_RECURRING_YEAR)) {
        // As in these 400 years, so in all before them whose changes of clocks are the same.
        cursor = startOfYear(FIRST_RECURRING_YEAR);
        continue;
      }
      const local = this.#pattern.previousSecond(Math.floor((from + MAX_OFFSET) / 1_000)) * 1_000;
      cursor = this.#skipYearsBack(cursor, Math.min(from, local + MAX_OFFSET + 1_000));
    }
    return null;
  }

  override count(from: number, to: number): number {
    const start = Math.max(Math.ceil(from), this.#startAt);
    return this.#count.between(start, Math.min(Math.floor(to), this.#endAt) + 1, this);
  }

  protected describeFires(): string {
    const policies = this.#pattern.isEveryHour ? '' : describePolicies(this.#gap, this.#fold);
    return `${this.#pattern.describe()}${policies}`;
  }

  /**
   * From `cursor` on to `target`, and over the years after it that have no fire: where the clocks skip all that a
   * pattern names, each of them would be looked at in vain.
   */
  #skipYears(cursor: number, target: number, limit: number): number {
    let year = yearOf(target);
    if (target >= limit || yearOf(cursor) >= year) return target;
    if (!this.#zone.isRecurring(year) || this.#count.inYear(year) > 0) return target;
    while (startOfYear(year) <= limit && this.#count.inYear(year) === 0) year++;
    return startOfYear(year) - 1;
  }

  #skipYearsBack(cursor: number, target: number): number {
    let year = yearOf(target);
    if (yearOf(cursor) <= year || !this.#zone.isRecurring(year) || this.#count.inYear(year) > 0) return target;
    for (let years = 0; this.#zone.isRecurring(year) && this.#count.inYear(year) === 0; year--) {
      // As in all kinds of years, so in all years before them that recur.
      if (++years === YEARS_OF_ALL_KINDS && !this.#pattern.hasYears) year = Math.min(year, FIRST_RECURRING_YEAR);
    }
    return startOfYear(year + 1);
  }

  /** The span at an instant, and what it was cut off from so near that a change of clocks there may matter. */
  #spanNear(instant: number): OffsetSpan {
    const span = this.#zone.spanAt(instant);
    if (isCutBefore(span) && instant - span.from < REACH) return withBefore(this.#zone, span);
    return isCutAfter(span) && span.until - instant < REACH ? withAfter(this.#zone, span) : span;
  }

  /** Remembers the span of an answer. */
  #settle(fire: number | null): number | null {
    if (fire === null) return null;
    const isNear = fire - this.#plainEnd < NEAR && this.#plainFrom - fire < NEAR;
    const span = isNear ? spanAround(this.#zone, fire) : this.#zone.spanAt(fire);
    this.#offset = span.offset;
    const plainFrom = isCutBefore(span) ? span.from + REACH : this.#fires.plainFrom(span);
    const plainEnd = isCutAfter(span) ? span.until - REACH : this.#fires.plainEnd(span);
    this.#plainFrom = Math.max(plainFrom, this.#startAt);
    this.#plainEnd = Math.min(plainEnd, this.#endAt + 1);
    return fire;
  }
}
