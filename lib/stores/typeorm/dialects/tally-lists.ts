import type { TallyListShape } from './dialect.js';

/** The days, and the hours around them; a part each, so that each is found by the key. */
export function tallyList(table: string, { hasJobId }: TallyListShape): string {
  const part = (span: number, first: string, end: string) =>
    `SELECT task, job_id, tally FROM ${table} WHERE span = ${span} AND since >= :${first} AND since < :${end}${hasJobId ? ' AND job_id = :job_id' : ''}`;
  return [part(2, 'days_from', 'days_to'), part(1, 'from', 'days_from'), part(1, 'days_to', 'to')].join(' UNION ALL ');
}

/** What is read of a run `r` to add it up. */
export function talliedColumns(job: string): string {
  return `r.seq, r.task, r.job_id, r.state, r.count, r.available_at, r.started_at, r.finished_at,
    CASE WHEN EXISTS (SELECT 1 FROM ${job} AS j WHERE j.id = r.job_id) THEN 1 ELSE 0 END AS has_job`;
}
