// What the clocks of a zone show around a change, minute by minute, by `Intl` alone.

const MINUTE = 60_000;
const HOUR = 3_600_000;
const HALF_WIDTH = 36 * HOUR;
/** So much of either end is left to what is shifted in or out. */
const MARGIN = 3 * HOUR;

export class WallClock {
  #format;

  constructor(timeZone) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }; // prettier-ignore
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...numeric });
  }

  /** What the clocks show at an instant, in milliseconds as if it were UTC. */
  at(instant) {
    const [month, day, year, hour, minute, second] = this.#format.format(instant).match(/\d+/g).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  offsetAt(instant) {
    return this.at(instant) - instant;
  }
}

/** The minutes at which the clocks of a zone are changed, found hour by hour and then minute by minute. */
export function changesOf(clock, firstYear, lastYear) {
  const changes = [];
  const end = Date.UTC(lastYear + 1, 0, 1);
  let offset = clock.offsetAt(Date.UTC(firstYear, 0, 1));
  for (let hour = Date.UTC(firstYear, 0, 1); hour < end; hour += HOUR) {
    if (clock.offsetAt(hour + HOUR) === offset) continue;
    let minute = hour;
    while (clock.offsetAt(minute) === offset) minute += MINUTE;
    changes.push(minute);
    offset = clock.offsetAt(hour + HOUR);
  }
  return changes;
}

/** Every minute around an instant: what local times there are, when they happen, and what becomes of those that don't. */
export class Window {
  from;
  until;
  /** Instants, minute by minute, and the local minute (counted from `firstLocal`) at each. */
  #start;
  #localOf;
  /** By local minute: the first and the last instant, else what `shift` and `next` make of it; minutes from the start. */
  #first;
  #last;
  #shifted;
  #next;
  /** By local minute: minute, hour, day, month, weekday. */
  #parts;
  firstLocal;

  constructor(clock, change) {
    this.#start = change - HALF_WIDTH;
    const size = (2 * HALF_WIDTH) / MINUTE;
    const locals = Array.from({ length: size }, (_, index) => clock.at(this.#start + index * MINUTE));
    this.from = this.#start + MARGIN;
    this.until = change + HALF_WIDTH - MARGIN;
    this.firstLocal = Math.min(...locals);
    const length = (Math.max(...locals) - this.firstLocal) / MINUTE + 1;
    this.#localOf = Int32Array.from(locals, (local) => (local - this.firstLocal) / MINUTE);
    this.#first = new Int32Array(length).fill(-1);
    this.#last = new Int32Array(length).fill(-1);
    this.#shifted = new Int32Array(length).fill(-1);
    this.#next = new Int32Array(length).fill(-1);
    for (const [index, local] of this.#localOf.entries()) {
      if (this.#first[local] < 0) this.#first[local] = index;
      this.#last[local] = index;
      const before = index === 0 ? local - 1 : this.#localOf[index - 1];
      for (let skipped = before + 1; skipped < local; skipped++) {
        this.#shifted[skipped] = index - 1 + (skipped - before);
        this.#next[skipped] = index;
      }
    }
    this.#parts = Array.from({ length }, (_, local) => partsOf(this.firstLocal + local * MINUTE));
  }

  get length() {
    return this.#first.length;
  }

  /** The fires of a pattern by reading the rule word for word. */
  fires(pattern, gap, fold) {
    const found = new Set();
    const add = (index) => {
      const instant = this.#start + index * MINUTE;
      if (index >= 0 && instant >= this.from && instant < this.until) found.add(instant);
    };
    if (pattern.isEveryHour) {
      for (const [index, local] of this.#localOf.entries()) if (pattern.matches(...this.#parts[local])) add(index);
    } else {
      for (let local = 0; local < this.length; local++) {
        if (pattern.matches(...this.#parts[local])) for (const index of this.instantsOf(local, gap, fold)) add(index);
      }
    }
    return Array.from(found).sort((a, b) => a - b);
  }

  /** When a local minute happens, in minutes from the start. */
  instantsOf(local, gap, fold) {
    if (this.#first[local] < 0) return gap === 'skip' ? [] : [(gap === 'next' ? this.#next : this.#shifted)[local]];
    if (fold === 'both') return [this.#first[local], this.#last[local]];
    return [(fold === 'first' ? this.#first : this.#last)[local]];
  }

  instant(index) {
    return this.#start + index * MINUTE;
  }

  localText(local) {
    return new Date(this.firstLocal + local * MINUTE).toISOString().slice(0, 16);
  }
}

function partsOf(local) {
  const date = new Date(local);
  return [date.getUTCMinutes(), date.getUTCHours(), date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCDay()];
}
