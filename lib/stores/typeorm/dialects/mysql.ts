import type { TableNames } from '../table-names.js';
import { RARE_STATES, SUCCEEDED } from '../codec/words.js';
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
import {
  givenRows,
  idsAmong,
  idsOf,
  insertRows,
  keyed,
  numbersAmong,
  seqsOf,
  textsAmong,
  typeOf,
  updateRows,
} from './mysql-lists.js';
import { IN_SCOPE, nextQueued, takeable } from './mysql-queue.js';
import { ENDED, mysqlSchema, PHASES, phasesOf } from './mysql-schema.js';
import { among, runList, within, type RunSources } from './run-lists.js';
import { mayStillRun, runsSomewhere } from './runs-somewhere.js';
import { talliedColumns, tallyList } from './tally-lists.js';
import { where } from './where.js';

/**
 * MySQL and MariaDB. Rows are locked by their keys only, in the order of their ids: a search over a range would lock
 * what lies beside it, too. `STRAIGHT_JOIN` and `FORCE INDEX` keep the optimizer from reading a table from end to end
 * because it believes it to be small. There is no `UPDATE … RETURNING`, and counts of affected rows are not believed.
 */
export function mysqlDialect(tables: TableNames): Dialect {
  return {
    tables,
    schema: mysqlSchema(tables),
    nodes: nodeStatements(tables),
    jobs: jobStatements(tables),
    fires: fireStatements(tables),
    history: historyStatements(tables),
    tallies: tallyStatements(tables),
    plain: null,
    direct: null,
    carried: null,
    free: freeRowStatements(tables),
    // By the primary key of rows that are there: a search along an index would lock what lies beside them, too.
    latest: {
      unfinished: `SELECT * FROM ${tables.run} WHERE seq IN (:seqs...) AND state <= 1 ORDER BY seq FOR UPDATE`,
    },
  };
}

function nodeStatements({ node }: TableNames): NodeStatements {
  const rejoined = NODE_COLUMNS.filter((column) => column !== 'id' && column !== 'started_at');
  return {
    put: `INSERT INTO ${node} (${NODE_COLUMNS.join(', ')}) VALUES (${NODE_COLUMNS.map((each) => `:${each}`).join(', ')})
      ON DUPLICATE KEY UPDATE ${rejoined.map((column) => `${column} = VALUES(${column})`).join(', ')}`,
    lock: `SELECT lease_until FROM ${node} WHERE id = :id FOR UPDATE`,
    share: `SELECT lease_until FROM ${node} WHERE id = :id LOCK IN SHARE MODE`,
    renew: `UPDATE ${node} SET heartbeat_at = :now, lease_until = :lease_until WHERE id = :id`,
    delete: `DELETE FROM ${node} WHERE id = :id`,
    all: `SELECT * FROM ${node} ORDER BY started_at, id`,
  };
}

