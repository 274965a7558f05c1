/** Sets of the numbers 0–63 as two 32-bit halves, because numbers as bit sets end at 32 bits. */

/** The position of the lowest set bit; `bits` is not 0. */
export function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** The position of the highest set bit; `bits` is not 0. */
export function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

export function bitCount(bits: number): number {
  let rest = bits - ((bits >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return (((rest + (rest >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** The bits below position `end` (0–32). */
export function bitsBelow(end: number): number {
  return end >= 32 ? -1 : (1 << end) - 1;
}

export function has(low: number, high: number, value: number): boolean {
  return value < 32 ? ((low >>> value) & 1) === 1 : ((high >>> (value - 32)) & 1) === 1;
}

/** The smallest member that is at least `from` (0–64), or −1. */
export function atLeast(low: number, high: number, from: number): number {
  if (from < 32) {
    const rest = low >>> from;
    if (rest !== 0) return from + lowestBit(rest);
    return high === 0 ? -1 : 32 + lowestBit(high);
  }
  const rest = from < 64 ? high >>> (from - 32) : 0;
  return rest === 0 ? -1 : from + lowestBit(rest);
}

/** The largest member that is at most `from` (−1 to 63), or −1. */
export function atMost(low: number, high: number, from: number): number {
  if (from >= 32) {
    const rest = high << (63 - from);
    if (rest !== 0) return from - Math.clz32(rest);
    return low === 0 ? -1 : highestBit(low);
  }
  const rest = from < 0 ? 0 : low << (31 - from);
  return rest === 0 ? -1 : from - Math.clz32(rest);
}

/** How many members lie below `end` (0–64). */
export function countBelow(low: number, high: number, end: number): number {
  if (end <= 32) return bitCount(low & bitsBelow(end));
  return bitCount(low) + bitCount(high & bitsBelow(end - 32));
}
