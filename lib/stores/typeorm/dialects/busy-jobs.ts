import type { TableNames } from '../table-names.js';

/**
 * The jobs without a free instance. They are found once for a question: where one of them has thousands of queued runs,
 * each of those is passed over at the cost of looking its job up among a few.
 *
 * @param hint where the database has to be told by which index it finds what is running
 * @param isRunning of a run `o`, as that index has it
 */
export function busyJobs({ job, run }: Pick<TableNames, 'job' | 'run'>, hint = '', isRunning = 'o.state = 1'): string {
  return `SELECT o.job_id FROM ${run} AS o ${hint} WHERE ${isRunning} GROUP BY o.job_id
    HAVING count(*) >= (SELECT f.max_instances FROM ${job} AS f WHERE f.id = o.job_id)`;
}
