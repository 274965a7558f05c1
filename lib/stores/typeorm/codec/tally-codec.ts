import { RunTally } from '../../../jobs/run-tally.js';
import type { RunRecord, RunState } from '../../../jobs/run-record.js';
import type { Row } from '../script.js';
import type { TallySums } from '../tally-sums.js';
import { UnreadableColumnError } from '../typeorm-errors.js';
import { encodeNumbers, readNumbers } from './number-text.js';
import { integerOrNull, parseColumn, readInteger, readIntegerOrNull, readText, readWord } from './read-column.js';
import { RUN_STATES } from './words.js';

/** How far the history has been added up: all that ended before, and what ended then with no higher `seq`. */
export interface TallyMark {
  readonly finishedAt: number;
  readonly seq: number;
  /** Rises whenever something is added to a tally. */
  readonly changes: number;
}

/** Nothing has been added up. */
export const NO_MARK: TallyMark = { finishedAt: 0, seq: 0, changes: 0 };

/** @throws {UnreadableColumnError} */
export function decodeMark(row: Row): TallyMark {
  const data = parseColumn('tally', readText(row, 'tally'));
  const [finishedAt, seq, changes] = Array.isArray(data) ? data.map(integerOrNull) : [];
  if (typeof finishedAt === 'number' && typeof seq === 'number' && typeof changes === 'number') {
    return { finishedAt, seq, changes };
  }
  throw new UnreadableColumnError('tally', 'does not say how far the history has been added up');
}

export function encodeMark({ finishedAt, seq, changes }: TallyMark): string {
  return JSON.stringify([finishedAt, seq, changes]);
}

const numbers: number[] = [];

/** A tally that can't be read counts as empty: it is worth less than what is added to it. */
function addEncoded(sum: RunTally, text: string, from: number, to: number): void {
  const length = readNumbers(text, from, to, numbers);
  if (length > 0) sum.add(numbers, length);
}

/**
 * Adds the lines of a row to the sums of their names.
 *
 * @param jobId of this job alone
 */
export function addLines({ tally: text }: Row, sums: TallySums, jobId?: string): void {
  if (typeof text !== 'string') return;
  const wanted = jobId === undefined ? null : ` ${jobId} `;
  for (let start = 0; start < text.length;) {
    const end = endOfLine(text, start);
    if (wanted === null || text.startsWith(wanted, text.indexOf(' ', start))) {
      const sum = sums.lineAt(text, start, end);
      if (sum) addEncoded(sum.tally, text, start + sum.name.length, end);
    }
    start = end + 1;
  }
}

/**
 * A row's lines of task, job and tally once something is added to some of them; all others stay as they are, however many.
 * They are in the order of their names, by which `addLines` knows them. Where a damaged one is in the way of this order, a
 * name may come to stand there twice, which is as good.
 *
 * @param added by what a line begins with; left as it is, as a transaction may be repeated
 */
export function addToLines({ tally: text }: Row, added: ReadonlyMap<string, RunTally>): string {
  const stored = typeof text === 'string' ? text : '';
  const parts: string[] = [];
  let copied = 0;
  for (const name of [...added.keys()].toSorted()) {
    let start = copied;
    while (start < stored.length && stored.slice(start, start + name.length) < name)
      start = endOfLine(stored, start) + 1;
    if (start > copied) parts.push(stored.slice(copied, start - 1));
    copied = start;
    let sum = added.get(name) as RunTally;
    if (stored.startsWith(name, start)) {
      const end = endOfLine(stored, start);
      sum = sumOf(sum, stored, start + name.length, end);
      copied = end + 1;
    }
    parts.push(name + encodeNumbers(sum.toNumbers()));
  }
  if (copied < stored.length) parts.push(stored.slice(copied));
  return parts.join('\n');
}

function sumOf(tally: RunTally, text: string, from: number, to: number): RunTally {
  const sum = new RunTally();
  addEncoded(sum, text, from, to);
  sum.add(tally.toNumbers());
  return sum;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/** What is read of a run to add it up. */
export interface EndedRun extends Pick<RunRecord, 'seq' | 'task' | 'jobId' | 'count' | 'availableAt' | 'startedAt'> {
  readonly state: RunState;
  readonly finishedAt: number;
  /** Whether its job is still there. */
  readonly hasJob: boolean;
}

/** `null`: it can't be read; it is reported where runs are listed. */
export function tryDecodeEnded(row: Row): EndedRun | null {
  try {
    return {
      seq: readInteger(row, 'seq'),
      task: readText(row, 'task'),
      jobId: readText(row, 'job_id'),
      state: readWord(row, 'state', RUN_STATES),
      count: readIntegerOrNull(row, 'count'),
      availableAt: readInteger(row, 'available_at'),
      startedAt: readIntegerOrNull(row, 'started_at'),
      finishedAt: readInteger(row, 'finished_at'),
      hasJob: readInteger(row, 'has_job') === 1,
    };
  } catch {
    return null;
  }
}
