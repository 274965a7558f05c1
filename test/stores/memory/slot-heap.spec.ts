import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotHeap, SlotPositions } from '../../../lib/stores/memory/slot-heap.js';

const slot = fc.nat(199);
const key = fc.oneof(fc.nat(20), fc.nat(1_000_000));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), slot, key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('collect' as const), until: key, limit: fc.nat(60) }) },
);

describe('SlotHeap', () => {
  it('is empty at first', () => {
    const heap = new SlotHeap(new SlotPositions());
    const into: number[] = [];
    expect([heap.size, heap.firstKey, heap.firstSlot, heap.collect(Infinity, 10, into)]).toEqual([
      0,
      Infinity,
      -1,
      Infinity,
    ]);
    expect(into).toEqual([]);
  });

  it('always knows the least key, and collects the least ones in order, through any changes', () => {
    const property = fc.property(fc.array(step, { minLength: 1, maxLength: 400, size: 'max' }), (steps) => {
      const positions = new SlotPositions();
      const heap = new SlotHeap(positions);
      const keys = new Map<number, number>();
      for (const each of steps) {
        if (each.do === 'set') {
          positions.reserve(each.slot);
          heap.set(each.slot, each.key);
          keys.set(each.slot, each.key);
        } else if (each.do === 'delete') {
          positions.reserve(each.slot);
          heap.delete(each.slot);
          keys.delete(each.slot);
        } else expectCollected(heap, keys, each.until, each.limit);
        const least = Math.min(...keys.values());
        expect([heap.size, heap.firstKey]).toEqual([keys.size, least]);
        if (keys.size > 0) expect(keys.get(heap.firstSlot)).toBe(least);
      }
      expectCollected(heap, keys, Infinity, 1_000);
    });
    expect(() => fc.assert(property, { numRuns: 100 })).not.toThrow();
  });

  it('shares positions with the heaps of other executors', () => {
    const positions = new SlotPositions();
    const [one, other] = [new SlotHeap(positions), new SlotHeap(positions)];
    for (let i = 0; i < 100; i++) {
      positions.reserve(i);
      (i % 2 ? one : other).set(i, 1_000 - i);
    }
    for (let i = 0; i < 100; i += 3) (i % 2 ? one : other).delete(i);
    const slots: number[] = [];
    one.collect(Infinity, 100, slots);
    other.collect(Infinity, 100, slots);
    expect(slots.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 3 !== 0),
    );
  });
});

function expectCollected(heap: SlotHeap, keys: ReadonlyMap<number, number>, until: number, limit: number): void {
  const sorted = [...keys.values()].toSorted((a, b) => a - b);
  const expected = sorted.filter((each) => each <= until).slice(0, limit);
  const slots: number[] = [];
  const beyond = heap.collect(until, limit, slots);
  expect(new Set(slots).size).toBe(slots.length);
  expect(slots.map((each) => keys.get(each))).toEqual(expected);
  expect(beyond).toBe(sorted[expected.length] ?? Infinity);
}
