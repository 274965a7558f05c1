import type { Unreadable, UnreadableJob, UnreadableRun } from '../../job-store.js';
import { JobCodec } from '../codec/job-codec.js';
import { tryDecodeRun } from '../codec/run-codec.js';
import type { UnreadableRunError } from '../typeorm-errors.js';
import { ask, type Row, type Script } from '../script.js';
import type { ScriptContext } from './script-context.js';

/** Where the search goes on. */
export interface SearchPosition {
  jobId: string;
  run: { readonly job_id: string; readonly state: number; readonly seq: number };
}

export const START: Readonly<SearchPosition> = { jobId: '', run: { job_id: '', state: -1, seq: 0 } };

/** Looks at the next rows of both tables: see `JobStoreSession.findUnreadable`. */
export function* findUnreadable({ sql }: ScriptContext, position: SearchPosition, limit: number): Script<Unreadable> {
  const jobRows = yield* ask<Row>(sql.jobs.page, { after: position.jobId, limit });
  const runRows = yield* ask<Row>(sql.history.unfinishedPage, { ...position.run, limit });
  const hasSeenAll = jobRows.length < limit && runRows.length < limit;
  Object.assign(position, hasSeenAll ? START : positionAfter(position, jobRows.at(-1), runRows.at(-1)));
  return { jobs: unreadableJobs(jobRows), runs: unreadableRuns(runRows), hasSeenAll };
}

function positionAfter(before: SearchPosition, job: Row | undefined, run: Row | undefined): SearchPosition {
  return {
    jobId: job ? String(job['id']) : before.jobId,
    run: run ? { job_id: String(run['job_id']), state: Number(run['state']), seq: Number(run['seq']) } : before.run,
  };
}

function unreadableJobs(rows: readonly Row[]): UnreadableJob[] {
  const codec = new JobCodec(false);
  const unreadable: UnreadableJob[] = [];
  for (const row of rows) {
    const job = codec.tryDecode(row);
    if (job instanceof Error) unreadable.push({ id: String(row['id']), error: job });
  }
  return unreadable;
}

function unreadableRuns(rows: readonly Row[]): UnreadableRun[] {
  const unreadable: UnreadableRun[] = [];
  for (const row of rows) {
    const run = tryDecodeRun(row);
    if (run instanceof Error) unreadable.push(unreadableRun(row, run));
  }
  return unreadable;
}

export function unreadableRun(row: Row, error: UnreadableRunError): UnreadableRun {
  return { runId: String(row['run_id']), jobId: String(row['job_id']), error };
}
