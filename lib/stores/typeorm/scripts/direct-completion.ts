import { JOB_FORMAT_VERSION } from '../../../jobs/job-record.js';
import type { Completion, FinishedJob } from '../../job-store.js';
import { encodeOutcome } from '../codec/run-codec.js';
import { askEach, type Script, type SqlParams } from '../script.js';
import type { ScriptContext } from './script-context.js';
import { LATE_MS } from './tally-history.js';

interface DirectCompletion {
  readonly left: readonly Completion[];
  readonly finished: readonly FinishedJob[];
}

/**
 * Where that can be done, writes the outcomes of runs that have succeeded and whose jobs need nothing more, or only their
 * end: the statement that writes them says so. What it does not take is left.
 */
export function* completeDirectly(
  { sql, stamps }: ScriptContext,
  completions: readonly Completion[],
  now: number,
): Script<DirectCompletion> {
  if (!sql.direct) return { left: completions, finished: [] };
  // In which order a job's runs have failed and succeeded is what is counted.
  const failing = new Set(completions.filter(({ state }) => state !== 'succeeded').map(({ run }) => run.jobId));
  const direct: Completion[] = [];
  const left: Completion[] = [];
  for (const completion of completions) {
    const isDirect = isPlain(completion, now) && !failing.has(completion.run.jobId);
    (isDirect ? direct : left).push(completion);
  }
  const answers = yield* askEach<{ seq: number }>(sql.direct.endSucceeded, direct.map(endedRow));
  const written = new Set(answers.map(({ seq }) => seq));
  const ended: FinishedJob[] = [];
  for (const completion of direct) {
    const { jobId: id, gen, fence, seq } = completion.run;
    // The same run a second time in one batch has not been running any more.
    if (written.delete(seq)) ended.push({ id, gen, fence });
    else left.push(completion);
  }
  const deleted = yield* askEach<{ changes: number }>(sql.direct.deleteFinished, ended.map(keyOf));
  const finished = ended.filter((_, index) => deleted[index]?.changes === 1);
  stamps.noteRemoved(finished);
  return { left, finished };
}

function isPlain({ run, state, reason, finishedAt, retryDelayMs }: Completion, now: number): boolean {
  const hasReason = reason !== undefined || run.reason !== null;
  return state === 'succeeded' && retryDelayMs === null && !hasReason && finishedAt >= now - LATE_MS;
}

function endedRow({ run: { seq, runId, gen, fence }, finishedAt, outcome }: Completion): SqlParams {
  return {
    seq,
    run_id: runId,
    gen,
    fence,
    version: JOB_FORMAT_VERSION,
    finished_at: Math.floor(finishedAt),
    outcome: encodeOutcome(outcome),
  };
}

function keyOf({ id, gen, fence }: FinishedJob): SqlParams {
  return { id, gen, fence };
}
