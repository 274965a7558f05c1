import type { TableNames } from '../table-names.js';
import type { DirectStatements } from './shortcut-statements.js';

/**
 * Each row is found by its key; what is asked besides costs a look into an index. A `+` keeps SQLite from looking for rows
 * by what it stands before: after an ANALYZE of an idle database it would walk through all that is running.
 */
export function sqliteDirect({ job, run, runUnfinishedIndex }: TableNames): DirectStatements {
  const unfinishedOf = (id: string) =>
    `SELECT 1 FROM ${run} AS u INDEXED BY ${runUnfinishedIndex} WHERE u.job_id = ${id} AND u.state <= 1`;
  return {
    advanceIdle: `UPDATE ${job} AS j SET next_fire_at = :next_fire_at, due_at = :due_at, last_fire_at = :last_fire_at,
        fence = :fence, run_count = :run_count, status = :status
      WHERE id = :id AND status = 1 AND next_fire_at = :expected_at AND due_at = :expected_due_at
        AND gen = :gen AND fence = :expected_fence AND failures = :failures
        AND NOT EXISTS (${unfinishedOf('j.id')}) AND NOT EXISTS (SELECT 1 FROM ${run} WHERE run_id = :run_id)`,
    endSucceeded: `WITH ended(seq, run_id, gen, fence, version, finished_at, outcome)
      AS (VALUES (:seq, :run_id, :gen, :fence, :version, :finished_at, :outcome)) UPDATE ${run} AS r
      SET state = 2, finished_at = e.finished_at, outcome = e.outcome FROM ended AS e
      WHERE r.seq = e.seq AND +r.state = 1 AND +r.run_id = e.run_id AND r.gen = e.gen AND r.fence = e.fence
        AND NOT EXISTS (SELECT 1 FROM ${job} AS j WHERE j.id = r.job_id AND CASE j.status
          WHEN 2 THEN j.retired = 1 OR j.origin <> 1 OR j.gen <> r.gen OR j.fence <> r.fence OR j.def_version > e.version
            OR EXISTS (${unfinishedOf('r.job_id')} AND u.seq <> r.seq)
          ELSE j.gen = r.gen AND j.failures <> 0 END)
      RETURNING seq`,
    deleteFinished: `DELETE FROM ${job} WHERE id = :id AND status = 2 AND gen = :gen AND fence = :fence`,
  };
}