function jobStatements({ job, run, jobDueIndex, runJobIndex }: TableNames): JobStatements {
  // Walks from executor to executor by the index, however many jobs each has.
  const lanes = `WITH RECURSIVE lane(executor) AS (
        SELECT (SELECT min(j.executor) FROM ${job} AS j FORCE INDEX (${jobDueIndex}) WHERE j.status = 1)
        UNION ALL
        SELECT (SELECT min(j.executor) FROM ${job} AS j FORCE INDEX (${jobDueIndex})
          WHERE j.status = 1 AND j.executor > lane.executor) FROM lane WHERE lane.executor IS NOT NULL)`;
  const byIds = `SELECT j.* FROM ${idsOf('ids')} STRAIGHT_JOIN ${job} AS j FORCE INDEX (PRIMARY) ON j.id = d.id`;
  const select = (columns: string) =>
    `SELECT ${columns} FROM ${job} AS j FORCE INDEX (PRIMARY) WHERE j.id IN (:ids...) ORDER BY j.id`;
  const inOrder = select('j.*');
  const replaced = JOB_COLUMNS.filter((column) => column !== 'id' && column !== 'fence');
  const idsBy = (column: string) => `SELECT j.id FROM ${job} AS j
    WHERE j.${column} = :name AND j.status <= 1 AND j.id > :after ORDER BY j.id LIMIT :limit`;
  return {
    read: byIds,
    lock: `${inOrder} FOR UPDATE`,
    tryLock: `${inOrder} FOR UPDATE SKIP LOCKED`,
    tryLockStamps: `${select(stampsOf('j'))} FOR UPDATE SKIP LOCKED`,
    lastSeries: `SELECT r.job_id, max(CASE WHEN substr(r.run_id, length(r.job_id) + 1, 1) = '~'
        THEN CAST(substr(r.run_id, length(r.job_id) + 2) AS unsigned) ELSE 1 END) AS last_series
      FROM ${idsOf('ids')} STRAIGHT_JOIN ${run} AS r FORCE INDEX (${runJobIndex}) ON r.job_id = d.id GROUP BY r.job_id`,
    insert: insertRows(job, JOB_COLUMNS),
    insertNew: null,
    replace: `UPDATE ${givenRows(JOB_COLUMNS)} STRAIGHT_JOIN ${keyed(job, 'id')}
      SET ${replaced.map((column) => `t.${column} = d.\`${column}\``).join(', ')},
        t.fence = greatest(t.fence, d.\`fence\`), t.retired = CASE WHEN d.\`status\` = 2 THEN t.retired ELSE 0 END`,
    delete: `DELETE t FROM ${idsOf('ids')} STRAIGHT_JOIN ${keyed(job, 'id')}`,
    list: ({ hasIds, hasTasks, hasExecutor, hasStatuses, hasOrigin }: JobListShape) =>
      `SELECT * FROM ${job} ${where([
        hasIds && `id IN ${idsAmong('ids')}`,
        hasTasks && `task IN ${idsAmong('tasks')}`,
        hasExecutor && 'executor = :executor',
        hasStatuses && `status IN ${numbersAmong('statuses')}`,
        hasOrigin && 'origin = :origin',
      ])} ORDER BY id`,
    page: `SELECT * FROM ${job} WHERE id > :after ORDER BY id LIMIT :limit`,
    idsOfTask: idsBy('task'),
    idsOfExecutor: idsBy('executor'),
    // The index has all that is asked for.
    countByTask: `SELECT task, count(*) AS jobs FROM ${job} FORCE INDEX (${jobDueIndex}) WHERE status <= 1 GROUP BY task`,
    // Looks at the first due job of each executor.
    nextFire: `${lanes}
      SELECT min((SELECT j.next_fire_at FROM ${job} AS j FORCE INDEX (${jobDueIndex})
        WHERE j.status = 1 AND j.executor = lane.executor AND j.due_at IS NOT NULL AND ${runsSomewhere('j.policy')}
        ORDER BY j.due_at LIMIT 1)) AS next_fire_at FROM lane`,
    executors: `${lanes} SELECT executor FROM lane WHERE executor IS NOT NULL`,
  };
}

