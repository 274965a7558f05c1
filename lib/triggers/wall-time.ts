import type { InstantRange } from './instant-ranges.js';
import type { ZoneOffsets } from './zone-offsets.js';

/**
 * What becomes of a wall-clock time that does not exist that day: `shift` fires later by the length of the gap
 * (RFC 5545), `next` at the first instant after the gap (Vixie cron), `skip` not at all.
 *
 * @publicApi
 */
export type GapPolicy = 'shift' | 'next' | 'skip';

/** Which of the two instants a wall-clock time means that happens twice; `both`: it fires at each. @publicApi */
export type FoldPolicy = 'first' | 'last' | 'both';

/** No zone is, or was, further than this from UTC. */
export const MAX_OFFSET = 16 * 3_600_000;

/**
 * The instant at which a zone's clocks show a local time (milliseconds as if it were UTC), or `null` when they skip it
 * and `gap` is `'skip'`.
 */
export function instantOfWallTime(
  local: number,
  zone: ZoneOffsets,
  gap: GapPolicy = 'shift',
  fold: Exclude<FoldPolicy, 'both'> = 'first',
): number | null {
  let found: number | null = null;
  let inGap: number | null = null;
  let span = zone.spanAt(local - MAX_OFFSET);
  for (;;) {
    const instant = local - span.offset;
    if (instant >= span.from && instant < span.until) {
      if (fold === 'first') return instant;
      found = instant;
    } else if (local >= span.from + span.offsetBefore && local < span.from + span.offset) {
      inGap = gap === 'shift' ? local - span.offsetBefore : span.from;
    }
    if (span.until > local + MAX_OFFSET) break;
    span = zone.spanAt(span.until);
  }
  if (found !== null) return found;
  return gap === 'skip' ? null : inGap;
}

/** When a zone's clocks show a local time in `[from, until)`: more than once where they go back over an end of it. */
export function instantsBetweenWallTimes(from: number, until: number, zone: ZoneOffsets): InstantRange[] {
  const ranges: InstantRange[] = [];
  let span = zone.spanAt(from - MAX_OFFSET);
  for (;;) {
    const first = Math.max(span.from, from - span.offset);
    const end = Math.min(span.until, until - span.offset);
    if (first < end) ranges.push({ from: first, to: end - 1 });
    if (span.until > until + MAX_OFFSET) return ranges;
    span = zone.spanAt(span.until);
  }
}
