import { isDeepStrictEqual } from 'node:util';
import type { JobRecord } from './job-record.js';
import type { JsonValue } from './json.js';

/** The part of an unfinished run that a change of its job concerns. */
export interface OpenRun {
  readonly gen: number;
  /** `null`: those of the job. */
  readonly args: readonly JsonValue[] | null;
}

/** What becomes of an unfinished run of a job that changes; `null`: it stays as it is. */
export type OpenRunChange = (run: OpenRun) => OpenRun | null;

/**
 * A run that waits, or is attempted again, is the run it was: it keeps the arguments it was made with. What was forced
 * upon a paused job still is when that job is changed.
 *
 * `null`: the change concerns no run.
 */
export function changeOfOpenRuns(before: JobRecord, after: JobRecord): OpenRunChange | null {
  const hasNewArgs = !isDeepStrictEqual(before.args, after.args);
  const isPausedStill = before.state === 'paused' && after.state === 'paused' && before.gen !== after.gen;
  if (!hasNewArgs && !isPausedStill) return null;
  return (run) => {
    const args = hasNewArgs ? (run.args ?? before.args) : run.args;
    const gen = isPausedStill && run.gen === before.gen ? after.gen : run.gen;
    return args === run.args && gen === run.gen ? null : { gen, args };
  };
}
