import { DAY_MS } from './civil.js';
import type { OffsetSpan, ZoneOffsets } from './zone-offsets.js';

const FAR = 200 * DAY_MS;

/** The span at an instant together with those after it, up to `end`, from which it was only cut off. */
export function wholeSpan(zone: ZoneOffsets, instant: number, end: number): OffsetSpan {
  const first = zone.spanAt(instant);
  let last = first;
  while (last.until < end) {
    const after = zone.spanAt(last.until);
    if (after.offset !== first.offset) break;
    last = after;
  }
  return last === first ? first : { ...first, until: last.until, offsetAfter: last.offsetAfter };
}

/** The span at an instant together with those beside it, as far as it pays for fires that follow one another closely. */
export function spanAround(zone: ZoneOffsets, instant: number): OffsetSpan {
  const span = wholeSpan(zone, instant, instant + FAR);
  let first = span;
  while (first.from > instant - FAR) {
    const before = zone.spanAt(first.from - 1);
    if (before.offset !== span.offset) break;
    first = before;
  }
  return first === span ? span : { ...span, from: first.from, offsetBefore: first.offsetBefore };
}
