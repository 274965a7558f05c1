import { IANAZone } from 'luxon';

/** A stretch of time during which a zone keeps one offset. Everything in milliseconds; local = instant + offset. */
export interface OffsetSpan {
  /** First instant. */
  readonly from: number;
  /** First instant after it. */
  readonly until: number;
  readonly offset: number;
  /** The offset just before `from`; the same as `offset` where the span was only cut for the cache. */
  readonly offsetBefore: number;
  /** The offset at `until`. */
  readonly offsetAfter: number;
}

/** 3.1 days: shorter than any zone has kept one offset since 1970 (Recife, October 2000: 7 days). */
const SCAN_STEP = 2 ** 28;
/** 1.09 years. */
const CHUNK = 128 * SCAN_STEP;
const MAX_CHUNKS = 512;
const MAX_ZONES = 1_024;
const FIXED_AT_ZERO = /^(?:Etc\/)?(?:UTC|UCT|GMT|Zulu|Greenwich|Universal)$/i;

const zones = new Map<string, ZoneOffsets>();

/**
 * The offsets of one time zone, found by asking luxon and kept as transitions, so that `Intl` is asked only once for
 * each year that somebody looks at.
 */
export class ZoneOffsets {
  readonly #zone: IANAZone;
  readonly #chunks = new Map<number, readonly OffsetSpan[]>();
  #last: OffsetSpan;

  private constructor(name: string) {
    this.#zone = IANAZone.create(name);
    this.#last = FIXED_AT_ZERO.test(name)
      ? { from: -Infinity, until: Infinity, offset: 0, offsetBefore: 0, offsetAfter: 0 }
      : this.#find(0);
  }

  /** The offsets of a zone that is known to exist. */
  static of(name: string): ZoneOffsets {
    const known = zones.get(name);
    if (known !== undefined) return known;
    if (zones.size >= MAX_ZONES) zones.clear();
    const fresh = new ZoneOffsets(name);
    zones.set(name, fresh);
    return fresh;
  }

  /** The span that contains an instant. */
  spanAt(instant: number): OffsetSpan {
    const last = this.#last;
    if (instant >= last.from && instant < last.until) return last;
    return (this.#last = this.#find(instant));
  }

  #find(instant: number): OffsetSpan {
    const spans = this.#chunkOf(Math.floor(instant / CHUNK));
    const found = spans.find((span) => instant < span.until);
    if (found === undefined) throw new RangeError(`No offset of ${this.#zone.name} at ${instant}`);
    return found;
  }

  #chunkOf(index: number): readonly OffsetSpan[] {
    const known = this.#chunks.get(index);
    if (known !== undefined) return known;
    if (this.#chunks.size >= MAX_CHUNKS) this.#chunks.clear();
    const spans = this.#scan(index * CHUNK, (index + 1) * CHUNK);
    this.#chunks.set(index, spans);
    return spans;
  }

  #scan(start: number, end: number): readonly OffsetSpan[] {
    const spans: OffsetSpan[] = [];
    let from = start;
    let offset = this.#offsetAt(start);
    let offsetBefore = this.#offsetAt(start - 1);
    for (let probe = start + SCAN_STEP; probe <= end; probe += SCAN_STEP) {
      const offsetAfter = this.#offsetAt(probe);
      if (offsetAfter === offset) continue;
      const until = this.#transitionBetween(probe - SCAN_STEP, probe, offset);
      // A transition exactly at the end belongs to the next chunk.
      if (until === end) break;
      spans.push({ from, until, offset, offsetBefore, offsetAfter });
      from = until;
      offsetBefore = offset;
      offset = offsetAfter;
    }
    spans.push({ from, until: end, offset, offsetBefore, offsetAfter: this.#offsetAt(end) });
    return spans;
  }

  /** The first instant in `(low, high]` at which the offset is no longer `offset`; transitions lie on whole seconds. */
  #transitionBetween(low: number, high: number, offset: number): number {
    let before = Math.floor(low / 1_000);
    let after = Math.ceil(high / 1_000);
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offsetAt(middle * 1_000) === offset) before = middle;
      else after = middle;
    }
    return after * 1_000;
  }

  #offsetAt(instant: number): number {
    return Math.round(this.#zone.offset(instant) * 60_000);
  }
}