function fireStatements(tables: TableNames): FireStatements {
  const { job, run, jobDueIndex, runPhaseIndex, runJobIndex, runIdIndex } = tables;
  const unfinishedOf = (id: string) =>
    `${run} AS u FORCE INDEX (${runJobIndex}) WHERE u.job_id = ${id} AND u.phase <= ${PHASES.running}`;
  const retirable = (
    columns: string,
  ) => `SELECT ${columns} FROM ${idsOf('ids')} STRAIGHT_JOIN ${job} AS j FORCE INDEX (PRIMARY) ON j.id = d.id
    WHERE j.status = 2 AND j.retired = 0 AND NOT EXISTS (SELECT 1 FROM ${unfinishedOf('j.id')}) ORDER BY j.id`;
  return {
    due: `SELECT j.* FROM ${job} AS j FORCE INDEX (${jobDueIndex})
      WHERE j.status = 1 AND j.due_at <= :until AND ${IN_SCOPE} ORDER BY j.due_at, j.id LIMIT :limit`,
    nextDue: `SELECT j.due_at FROM ${job} AS j FORCE INDEX (${jobDueIndex})
      WHERE j.status = 1 AND j.due_at > :after AND ${IN_SCOPE} ORDER BY j.due_at LIMIT 1`,
    nextQueued: nextQueued(tables),
    dueAmong: `SELECT j.* FROM ${idsOf('ids')} STRAIGHT_JOIN ${job} AS j ON j.id = d.id
      WHERE j.status = 1 AND j.due_at <= :until AND j.executor IN ${textsAmong('executors')} AND j.def_version <= :version`,
    takeable: takeable(tables),
    stillQueued: `SELECT seq, fence FROM ${run} WHERE seq IN (:seqs...) AND state = 0`,
    // Backfills that wait don't count, and there may be thousands.
    occupancy: `SELECT u.job_id, count(CASE WHEN u.phase = ${PHASES.running} THEN 1 END) AS running,
        count(CASE WHEN u.phase = ${PHASES.running} AND u.origin = 3 THEN 1 END) AS running_backfills,
        count(CASE WHEN u.phase <> ${PHASES.running} AND u.available_at <= :now THEN 1 END) AS queued_due
      FROM ${idsOf('ids')} STRAIGHT_JOIN ${run} AS u FORCE INDEX (${runJobIndex})
        ON u.job_id = d.id AND u.phase IN (${PHASES.retry}, ${PHASES.waiting}, ${PHASES.running}) GROUP BY u.job_id`,
    existingRuns: `SELECT r.run_id FROM ${idsOf('ids')} STRAIGHT_JOIN ${run} AS r FORCE INDEX (${runIdIndex})
      ON r.run_id = d.id`,
    advanceJobs: updateRows(job, 'id', ['next_fire_at', 'due_at', 'last_fire_at', 'fence', 'run_count', 'status']),
    setFences: updateRows(job, 'id', ['fence']),
    insertRuns: insertRows(run, RUN_COLUMNS),
    insertedRuns: `SELECT r.seq AS rowid FROM ${idsOf('ids')} LEFT JOIN ${run} AS r FORCE INDEX (${runIdIndex})
      ON r.run_id = d.id ORDER BY d.place`,
    changeOpenRuns: updateRows(run, 'seq', ['gen', 'args']),
    startRuns: updateRows(run, 'seq', ['node', 'fence', 'started_at'], ', t.state = 1'),
    lockRuns: `SELECT r.seq, r.run_id, r.job_id, r.gen, r.fence, r.state, r.cancel_reason FROM ${run} AS r FORCE INDEX (${runIdIndex})
      WHERE r.run_id IN (:ids...) AND r.state = 1 ORDER BY r.run_id FOR UPDATE SKIP LOCKED`,
    // As long as it has not ended it has no outcome.
    endRuns: updateRows(
      run,
      'seq',
      ['state', 'reason', 'finished_at'],
      ':ifAny(outcome){, t.`outcome` = d.`outcome`}',
      ['outcome'],
    ),
    noteProgress: `${updateRows(run, 'seq', ['progress'], '', ['fence'])} WHERE t.state = 1 AND t.fence = d.\`fence\``,
    markRuns: updateRows(run, 'seq', ['cancel_reason']),
    markedRuns: `SELECT r.run_id, r.cancel_reason FROM ${run} AS r FORCE INDEX (${runPhaseIndex})
      WHERE r.phase = ${PHASES.running} AND r.phase_node = :node AND r.cancel_reason IS NOT NULL`,
    requeueRuns: updateRows(
      run,
      'seq',
      ['available_at', 'attempts'],
      ', t.state = 0, t.node = NULL, t.started_at = NULL, t.progress = NULL, t.attempt = t.attempt + 1',
    ),
    jobsOfNode: `SELECT DISTINCT r.job_id AS id FROM ${run} AS r FORCE INDEX (${runPhaseIndex})
      WHERE r.phase = ${PHASES.running} AND r.phase_node = :node`,
    runsOfNode: `SELECT r.* FROM ${run} AS r FORCE INDEX (${runPhaseIndex})
      WHERE r.phase = ${PHASES.running} AND r.phase_node = :node ORDER BY r.seq FOR UPDATE`,
    unfinishedRuns: `SELECT u.* FROM ${idsOf('ids')} STRAIGHT_JOIN ${unfinishedOf('d.id')} AND u.state = :state
      ORDER BY u.seq`,
    jobStates: jobStates(tables),
    setFailures: updateRows(job, 'id', ['failures']),
    pauseJobs: updateRows(job, 'id', ['status', 'gen', 'failures', 'pause_reason', 'updated_at']),
    retirable: retirable('j.*'),
    retirableStamps: retirable('j.id, j.gen, j.fence, j.origin'),
    unretired: `SELECT id FROM ${job} FORCE INDEX (${jobDueIndex}) WHERE status = 2 AND retired = 0 ORDER BY id LIMIT :limit`,
    markRetired: `UPDATE ${idsOf('ids')} STRAIGHT_JOIN ${keyed(job, 'id')} SET t.retired = 1`,
  };
}

