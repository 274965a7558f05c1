import type { TableNames } from '../table-names.js';
import type {
  Dialect,
  FireStatements,
  HistoryStatements,
  JobListShape,
  JobStatements,
  NodeStatements,
  TallyStatements,
} from './dialect.js';
import { busyJobs } from './busy-jobs.js';
import { JOB_COLUMNS, NODE_COLUMNS, RUN_COLUMNS, RUN_TAG_COLUMNS, stampsOf, TALLY_COLUMNS } from './columns.js';
import { among, runList, type RunSources } from './run-lists.js';
import { sqliteDirect } from './sqlite-direct.js';
import { sqliteSchema } from './sqlite-schema.js';
import { mayStillRun, runsSomewhere } from './runs-somewhere.js';
import { talliedColumns, tallyList } from './tally-lists.js';
import { where } from './where.js';

/**
 * SQLite. Nothing locks single rows: a transaction that writes has the whole database to itself. Rows are written one
 * by one, or a few by one INSERT: there are no round trips to save, and taking them out of JSON costs more than the
 * writing.
 *
 * `INDEXED BY` and `CROSS JOIN` (which fixes the order of a join) are there because a plan must not depend on whether
 * somebody has run ANALYZE. A partial index is used only where its own condition is written out, hence
 * `state <= 1 AND state = 1`.
 */
export function sqliteDialect(tables: TableNames): Dialect {
  return {
    tables,
    schema: sqliteSchema(tables),
    nodes: nodeStatements(tables),
    jobs: jobStatements(tables),
    fires: fireStatements(tables),
    history: historyStatements(tables),
    tallies: tallyStatements(tables),
    plain: null,
    direct: sqliteDirect(tables),
    carried: null,
    free: null,
    latest: null,
  };
}

function valuesOf(columns: readonly string[]): string {
  return columns.map((column) => `:${column}`).join(', ');
}

function listOf(name: string): string {
  return `(SELECT value FROM json_each(:${name}))`;
}

/** Sets columns of the row whose `key` is given. */
function updateRow(table: string, key: string, columns: readonly string[], more = ''): string {
  const assignments = columns.map((column) => `${column} = :${column}`).join(', ');
  return `UPDATE ${table} SET ${assignments}${more} WHERE ${key} = :${key}`;
}

