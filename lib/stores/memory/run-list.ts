/** What a {@link RunList} links. */
interface Linked<Run> {
  listPrevious: Run | null;
  listNext: Run | null;
}

/** Runs in the order they were added. A run is in one list at a time; taking it out costs the same anywhere. */
export class RunList<Run extends Linked<Run>> implements Iterable<Run> {
  #first: Run | null = null;
  #last: Run | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Run | null {
    return this.#first;
  }

  add(run: Run): void {
    run.listPrevious = this.#last;
    if (this.#last) this.#last.listNext = run;
    else this.#first = run;
    this.#last = run;
    this.#size++;
  }

  /** The links of the run are cleared: one that lived long must not keep its former neighbours alive. */
  remove(run: Run): void {
    const { listPrevious, listNext } = run;
    if (listPrevious) listPrevious.listNext = listNext;
    else this.#first = listNext;
    if (listNext) listNext.listPrevious = listPrevious;
    else this.#last = listPrevious;
    run.listPrevious = null;
    run.listNext = null;
    this.#size--;
  }

  clear(): void {
    this.#first = null;
    this.#last = null;
    this.#size = 0;
  }

  *[Symbol.iterator](): Iterator<Run> {
    for (let run = this.#first; run;) {
      const next: Run | null = run.listNext;
      yield run;
      run = next;
    }
  }
}
