import type { Completion, FinishedJob } from '../../job-store.js';
import { arrayTexts, readList } from '../codec/array-text.js';
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
  const given = arrayTexts({
    run_id: completions.map(({ run }) => run.runId),
    job_id: completions.map(({ run }) => run.jobId),
    fence: completions.map(({ run }) => run.fence),
    finished_at: completions.map(({ finishedAt }) => Math.floor(finishedAt)),
    outcome: completions.map(({ outcome }) => encodeOutcome(outcome)),
  });
  return { sql, params: { ...given, late_ms: LATE_MS } };
}

/** Ids of the runs that were ended, and the jobs that were retired with them. */
export interface PlainCompletion {
  readonly ended: ReadonlySet<string>;
  readonly finished: readonly FinishedJob[];
}

export function readPlainCompletion(
  { stamps }: ScriptContext,
  completions: readonly Completion[],
  [answer]: readonly Row[],
): PlainCompletion {
  const ended = readList(answer, 'ended').map(String);
  const isRetired = readList(answer, 'retired');
  const retired = new Set(ended.filter((_, i) => isRetired[i] === true));
  const finished: FinishedJob[] = [];
  for (const { run } of completions) {
    if (retired.has(run.runId)) finished.push({ id: run.jobId, gen: run.gen, fence: run.fence });
  }
  stamps.noteRemoved(finished);
  return { ended: new Set(ended), finished };
}
