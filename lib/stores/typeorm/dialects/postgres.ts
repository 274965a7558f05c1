import type { TableNames } from '../table-names.js';
import { JOB_COLUMNS, NODE_COLUMNS, RUN_COLUMNS, RUN_TAG_COLUMNS, stampsOf, TALLY_COLUMNS } from './columns.js';
import type {
  Dialect,
  FireStatements,
  HistoryStatements,
  JobListShape,
  JobStatements,
  NodeStatements,
  TallyStatements,
} from './dialect.js';
import type { FreeRowStatements } from './free-rows.js';
import { carriedStatements, isCarried, jobsAnywhere } from './postgres-carried.js';
import { givenLists, givenRows, idsOf, notAmong, numbersOf } from './postgres-lists.js';
import { isNew, looksOf } from './postgres-looks.js';
import { tablesOf } from './postgres-names.js';
import { postgresPlain } from './postgres-plain.js';
import { postgresSchema } from './postgres-schema.js';
import { among, runList, type RunSources } from './run-lists.js';
import { mayStillRun, runsSomewhere } from './runs-somewhere.js';
import { talliedColumns, tallyList } from './tally-lists.js';
import { where } from './where.js';

/**
 * PostgreSQL. Rows are locked one by one, always in the order of their ids, so that no two transactions wait for each
 * other. Many rows come as one JSON text, which saves their round trips.
 *
 * A list is an array made by a subquery: the planner then looks its members up in the index, whatever it believes
 * about the size of the table.
 */
export function postgresDialect(tables: TableNames): Dialect {
  return {
    tables,
    schema: postgresSchema(tables),
    nodes: nodeStatements(tables),
    jobs: jobStatements(tables),
    fires: fireStatements(tables),
    history: historyStatements(tables),
    tallies: tallyStatements(tables),
    plain: postgresPlain(tables, jobStatements(tables), historyStatements(tables)),
    direct: null,
    carried: carriedStatements(tables),
    free: freeRowStatements(tables),
    // Other levels than READ COMMITTED are refused.
    latest: null,
  };
}

/** Sets columns of the rows whose `key` is given, and perhaps other columns `beside` them. */
function updateRows(
  table: string,
  key: string,
  columns: readonly string[],
  more = '',
  beside: readonly string[] = [],
): string {
  const assignments = columns.map((column) => `"${column}" = d."${column}"`).join(', ');
  return `UPDATE ${table} AS t SET ${assignments}${more} FROM ${givenRows([key, ...columns, ...beside])} WHERE t."${key}" = d."${key}"`;
}

function insertRows(table: string, columns: readonly string[]): string {
  const names = columns.map((column) => `"${column}"`).join(', ');
  return `INSERT INTO ${table} (${names}) SELECT ${names} FROM ${givenLists(columns)}`;
}

