import { RunTally } from '../../jobs/run-tally.js';
import type { Tallied } from '../job-store.js';

/** What a line of a tally begins with. Neither a task nor an id has a space in it. */
export function nameOf(task: string, jobId = ''): string {
  return `${task} ${jobId} `;
}

interface NamedTally {
  readonly name: string;
  readonly tally: RunTally;
  /** Whose line was found after one of this the last time. */
  next: NamedTally | null;
}

/** Tallies by the names of their tasks and jobs. */
export class TallySums {
  readonly #byName = new Map<string, NamedTally>();
  #last: NamedTally | null = null;

  of(name: string): RunTally {
    return this.#named(name).tally;
  }

  /** That of the line which begins at `start`; `null`: it is no line. */
  lineAt(text: string, start: number, end: number): NamedTally | null {
    const last = this.#last;
    const next = last?.next;
    // Lines come in the same order time and again: to compare them with a name is cheaper than to look it up.
    if (next && text.startsWith(next.name, start)) return (this.#last = next);
    const taskEnd = text.indexOf(' ', start);
    const nameEnd = text.indexOf(' ', taskEnd + 1) + 1;
    if (taskEnd <= start || nameEnd <= start || nameEnd > end) return null;
    const found = this.#named(text.slice(start, nameEnd));
    if (last) last.next = found;
    return (this.#last = found);
  }

  all(from: number): readonly Tallied[] {
    return Array.from(this.#byName.values(), ({ name, tally }) => {
      const [task = '', jobId = ''] = name.split(' ');
      return { task, jobId: jobId === '' ? null : jobId, from, tally };
    });
  }

  #named(name: string): NamedTally {
    const known = this.#byName.get(name);
    if (known) return known;
    const made = { name, tally: new RunTally(), next: null };
    this.#byName.set(name, made);
    return made;
  }
}