function jobStates({ job }: TableNames): string {
  return `SELECT j.id, j.gen, j.status, j.retired, j.failures, j.created_at FROM ${job} AS j FORCE INDEX (PRIMARY)
    WHERE j.id IN (:ids...) ORDER BY j.id FOR UPDATE`;
}

function freeRowStatements(tables: TableNames): FreeRowStatements {
  const { job, run, runIdIndex } = tables;
  return {
    jobStates: `${jobStates(tables)} SKIP LOCKED`,
    jobs: `SELECT j.id FROM ${job} AS j FORCE INDEX (PRIMARY) WHERE j.id IN (:ids...)`,
    running: `SELECT r.run_id, r.fence FROM ${run} AS r FORCE INDEX (${runIdIndex}) WHERE r.run_id IN (:ids...) AND r.state = 1`,
    runs: `SELECT r.seq FROM ${run} AS r FORCE INDEX (PRIMARY) WHERE r.seq IN (:seqs...) ORDER BY r.seq FOR UPDATE SKIP LOCKED`,
  };
}

function historyStatements(tables: TableNames): HistoryStatements {
  const { job, run, runTag, runIdIndex, runPhaseIndex, runJobIndex } = tables;
  const ended = `SELECT seq, job_id, scheduled_at, tags FROM ${run} FORCE INDEX (${runPhaseIndex}) WHERE ${ENDED}`;
  return {
    run: `SELECT * FROM ${run} WHERE run_id = :run_id`,
    runs: `SELECT r.* FROM ${idsOf('ids')} STRAIGHT_JOIN ${run} AS r FORCE INDEX (${runIdIndex}) ON r.run_id = d.id`,
    list: (shape) => runList(shape, runSources(tables)),
    // Among the unfinished ones only: by the index of their jobs it would read all that have ended, too.
    unfinishedPage: `SELECT * FROM ${run} FORCE INDEX (${runPhaseIndex})
      WHERE phase <= ${PHASES.running} AND (job_id, state, seq) > (:job_id, :state, :seq) ORDER BY job_id, state, seq LIMIT :limit`,
    anyUnfinished: `SELECT count(*) AS runs FROM (SELECT 1 FROM ${run} AS u FORCE INDEX (${runPhaseIndex}) WHERE u.phase <= ${PHASES.running} AND ${mayStillRun(job)} LIMIT 1) AS found`,
    lockPruning: null,
    endedBefore: `${ended} AND phase_at < :before ORDER BY phase_at, seq LIMIT :limit`,
    endedBeyond: `${ended} AND (phase_at, seq) <= (SELECT phase_at, seq FROM (SELECT phase_at, seq FROM ${run}
        FORCE INDEX (${runPhaseIndex}) WHERE ${ENDED}
        ORDER BY phase_at DESC, seq DESC LIMIT 1 OFFSET :keep) AS last_kept)
      ORDER BY phase_at, seq LIMIT :limit`,
    // Along the index, as far as so many jobs reach. A walk from job to job, as other databases take it, would search the
    // whole index anew for each: MariaDB looks up no range whose bound comes from another row.
    countByJob: `SELECT owner.job_id, owner.runs,
        (SELECT count(*) FROM ${run} AS u FORCE INDEX (${runJobIndex})
          WHERE u.job_id = owner.job_id AND u.phase <= ${PHASES.running}) AS unfinished
      FROM (SELECT r.job_id, count(*) AS runs FROM ${run} AS r FORCE INDEX (${runJobIndex})
        WHERE r.job_id > :after GROUP BY r.job_id ORDER BY r.job_id LIMIT :limit) AS owner
      ORDER BY owner.job_id`,
    earliestOfJob: `SELECT seq, job_id, scheduled_at, tags FROM ${run} FORCE INDEX (${runJobIndex})
      WHERE job_id = :job_id AND phase = ${PHASES.ended} AND (scheduled_at, seq) <= (SELECT scheduled_at, seq
        FROM (SELECT scheduled_at, seq FROM ${run} FORCE INDEX (${runJobIndex})
          WHERE job_id = :job_id AND phase = ${PHASES.ended}
          ORDER BY scheduled_at DESC, seq DESC LIMIT 1 OFFSET :keep) AS last_kept)
      ORDER BY scheduled_at, seq LIMIT :limit`,
    delete: `DELETE t FROM ${seqsOf('seqs')} STRAIGHT_JOIN ${keyed(run, 'seq')}`,
    tagRuns: insertRows(runTag, RUN_TAG_COLUMNS),
    untagRuns: `DELETE t FROM ${givenRows(RUN_TAG_COLUMNS)} STRAIGHT_JOIN ${runTag} AS t FORCE INDEX (PRIMARY)
      ON t.tag = CAST(d.\`tag\` AS binary) AND t.scheduled_at = d.\`scheduled_at\` AND t.seq = d.\`seq\``,
    notePruned: `UPDATE ${givenRows(['id', 'since', 'until'])} STRAIGHT_JOIN ${keyed(job, 'id')}
      SET t.pruned_from = least(coalesce(t.pruned_from, d.\`since\`), d.\`since\`),
        t.pruned_until = greatest(coalesce(t.pruned_until, d.\`until\`), d.\`until\`)`,
  };
}

