import { DAY_MS, dayOf, monthOfDay, yearOfMonth } from '../civil.js';
import { BoundTrigger } from '../bound-trigger.js';
import type { TimeWindow } from '../time-window.js';
import { type FoldPolicy, type GapPolicy, MAX_OFFSET } from '../wall-time.js';
import type { OffsetSpan, ZoneOffsets } from '../zone-offsets.js';
import type { CronPattern } from './cron-pattern.js';
import { kindOfYear, YEAR_KINDS } from './year-set.js';

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
const FAR = 200 * DAY_MS;
const FOUR_HUNDRED_YEARS = 146_097 * DAY_MS;

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
  readonly #startAt: number;
  readonly #endAt: number;
  /**
   * The stretch `[#plainFrom, #plainEnd)` around the last answer in which local and real time differ by `#offset` and
   * nothing is skipped or repeated. Inside it only small integers are handed on, so that no answer costs an allocation.
   */
  #plainFrom = Infinity;
  #plainEnd = -Infinity;
  #offset = 0;
  /** By kind of year and by which of the years around are named; NaN: not counted yet. */
  readonly #countOfKind = new Float64Array(YEAR_KINDS * 8).fill(NaN);

  constructor({ pattern, zone, gap, fold, timeZone, window }: CronCourse) {
    super({ timeZone, window });
    this.#pattern = pattern;
    this.#zone = zone;
    // A pattern of every hour fires whenever the clock matches: never for what is skipped, twice for what is repeated.
    this.#gap = pattern.isEveryHour ? 'skip' : gap;
    this.#fold = pattern.isEveryHour ? 'both' : fold;
    this.#startAt = window.startAt ?? 0;
    this.#endAt = window.endAt;
  }

  override get isSeeded(): boolean {
    return this.#pattern.isSeeded;
  }

  override get isAnchored(): boolean {
    return false;
  }

  next(after: number): number | null {
    if (after >= this.#plainFrom && after < this.#plainEnd) {
      const { days, times, firstTime } = this.#pattern;
      const second = Math.floor((after + this.#offset) / 1_000) + 1;
      const day = Math.floor(second / DAY_SECONDS);
      let match = days.from(day);
      let time = match === day ? times.from(second - day * DAY_SECONDS) : firstTime;
      if (time < 0) {
        match = days.from(day + 1);
        time = firstTime;
      }
      const fire = (match * DAY_SECONDS + time) * 1_000 - this.#offset;
      // Days ahead that don't exist lie far beyond the end.
      if (fire < this.#plainEnd) return fire;
    }
    return this.#settle(this.#searchNext(after));
  }

  previous(before: number): number | null {
    if (before > this.#plainFrom && before <= this.#plainEnd) {
      const { days, times, lastTime } = this.#pattern;
      const second = Math.ceil((before + this.#offset) / 1_000) - 1;
      const day = Math.floor(second / DAY_SECONDS);
      let match = days.upTo(day);
      let time = match === day ? times.upTo(second - day * DAY_SECONDS) : lastTime;
      if (time < 0) {
        match = days.upTo(day - 1);
        time = lastTime;
      }
      const fire = (match * DAY_SECONDS + time) * 1_000 - this.#offset;
      if (fire >= this.#plainFrom) return fire;
    }
    return this.#settle(this.#searchPrevious(before));
  }

  #searchNext(after: number): number | null {
    let cursor = Math.max(Math.floor(after), this.#startAt - 1);
    const limit = this.#pattern.hasYears ? this.#endAt : Math.min(this.#endAt, cursor + FOUR_HUNDRED_YEARS);
    while (cursor < limit) {
      const span = this.#zone.spanAt(cursor + 1);
      const fire = this.#firstIn(span, cursor);
      if (fire !== Infinity) return fire <= this.#endAt ? fire : null;
      if (span.until > limit) return null;
      // Over the stretch in which no clock of the world could show a matching time.
      const local = this.#pattern.nextSecond(Math.floor((span.until - MAX_OFFSET) / 1_000)) * 1_000;
      cursor = this.#skipYears(cursor, Math.max(span.until, local - MAX_OFFSET) - 1, limit);
    }
    return null;
  }

  #searchPrevious(before: number): number | null {
    let cursor = Math.min(Math.ceil(before), this.#endAt + 1);
    const oldest = this.#pattern.hasYears ? -Infinity : cursor - FOUR_HUNDRED_YEARS;
    while (cursor > this.#startAt) {
      const span = this.#zone.spanAt(cursor - 1);
      const fire = this.#lastIn(span, cursor);
      if (fire !== -Infinity) return fire >= this.#startAt ? fire : null;
      if (span.from <= this.#startAt) return null;
      const recurring = startOfYear(this.#zone.recurringYear);
      if (span.from < oldest && span.from > recurring) {
        // As in these 400 years, so in all before them whose changes of clocks are the same.
        cursor = recurring;
        continue;
      }
      const local = this.#pattern.previousSecond(Math.floor((span.from + MAX_OFFSET) / 1_000)) * 1_000;
      cursor = this.#skipYearsBack(cursor, Math.min(span.from, local + MAX_OFFSET + 1_000));
    }
    return null;
  }

  override count(from: number, to: number): number {
    const end = Math.min(Math.floor(to), this.#endAt) + 1;
    let cursor = Math.max(Math.ceil(from), this.#startAt);
    let count = 0;
    while (cursor < end) {
      const year = this.#recurringYear(cursor);
      if (year === null || startOfYear(year + 1) > end) {
        const nextYear = startOfYear(Math.max(this.#zone.recurringYear, yearOf(cursor) + 1));
        const span = this.#wholeSpan(cursor, Math.min(end, nextYear));
        const spanEnd = Math.min(span.until, end, nextYear);
        count += this.#countIn(span, cursor, spanEnd);
        cursor = spanEnd;
      } else if (cursor + FOUR_HUNDRED_YEARS <= end && !this.#pattern.hasYears) {
        const cycles = Math.floor((end - cursor) / FOUR_HUNDRED_YEARS);
        for (let each = year; each < year + 400; each++) count += this.#countYear(each) * cycles;
        cursor += cycles * FOUR_HUNDRED_YEARS;
      } else {
        let each = year;
        for (; startOfYear(each + 1) <= end; each++) count += this.#countYear(each);
        cursor = startOfYear(each);
      }
    }
    return count;
  }

  protected describeFires(): string {
    return this.#pattern.describe();
  }

  /**
   * From `cursor` on to `target`, and over the years after it that have no fire: where the clocks skip all that a
   * pattern names, each of them would be looked at in vain.
   */
  #skipYears(cursor: number, target: number, limit: number): number {
    let year = yearOf(target);
    if (year < this.#zone.recurringYear || target >= limit) return target;
    if (yearOf(cursor) >= year || this.#countYear(year) > 0) return target;
    while (startOfYear(year) <= limit && this.#countYear(year) === 0) year++;
    return startOfYear(year) - 1;
  }

  #skipYearsBack(cursor: number, target: number): number {
    let year = yearOf(target);
    if (year < this.#zone.recurringYear) return target;
    if (yearOf(cursor) <= year || this.#countYear(year) > 0) return target;
    while (year >= this.#zone.recurringYear && this.#countYear(year) === 0) year--;
    return startOfYear(year + 1);
  }

  /** Remembers the span of an answer. */
  #settle(fire: number | null): number | null {
    if (fire === null) return null;
    const isNear = fire - this.#plainEnd < NEAR && this.#plainFrom - fire < NEAR;
    const span = isNear ? this.#spanAround(fire) : this.#zone.spanAt(fire);
    this.#offset = span.offset;
    this.#plainFrom = Math.max(this.#localFrom(span) - span.offset, this.#endOfShifted(span), this.#startAt);
    this.#plainEnd = Math.min(this.#localEnd(span) - span.offset, this.#endAt + 1);
    return fire;
  }

  /** The first fire of a span after `cursor`, or `Infinity`. */
  #firstIn(span: OffsetSpan, cursor: number): number {
    const { offset } = span;
    const from = Math.max(cursor + 1 + offset, this.#localFrom(span));
    const local = this.#pattern.nextSecond(Math.ceil(from / 1_000)) * 1_000;
    const fire = local < this.#localEnd(span) ? local - offset : Infinity;
    return cursor + 1 < this.#endOfShifted(span) ? Math.min(fire, this.#firstShifted(span, cursor)) : fire;
  }

  /** The last fire of a span before `cursor`, or `-Infinity`. */
  #lastIn(span: OffsetSpan, cursor: number): number {
    const { offset } = span;
    const end = Math.min(cursor + offset, this.#localEnd(span));
    const local = this.#pattern.previousSecond(Math.ceil(end / 1_000) - 1) * 1_000;
    const fire = local >= this.#localFrom(span) ? local - offset : -Infinity;
    const endOfShifted = this.#endOfShifted(span);
    const mayBeShifted = fire < endOfShifted && endOfShifted > span.from;
    return mayBeShifted ? Math.max(fire, this.#lastShifted(span, cursor)) : fire;
  }

  /** The local time from which a span fires; later than its start where it repeats what the span before has done. */
  #localFrom(span: OffsetSpan): number {
    const isRepeated = this.#fold === 'first' && span.offsetBefore > span.offset;
    return span.from + (isRepeated ? span.offsetBefore : span.offset);
  }

  /** The local time up to which a span fires; earlier than its end where the span after repeats it. */
  #localEnd(span: OffsetSpan): number {
    const isRepeated = this.#fold === 'last' && span.offsetAfter < span.offset;
    return span.until + (isRepeated ? span.offsetAfter : span.offset);
  }

  /** The end of the stretch in which fires of skipped local times lie; the span's start where there are none. */
  #endOfShifted(span: OffsetSpan): number {
    const length = span.offset - span.offsetBefore;
    return length > 0 && this.#gap !== 'skip' ? span.from + length : span.from;
  }

  #firstShifted(span: OffsetSpan, cursor: number): number {
    const { from, offset, offsetBefore } = span;
    const after = this.#gap === 'shift' ? Math.max(cursor + 1, from) : from;
    const local = this.#pattern.nextSecond(Math.ceil((after + offsetBefore) / 1_000)) * 1_000;
    if (local >= from + offset) return Infinity;
    if (this.#gap === 'shift') return local - offsetBefore;
    return from > cursor ? from : Infinity;
  }

  #lastShifted(span: OffsetSpan, cursor: number): number {
    const { from, offset, offsetBefore } = span;
    const end = this.#gap === 'shift' ? Math.min(cursor + offsetBefore, from + offset) : from + offset;
    const local = this.#pattern.previousSecond(Math.ceil(end / 1_000) - 1) * 1_000;
    if (local < from + offsetBefore) return -Infinity;
    if (this.#gap === 'shift') return local - offsetBefore;
    return from < cursor ? from : -Infinity;
  }

  /** The year that begins at an instant, where its changes of clocks are those of others like it; else `null`. */
  #recurringYear(instant: number): number | null {
    const year = yearOf(instant);
    if (year < this.#zone.recurringYear) return null;
    return instant === startOfYear(year) ? year : null;
  }

  /** The fires of a year (in UTC) that has many like it. At its ends the clocks show the years beside it. */
  #countYear(year: number): number {
    let kind = kindOfYear(year);
    for (let each = year - 1; each <= year + 1; each++) kind = kind * 2 + (this.#pattern.includesYear(each) ? 1 : 0);
    const known = this.#countOfKind[kind] ?? NaN;
    if (!Number.isNaN(known)) return known;
    const end = startOfYear(year + 1);
    let count = 0;
    let cursor = startOfYear(year);
    while (cursor < end) {
      const span = this.#wholeSpan(cursor, end);
      const spanEnd = Math.min(span.until, end);
      count += this.#countIn(span, cursor, spanEnd);
      cursor = spanEnd;
    }
    this.#countOfKind[kind] = count;
    return count;
  }

  /** The span at an instant together with those beside it, as far as it pays for fires that follow one another closely. */
  #spanAround(instant: number): OffsetSpan {
    const span = this.#wholeSpan(instant, instant + FAR);
    let first = span;
    while (first.from > instant - FAR) {
      const before = this.#zone.spanAt(first.from - 1);
      if (before.offset !== span.offset) break;
      first = before;
    }
    return first === span ? span : { ...span, from: first.from, offsetBefore: first.offsetBefore };
  }

  /** The span at an instant together with those after it, up to `end`, from which it was only cut off. */
  #wholeSpan(instant: number, end: number): OffsetSpan {
    const first = this.#zone.spanAt(instant);
    let last = first;
    while (last.until < end) {
      const after = this.#zone.spanAt(last.until);
      if (after.offset !== first.offset) break;
      last = after;
    }
    return last === first ? first : { ...first, until: last.until, offsetAfter: last.offsetAfter };
  }

  /** Counts the fires of a span in `[from, end)`. */
  #countIn(span: OffsetSpan, from: number, end: number): number {
    const localFrom = Math.max(from + span.offset, this.#localFrom(span));
    const localEnd = Math.min(end + span.offset, this.#localEnd(span));
    const ordinary = this.#pattern.countSeconds(Math.ceil(localFrom / 1_000), Math.ceil(localEnd / 1_000));
    return from < this.#endOfShifted(span) ? ordinary + this.#countShifted(span, from, end) : ordinary;
  }

  /** Counts the fires of skipped local times that are not fires of other local times as well. */
  #countShifted(span: OffsetSpan, from: number, end: number): number {
    const { offset, offsetBefore } = span;
    if (this.#gap === 'next') {
      const isOwn = from <= span.from && this.#firstShifted(span, span.from - 1) !== Infinity;
      const second = Math.ceil((span.from + offset) / 1_000);
      return isOwn && this.#pattern.countSeconds(second, second + 1) === 0 ? 1 : 0;
    }
    const first = Math.ceil((from + offsetBefore) / 1_000);
    const last = Math.ceil(Math.min(end + offsetBefore, span.from + offset) / 1_000);
    const lag = (offset - offsetBefore) / 1_000;
    return this.#pattern.countSeconds(first, last) - this.#pattern.countPairs(first, last, lag);
  }
}

function yearOf(instant: number): number {
  return yearOfMonth(monthOfDay(Math.floor(instant / DAY_MS)));
}

function startOfYear(year: number): number {
  return dayOf(year, 1, 1) * DAY_MS;
}
