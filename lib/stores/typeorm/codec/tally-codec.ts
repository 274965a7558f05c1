import type { RunTally } from '../../../jobs/run-tally.js';
import type { RunRecord, RunState } from '../../../jobs/run-record.js';
import type { Row } from '../script.js';
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
export function addEncoded(sum: RunTally, text: string, from = 0, to = text.length): void {
  const length = readNumbers(text, from, to, numbers);
  if (length > 0) sum.add(numbers, length);
}

/** Adds the tallies of a text, in lines of task, job and tally, to the sums of these names: `task job`. */
export function addLines(text: string, sumOf: (name: string) => RunTally): void {
  for (let start = 0; start < text.length;) {
    const lineEnd = text.indexOf('\n', start);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const nameEnd = text.indexOf(' ', text.indexOf(' ', start) + 1);
    addEncoded(sumOf(text.slice(start, nameEnd)), text, nameEnd + 1, end);
    start = end + 1;
  }
}

export function encodeTally(tally: RunTally): string {
  return encodeNumbers(tally.toNumbers());
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