/** `rare_state` is 0 for runs that wait, run or have succeeded: one index has these and the rare ones in the order of their slots. */
function runSources({ run, runTag, runJobIndex, runSlotIndex, runPhaseIndex }: TableNames): RunSources {
  const by = (index: string, is?: string) => ({ from: `${run} AS r FORCE INDEX (${index})`, is });
  const rare = (state: number) => by(runSlotIndex, `r.rare_state = ${state}`);
  const common = rare(0);
  return {
    table: run,
    ofJob: (states) => phasesOf(states).map((phase) => within(states, by(runJobIndex, `r.phase = ${phase}`))),
    any: (states) => [
      states
        ? among(
            states.filter((state) => state <= SUCCEEDED),
            common,
          )
        : common,
      ...RARE_STATES.filter((state) => !states || states.includes(state)).map(rare),
    ],
    unfinished: { ...by(runPhaseIndex, `r.phase <= ${PHASES.running}`), isUnordered: true },
    rare,
    tagged: {
      from: `${runTag} AS t FORCE INDEX (PRIMARY) STRAIGHT_JOIN ${run} AS r FORCE INDEX (PRIMARY) ON r.seq = t.seq`,
      place: 't',
    },
    tags: runTag,
    // It looks up no range by a comparison of pairs.
    isBefore: (place) =>
      `(${place}.scheduled_at < :before_at OR (${place}.scheduled_at = :before_at AND ${place}.seq < :before_seq))`,
    join: 'STRAIGHT_JOIN',
  };
}

function tallyStatements({ job, run, tally, runPhaseIndex }: TableNames): TallyStatements {
  const mark = `SELECT tally FROM ${tally} WHERE span = 0`;
  const columns = talliedColumns(job);
  const key = ['span', 'since', 'shard'];
  const given = key.map((column, i) => `${column} ${typeOf(column)} PATH '$[${i}]'`).join(', ');
  return {
    mark,
    lockMark: `${mark} FOR UPDATE`,
    setMark: `UPDATE ${tally} SET tally = :tally WHERE span = 0`,
    ended: `SELECT ${columns} FROM ${run} AS r FORCE INDEX (${runPhaseIndex})
      WHERE r.phase = ${PHASES.ended} AND r.phase_node IS NULL AND r.phase_at >= :at AND r.phase_at <= :until
        AND (r.phase_at > :at OR r.seq > :after)
      ORDER BY r.phase_at, r.seq LIMIT :limit`,
    runs: `SELECT ${columns} FROM ${seqsOf('seqs')} STRAIGHT_JOIN ${run} AS r FORCE INDEX (PRIMARY) ON r.seq = d.seq`,
    stored: `SELECT t.* FROM JSON_TABLE(:keys, '$[*]' COLUMNS (${given})) AS d STRAIGHT_JOIN ${tally} AS t
      FORCE INDEX (PRIMARY) ON ${key.map((column) => `t.${column} = d.${column}`).join(' AND ')}`,
    put: `${insertRows(tally, TALLY_COLUMNS)} ON DUPLICATE KEY UPDATE tally = VALUES(tally)`,
    list: (shape) => tallyList(tally, shape),
    earliest: `SELECT min(since) AS since FROM ${tally} WHERE span = :span`,
    delete: `DELETE FROM ${tally} WHERE span = :span AND since = :since`,
  };
}
