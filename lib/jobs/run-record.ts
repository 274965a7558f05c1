import type { AttemptRecord } from './attempts.js';
import type { JsonValue } from './json.js';

/**
 * The life of a run: `queued`, `running`, then `succeeded`, `failed`, `cancelled` (given up while it waited, or asked to
 * end) or `lost` (its process died). `skipped` and `missed` are on record for fires that did not run. @publicApi
 */
export type RunState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'lost' | 'skipped' | 'missed';

/** Whether a run waits or is under way. */
export function isUnfinished(state: RunState): boolean {
  return state === 'queued' || state === 'running';
}

/** What made the run: a fire, `runJob` (`'manual'`), `rerun` or `backfill`. @publicApi */
export type RunOrigin = 'schedule' | 'manual' | 'rerun' | 'backfill';

/**
 * Why a fire did not run as scheduled. @publicApi
 *
 * - `misfire`: later than `misfireGraceTime`
 * - `catchUpLimit`: overdue beyond what `coalesce: 'all'` may catch up
 * - `coalesced`: rolled up into another fire of the same job
 * - `maxInstances`: enough runs of the job were running
 * - `duplicate`: the slot had been dispatched before
 * - `removed`: the job was removed while the run waited
 * - `rescheduled`: it was overdue when the job got another trigger
 * - `cancelled`: `cancelRun` was called
 * - `superseded`: another run of the job has taken its place (`overlap: 'cancelRunning'`)
 */
export type RunReason =
  | 'misfire'
  | 'catchUpLimit'
  | 'coalesced'
  | 'maxInstances'
  | 'duplicate'
  | 'removed'
  | 'rescheduled'
  | 'cancelled'
  | 'superseded';

/** A thrown value as it is stored and sent with events. @publicApi */
export interface RunError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** How a run ended. @publicApi */
export interface RunOutcome {
  /** What the handler returned, when it is JSON of at most 64 KiB. */
  readonly result?: JsonValue;
  /** Why there is no `result` although the handler returned something. */
  readonly resultOmitted?: 'not-json' | 'too-large';
  readonly error?: RunError;
}

/** A run as the stores keep it. Instants are epoch milliseconds. */
export interface RunRecord {
  /** Order of recording within the store. */
  readonly seq: number;
  readonly runId: string;
  readonly jobId: string;
  readonly task: string;
  /** Those that its job had when it was made. */
  readonly tags: readonly string[];
  /** `gen` of the job when the run was made. */
  readonly gen: number;
  /** The slot; of a roll-up, its first slot. */
  readonly scheduledAt: number;
  /** Of a roll-up, its last slot. */
  readonly untilAt: number | null;
  /** Of a roll-up, how many slots it stands for; at least so many where it is 10,000, see `countFires`. */
  readonly count: number | null;
  readonly reason: RunReason | null;
  /** When it was or will be due: slot plus jitter, or the end of a retry delay. */
  readonly availableAt: number;
  readonly state: RunState;
  readonly node: string | null;
  /** The job's fence when the run was taken. */
  readonly fence: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Those before the present one, oldest first, as far as they are kept: see `jobs/attempts.ts`. `null`: there was none. */
  readonly attempts: readonly AttemptRecord[] | null;
  readonly origin: RunOrigin;
  /** Arguments of this run alone; `null`: the job's. */
  readonly args: readonly JsonValue[] | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly outcome: RunOutcome | null;
  /** What the handler has said last of how far it is, 0 to 1, kept to a thousandth; `null`: nothing in this attempt. */
  readonly progress: number | null;
}
