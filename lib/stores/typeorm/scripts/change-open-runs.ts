import type { JobRecord } from '../../../jobs/job-record.js';
import { changeOfOpenRuns } from '../../../jobs/open-runs.js';
import { tryDecodeRun } from '../codec/run-codec.js';
import { QUEUED, RUNNING } from '../codec/words.js';
import { askEach, type Row, type Script, type SqlValue } from '../script.js';
import type { ScriptContext } from './script-context.js';
import { unfinishedRuns } from './unfinished-runs.js';

/** A job, under lock, and what it becomes. */
export interface JobChangePair {
  readonly before: JobRecord;
  readonly after: JobRecord;
}

/** The unfinished runs of jobs that change: see `changeOfOpenRuns`. What can't be read stays as it is. */
export function* changeOpenRuns(context: ScriptContext, pairs: readonly JobChangePair[]): Script<void> {
  const changes = new Map(pairs.map(({ before, after }) => [after.id, changeOfOpenRuns(before, after)]));
  const ids = [...changes].filter(([, change]) => change !== null).map(([id]) => id);
  if (ids.length === 0) return;
  const queued = yield* unfinishedRuns(context, ids, QUEUED);
  const running = yield* unfinishedRuns(context, ids, RUNNING);
  const changed = [...queued, ...running].flatMap((row: Row): Record<string, SqlValue>[] => {
    const run = tryDecodeRun(row);
    const after = run instanceof Error ? null : changes.get(run.jobId)?.(run);
    if (!after) return [];
    const args = after.args && JSON.stringify(after.args);
    return [{ seq: Number(row['seq']), gen: after.gen, args }];
  });
  yield* askEach(context.sql.fires.changeOpenRuns, changed);
}
