import { DAY, HOUR, QUARTER } from '../tally-spans.js';
import type { TallyListShape } from './dialect.js';

/** What the bounds of a range are called as parameters: see `tally-spans.ts`. */
export const BOUNDS = ['hours_from', 'quarters_from', 'days_from', 'days_to', 'quarters_to', 'hours_to'] as const;

/** The hours, quarters, days, quarters and hours between the bounds of a range; a part each, so that each is found by the key. */
export function tallyList(table: string, { isOfShard }: TallyListShape): string {
  const parts = [HOUR, QUARTER, DAY, QUARTER, HOUR].map(
    (span, i) => `SELECT tally FROM ${table}
      WHERE span = ${span} AND since >= :${BOUNDS[i]} AND since < :${BOUNDS[i + 1]} ${isOfShard ? 'AND shard = :shard' : ''}`,
  );
  return parts.join(' UNION ALL ');
}

/**
 * What is read of a run `r` to add it up.
 *
 * @param isElsewhere a condition under which its job is there without a row of its own
 */
export function talliedColumns(job: string, isElsewhere = 'false'): string {
  return `r.seq, r.task, r.job_id, r.state, r.count, r.available_at, r.started_at, r.finished_at,
    CASE WHEN EXISTS (SELECT 1 FROM ${job} AS j WHERE j.id = r.job_id) OR ${isElsewhere} THEN 1 ELSE 0 END AS has_job`;
}
