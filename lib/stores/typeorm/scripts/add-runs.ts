import type { RunRecord } from '../../../jobs/run-record.js';
import type { AddedRuns, RunDecision, RunDraft } from '../../job-store.js';
import { decodeRun } from '../codec/run-codec.js';
import { askInPieces, type Row, type Script } from '../script.js';
import { supersedeRuns } from './cancel-runs.js';
import { lockJobs } from './lock-jobs.js';
import { insertRuns, newRun, type RunDetails } from './new-runs.js';
import type { ScriptContext } from './script-context.js';
import { occupancyWithin } from './unfinished-runs.js';

/** Adds runs beside the schedule: see `JobStoreSession.addRuns`. */
export function* addRuns(
  context: ScriptContext,
  jobId: string,
  decide: RunDecision,
  now: number,
): Script<AddedRuns | null> {
  const { jobs, unreadable, pruned } = yield* lockJobs(context, [jobId]);
  const job = jobs.get(jobId);
  if (!job) {
    const error = unreadable.get(jobId);
    if (error) throw error;
    return null;
  }
  const busy = yield* occupancyWithin(context, job, now);
  const drafts = decide(job, { ...busy, pruned: pruned.get(jobId) ?? null }, now);
  const known = yield* runsById(
    context,
    drafts.map(({ runId }) => runId),
  );
  const fresh = drafts.filter(({ runId }) => !known.has(runId));
  const taken = yield* insertRuns(
    context,
    fresh.map((draft) => ({ run: newRun(job, draft.runId, draft.scheduledAt, detailsOf(draft, now)), job })),
  );
  const waiting = busy.queuedDue + fresh.filter((draft) => waitsAt(draft, now)).length;
  const toCancel = yield* supersedeRuns(context, fresh.some(({ supersedes }) => supersedes) ? [{ job, waiting }] : []);
  return { job, added: taken.map(({ run }) => run), known: [...known.values()], toCancel };
}

function* runsById({ sql }: ScriptContext, ids: readonly string[]): Script<ReadonlyMap<string, RunRecord>> {
  const rows = yield* askInPieces<Row>(sql.history.runs, 'ids', ids);
  return new Map(rows.map((row) => [String(row['run_id']), decodeRun(row)]));
}

function waitsAt({ state, origin, availableAt }: RunDraft, now: number): boolean {
  return state === 'queued' && origin !== 'backfill' && availableAt <= now;
}

function detailsOf({ state, availableAt, origin, args, reason, scheduledAt }: RunDraft, now: number): RunDetails {
  const asked = { state, availableAt, origin, args, reason };
  return state === 'queued' ? asked : { ...asked, untilAt: scheduledAt, count: 1, finishedAt: now };
}