function nodeStatements({ node }: TableNames): NodeStatements {
  const rejoined = NODE_COLUMNS.filter((column) => column !== 'id' && column !== 'started_at');
  const leaseOf = `SELECT lease_until FROM ${node} WHERE id = :id`;
  return {
    put: `INSERT INTO ${node} (${NODE_COLUMNS.join(', ')}) VALUES (${valuesOf(NODE_COLUMNS)})
      ON CONFLICT (id) DO UPDATE SET ${rejoined.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    lock: leaseOf,
    share: leaseOf,
    renew: `UPDATE ${node} SET heartbeat_at = :now, lease_until = :lease_until WHERE id = :id`,
    delete: `DELETE FROM ${node} WHERE id = :id`,
    all: `SELECT * FROM ${node} ORDER BY started_at, id`,
  };
}

function jobStatements({ job, run, jobDueIndex, jobTaskIndex, runJobIndex }: TableNames): JobStatements {
  // Walks from executor to executor by the index, however many jobs each has.
  const lanes = `WITH RECURSIVE lane(executor) AS (
        SELECT (SELECT min(executor) FROM ${job} INDEXED BY ${jobDueIndex} WHERE status = 1)
        UNION ALL
        SELECT (SELECT min(j.executor) FROM ${job} AS j INDEXED BY ${jobDueIndex}
          WHERE j.status = 1 AND j.executor > lane.executor) FROM lane WHERE lane.executor IS NOT NULL)`;
  const select = (columns: string) =>
    `SELECT ${columns} FROM json_each(:ids) AS d CROSS JOIN ${job} AS j ON j.id = d.value`;
  const byIds = select('j.*');
  const replaced = JOB_COLUMNS.filter((column) => column !== 'id' && column !== 'fence');
  const idsBy = (column: string, indexed = '') => `SELECT j.id FROM ${job} AS j ${indexed}
    WHERE j.${column} = :name AND j.status <> 2 AND j.id > :after ORDER BY j.id LIMIT :limit`;
  return {
    read: byIds,
    lock: byIds,
    tryLock: byIds,
    tryLockStamps: select(stampsOf('j')),
    lastSeries: `SELECT r.job_id, max(CASE WHEN substr(r.run_id, length(r.job_id) + 1, 1) = '~'
        THEN CAST(substr(r.run_id, length(r.job_id) + 2) AS integer) ELSE 1 END) AS last_series
      FROM json_each(:ids) AS d CROSS JOIN ${run} AS r INDEXED BY ${runJobIndex} ON r.job_id = d.value
      GROUP BY r.job_id`,
    insert: `INSERT INTO ${job} (${JOB_COLUMNS.join(', ')}) VALUES (${valuesOf(JOB_COLUMNS)})`,
    insertNew: null,
    replace: updateRow(
      job,
      'id',
      replaced,
      ', fence = max(fence, :fence), retired = CASE WHEN :status = 2 THEN retired ELSE 0 END',
    ),
    delete: `DELETE FROM ${job} WHERE id IN ${listOf('ids')}`,
    list: ({ hasIds, hasTasks, hasExecutor, hasStatuses, hasOrigin }: JobListShape) =>
      `SELECT * FROM ${job} ${where([
        hasIds && `id IN ${listOf('ids')}`,
        hasTasks && `task IN ${listOf('tasks')}`,
        hasExecutor && 'executor = :executor',
        hasStatuses && `status IN ${listOf('statuses')}`,
        hasOrigin && 'origin = :origin',
      ])} ORDER BY id`,
    page: `SELECT * FROM ${job} WHERE id > :after ORDER BY id LIMIT :limit`,
    idsOfTask: idsBy('task', `INDEXED BY ${jobTaskIndex}`),
    idsOfExecutor: idsBy('executor'),
    countByTask: `SELECT task, count(*) AS jobs FROM ${job} INDEXED BY ${jobTaskIndex} WHERE status <> 2 GROUP BY task`,
    // Looks at the first due job of each executor.
    nextFire: `${lanes}
      SELECT min((SELECT j.next_fire_at FROM ${job} AS j INDEXED BY ${jobDueIndex}
        WHERE j.status = 1 AND j.executor = lane.executor AND j.due_at IS NOT NULL AND ${runsSomewhere('j.policy')}
        ORDER BY j.due_at LIMIT 1)) AS next_fire_at FROM lane`,
    executors: `${lanes} SELECT executor FROM lane WHERE executor IS NOT NULL`,
  };
}

function fireStatements(tables: TableNames): FireStatements {
  const { job, run, jobDueIndex, runQueuedIndex, runRetryIndex, runBackfillIndex } = tables;
  const { runUnfinishedIndex, runNodeIndex } = tables;
  const inScope = `j.executor = :executor AND j.def_version <= :version AND j.id NOT IN ${listOf('excluded')}
    AND ((j.origin = 1 AND j.task IN ${listOf('tasks')}) OR (j.origin = 0 AND j.id IN ${listOf('declared')}))`;
  const unfinishedOf = (id: string) =>
    `${run} AS u INDEXED BY ${runUnfinishedIndex} WHERE u.job_id = ${id} AND u.state <= 1`;
  const queuedBy = (
    index: string,
    kind: string,
  ) => `FROM ${run} AS r INDEXED BY ${index} CROSS JOIN ${job} AS j ON j.id = r.job_id
    WHERE r.state = 0 AND ${kind} AND ${inScope} AND (j.status <> 0 OR r.gen = j.gen)
      AND r.job_id NOT IN (${busyJobs(tables, `INDEXED BY ${runNodeIndex}`)})`;
  const firstQueued = (index: string, kind: string) =>
    `SELECT r.available_at ${queuedBy(index, kind)} ORDER BY r.available_at, r.seq LIMIT 1`;
  const takeableBy = (index: string, kind: string, more = '') => `SELECT r.* ${queuedBy(index, kind)} ${more}
        AND r.available_at <= :now AND r.job_id NOT IN ${listOf('full')} AND r.seq NOT IN ${listOf('settled')}
      ORDER BY r.available_at, r.seq LIMIT :limit`;
  return {
    due: `SELECT j.* FROM ${job} AS j INDEXED BY ${jobDueIndex}
      WHERE j.status = 1 AND j.due_at <= :until AND ${inScope} ORDER BY j.due_at, j.id LIMIT :limit`,
    nextDue: `SELECT j.due_at FROM ${job} AS j INDEXED BY ${jobDueIndex}
      WHERE j.status = 1 AND j.due_at > :after AND ${inScope} ORDER BY j.due_at LIMIT 1`,
    nextQueued: `SELECT min(available_at) AS available_at FROM (
      SELECT * FROM (${firstQueued(runQueuedIndex, 'r.origin <> 3')})
      UNION ALL SELECT * FROM (${firstQueued(runBackfillIndex, 'r.origin = 3')}))`,
    dueAmong: `SELECT j.* FROM json_each(:ids) AS d CROSS JOIN ${job} AS j ON j.id = d.value
      WHERE j.status = 1 AND j.due_at <= :until AND j.executor IN ${listOf('executors')} AND j.def_version <= :version`,
    // Retries and backfills have an index of their own each: among thousands of other runs that wait none is looked for.
    takeable: `SELECT * FROM (${takeableBy(runRetryIndex, 'r.origin <> 3 AND r.attempt > 1')})
      UNION ALL SELECT * FROM (${takeableBy(runQueuedIndex, 'r.origin <> 3', 'AND r.attempt = 1')})
      UNION ALL SELECT * FROM (${takeableBy(runBackfillIndex, 'r.origin = 3', 'AND :backfills = 1')}) LIMIT :limit`,
    stillQueued: `SELECT seq, fence FROM ${run} WHERE seq IN ${listOf('seqs')} AND state = 0`,
    occupancy: `SELECT r.job_id, count(CASE WHEN r.state = 1 THEN 1 END) AS running,
        count(CASE WHEN r.state = 1 AND r.origin = 3 THEN 1 END) AS running_backfills,
        count(CASE WHEN r.state = 0 AND r.available_at <= :now AND r.origin <> 3 THEN 1 END) AS queued_due
      FROM json_each(:ids) AS d CROSS JOIN ${run} AS r INDEXED BY ${runUnfinishedIndex}
        ON r.job_id = d.value AND r.state <= 1 GROUP BY r.job_id`,
    existingRuns: `SELECT run_id FROM ${run} WHERE run_id IN ${listOf('ids')}`,
    advanceJobs: updateRow(job, 'id', ['next_fire_at', 'due_at', 'last_fire_at', 'fence', 'run_count', 'status']),
    setFences: updateRow(job, 'id', ['fence']),
    insertRuns: `INSERT INTO ${run} (${RUN_COLUMNS.join(', ')}) VALUES (${valuesOf(RUN_COLUMNS)})`,
    insertedRuns: null,
    changeOpenRuns: updateRow(run, 'seq', ['gen', 'args']),
    startRuns: updateRow(run, 'seq', ['node', 'fence', 'started_at'], ', state = 1'),
    lockRuns: `SELECT r.seq, r.run_id, r.job_id, r.gen, r.fence, r.state, r.cancel_reason
      FROM json_each(:ids) AS d CROSS JOIN ${run} AS r ON r.run_id = d.value`,
    endRuns: updateRow(run, 'seq', ['state', 'reason', 'finished_at', 'outcome']),
    noteProgress: `${updateRow(run, 'seq', ['progress'])} AND state = 1 AND fence = :fence`,
    markRuns: updateRow(run, 'seq', ['cancel_reason']),
    markedRuns: `SELECT r.run_id, r.cancel_reason FROM ${run} AS r INDEXED BY ${runNodeIndex}
      WHERE r.node = :node AND r.state = 1 AND r.cancel_reason IS NOT NULL`,
    requeueRuns: updateRow(
      run,
      'seq',
      ['available_at', 'attempts'],
      ', state = 0, node = NULL, started_at = NULL, progress = NULL, attempt = attempt + 1',
    ),
    jobsOfNode: `SELECT DISTINCT r.job_id AS id FROM ${run} AS r INDEXED BY ${runNodeIndex}
      WHERE r.node = :node AND r.state = 1`,
    runsOfNode: `SELECT r.* FROM ${run} AS r INDEXED BY ${runNodeIndex}
      WHERE r.node = :node AND r.state = 1 ORDER BY r.seq`,
    unfinishedRuns: `SELECT u.* FROM json_each(:ids) AS d CROSS JOIN ${unfinishedOf('d.value')} AND u.state = :state
      ORDER BY u.seq`,
    jobStates: `SELECT j.id, j.gen, j.status, j.retired, j.failures, j.created_at
      FROM json_each(:ids) AS d CROSS JOIN ${job} AS j ON j.id = d.value`,
    setFailures: updateRow(job, 'id', ['failures']),
    pauseJobs: updateRow(job, 'id', ['status', 'gen', 'failures', 'pause_reason', 'updated_at']),
    retirable: `SELECT j.* FROM json_each(:ids) AS d CROSS JOIN ${job} AS j ON j.id = d.value
      WHERE j.status = 2 AND j.retired = 0 AND NOT EXISTS (SELECT 1 FROM ${unfinishedOf('j.id')}) ORDER BY j.id`,
    unretired: `SELECT id FROM ${job} INDEXED BY ${tables.jobFinishedIndex} WHERE status = 2 AND retired = 0 ORDER BY id LIMIT :limit`,
    markRetired: `UPDATE ${job} SET retired = 1 WHERE id IN ${listOf('ids')}`,
  };
}

function historyStatements(tables: TableNames): HistoryStatements {
  const { job, run, runTag, runFinishedIndex, runUnfinishedIndex, runJobIndex } = tables;
  const ended = `SELECT seq, job_id, scheduled_at, tags FROM ${run} INDEXED BY ${runFinishedIndex} WHERE finished_at IS NOT NULL`;
  return {
    run: `SELECT * FROM ${run} WHERE run_id = :run_id`,
    runs: `SELECT * FROM ${run} WHERE run_id IN ${listOf('ids')}`,
    list: (shape) => runList(shape, runSources(tables)),
    unfinishedPage: `SELECT * FROM ${run} INDEXED BY ${runUnfinishedIndex}
      WHERE state <= 1 AND (job_id, state, seq) > (:job_id, :state, :seq) ORDER BY job_id, state, seq LIMIT :limit`,
    anyUnfinished: `SELECT count(*) AS runs FROM (SELECT 1 FROM ${run} AS u INDEXED BY ${runUnfinishedIndex} WHERE u.state <= 1 AND ${mayStillRun(job)} LIMIT 1) AS found`,
    lockPruning: null,
    endedBefore: `${ended} AND finished_at < :before ORDER BY finished_at, seq LIMIT :limit`,
    endedBeyond: `${ended} AND (finished_at, seq) <= (SELECT finished_at, seq FROM ${run} INDEXED BY ${runFinishedIndex}
        WHERE finished_at IS NOT NULL ORDER BY finished_at DESC, seq DESC LIMIT 1 OFFSET :keep)
      ORDER BY finished_at, seq LIMIT :limit`,
    // Walks from job to job along the index, so that it reads no row.
    countByJob: `WITH RECURSIVE owner(job_id, n) AS (
        SELECT (SELECT min(job_id) FROM ${run} INDEXED BY ${runJobIndex} WHERE job_id > :after), 1
        UNION ALL
        SELECT (SELECT min(r.job_id) FROM ${run} AS r INDEXED BY ${runJobIndex} WHERE r.job_id > owner.job_id), n + 1
        FROM owner WHERE owner.job_id IS NOT NULL AND n < :limit)
      SELECT job_id, (SELECT count(*) FROM ${run} AS r INDEXED BY ${runJobIndex} WHERE r.job_id = owner.job_id) AS runs,
        (SELECT count(*) FROM ${run} AS u INDEXED BY ${runUnfinishedIndex}
          WHERE u.job_id = owner.job_id AND u.state <= 1) AS unfinished
      FROM owner WHERE job_id IS NOT NULL`,
    earliestOfJob: `SELECT seq, job_id, scheduled_at, tags FROM ${run} INDEXED BY ${runJobIndex}
      WHERE job_id = :job_id AND finished_at IS NOT NULL AND (scheduled_at, seq) <= (SELECT scheduled_at, seq
        FROM ${run} INDEXED BY ${runJobIndex} WHERE job_id = :job_id AND finished_at IS NOT NULL
        ORDER BY scheduled_at DESC, seq DESC LIMIT 1 OFFSET :keep)
      ORDER BY scheduled_at, seq LIMIT :limit`,
    delete: `DELETE FROM ${run} WHERE seq IN ${listOf('seqs')}`,
    tagRuns: `INSERT INTO ${runTag} (${RUN_TAG_COLUMNS.join(', ')}) VALUES (${valuesOf(RUN_TAG_COLUMNS)})`,
    untagRuns: `DELETE FROM ${runTag} WHERE tag = :tag AND scheduled_at = :scheduled_at AND seq = :seq`,
    notePruned: `UPDATE ${job} SET pruned_from = min(coalesce(pruned_from, :since), :since),
      pruned_until = max(coalesce(pruned_until, :until), :until) WHERE id = :id`,
  };
}

function runSources({
  run,
  runTag,
  runJobIndex,
  runSlotIndex,
  runRareIndex,
  runUnfinishedIndex,
}: TableNames): RunSources {
  const by = (index: string, is?: string) => ({ from: `${run} AS r INDEXED BY ${index}`, is });
  const bySlot = by(runSlotIndex);
  return {
    table: run,
    ofJob: by(runJobIndex),
    any: (states) => [states ? among(states, bySlot) : bySlot],
    unfinished: { ...by(runUnfinishedIndex, 'r.state <= 1'), isUnordered: true },
    rare: (state) => by(runRareIndex, `r.state > 2 AND r.state = ${state}`),
    tagged: { from: `${runTag} AS t CROSS JOIN ${run} AS r ON r.seq = t.seq`, place: 't' },
    tags: runTag,
    isBefore: (place) => `(${place}.scheduled_at, ${place}.seq) < (:before_at, :before_seq)`,
    join: 'CROSS JOIN',
  };
}

function tallyStatements({ job, run, tally, runFinishedIndex }: TableNames): TallyStatements {
  const mark = `SELECT tally FROM ${tally} WHERE span = 0`;
  const key = ['span', 'since', 'shard'];
  return {
    mark,
    lockMark: mark,
    setMark: `UPDATE ${tally} SET tally = :tally WHERE span = 0`,
    ended: `SELECT ${talliedColumns(job)} FROM ${run} AS r INDEXED BY ${runFinishedIndex}
      WHERE r.finished_at IS NOT NULL AND r.finished_at >= :at AND r.finished_at <= :until
        AND (r.finished_at > :at OR r.seq > :after) ORDER BY r.finished_at, r.seq LIMIT :limit`,
    runs: `SELECT ${talliedColumns(job)} FROM ${run} AS r WHERE r.seq IN ${listOf('seqs')}`,
    stored: `SELECT t.* FROM json_each(:keys) AS k CROSS JOIN ${tally} AS t
      ON ${key.map((column, i) => `t.${column} = json_extract(k.value, '$[${i}]')`).join(' AND ')}`,
    put: `INSERT INTO ${tally} (${TALLY_COLUMNS.join(', ')}) VALUES (${valuesOf(TALLY_COLUMNS)})
      ON CONFLICT (${key.join(', ')}) DO UPDATE SET tally = excluded.tally`,
    list: (shape) => tallyList(tally, shape),
    earliest: `SELECT min(since) AS since FROM ${tally} WHERE span = :span`,
    delete: `DELETE FROM ${tally} WHERE span = :span AND since = :since`,
  };
}
