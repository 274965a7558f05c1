import type { RunRecord } from '../../../jobs/run-record.js';
import type { Completion, CompletionResult } from '../../job-store.js';
import { encodeOutcome } from '../codec/run-codec.js';
import { JOB_STATES, RUN_STATES, RUNNING } from '../codec/words.js';
import { askEach, askInPieces, type Script, type SqlParams } from '../script.js';
import { retireIdle } from './retire.js';
import { unique, type ScriptContext } from './script-context.js';

interface RunState {
  readonly seq: number;
  readonly run_id: string;
  readonly fence: number;
  readonly state: number;
}

interface JobFacts {
  readonly id: string;
  readonly gen: number;
  readonly status: number;
  readonly retired: number;
  readonly failures: number;
}

/** Writes outcomes: see `JobStoreSession.complete`. */
export function* complete(context: ScriptContext, completions: readonly Completion[]): Script<CompletionResult> {
  const { sql } = context;
  const runIds = completions.map(({ run }) => run.runId);
  const rows = yield* askInPieces<RunState>(sql.fires.lockRuns, 'ids', unique(runIds));
  const stored = new Map(rows.map((row) => [row.run_id, row]));
  const fenced: RunRecord[] = [];
  const own: Completion[] = [];
  for (const completion of completions) {
    const row = stored.get(completion.run.runId);
    if (!row || Number(row.state) !== RUNNING || Number(row.fence) !== completion.run.fence) {
      fenced.push(completion.run);
      continue;
    }
    own.push(completion);
    // The same run a second time in one batch is not running any more.
    stored.delete(row.run_id);
  }
  yield* askEach(sql.fires.endRuns, own.map(endedRow));
  return { fenced, finished: yield* settleJobs(context, own) };
}

function endedRow({ run, state, finishedAt, outcome }: Completion): SqlParams {
  return {
    seq: run.seq,
    state: RUN_STATES.indexOf(state),
    reason: run.reason,
    finished_at: Math.floor(finishedAt),
    outcome: encodeOutcome(outcome),
  };
}

/** Counts failures and retires what has ended; a job row is written for nothing else. */
function* settleJobs(context: ScriptContext, ended: readonly Completion[]): Script<CompletionResult['finished']> {
  const { sql } = context;
  const ids = unique(ended.map(({ run }) => run.jobId));
  const rows = yield* askInPieces<JobFacts>(sql.fires.jobStates, 'ids', ids);
  const jobs = new Map(rows.map((row) => [row.id, row]));
  yield* askEach(sql.fires.setFailures, changedFailures(jobs, ended));
  const isFinished = ({ status, retired }: JobFacts) =>
    JOB_STATES[Number(status)] === 'finished' && Number(retired) === 0;
  return yield* retireIdle(
    context,
    rows.filter(isFinished).map((row) => row.id),
  );
}

/** A run of an earlier definition says nothing about the job as it is now. */
function changedFailures(jobs: ReadonlyMap<string, JobFacts>, ended: readonly Completion[]): SqlParams[] {
  const counts = new Map<string, number>();
  for (const { run, state } of ended) {
    const job = jobs.get(run.jobId);
    if (!job || Number(job.gen) !== run.gen || state === 'cancelled') continue;
    const before = counts.get(job.id) ?? Number(job.failures);
    counts.set(job.id, state === 'failed' ? before + 1 : 0);
  }
  const changed = [...counts].filter(([id, failures]) => failures !== Number(jobs.get(id)?.failures));
  return changed.map(([id, failures]) => ({ id, failures }));
}
