import type { AttemptRecord } from './attempts.js';
import type { JsonValue } from './json.js';
import type { RunError, RunOrigin, RunOutcome, RunReason, RunRecord, RunState } from './run-record.js';

/** An attempt of a run that has failed, and that another one has followed. @publicApi */
export interface RunAttempt {
  /** 1, 2, … */
  readonly attempt: number;
  /** Id of the node that made it. */
  readonly node: string | null;
  readonly startedAt: Date;
  /** When it failed; of one whose node was lost, when that was found. */
  readonly finishedAt: Date;
  /**
   * What the handler threw: of its message the first 1,000 characters, of its stack the first 2,000. A `RunLostError` says
   * that the node was lost, or had to end.
   */
  readonly error: RunError;
}

/** A run on record, read-only. @publicApi */
export interface Run {
  /** Made of the job and the fire, and the same for every attempt. */
  readonly runId: string;
  readonly jobId: string;
  /** Alias of the store that keeps it. */
  readonly store: string;
  /** Name of the task that the job had. */
  readonly task: string;
  /** The tags that the job had when the run was made. */
  readonly tags: readonly string[];
  readonly state: RunState;
  readonly origin: RunOrigin;
  /** The nominal instant of the fire; of a roll-up, of its first fire. */
  readonly scheduledTime: Date;
  /**
   * How many fires the record stands for: more than 1 for rolled-up misses and skips. Of triggers that can't be counted
   * without looking at each fire (`anyOf`, `allOf`, `except` with triggers, kinds of your own without `count`) no more than
   * 10,000 are counted.
   */
  readonly count: number;
  /** The last fire it stands for. */
  readonly until: Date;
  /** Why it did not run as scheduled. */
  readonly reason: RunReason | null;
  /** When its attempt started; `null` while it waits, and for what did not run. */
  readonly startedAt: Date | null;
  /** When it ended, or was put on record as skipped or missed; `null` before. */
  readonly finishedAt: Date | null;
  /** Milliseconds from due (the fire and its jitter, or the end of a retry delay) to start; `null` before the start. */
  readonly lateness: number | null;
  /** Milliseconds from start to end; `null` before the end. */
  readonly duration: number | null;
  /** 1, 2, … with retries. */
  readonly attempt: number;
  /**
   * The attempts that have failed before this one, oldest first; the other members tell of the present attempt, or the last.
   * Of many, the first and the latest 50 are kept.
   */
  readonly attempts: readonly RunAttempt[];
  /** Id of the node that ran it; `null` when none has, or it waits for another attempt. */
  readonly node: string | null;
  /** Arguments given to this run alone; `null`: the job's. */
  readonly args: readonly JsonValue[] | null;
  /** How far it is, or was at its end, from 0 to 1, as `currentRun().progress()` said last; `null`: it did not. */
  readonly progress: number | null;
  /** What the handler returned, when it is JSON of at most 64 KiB. */
  readonly result: JsonValue | undefined;
  /** Why there is no result although the handler returned something. */
  readonly resultOmitted: RunOutcome['resultOmitted'];
  /** What the handler threw in the last attempt. */
  readonly error: RunError | null;
}

export function snapshotOfRun(record: RunRecord, store: string): Run {
  const { startedAt, finishedAt, outcome } = record;
  return {
    runId: record.runId,
    jobId: record.jobId,
    store,
    task: record.task,
    tags: record.tags,
    state: record.state,
    origin: record.origin,
    scheduledTime: new Date(record.scheduledAt),
    count: record.count ?? 1,
    until: new Date(record.untilAt ?? record.scheduledAt),
    reason: record.reason,
    startedAt: startedAt === null ? null : new Date(startedAt),
    finishedAt: finishedAt === null ? null : new Date(finishedAt),
    lateness: startedAt === null ? null : Math.max(startedAt - record.availableAt, 0),
    duration: startedAt === null || finishedAt === null ? null : finishedAt - startedAt,
    attempt: record.attempt,
    attempts: record.attempts?.map(attemptOf) ?? [],
    node: record.node,
    args: record.args,
    progress: record.progress,
    result: outcome?.result,
    resultOmitted: outcome?.resultOmitted,
    error: outcome?.error ?? null,
  };
}

function attemptOf({ startedAt, finishedAt, ...others }: AttemptRecord): RunAttempt {
  return { ...others, startedAt: new Date(startedAt), finishedAt: new Date(finishedAt) };
}