function nodeStatements(tables: TableNames): NodeStatements {
  const { node } = tablesOf(tables);
  const rejoined = NODE_COLUMNS.filter((column) => column !== 'id' && column !== 'started_at');
  return {
    put: `INSERT INTO ${node} (${NODE_COLUMNS.join(', ')}) VALUES (${NODE_COLUMNS.map((each) => `:${each}`).join(', ')})
      ON CONFLICT (id) DO UPDATE SET ${rejoined.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    lock: `SELECT lease_until FROM ${node} WHERE id = :id FOR UPDATE`,
    share: `SELECT lease_until FROM ${node} WHERE id = :id FOR KEY SHARE`,
    renew: `UPDATE ${node} SET heartbeat_at = :now, lease_until = :lease_until WHERE id = :id`,
    delete: `DELETE FROM ${node} WHERE id = :id`,
    all: `SELECT * FROM ${node} ORDER BY started_at, id`,
  };
}

function jobStatements(tables: TableNames): JobStatements {
  const { job, run } = tablesOf(tables);
  // Walks from executor to executor by the index, however many jobs each has.
  const lanes = `WITH RECURSIVE lane(executor) AS (
        SELECT (SELECT min(executor) FROM ${job} WHERE status = 1)
        UNION ALL
        SELECT (SELECT min(j.executor) FROM ${job} AS j WHERE j.status = 1 AND j.executor > lane.executor)
        FROM lane WHERE lane.executor IS NOT NULL)`;
  const select = (columns: string) => `SELECT ${columns} FROM ${job} AS j WHERE j.id = ${idsOf('ids')} ORDER BY j.id`;
  const byIds = select('j.*');
  const replaced = JOB_COLUMNS.filter((column) => column !== 'id' && column !== 'fence');
  const idsBy = (column: string) => `SELECT j.id FROM ${job} AS j
    WHERE j.${column} = :name AND j.status <> 2 AND j.id > :after ORDER BY j.id LIMIT :limit`;
  return {
    read: `SELECT j.* FROM ${jobsAnywhere(tables)} WHERE j.id = ${idsOf('ids')} ORDER BY j.id`,
    lock: `${byIds} FOR UPDATE`,
    tryLock: `${byIds} FOR UPDATE SKIP LOCKED`,
    tryLockStamps: `${select(stampsOf('j'))} FOR UPDATE SKIP LOCKED`,
    lastSeries: `SELECT r.job_id, max(CASE WHEN substr(r.run_id, length(r.job_id) + 1, 1) = '~'
        THEN substring(substr(r.run_id, length(r.job_id) + 2) FROM '^[0-9]+')::integer ELSE 1 END) AS last_series
      FROM ${run} AS r WHERE r.job_id = ${idsOf('ids')} GROUP BY r.job_id`,
    insert: insertRows(job, JOB_COLUMNS),
    insertNew: `WITH i AS (${insertRows(job, JOB_COLUMNS)}
        WHERE ${isNew({ job, run }, 'd.id')}
        ON CONFLICT (id) DO NOTHING RETURNING id)
      SELECT count(*) AS stored, string_agg(id, ' ') AS ids FROM i`,
    replace: `UPDATE ${job} AS t SET ${replaced.map((column) => `${column} = d.${column}`).join(', ')},
        fence = greatest(t.fence, d.fence), retired = CASE WHEN d.status = 2 THEN t.retired ELSE 0 END
      FROM ${givenRows(JOB_COLUMNS)} WHERE t.id = d.id`,
    delete: `DELETE FROM ${job} WHERE id = ${idsOf('ids')}`,
    list: ({ hasIds, hasTasks, hasExecutor, hasStatuses, hasOrigin }: JobListShape) =>
      `SELECT * FROM ${jobsAnywhere(tables)} ${where([
        hasIds && `id = ${idsOf('ids')}`,
        hasTasks && `task = ${idsOf('tasks')}`,
        hasExecutor && 'executor = :executor',
        hasStatuses && `status = ${numbersOf('statuses')}`,
        hasOrigin && 'origin = :origin',
      ])} ORDER BY id`,
    page: `SELECT * FROM ${job} WHERE id > :after ORDER BY id LIMIT :limit`,
    idsOfTask: idsBy('task'),
    idsOfExecutor: idsBy('executor'),
    countByTask: `SELECT task, count(*) AS jobs FROM ${job} WHERE status <> 2 GROUP BY task`,
    // Looks at the first due job of each executor.
    nextFire: `${lanes}
      SELECT min((SELECT j.next_fire_at FROM ${job} AS j
        WHERE j.status = 1 AND j.executor = lane.executor AND j.due_at IS NOT NULL AND ${runsSomewhere('j.policy')}
        ORDER BY j.due_at LIMIT 1)) AS next_fire_at FROM lane`,
    executors: `${lanes} SELECT executor FROM lane WHERE executor IS NOT NULL`,
  };
}

function fireStatements(tables: TableNames): FireStatements {
  const { job, run } = tablesOf(tables);
  const looks = looksOf(tables);
  const unfinishedOf = (id: string) => `${run} AS u WHERE u.job_id = ${id} AND u.state <= 1`;
  const takeableBy = (kind: string) => `SELECT r.* ${looks.queued} AND ${kind} AND r.available_at <= :now
      AND r.job_id ${notAmong('full', 'text')} AND r.seq ${notAmong('settled', 'bigint')}
    ORDER BY r.available_at, r.seq LIMIT :limit`;
  return {
    due: looks.due(':until'),
    nextDue: looks.nextDue(':after'),
    nextQueued: looks.nextQueued,
    dueAmong: `SELECT j.* FROM ${job} AS j WHERE j.id = ${idsOf('ids')}
      AND j.status = 1 AND j.due_at <= :until AND j.executor = ${idsOf('executors')} AND j.def_version <= :version`,
    // Retries and backfills have an index of their own each: among thousands of other runs that wait none is looked for.
    takeable: `(${takeableBy('r.origin <> 3 AND r.attempt > 1')}) UNION ALL (${takeableBy('r.origin <> 3 AND r.attempt = 1')})
      UNION ALL (${takeableBy('r.origin = 3 AND :backfills::integer = 1')}) LIMIT :limit`,
    stillQueued: `SELECT seq, fence FROM ${run} WHERE seq = ${numbersOf('seqs')} AND state + 0 = 0`,
    occupancy: `SELECT u.job_id, count(*) FILTER (WHERE u.state = 1) AS running,
        count(*) FILTER (WHERE u.state = 1 AND u.origin = 3) AS running_backfills,
        count(*) FILTER (WHERE u.state = 0 AND u.available_at <= :now AND u.origin <> 3) AS queued_due
      FROM ${run} AS u WHERE u.job_id = ${idsOf('ids')} AND u.state <= 1 GROUP BY u.job_id`,
    existingRuns: `SELECT run_id FROM ${run} WHERE run_id = ${idsOf('ids')}`,
    advanceJobs: updateRows(job, 'id', ['next_fire_at', 'due_at', 'last_fire_at', 'fence', 'run_count', 'status']),
    setFences: updateRows(job, 'id', ['fence']),
    insertRuns: `${insertRows(run, RUN_COLUMNS)} RETURNING seq, run_id`,
    insertedRuns: null,
    changeOpenRuns: updateRows(run, 'seq', ['gen', 'args']),
    startRuns: updateRows(run, 'seq', ['node', 'fence', 'started_at'], ', state = 1'),
    lockRuns: `SELECT r.seq, r.run_id, r.job_id, r.gen, r.fence, r.state, r.cancel_reason,
        CASE WHEN r.carried_job IS NULL THEN 0 ELSE 1 END AS carries FROM ${run} AS r
      WHERE r.run_id = ${idsOf('ids')} AND r.state + 0 = 1 ORDER BY r.seq FOR UPDATE SKIP LOCKED`,
    endRuns: updateRows(run, 'seq', ['state', 'reason', 'finished_at', 'outcome']),
    noteProgress: `${updateRows(run, 'seq', ['progress'], '', ['fence'])} AND t.state + 0 = 1 AND t.fence = d.fence`,
    markRuns: updateRows(run, 'seq', ['cancel_reason']),
    markedRuns: `SELECT r.run_id, r.cancel_reason FROM ${run} AS r
      WHERE r.node = :node AND r.state = 1 AND r.cancel_reason IS NOT NULL`,
    requeueRuns: updateRows(
      run,
      'seq',
      ['available_at', 'attempts'],
      ', state = 0, node = NULL, started_at = NULL, progress = NULL, attempt = t.attempt + 1',
    ),
    jobsOfNode: `SELECT DISTINCT r.job_id AS id FROM ${run} AS r WHERE r.node = :node AND r.state = 1`,
    runsOfNode: `SELECT r.* FROM ${run} AS r WHERE r.node = :node AND r.state = 1 ORDER BY r.seq FOR UPDATE`,
    unfinishedRuns: `SELECT u.* FROM ${run} AS u
      WHERE u.job_id = ${idsOf('ids')} AND u.state <= 1 AND u.state + 0 = :state ORDER BY u.seq`,
    jobStates: jobStates(tables),
    setFailures: updateRows(job, 'id', ['failures']),
    pauseJobs: updateRows(job, 'id', ['status', 'gen', 'failures', 'pause_reason', 'updated_at']),
    retirable: `SELECT j.* FROM ${job} AS j WHERE j.id = ${idsOf('ids')}
      AND j.status = 2 AND j.retired = 0 AND NOT EXISTS (SELECT 1 FROM ${unfinishedOf('j.id')})
      ORDER BY j.id`,
    unretired: `SELECT id FROM ${job} WHERE status = 2 AND retired = 0 ORDER BY id LIMIT :limit`,
    markRetired: `UPDATE ${job} SET retired = 1 WHERE id = ${idsOf('ids')}`,
  };
}

function jobStates(tables: TableNames): string {
  const { job } = tablesOf(tables);
  return `SELECT j.id, j.gen, j.status, j.retired, j.failures, j.created_at FROM ${job} AS j
    WHERE j.id = ${idsOf('ids')} ORDER BY j.id FOR UPDATE`;
}

function freeRowStatements(tables: TableNames): FreeRowStatements {
  const { job, run } = tablesOf(tables);
  return {
    jobStates: `${jobStates(tables)} SKIP LOCKED`,
    jobs: `SELECT j.id FROM ${job} AS j WHERE j.id = ${idsOf('ids')}`,
    running: `SELECT r.run_id, r.fence FROM ${run} AS r WHERE r.run_id = ${idsOf('ids')} AND r.state + 0 = 1`,
    runs: `SELECT r.seq FROM ${run} AS r WHERE r.seq = ${numbersOf('seqs')} ORDER BY r.seq FOR UPDATE SKIP LOCKED`,
  };
}

function historyStatements(tables: TableNames): HistoryStatements {
  const { job, run, runTag } = tablesOf(tables);
  const ended = `SELECT seq, job_id, scheduled_at, tags FROM ${run} WHERE finished_at IS NOT NULL`;
  return {
    run: `SELECT * FROM ${run} WHERE run_id = :run_id`,
    runs: `SELECT * FROM ${run} WHERE run_id = ${idsOf('ids')}`,
    list: (shape) => runList(shape, runSources(tables)),
    unfinishedPage: `SELECT * FROM ${run}
      WHERE state <= 1 AND (job_id, state, seq) > (:job_id, :state, :seq) ORDER BY job_id, state, seq LIMIT :limit`,
    anyUnfinished: `SELECT count(*) AS runs FROM (SELECT 1 FROM ${run} AS u WHERE u.state <= 1 AND ${mayStillRun(job)} LIMIT 1) AS found`,
    lockPruning: `SELECT pg_try_advisory_xact_lock(hashtextextended('prune ${run}', 0))::integer AS locked`,
    endedBefore: `${ended} AND finished_at < :before ORDER BY finished_at, seq LIMIT :limit FOR UPDATE SKIP LOCKED`,
    endedBeyond: `${ended} AND (finished_at, seq) <= (SELECT finished_at, seq FROM ${run}
        WHERE finished_at IS NOT NULL ORDER BY finished_at DESC, seq DESC LIMIT 1 OFFSET :keep)
      ORDER BY finished_at, seq LIMIT :limit FOR UPDATE SKIP LOCKED`,
    // Walks from job to job along the index, so that it reads no row.
    countByJob: `WITH RECURSIVE owner(job_id, n) AS (
        SELECT (SELECT min(job_id) FROM ${run} WHERE job_id > :after), 1
        UNION ALL
        SELECT (SELECT min(r.job_id) FROM ${run} AS r WHERE r.job_id > owner.job_id), n + 1
        FROM owner WHERE owner.job_id IS NOT NULL AND n < :limit)
      SELECT job_id, (SELECT count(*) FROM ${run} AS r WHERE r.job_id = owner.job_id) AS runs,
        (SELECT count(*) FROM ${run} AS u WHERE u.job_id = owner.job_id AND u.state <= 1) AS unfinished
      FROM owner WHERE job_id IS NOT NULL`,
    earliestOfJob: `${ended} AND job_id = :job_id AND (scheduled_at, seq) <= (SELECT scheduled_at, seq FROM ${run}
        WHERE job_id = :job_id AND finished_at IS NOT NULL ORDER BY scheduled_at DESC, seq DESC LIMIT 1 OFFSET :keep)
      ORDER BY scheduled_at, seq LIMIT :limit FOR UPDATE SKIP LOCKED`,
    delete: `DELETE FROM ${run} WHERE seq = ${numbersOf('seqs')}`,
    tagRuns: insertRows(runTag, RUN_TAG_COLUMNS),
    untagRuns: `DELETE FROM ${runTag} AS t USING ${givenRows(RUN_TAG_COLUMNS)}
      WHERE t.tag = d.tag AND t.scheduled_at = d.scheduled_at AND t.seq = d.seq`,
    notePruned: `UPDATE ${job} AS t SET pruned_from = least(t.pruned_from, d.since),
        pruned_until = greatest(t.pruned_until, d.until)
      FROM ${givenRows(['id', 'since', 'until'])} WHERE t.id = d.id`,
  };
}

/** The planner finds the indexes by what is asked for, and by the order. */
function runSources(tables: TableNames): RunSources {
  const { run, runTag } = tablesOf(tables);
  const from = `${run} AS r`;
  return {
    table: run,
    ofJob: { from },
    any: (states) => [states ? among(states, { from }) : { from }],
    unfinished: { from, is: 'r.state <= 1', isUnordered: true },
    rare: (state) => ({ from, is: `r.state > 2 AND r.state = ${state}` }),
    tagged: { from: `${runTag} AS t JOIN ${run} AS r ON r.seq = t.seq`, place: 't' },
    tags: runTag,
    isBefore: (place) => `(${place}.scheduled_at, ${place}.seq) < (:before_at, :before_seq)`,
    join: 'JOIN',
  };
}

function tallyStatements(tables: TableNames): TallyStatements {
  const { job, run, tally } = tablesOf(tables);
  const mark = `SELECT tally FROM ${tally} WHERE span = 0`;
  const columns = talliedColumns(job, isCarried(tables, 'r.job_id'));
  return {
    mark,
    lockMark: `${mark} FOR UPDATE`,
    setMark: `UPDATE ${tally} SET tally = :tally WHERE span = 0`,
    ended: `SELECT ${columns} FROM ${run} AS r WHERE r.finished_at IS NOT NULL AND r.finished_at >= :at
        AND r.finished_at <= :until AND (r.finished_at > :at OR r.seq > :after)
      ORDER BY r.finished_at, r.seq LIMIT :limit`,
    runs: `SELECT ${columns} FROM ${run} AS r WHERE r.seq = ${numbersOf('seqs')}`,
    // One by one by the key, whatever the planner believes about the size of the table.
    stored: `SELECT t.* FROM jsonb_array_elements(:keys::jsonb) AS k CROSS JOIN LATERAL (SELECT * FROM ${tally}
      WHERE span = (k.value ->> 0)::smallint AND since = (k.value ->> 1)::bigint
        AND shard = (k.value ->> 2)::smallint LIMIT 1) AS t`,
    put: `${insertRows(tally, TALLY_COLUMNS)}
      ON CONFLICT (span, since, shard) DO UPDATE SET tally = excluded.tally`,
    list: (shape) => tallyList(tally, shape),
    earliest: `SELECT min(since) AS since FROM ${tally} WHERE span = :span`,
    delete: `DELETE FROM ${tally} WHERE span = :span AND since = :since`,
  };
}
