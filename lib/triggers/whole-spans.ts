import { DAY_MS } from './civil.js';
import type { OffsetSpan, ZoneOffsets } from './zone-offsets.js';

const FAR = 200 * DAY_MS;
/** What a change of clocks skips or repeats lies no further from it: at most a day was skipped. */
export const REACH = 26 * 3_600_000;

/** Whether a span was only cut off at its start, so that what a change shortly before skipped may belong to it. */
export function isCutBefore({ offset, offsetBefore }: OffsetSpan): boolean {
  return offsetBefore === offset;
}

/** Whether a span was only cut off at its end, so that a change shortly after may repeat what belongs to it. */
export function isCutAfter({ offset, offsetAfter }: OffsetSpan): boolean {
  return offsetAfter === offset;
}

/** A span together with the one before it, from which it was only cut off. */
export function withBefore(zone: ZoneOffsets, { from, until, offset, offsetAfter }: OffsetSpan): OffsetSpan {
  const before = zone.spanAt(from - 1);
  if (before.offset !== offset) return { from, until, offset, offsetBefore: before.offset, offsetAfter };
  return { from: before.from, until, offset, offsetBefore: before.offsetBefore, offsetAfter };
}

/** A span together with the one after it, from which it was only cut off. */
export function withAfter(zone: ZoneOffsets, { from, until, offset, offsetBefore }: OffsetSpan): OffsetSpan {
  const after = zone.spanAt(until);
  if (after.offset !== offset) return { from, until, offset, offsetBefore, offsetAfter: after.offset };
  return { from, until: after.until, offset, offsetBefore, offsetAfter: after.offsetAfter };
}

/** The span at an instant together with those beside it from which it was only cut off, up to `end` and what is near. */
export function wholeSpan(zone: ZoneOffsets, instant: number, end: number): OffsetSpan {
  let span = zone.spanAt(instant);
  if (isCutBefore(span) && instant - span.from < REACH) span = withBefore(zone, span);
  while (isCutAfter(span) && span.until < end + REACH) span = withAfter(zone, span);
  return span;
}

/** The span at an instant together with those beside it, as far as it pays for fires that follow one another closely. */
export function spanAround(zone: ZoneOffsets, instant: number): OffsetSpan {
  let span = wholeSpan(zone, instant, instant + FAR);
  while (isCutBefore(span) && span.from > instant - FAR) span = withBefore(zone, span);
  return span;
}
