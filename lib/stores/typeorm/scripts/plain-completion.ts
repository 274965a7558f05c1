import type { Completion, FinishedJob } from '../../job-store.js';
import { encodeOutcome } from '../codec/run-codec.js';
import type { Query, Row } from '../script.js';
import type { ScriptContext } from './script-context.js';
import { LATE_MS } from './tally-history.js';

/** The completions that are plain: successes, each of another job. The script takes the others. */
export function plainCompletions(completions: readonly Completion[]): readonly Completion[] {
  const counts = new Map<string, number>();
  for (const { run } of completions) counts.set(run.jobId, (counts.get(run.jobId) ?? 0) + 1);
  return completions.filter(({ run, state }) => state === 'succeeded' && counts.get(run.jobId) === 1);
}

export function plainCompletion(sql: string, completions: readonly Completion[]): Query {
  const rows = completions.map(({ run, finishedAt, outcome }) => ({
    run_id: run.runId,
    job_id: run.jobId,
    fence: run.fence,
    finished_at: Math.floor(finishedAt),
    outcome: encodeOutcome(outcome),
  }));
  return { sql, params: { rows: JSON.stringify(rows), late_ms: LATE_MS } };
}

/** Ids of the runs that were ended, and the jobs that were retired with them. */
export interface PlainCompletion {
  readonly ended: ReadonlySet<string>;
  readonly finished: readonly FinishedJob[];
}

export function readPlainCompletion({ stamps }: ScriptContext, rows: readonly Row[]): PlainCompletion {
  const ended = new Set<string>();
  const finished: FinishedJob[] = [];
  for (const row of rows) {
    // When it has ended none there is one row, without a run.
    if (row['ended_run'] === null) continue;
    ended.add(String(row['ended_run']));
    if (row['id'] !== null)
      finished.push({ id: String(row['id']), gen: Number(row['gen']), fence: Number(row['fence']) });
  }
  stamps.noteRemoved(finished);
  return { ended, finished };
}
