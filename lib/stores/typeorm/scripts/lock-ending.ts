import type { Completion } from '../../job-store.js';
import type { RunReason } from '../../../jobs/run-record.js';
import type { FreeRowStatements } from '../dialects/free-rows.js';
import { askInPieces, type Script } from '../script.js';
import { lockRows } from './lock-jobs.js';
import { unique, type ScriptContext } from './script-context.js';

/** A run that is running, as it is stored. */
export interface RunState {
  readonly seq: number;
  readonly run_id: string;
  readonly job_id: string;
  readonly gen: number;
  readonly fence: number;
  readonly state: number;
  readonly cancel_reason: RunReason | null;
  readonly carries?: number;
}

export interface JobFacts {
  readonly id: string;
  readonly gen: number;
  readonly status: number;
  readonly retired: number;
  readonly failures: number;
  readonly created_at: number;
}

/** What outcomes need under lock, as far as it can be had. */
export interface Locked {
  readonly jobs: Map<string, JobFacts>;
  readonly runs: Map<string, RunState>;
  /** Jobs that somebody else has locked, or one of whose runs with an outcome here. */
  readonly busyJobs: ReadonlySet<string>;
}

const NONE_BUSY: ReadonlySet<string> = new Set();

/**
 * Locks the jobs and then the runs of these outcomes. Where others lock rows as well it waits for none of them, who may be an
 * application in a transaction of its own: the outcomes of all other jobs would have to wait, too.
 */
export function* lockForEnding(context: ScriptContext, completions: readonly Completion[]): Script<Locked> {
  const { free, fires } = context.sql;
  const jobIds = unique(completions.map(({ run }) => run.jobId));
  const runIds = unique(completions.map(({ run }) => run.runId));
  const jobs = free
    ? yield* askInPieces<JobFacts>(free.jobStates, 'ids', jobIds)
    : yield* lockRows<JobFacts>(context, fires.jobStates, jobIds);
  const runs = yield* askInPieces<RunState>(fires.lockRuns, 'ids', runIds);
  const locked = {
    jobs: new Map(jobs.map((row) => [row.id, row])),
    runs: new Map(runs.map((row) => [row.run_id, row])),
    busyJobs: NONE_BUSY,
  };
  const isComplete = locked.jobs.size === jobIds.length && locked.runs.size === runIds.length;
  if (!free || isComplete) return locked;
  yield* bringBackCarried(context, free, locked);
  return { ...locked, busyJobs: yield* busyAmong(free, locked, completions) };
}

/**
 * Jobs that are carried by one of these runs. Everybody else locks the job first: who is about to bring it back waits for the run
 * now, so this must not wait for him.
 */
function* bringBackCarried({ sql }: ScriptContext, free: FreeRowStatements, { jobs, runs }: Locked): Script<void> {
  const ids = [...runs.values()].filter((run) => run.carries === 1 && !jobs.has(run.job_id)).map((run) => run.job_id);
  if (!sql.carried || ids.length === 0) return;
  yield* askInPieces(sql.carried.bringBackNow, 'ids', ids);
  for (const row of yield* askInPieces<JobFacts>(free.jobStates, 'ids', ids)) jobs.set(row.id, row);
}

/** Of what could not be locked, what is there nevertheless is somebody else's for now. */
function* busyAmong(
  free: FreeRowStatements,
  { jobs, runs }: Locked,
  completions: readonly Completion[],
): Script<ReadonlySet<string>> {
  const left = completions.filter(({ run }) => !runs.has(run.runId));
  const running = yield* askInPieces<{ run_id: string; fence: number }>(
    free.running,
    'ids',
    unique(left.map(({ run }) => run.runId)),
  );
  const fences = new Map(running.map(({ run_id, fence }) => [run_id, Number(fence)]));
  const jobsOfRuns = left.filter(({ run }) => fences.get(run.runId) === run.fence).map(({ run }) => run.jobId);
  const missing = unique(completions.map(({ run }) => run.jobId)).filter((id) => !jobs.has(id));
  const there = yield* askInPieces<{ id: string }>(free.jobs, 'ids', missing);
  return new Set([...jobsOfRuns, ...there.map(({ id }) => id)]);
}
