import type { TableNames } from '../table-names.js';
import { JOB_COLUMNS } from './columns.js';
import type { CarriedStatements } from './shortcut-statements.js';
import { idsOf } from './postgres-lists.js';
import { isRunOut } from './postgres-looks.js';
import { tablesOf } from './postgres-names.js';
import { MOMENT_MS, patienceOf } from './postgres-patience.js';

/** What a row of a job holds that does not follow from the run: in the order of the list. New ones come at its end. */
const CARRIED = {
  name: 'text',
  trigger_def: 'text',
  args: 'text',
  metadata: 'text',
  executor: 'text',
  max_instances: 'integer',
  policy: 'text',
  series: 'integer',
  run_count: 'integer',
  failures: 'integer',
  definition: 'text',
  def_version: 'smallint',
  created_at: 'bigint',
  updated_at: 'bigint',
  pruned_from: 'bigint',
  pruned_until: 'bigint',
} as const;

/** The others, of the run `r`. */
const OF_RUN: Readonly<Record<string, string>> = {
  id: 'r.job_id',
  task: 'r.task',
  tags: `coalesce(r.tags, '[]')`,
  origin: '1::smallint',
  status: '2::smallint',
  next_fire_at: 'NULL::bigint',
  due_at: 'NULL::bigint',
  last_fire_at: 'r.scheduled_at',
  gen: 'r.gen',
  fence: 'r.fence',
  pause_reason: 'NULL::text',
  retired: '0::smallint',
};

const ALL_JOB_COLUMNS = [...JOB_COLUMNS, 'retired', 'pruned_from', 'pruned_until'];

/** Of an ended run that has carried its job: that is gone. */
export const CARRIED_TO_ITS_END = `'{}'::text[]`;

/** What a run takes along of its job `j`, whose last fire it is, as the list `carried_job`. */
export function carriedOf(): string {
  const fields = Object.entries(CARRIED).map(([column, type]) => {
    const value = column === 'run_count' ? '(j.run_count + 1)' : `j.${column}`;
    return type === 'text' ? value : `${value}::text`;
  });
  return `ARRAY[${fields.join(', ')}]`;
}

/** Jobs that are in their table, or carried by a run, as a table `j` of all that a row of a job holds. */
export function jobsAnywhere(tables: TableNames): string {
  const { job, run } = tablesOf(tables);
  return `(SELECT ${ALL_JOB_COLUMNS.join(', ')} FROM ${job}
    UNION ALL SELECT ${carriedColumns()} FROM ${run} AS r WHERE ${carries('r')}) AS j`;
}

/** The condition that a run carries the job of this id. */
export function isCarried(tables: TableNames, id: string): string {
  const { run } = tablesOf(tables);
  return `EXISTS (SELECT 1 FROM ${run} AS c WHERE ${isRunOut('c', id)} AND c.carried_job IS NOT NULL)`;
}

/**
 * The job is inserted before its run is touched, as everybody locks jobs before runs: who had waited for the run would keep its
 * lock, also if somebody else had brought the job back meanwhile, and could then wait for the job of somebody who waits for the run.
 */
export function carriedStatements(tables: TableNames): CarriedStatements {
  const { job, run } = tablesOf(tables);
  const isOut = isRunOut('r', idsOf('ids'));
  const bringBack = (more: string, source: string): string => `WITH ${more}
      r AS MATERIALIZED (SELECT r.* FROM ${run} AS r WHERE ${isOut} AND r.carried_job IS NOT NULL ORDER BY r.job_id),
      i AS (INSERT INTO ${job} (${ALL_JOB_COLUMNS.join(', ')}) SELECT ${carriedColumns()} FROM ${source}
        ON CONFLICT (id) DO NOTHING RETURNING id),
      u AS (UPDATE ${run} AS t SET carried_job = NULL FROM r JOIN i ON i.id = r.job_id
        WHERE t.seq = r.seq AND ${carries('t')} RETURNING t.job_id)
      SELECT r.job_id AS id, CASE WHEN i.id IS NOT NULL AND u.job_id IS NULL THEN 1 ELSE 0 END AS has_ended
      FROM ${run} AS r LEFT JOIN i ON i.id = r.job_id LEFT JOIN u ON u.job_id = r.job_id WHERE ${isOut}
      UNION SELECT j.id, 0 FROM ${job} AS j WHERE j.id = ${idsOf('ids')} ORDER BY id`;
  return {
    bringBack: bringBack('', 'r'),
    bringBackNow: bringBack(`${patienceOf(MOMENT_MS)},`, 'r CROSS JOIN patience'),
  };
}

/** The condition under which the run carries its job. */
function carries(run: string): string {
  return `${run}.state = 1 AND ${run}.carried_job IS NOT NULL`;
}

function carriedColumns(): string {
  const places = Object.keys(CARRIED);
  const values = ALL_JOB_COLUMNS.map((column) => {
    const type = (CARRIED as Readonly<Record<string, string>>)[column];
    if (type === undefined) return `${OF_RUN[column]} AS ${column}`;
    return `r.carried_job[${places.indexOf(column) + 1}]::${type} AS ${column}`;
  });
  return values.join(', ');
}
