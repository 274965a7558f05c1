const ARITY = 4;

/** Small numbers ("slots") that stand for something, ordered by an instant. A four-ary heap in typed arrays. */
export class SlotHeap {
  /** Where each slot stands, −1 for nowhere. */
  #positions = new Int32Array(64).fill(-1);
  #keys = new Float64Array(16);
  #slots = new Int32Array(16);
  #size = 0;
  /** Heap positions met by `collect` and not yet taken, themselves a binary heap. */
  #frontier = new Int32Array(64);

  get size(): number {
    return this.#size;
  }

  /** The least key, `Infinity` when empty. */
  get firstKey(): number {
    return this.#size === 0 ? Infinity : (this.#keys[0] as number);
  }

  /** The slot with the least key; −1 when empty. */
  get firstSlot(): number {
    return this.#size === 0 ? -1 : (this.#slots[0] as number);
  }

  /** Puts the slot at `key`, whether or not it was in the heap before. */
  set(slot: number, key: number): void {
    this.#reserve(slot);
    const position = this.#positions[slot] as number;
    if (position < 0) {
      this.#reserveOneMore();
      this.#rise(this.#size++, slot, key);
    } else if (key < (this.#keys[position] as number)) this.#rise(position, slot, key);
    else this.#sink(position, slot, key);
  }

  /** Does nothing when the slot is not in the heap. */
  delete(slot: number): void {
    const positions = this.#positions;
    const position = positions[slot] ?? -1;
    if (position < 0) return;
    positions[slot] = -1;
    const last = --this.#size;
    if (position === last) return;
    const movedSlot = this.#slots[last] as number;
    const movedKey = this.#keys[last] as number;
    if (movedKey < (this.#keys[position] as number)) this.#rise(position, movedSlot, movedKey);
    else this.#sink(position, movedSlot, movedKey);
  }

  /**
   * Adds up to `limit` slots with keys up to `until` to `into`, least key first, and answers the least key beyond
   * them (`Infinity`: none). The heap stays as it is.
   */
  collect(until: number, limit: number, into: number[]): number {
    if (this.#size === 0 || this.firstKey > until || limit <= 0) return this.firstKey;
    const keys = this.#keys;
    const size = this.#size;
    let beyond = Infinity;
    let waiting = this.#offer(0, 0);
    for (let taken = 0; waiting > 0 && taken < limit; taken++) {
      const position = this.#frontier[0] as number;
      into.push(this.#slots[position] as number);
      waiting = this.#dropFirst(waiting);
      const firstChild = position * ARITY + 1;
      const lastChild = Math.min(firstChild + ARITY, size);
      for (let child = firstChild; child < lastChild; child++) {
        const key = keys[child] as number;
        if (key <= until) waiting = this.#offer(waiting, child);
        else if (key < beyond) beyond = key;
      }
    }
    return waiting > 0 ? Math.min(beyond, keys[this.#frontier[0] as number] as number) : beyond;
  }

  #offer(waiting: number, position: number): number {
    if (waiting === this.#frontier.length) this.#frontier = enlarged(this.#frontier);
    const frontier = this.#frontier;
    const keys = this.#keys;
    const key = keys[position] as number;
    let at = waiting;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = frontier[parent] as number;
      if ((keys[other] as number) <= key) break;
      frontier[at] = other;
      at = parent;
    }
    frontier[at] = position;
    return waiting + 1;
  }

  #dropFirst(waiting: number): number {
    const frontier = this.#frontier;
    const keys = this.#keys;
    const left = waiting - 1;
    const position = frontier[left] as number;
    const key = keys[position] as number;
    let at = 0;
    for (let child = 1; child < left; child = at * 2 + 1) {
      if (
        child + 1 < left &&
        (keys[frontier[child + 1] as number] as number) < (keys[frontier[child] as number] as number)
      ) {
        child++;
      }
      const other = frontier[child] as number;
      if ((keys[other] as number) >= key) break;
      frontier[at] = other;
      at = child;
    }
    frontier[at] = position;
    return left;
  }

  #rise(from: number, slot: number, key: number): void {
    const keys = this.#keys;
    const slots = this.#slots;
    const positions = this.#positions;
    let at = from;
    while (at > 0) {
      const parent = ((at - 1) / ARITY) | 0;
      const parentKey = keys[parent] as number;
      if (parentKey <= key) break;
      const parentSlot = slots[parent] as number;
      keys[at] = parentKey;
      slots[at] = parentSlot;
      positions[parentSlot] = at;
      at = parent;
    }
    keys[at] = key;
    slots[at] = slot;
    positions[slot] = at;
  }

  #sink(from: number, slot: number, key: number): void {
    const keys = this.#keys;
    const slots = this.#slots;
    const positions = this.#positions;
    const size = this.#size;
    let at = from;
    for (;;) {
      const firstChild = at * ARITY + 1;
      if (firstChild >= size) break;
      let least = firstChild;
      let leastKey = keys[firstChild] as number;
      const lastChild = Math.min(firstChild + ARITY, size);
      for (let child = firstChild + 1; child < lastChild; child++) {
        const childKey = keys[child] as number;
        if (childKey < leastKey) {
          least = child;
          leastKey = childKey;
        }
      }
      if (leastKey >= key) break;
      const leastSlot = slots[least] as number;
      keys[at] = leastKey;
      slots[at] = leastSlot;
      positions[leastSlot] = at;
      at = least;
    }
    keys[at] = key;
    slots[at] = slot;
    positions[slot] = at;
  }

  #reserve(slot: number): void {
    if (slot < this.#positions.length) return;
    const grown = new Int32Array(Math.max(this.#positions.length * 2, slot + 1)).fill(-1);
    grown.set(this.#positions);
    this.#positions = grown;
  }

  #reserveOneMore(): void {
    if (this.#size < this.#keys.length) return;
    this.#slots = enlarged(this.#slots);
    const keys = new Float64Array(this.#slots.length);
    keys.set(this.#keys);
    this.#keys = keys;
  }
}

function enlarged(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}
