import { SlotHeap } from './slot-heap.js';

/** A slot's row in {@link SlotLinks}: the group it is in (−1: none), and its neighbours there (−1: none). */
const GROUP = 0;
const PREVIOUS = 1;
const NEXT = 2;
/** Four, so that no row lies across two cache lines. */
const WIDTH = 4;

/** Where each slot stands in the queues of one kind. Shared by those of all executors: a job is in at most one. */
export class SlotLinks {
  #rows = new Int32Array(64 * WIDTH).fill(-1);

  /** Replaced when the table grows: never keep it. */
  get rows(): Int32Array {
    return this.#rows;
  }

  /** Makes room for `slot`. */
  reserve(slot: number): void {
    const end = (slot + 1) * WIDTH;
    if (end <= this.#rows.length) return;
    const grown = new Int32Array(Math.max(this.#rows.length * 2, end)).fill(-1);
    grown.set(this.#rows);
    this.#rows = grown;
  }
}

/** The slots of one instant, in the order in which they came to it. */
interface Group {
  key: number;
  first: number;
  last: number;
}

/**
 * The small numbers ("slots") that stand for jobs, ordered by an instant, those of the same instant by the order in
 * which they came. Jobs that are due together are one group, and only groups are in a heap: to move a job on from its
 * fire to the next is to link it elsewhere, whatever the number of jobs. With 100,000 of them, moving each in a heap
 * was a tenth of a fire.
 */
export class InstantQueue {
  readonly #links: SlotLinks;
  readonly #groups: Group[] = [];
  readonly #freeGroups: number[] = [];
  readonly #byKey = new Map<number, number>();
  readonly #heap = new SlotHeap();
  /** The group that was asked for last: jobs of one instant mostly go on to one other. */
  #lastKey = NaN;
  #lastGroup = -1;
  #size = 0;

  constructor(links: SlotLinks) {
    this.#links = links;
  }

  get size(): number {
    return this.#size;
  }

  /** The least key, `Infinity` when empty. */
  get firstKey(): number {
    return this.#heap.firstKey;
  }

  /** The first slot of those with the least key; −1 when empty. */
  get firstSlot(): number {
    return this.#size === 0 ? -1 : (this.#groups[this.#heap.firstSlot] as Group).first;
  }

  /** Puts the slot at `key`, whether or not it was in the queue before. */
  set(slot: number, key: number): void {
    const at = slot * WIDTH;
    const group = this.#links.rows[at + GROUP] as number;
    if (group >= 0) {
      if ((this.#groups[group] as Group).key === key) return;
      this.#unlink(at, group);
    }
    this.#link(slot, at, this.#groupAt(key));
  }

  /** Does nothing when the slot is not in the queue. */
  delete(slot: number): void {
    const at = slot * WIDTH;
    const group = this.#links.rows[at + GROUP] as number;
    if (group < 0) return;
    this.#unlink(at, group);
    this.#links.rows[at + GROUP] = -1;
  }

  /**
   * Adds up to `limit` slots with keys up to `until` to `into`, least key first, and answers the least key beyond
   * them (`Infinity`: none). The queue stays as it is.
   */
  collect(until: number, limit: number, into: number[]): number {
    if (limit <= 0) return this.firstKey;
    const groups: number[] = [];
    const beyond = this.#heap.collect(until, limit, groups);
    const { rows } = this.#links;
    let left = limit;
    for (const each of groups) {
      const { key, first } = this.#groups[each] as Group;
      for (let slot = first; slot >= 0; slot = rows[slot * WIDTH + NEXT] as number) {
        if (left-- === 0) return key;
        into.push(slot);
      }
    }
    return beyond;
  }

  #groupAt(key: number): number {
    if (key === this.#lastKey) return this.#lastGroup;
    const group = this.#byKey.get(key) ?? this.#addGroup(key);
    this.#lastKey = key;
    this.#lastGroup = group;
    return group;
  }

  #addGroup(key: number): number {
    const index = this.#freeGroups.pop() ?? this.#groups.length;
    const group = this.#groups[index];
    if (group) group.key = key;
    else this.#groups.push({ key, first: -1, last: -1 });
    this.#byKey.set(key, index);
    this.#heap.set(index, key);
    return index;
  }

  #removeGroup(index: number, { key }: Group): void {
    this.#byKey.delete(key);
    this.#heap.delete(index);
    this.#freeGroups.push(index);
    if (index === this.#lastGroup) this.#lastKey = NaN;
  }

  #link(slot: number, at: number, index: number): void {
    const { rows } = this.#links;
    const group = this.#groups[index] as Group;
    rows[at + GROUP] = index;
    rows[at + PREVIOUS] = group.last;
    rows[at + NEXT] = -1;
    if (group.last >= 0) rows[group.last * WIDTH + NEXT] = slot;
    else group.first = slot;
    group.last = slot;
    this.#size++;
  }

  #unlink(at: number, index: number): void {
    const { rows } = this.#links;
    const group = this.#groups[index] as Group;
    const previous = rows[at + PREVIOUS] as number;
    const next = rows[at + NEXT] as number;
    if (previous >= 0) rows[previous * WIDTH + NEXT] = next;
    else group.first = next;
    if (next >= 0) rows[next * WIDTH + PREVIOUS] = previous;
    else group.last = previous;
    this.#size--;
    if (group.first < 0) this.#removeGroup(index, group);
  }
}
