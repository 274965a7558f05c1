import type { BoundTrigger } from '../trigger-kind.js';
import { type FoldPolicy, type GapPolicy, MAX_OFFSET } from '../wall-time.js';
import type { OffsetSpan, ZoneOffsets } from '../zone-offsets.js';
import type { CronPattern } from './cron-pattern.js';

/** When and by which clock a pattern fires. Instants in epoch ms, both inclusive. */
export interface CronCourse {
  readonly pattern: CronPattern;
  readonly zone: ZoneOffsets;
  readonly gap: GapPolicy;
  readonly fold: FoldPolicy;
  readonly startAt: number;
  readonly endAt: number;
}

const FOUR_HUNDRED_YEARS = 146_097 * 86_400_000;

/**
 * The fires of a cron pattern in a time zone. Time is walked in spans of one offset: inside a span local and real time
 * differ by a constant, so fires come in the order of instants by themselves. What a change of clocks skips belongs to
 * the span after it, what it repeats to the span that the fold policy chooses.
 */
export class CronTrigger implements BoundTrigger {
  readonly #pattern: CronPattern;
  readonly #zone: ZoneOffsets;
  readonly #gap: GapPolicy;
  readonly #fold: FoldPolicy;
  readonly #startAt: number;
  readonly #endAt: number;

  constructor({ pattern, zone, gap, fold, startAt, endAt }: CronCourse) {
    this.#pattern = pattern;
    this.#zone = zone;
    // A pattern of every hour fires whenever the clock matches: never for what is skipped, twice for what is repeated.
    this.#gap = pattern.isEveryHour ? 'skip' : gap;
    this.#fold = pattern.isEveryHour ? 'both' : fold;
    this.#startAt = startAt;
    this.#endAt = endAt;
  }

  get isSeeded(): boolean {
    return this.#pattern.isSeeded;
  }

  next(after: number): number | null {
    let cursor = Math.max(Math.floor(after), this.#startAt - 1);
    const limit = this.#pattern.hasYears ? this.#endAt : Math.min(this.#endAt, cursor + FOUR_HUNDRED_YEARS);
    while (cursor < limit) {
      const span = this.#zone.spanAt(cursor + 1);
      const fire = this.#firstIn(span, cursor);
      if (fire !== Infinity) return fire <= this.#endAt ? fire : null;
      if (span.until > limit) return null;
      // Over the stretch in which no clock of the world could show a matching time.
      const local = this.#pattern.nextSecond(Math.floor((span.until - MAX_OFFSET) / 1_000)) * 1_000;
      cursor = Math.max(span.until, local - MAX_OFFSET) - 1;
    }
    return null;
  }

  previous(before: number): number | null {
    let cursor = Math.min(Math.ceil(before), this.#endAt + 1);
    while (cursor > this.#startAt) {
      const span = this.#zone.spanAt(cursor - 1);
      const fire = this.#lastIn(span, cursor);
      if (fire !== -Infinity) return fire >= this.#startAt ? fire : null;
      if (span.from <= this.#startAt) return null;
      const local = this.#pattern.previousSecond(Math.floor((span.from + MAX_OFFSET) / 1_000)) * 1_000;
      cursor = Math.min(span.from, local + MAX_OFFSET + 1_000);
    }
    return null;
  }

  count(from: number, to: number): number {
    const end = Math.min(Math.floor(to), this.#endAt) + 1;
    let cursor = Math.max(Math.ceil(from), this.#startAt);
    let count = 0;
    while (cursor < end) {
      const span = this.#zone.spanAt(cursor);
      const spanEnd = Math.min(span.until, end);
      const ordinaryFrom = Math.min(this.#endOfShifted(span), spanEnd);
      if (cursor < ordinaryFrom) count += this.#walk(cursor, ordinaryFrom);
      count += this.#countOrdinary(span, Math.max(cursor, ordinaryFrom), spanEnd);
      cursor = spanEnd;
    }
    return count;
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

  /** Counts one by one: where skipped times are made up for, two local times may fall on one instant. */
  #walk(from: number, end: number): number {
    let count = 0;
    for (let fire = this.next(from - 1); fire !== null && fire < end; fire = this.next(fire)) count++;
    return count;
  }

  #countOrdinary(span: OffsetSpan, from: number, end: number): number {
    const localFrom = Math.max(from + span.offset, this.#localFrom(span));
    const localEnd = Math.min(end + span.offset, this.#localEnd(span));
    return this.#pattern.countSeconds(Math.ceil(localFrom / 1_000), Math.ceil(localEnd / 1_000));
  }
}
