import { requeued } from '../../../jobs/attempts.js';
import { errorOf } from '../../../jobs/outcome.js';
import { isRunOf } from '../../../jobs/retry.js';
import type { RunReason, RunRecord } from '../../../jobs/run-record.js';
import type { Completion, CompletionResult } from '../../job-store.js';
import { encodeAttempts, encodeOutcome } from '../codec/run-codec.js';
import { JOB_STATES, RUN_STATES, RUNNING } from '../codec/words.js';
import { askEach, type Script, type SqlParams } from '../script.js';
import { countFailures } from './count-failures.js';
import { completeDirectly } from './direct-completion.js';
import { lockForEnding, type JobFacts, type RunState } from './lock-ending.js';
import { retireIdle, retireSucceeded } from './retire.js';
import type { ScriptContext } from './script-context.js';
import { LATE_MS, tallyLate } from './tally-history.js';

type JobsById = ReadonlyMap<string, JobFacts>;

/** Writes outcomes: see `JobStoreSession.complete`. */
export function* complete(
  context: ScriptContext,
  completions: readonly Completion[],
  now: number,
): Script<CompletionResult> {
  const { left, finished } = yield* completeDirectly(context, completions, now);
  if (left.length === 0) return { fenced: [], retrying: [], cancelled: [], paused: [], finished };
  const rest = yield* completeRest(context, left, now);
  return { ...rest, finished: [...finished, ...rest.finished] };
}

function* completeRest(
  context: ScriptContext,
  completions: readonly Completion[],
  now: number,
): Script<CompletionResult> {
  const { sql } = context;
  const { jobs, runs, busyJobs } = yield* lockForEnding(context, completions);
  // All of such a job wait, so that they count in the order in which they are given.
  const isBusy = ({ run }: Completion): boolean => busyJobs.has(run.jobId);
  const busy = completions.filter(isBusy).map(({ run }) => run);
  const free = busy.length === 0 ? completions : completions.filter((completion) => !isBusy(completion));
  const { own, fenced } = sortOut(runs, free);
  const ended = own.filter((completion) => !hasRetry(completion, jobs));
  const retrying = own
    .filter((completion) => hasRetry(completion, jobs))
    .map(({ run, retryDelayMs, finishedAt, outcome }) =>
      requeued(run, now + (retryDelayMs ?? 0), finishedAt, errorOf(outcome)),
    );
  yield* askEach(sql.fires.endRuns, ended.map(endedRow));
  const late = ended.filter(({ finishedAt }) => finishedAt < now - LATE_MS);
  yield* tallyLate(
    context,
    late.map(({ run }) => run.seq),
  );
  yield* askEach(
    sql.fires.requeueRuns,
    retrying.map(({ seq, availableAt, attempts }) => ({
      seq,
      available_at: availableAt,
      attempts: encodeAttempts(attempts),
    })),
  );
  const known = new Set(completions.filter(({ state }) => state === 'cancelled').map(({ run }) => run.runId));
  const cancelled = ended.filter(({ state, run }) => state === 'cancelled' && !known.has(run.runId)).map(cancelledRun);
  const settled = yield* settleJobs(context, jobs, ended, now);
  return { fenced, retrying, cancelled, ...settled, ...(busy.length > 0 && { busy }) };
}

/** Which of the runs are still running as they were handed out. */
function sortOut(
  runs: ReadonlyMap<string, RunState>,
  completions: readonly Completion[],
): { readonly own: readonly Completion[]; readonly fenced: readonly RunRecord[] } {
  const stored = new Map(runs);
  const fenced: RunRecord[] = [];
  const own: Completion[] = [];
  for (const completion of completions) {
    const row = stored.get(completion.run.runId);
    if (!row || Number(row.state) !== RUNNING || Number(row.fence) !== completion.run.fence) {
      fenced.push(completion.run);
      continue;
    }
    own.push(withStoredGen(withoutRetry(completion, row.cancel_reason), Number(row.gen)));
    // The same run a second time in one batch is not running any more.
    stored.delete(row.run_id);
  }
  return { own, fenced };
}

/** A run that is to be cancelled is not tried again. */
function withoutRetry(completion: Completion, reason: RunReason | null): Completion {
  if (reason === null || completion.retryDelayMs === null) return completion;
  return { ...completion, state: 'cancelled', reason, retryDelayMs: null };
}

function cancelledRun({ run, reason, finishedAt, outcome }: Completion): RunRecord {
  return { ...run, state: 'cancelled', reason: reason ?? null, finishedAt, outcome };
}

/** A change of its job may have taken the run along since it was handed out. */
function withStoredGen(completion: Completion, gen: number): Completion {
  return completion.run.gen === gen ? completion : { ...completion, run: { ...completion.run, gen } };
}

function hasRetry({ run, retryDelayMs }: Completion, jobs: JobsById): boolean {
  const job = jobs.get(run.jobId);
  return retryDelayMs !== null && job !== undefined && isRunOf(run, { createdAt: Number(job.created_at) });
}

function endedRow({ run, state, reason, finishedAt, outcome }: Completion): SqlParams {
  return {
    seq: run.seq,
    state: RUN_STATES.indexOf(state),
    reason: reason ?? run.reason,
    finished_at: Math.floor(finishedAt),
    outcome: encodeOutcome(outcome),
  };
}

/** Counts failures, and pauses or retires what is to be; a job row is written for nothing else. */
function* settleJobs(
  context: ScriptContext,
  jobs: JobsById,
  ended: readonly Completion[],
  now: number,
): Script<Pick<CompletionResult, 'paused' | 'finished'>> {
  const counts = new Map(
    [...jobs].map(([id, { gen, failures }]) => [id, { gen: Number(gen), failures: Number(failures) }]),
  );
  const runs = ended.map(({ run, state }) => ({ jobId: run.jobId, gen: run.gen, state }));
  const paused = yield* countFailures(context, counts, runs, now);
  const isFinished = (id: string) => {
    const job = jobs.get(id);
    return job !== undefined && JOB_STATES[Number(job.status)] === 'finished' && Number(job.retired) === 0;
  };
  const idsOf = (completions: readonly Completion[]) => completions.map(({ run }) => run.jobId).filter(isFinished);
  const succeeded = yield* retireSucceeded(context, idsOf(ended.filter(({ state }) => state === 'succeeded')));
  // Of those that are retired by now nothing is found.
  const others = yield* retireIdle(context, idsOf(ended.filter(({ state }) => state !== 'succeeded')));
  return { paused, finished: [...succeeded, ...others] };
}
