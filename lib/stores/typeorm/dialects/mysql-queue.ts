import type { TableNames } from '../table-names.js';
import { busyJobs } from './busy-jobs.js';
import { idsAmong, numbersAmong } from './mysql-lists.js';
import { PHASES } from './mysql-schema.js';

/**
 * Of a job `j`. Tasks and declared jobs are written out: those are looked for in the index, while a list that comes as JSON is
 * only looked at beside the row, which took ten times as long among thousands of overdue jobs whose task nobody knows.
 */
export const IN_SCOPE = `j.executor = :executor AND j.def_version <= :version AND j.id NOT IN ${idsAmong('excluded')}
    AND ((j.origin = 1 AND j.task IN (:tasks...)) OR (j.origin = 0 AND j.id IN (:declared...)))`;

/** The phases of runs that wait, those that go first before the others. */
const QUEUE = [PHASES.retry, PHASES.waiting, PHASES.backfill];

/**
 * Runs `q` that wait, of jobs that `isWanted` may leave out. Which may be taken is found out in the index alone: thousands
 * of one busy job are passed over for one that is not, at the cost of looking the job up among a few.
 */
function waiting(tables: TableNames, phase: number, isWanted = ''): string {
  const { job, run, runPhaseIndex } = tables;
  return `${run} AS q FORCE INDEX (${runPhaseIndex}) STRAIGHT_JOIN ${job} AS j ON j.id = q.job_id
    WHERE q.phase = ${phase} AND q.phase_node IS NULL ${isWanted} AND q.job_id NOT IN (${busyJobs(tables, `FORCE INDEX (${runPhaseIndex})`, `o.phase = ${PHASES.running}`)}) AND ${IN_SCOPE}
      AND (j.status <> 0 OR j.gen = (SELECT g.gen FROM ${run} AS g WHERE g.seq = q.seq))`;
}

export function nextQueued(tables: TableNames): string {
  const firstOf = (phase: number) =>
    `(SELECT q.phase_at AS available_at FROM ${waiting(tables, phase)} ORDER BY q.phase_at, q.seq LIMIT 1)`;
  return `SELECT min(available_at) AS available_at FROM (${QUEUE.map(firstOf).join(' UNION ALL ')}) AS queued`;
}

export function takeable(tables: TableNames): string {
  const isWanted = `AND q.phase_at <= :now AND q.job_id NOT IN ${idsAmong('full')} AND q.seq NOT IN ${numbersAmong('settled')}`;
  const firstOf = (phase: number) => `(SELECT q.phase, q.phase_at, q.seq
    FROM ${waiting(tables, phase, phase === PHASES.backfill ? `AND :backfills = 1 ${isWanted}` : isWanted)}
    ORDER BY q.phase_at, q.seq LIMIT :limit)`;
  return `SELECT r.*
    FROM (${QUEUE.map(firstOf).join(' UNION ALL ')} ORDER BY phase, phase_at, seq LIMIT :limit) AS page
    STRAIGHT_JOIN ${tables.run} AS r FORCE INDEX (PRIMARY) ON r.seq = page.seq
    ORDER BY page.phase, page.phase_at, page.seq`;
}
