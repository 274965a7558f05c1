/** The instants and stamps of a job, as doubles side by side; `NaN` stands for `null`. */
export const COURSE = {
  nextFireAt: 0,
  dueAt: 1,
  lastFireAt: 2,
  fence: 3,
  gen: 4,
  createdAt: 5,
  updatedAt: 6,
  /** Of the id rather than of the job: the latest slot that was ever put on record. */
  latestSlot: 7,
} as const;

/** One cache line: a fire reads and writes its job's whole course in one place and allocates nothing for it. */
const WIDTH = 8;

/** The courses of many jobs in one array, by slot. */
export class CourseTable {
  #values: Float64Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity * WIDTH);
  }

  /** Replaced when the table grows: never keep it. */
  get values(): Float64Array<ArrayBuffer> {
    return this.#values;
  }

  /** Where the course of a slot begins. */
  static offset(slot: number): number {
    return slot * WIDTH;
  }

  /** Makes room for the course of an id that is new. */
  reserve(slot: number): void {
    const end = (slot + 1) * WIDTH;
    if (end > this.#values.length) {
      const grown = new Float64Array(Math.max(this.#values.length * 2, end));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[slot * WIDTH + COURSE.latestSlot] = -Infinity;
  }

  /** A table of its own for one course, as it is now. */
  detach(offset: number): CourseTable {
    const own = new CourseTable(1);
    own.#values.set(this.#values.subarray(offset, offset + WIDTH));
    return own;
  }
}
