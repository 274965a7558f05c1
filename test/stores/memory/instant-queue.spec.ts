import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InstantQueue, SlotLinks } from '../../../lib/stores/memory/instant-queue.js';
import { SlotHeap } from '../../../lib/stores/memory/slot-heap.js';

/** What orders slots by an instant, with room for the slots of `step`. */
const KINDS = {
  SlotHeap: () => new SlotHeap(),
  InstantQueue: () => new InstantQueue(linksFor(200)),
} as const;
type Queue = ReturnType<(typeof KINDS)[keyof typeof KINDS]>;

const slot = fc.nat(199);
const key = fc.oneof(fc.nat(20), fc.nat(1_000_000));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), slot, key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('collect' as const), until: key, limit: fc.nat(60) }) },
);

describe.each(Object.entries(KINDS))('%s', (_, make) => {
  it('is empty at first', () => {
    const heap = make();
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
      const heap = make();
      const keys = new Map<number, number>();
      for (const each of steps) {
        if (each.do === 'set') {
          heap.set(each.slot, each.key);
          keys.set(each.slot, each.key);
        } else if (each.do === 'delete') {
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
});

describe('InstantQueue', () => {
  it('keeps the order in which the slots of an instant came, also of those that came back', () => {
    const queue = new InstantQueue(linksFor(10));
    for (const slot of [5, 3, 8, 1]) queue.set(slot, 100);
    queue.set(3, 200);
    queue.set(8, 100);
    queue.set(3, 100);
    expect(collectAll(queue)).toEqual([5, 8, 1, 3]);
  });

  it('goes on within an instant where a limit has cut it', () => {
    const queue = new InstantQueue(linksFor(10));
    for (const slot of [4, 2, 9]) queue.set(slot, 100);
    queue.set(7, 300);
    const slots: number[] = [];
    expect(queue.collect(Infinity, 2, slots)).toBe(100);
    expect(slots).toEqual([4, 2]);
    for (const slot of slots) queue.set(slot, 200);
    expect(queue.firstSlot).toBe(9);
    expect(collectAll(queue)).toEqual([9, 4, 2, 7]);
  });

  it('shares its links with the queues of other executors', () => {
    const links = linksFor(100);
    const [one, other] = [new InstantQueue(links), new InstantQueue(links)];
    for (let i = 0; i < 100; i++) (i % 2 ? one : other).set(i, 1_000 - i);
    for (let i = 0; i < 100; i += 3) (i % 2 ? one : other).delete(i);
    expect([...collectAll(one), ...collectAll(other)].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 3 !== 0),
    );
  });
});

function linksFor(slots: number): SlotLinks {
  const links = new SlotLinks();
  for (let slot = 0; slot < slots; slot++) links.reserve(slot);
  return links;
}

function collectAll(queue: Queue): number[] {
  const slots: number[] = [];
  queue.collect(Infinity, 1_000, slots);
  return slots;
}

function expectCollected(heap: Queue, keys: ReadonlyMap<number, number>, until: number, limit: number): void {
  const sorted = [...keys.values()].toSorted((a, b) => a - b);
  const expected = sorted.filter((each) => each <= until).slice(0, limit);
  const slots: number[] = [];
  const beyond = heap.collect(until, limit, slots);
  expect(new Set(slots).size).toBe(slots.length);
  expect(slots.map((each) => keys.get(each))).toEqual(expected);
  expect(beyond).toBe(sorted[expected.length] ?? Infinity);
}
