import { assertIsId } from '../jobs/job-id.js';
import type { InStore } from '../jobs/job-input.js';
import type { JsonValue } from '../jobs/json.js';
import { assertFlag, assertKnownKeys } from '../jobs/known-keys.js';
import type { InstantInput } from '../triggers/instant.js';
import type { InTransaction } from '../stores/store-transaction.js';

/** Which job is meant, and whose transaction changes it. @publicApi */
export interface ChangeOptions extends InStore, InTransaction {}

/** How `pauseJob` pauses. @publicApi */
export interface PauseOptions extends ChangeOptions {
  /** Also waits until the job's running runs have ended, the calling one apart. Default `false`. Not with a `manager`. */
  readonly wait?: boolean;
}

/** What `pauseJob` answers. @publicApi */
export interface PauseResult {
  /** Ids of the runs that were running when the job was paused. */
  readonly running: readonly string[];
}

/** How `resumeJob` goes on. @publicApi */
export interface ResumeOptions extends ChangeOptions {
  /** Treats the pause as downtime: its fires are judged by the misfire policy. Default `false`: goes on from now. */
  readonly catchUp?: boolean;
}

/** How `runJob` makes a run. @publicApi */
export interface RunJobOptions extends ChangeOptions {
  /** Arguments of this run alone, at most 64 KiB as JSON. Default: those of the job. */
  readonly args?: readonly JsonValue[];
  /** Runs a paused job, too. Default `false`. */
  readonly force?: boolean;
}

/** How `cancelRun` cancels. @publicApi */
export interface CancelOptions extends InStore {
  /** Also waits until the run has ended. Refused to the run that is to be cancelled. Default `false`. */
  readonly wait?: boolean;
}

/** How `backfill` makes runs. @publicApi */
export interface BackfillOptions extends ChangeOptions {
  /** The first slot, inclusive. */
  readonly from: InstantInput;
  /** The last slot, inclusive. Default: the last one before the next fire of the job. */
  readonly to?: InstantInput;
  /** At most so many slots are gone through, 1 to 10,000. Default 1,000. */
  readonly limit?: number;
  /**
   * Also for slots whose history is gone, which may have run, and of a paused job. Default `false`.
   */
  readonly force?: boolean;
}

/** What `backfill` answers. @publicApi */
export interface BackfillResult {
  /** Ids of the runs that were queued, the earliest slot first. */
  readonly queued: readonly string[];
  /** Ids of the slots that have a run already: they were left alone. */
  readonly present: readonly string[];
  /** `from` for the next call, when `limit` has ended this one; `null`: there are no more slots. */
  readonly nextFrom: Date | null;
}

const FLAGS = ['wait', 'catchUp', 'force'] as const;

/** @throws {InvalidJobIdError | InvalidJobOptionError} for what is no id, and for an option the verb does not take */
export function checkedOptions<Options extends object>(
  options: Options,
  known: readonly string[],
  verb: string,
  id: string,
): Options {
  assertIsId(id, verb);
  const what = `${verb}('${id}')`;
  assertKnownKeys(options, known, what);
  for (const flag of FLAGS) assertFlag((options as Record<string, unknown>)[flag], `${what}: ${flag}`);
  return options;
}
