import type { FoldPolicy, GapPolicy } from '../wall-time.js';
import type { OffsetSpan } from '../zone-offsets.js';
import type { CronPattern } from './cron-pattern.js';

/**
 * The fires of a pattern in one span of a zone's offsets. Inside it local and real time differ by a constant. What the
 * change of clocks at its start skips belongs to it, what that repeats to the span that the fold policy chooses.
 */
export class SpanFires {
  readonly #pattern: CronPattern;
  readonly #gap: GapPolicy;
  readonly #fold: FoldPolicy;

  constructor(pattern: CronPattern, gap: GapPolicy, fold: FoldPolicy) {
    this.#pattern = pattern;
    // A pattern of every hour fires whenever the clock matches: never for what is skipped, twice for what is repeated.
    this.#gap = pattern.isEveryHour ? 'skip' : gap;
    this.#fold = pattern.isEveryHour ? 'both' : fold;
  }

  /** The first fire of a span after `cursor`, or `Infinity`. */
  first(span: OffsetSpan, cursor: number): number {
    const { offset } = span;
    const from = Math.max(cursor + 1 + offset, this.#localFrom(span));
    const local = this.#pattern.nextSecond(Math.ceil(from / 1_000)) * 1_000;
    const fire = local < this.#localEnd(span) ? local - offset : Infinity;
    return cursor + 1 < this.#endOfShifted(span) ? Math.min(fire, this.#firstShifted(span, cursor)) : fire;
  }

  /** The last fire of a span before `cursor`, or `-Infinity`. */
  last(span: OffsetSpan, cursor: number): number {
    const { offset } = span;
    const end = Math.min(cursor + offset, this.#localEnd(span));
    const local = this.#pattern.previousSecond(Math.ceil(end / 1_000) - 1) * 1_000;
    const fire = local >= this.#localFrom(span) ? local - offset : -Infinity;
    const endOfShifted = this.#endOfShifted(span);
    const mayBeShifted = fire < endOfShifted && endOfShifted > span.from;
    return mayBeShifted ? Math.max(fire, this.#lastShifted(span, cursor)) : fire;
  }

  /** Counts the fires of a span in `[from, end)`. */
  count(span: OffsetSpan, from: number, end: number): number {
    const localFrom = Math.max(from + span.offset, this.#localFrom(span));
    const localEnd = Math.min(end + span.offset, this.#localEnd(span));
    const ordinary = this.#pattern.countSeconds(Math.ceil(localFrom / 1_000), Math.ceil(localEnd / 1_000));
    return from < this.#endOfShifted(span) ? ordinary + this.#countShifted(span, from, end) : ordinary;
  }

  /** The instant from which local and real time differ by the offset and nothing skipped or repeated is about. */
  plainFrom(span: OffsetSpan): number {
    return Math.max(this.#localFrom(span) - span.offset, this.#endOfShifted(span));
  }

  /** The first instant after {@link plainFrom} at which that is no longer so. */
  plainEnd(span: OffsetSpan): number {
    return this.#localEnd(span) - span.offset;
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
