import type { RunRecord, RunState } from '../jobs/run-record.js';
import type { RunTally } from '../jobs/run-tally.js';

// What is asked of the history of runs, and what it answers: plain data.

/** Between which slots runs of a job have left the history. */
export interface PrunedSlots {
  /** The earliest of them. */
  readonly from: number;
  /** The latest. */
  readonly until: number;
}

/** Where a run stands in a list: its slot, then the order of recording. */
export type RunPosition = Pick<RunRecord, 'scheduledAt' | 'seq'>;

export interface RunFilter {
  readonly jobId?: string;
  readonly states?: readonly RunState[];
  /** Those that have all of these tags. */
  readonly tags?: readonly string[];
  /** `scheduledAt` from–to, epoch ms, both inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Only what comes after this one in the list. */
  readonly before?: RunPosition;
  readonly limit: number;
}

/** A stored row that can't be understood: left in place, reported; a queued one never runs. */
export interface UnreadableRun {
  readonly runId: string;
  readonly jobId: string;
  readonly error: Error;
}

export interface RunList {
  readonly runs: readonly RunRecord[];
  readonly unreadable: readonly UnreadableRun[];
}

/** Epoch ms. A store may begin earlier and end later, and says so. */
export interface StatsQuery {
  /** When a run has ended, from this instant on. */
  readonly from: number;
  /** Before this instant. */
  readonly to: number;
  /** Of this job alone. */
  readonly jobId?: string;
}

export interface StoreStats {
  /** What is counted, epoch ms. */
  readonly from: number;
  readonly to: number;
  /** Each task once, unless one job is asked for, and each job once. */
  readonly tallies: readonly Tallied[];
}

export interface Tallied {
  readonly task: string;
  /** `null`: all runs of the task. */
  readonly jobId: string | null;
  /** Since when all of its runs are counted: later than asked for where earlier ones are known no more; those that are known count. */
  readonly from: number;
  readonly tally: RunTally;
}

export interface Retention {
  /** Milliseconds since the end of the run. */
  readonly maxAge: number;
  /** Ended runs kept, the newest. */
  readonly maxRunsPerJob: number;
  readonly maxRuns: number | null;
}
