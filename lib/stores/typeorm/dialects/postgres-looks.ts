import type { TableNames } from '../table-names.js';
import { idsOf, notAmong } from './postgres-lists.js';
import { busyJobs } from './busy-jobs.js';
import { tablesOf } from './postgres-names.js';

/** What a peek looks for, within a scope: see `FireStatements`. */
export interface Looks {
  /** @param until an expression of the time */
  due(until: string): string;
  /** @param after an expression of the time */
  nextDue(after: string): string;
  readonly nextQueued: string;
  /** Queued runs `r` of jobs `j` that neither a pause nor a lack of instances holds back, up to conditions that follow. */
  readonly queued: string;
}

/**
 * That a run is out, and of this job. Were it `state = 1`, the planner might take the index of what is running: in tables that
 * were not yet analysed it walks through all of that for each job, where the index of the job's unfinished runs has the few
 * that matter, past however many are queued.
 */
export function isRunOut(run: string, jobId: string): string {
  return `${run}.job_id = ${jobId} AND ${run}.state >= 1 AND ${run}.state <= 1`;
}

/** How many runs of a job are out. */
export function runningOf(run: string, jobId: string): string {
  return `(SELECT count(*) FROM ${run} AS u WHERE ${isRunOut('u', jobId)})`;
}

/**
 * That neither a job nor a run of it is on record. `ON CONFLICT` alone would not do for the job: were its last run carrying it
 * off at this moment, it would wait for that and then find the id free, without knowing of the run.
 */
export function isNew({ job, run }: Record<'job' | 'run', string>, id: string): string {
  return `(SELECT 1 FROM ${job} AS j WHERE j.id = ${id} LIMIT 1) IS NULL
          AND (SELECT 1 FROM ${run} AS r WHERE r.job_id = ${id} LIMIT 1) IS NULL`;
}

export function looksOf(tables: TableNames): Looks {
  const { job, run } = tablesOf(tables);
  const inScope = `j.executor = :executor AND j.def_version <= :version AND j.id ${notAmong('excluded', 'text')}
    AND ((j.origin = 1 AND j.task = ${idsOf('tasks')}) OR (j.origin = 0 AND j.id = ${idsOf('declared')}))`;
  const queued = `FROM ${run} AS r JOIN ${job} AS j ON j.id = r.job_id
    WHERE r.state = 0 AND r.job_id NOT IN (${busyJobs({ job, run })}) AND ${inScope} AND (j.status <> 0 OR r.gen = j.gen)`;
  // Each by its index.
  const firstQueued = (kind: string) =>
    `SELECT r.available_at ${queued} AND ${kind} ORDER BY r.available_at, r.seq LIMIT 1`;
  return {
    due: (until) => `SELECT j.* FROM ${job} AS j
      WHERE j.status = 1 AND j.due_at <= ${until} AND ${inScope} ORDER BY j.due_at, j.id LIMIT :limit`,
    nextDue: (after) => `SELECT j.due_at FROM ${job} AS j
      WHERE j.status = 1 AND j.due_at > ${after} AND ${inScope} ORDER BY j.due_at LIMIT 1`,
    nextQueued: `SELECT min(q.available_at) AS available_at FROM ((${firstQueued('r.origin <> 3')})
      UNION ALL (${firstQueued('r.origin = 3')})) AS q`,
    queued,
  };
}
