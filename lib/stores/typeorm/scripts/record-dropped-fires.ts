import { droppedFires } from '../../../jobs/dropped-fires.js';
import { rollUpRunId } from '../../../jobs/run-id.js';
import type { RunRecord } from '../../../jobs/run-record.js';
import type { Script } from '../script.js';
import type { JobChangePair } from './change-open-runs.js';
import { existingRunIds, insertRuns, newRun, rollUpDetails, type DraftedRun } from './new-runs.js';
import type { ScriptContext } from './script-context.js';

/** What was put on record, by job id. */
export type DroppedFires = Map<string, RunRecord>;

/** The overdue fires of jobs that get another trigger: see `droppedFires`. What is on record already stays as it is. */
export function* recordDroppedFires(
  context: ScriptContext,
  pairs: readonly JobChangePair[],
  now: number,
): Script<DroppedFires> {
  const drafts = pairs.flatMap(({ before: job, after }): DraftedRun[] => {
    const rollUp = droppedFires(job, after, now);
    if (!rollUp) return [];
    const runId = rollUpRunId(job.id, job.series, rollUp.scheduledAt, rollUp.state);
    return [{ run: newRun(job, runId, rollUp.scheduledAt, rollUpDetails(rollUp, now)), job }];
  });
  if (drafts.length === 0) return new Map();
  const ids = drafts.map(({ run }) => run.runId);
  const known = yield* existingRunIds(context, ids);
  const recorded = yield* insertRuns(
    context,
    drafts.filter(({ run }) => !known.has(run.runId)),
  );
  return new Map(recorded.map(({ run }) => [run.jobId, run]));
}

/** The record of a job, for the first that asks: told once, also when its id was given twice. */
export function takeDropped(dropped: DroppedFires, id: string): RunRecord | null {
  const run = dropped.get(id) ?? null;
  dropped.delete(id);
  return run;
}
