import type { TableNames } from '../table-names.js';
import type { HistoryStatements, JobStatements } from './dialect.js';
import type { PlainStatements } from './shortcut-statements.js';
import { JOB_COLUMNS } from './columns.js';
import { CARRIED_TO_ITS_END, carriedOf } from './postgres-carried.js';
import { asJson, givenArrays, givenRows } from './postgres-lists.js';
import { isNew, looksOf, runningOf } from './postgres-looks.js';
import { tablesOf } from './postgres-names.js';
import { MOMENT_MS, patienceOf } from './postgres-patience.js';
import { IS_OF_PLANNED_SIZE, sizesOf } from './postgres-sizes.js';

const CLOCK = '(SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint AS now)';

/** Who stores the same id may take long to commit: the others in the statement must not wait for him. */
const SHARED_WAIT_MS = 250;

/** What was decided longer ago is decided anew. */
const OLDEST_DECISION_MS = 1000;

/** What a claim is given of each job. */
const CLAIMED = {
  id: 'text',
  expected: 'bigint',
  gen: 'bigint',
  fence: 'bigint',
  slot: 'bigint',
  slot_due: 'bigint',
  run_id: 'text',
  attempts: 'smallint',
  next_fire_at: 'bigint',
  due_at: 'bigint',
  status: 'smallint',
};

/** What an ending is given of each run. */
const COMPLETED = { run_id: 'text', job_id: 'text', fence: 'bigint', finished_at: 'bigint', outcome: 'text' };

const STAMPS: readonly string[] = ['gen', 'fence'];

/** What is needed of a job whose slot is started. */
function fired(fence: string, carried: string): string {
  return `j.id, j.task, j.tags, j.gen, ${fence} AS fence, j.failures, l.slot, l.slot_due, l.run_id, l.attempts,
          ${carried} AS carried`;
}

/** A stamp that was taken from the clock when it was decided is not below the clock when it is stored. */
function stamped(value: string): string {
  return `CASE WHEN ${value} >= :now THEN greatest(${value}, clock.now) ELSE ${value} END`;
}

/**
 * Is true, and lets the planner take what is given for one row: each is then looked up by an index. For the hundred rows that
 * it takes the list to have, it reads all of a table of 10,000 jobs instead, be there only one.
 */
const FEW = 'd.fence + 0 = d.fence';

/**
 * Claims, endings and new jobs in one round trip and one commit. All take the common case only and leave the rest untouched.
 *
 * The planner takes a row each for what comes out of the parts, and would compare each with each: full joins can only be
 * done by hash. `+ 0` keeps it from walking through all that is due, running or queued instead of what was asked for.
 * What must not be taken to be rare is asked by `CASE`: where `state + 0 = 1` was one of the conditions on which runs are
 * joined, each ending was compared with each running run of a table that was not yet analysed.
 *
 * What a statement counts is counted before it locks: it holds because everybody who takes a slot raises the fence,
 * and a row whose fence was raised since is not the one that was expected.
 */
export function postgresPlain(tables: TableNames, jobs: JobStatements, history: HistoryStatements): PlainStatements {
  const looks = looksOf(tables);
  const { job, run, runTag, node } = tablesOf(tables);
  // Walks from task to task by the index, however many jobs each has.
  const neededTasks = `WITH RECURSIVE needed(task) AS (
        SELECT (SELECT min(task) FROM ${job} WHERE status <> 2)
        UNION ALL
        SELECT (SELECT min(j.task) FROM ${job} AS j WHERE j.status <> 2 AND j.task > needed.task)
        FROM needed WHERE needed.task IS NOT NULL)
      SELECT task FROM needed WHERE task IS NOT NULL`;
  const namesOf = (query: string) => `(SELECT coalesce(json_agg(e.name), '[]')::text FROM (${query}) AS e(name))`;
  const sizes = sizesOf(job, run);
  const unfinished = `SELECT 1 FROM ${run} AS u WHERE u.job_id = j.id AND u.state <= 1`;
  return {
    claim: `WITH clock AS MATERIALIZED ${CLOCK}, ${sizes},
      d AS MATERIALIZED (SELECT * FROM ${givenArrays(CLAIMED)} WHERE ${FEW} AND ${IS_OF_PLANNED_SIZE}),
      alive AS MATERIALIZED (SELECT n.id FROM ${node} AS n, clock WHERE n.id = :node AND n.lease_until > clock.now
        FOR KEY SHARE OF n),
      l AS MATERIALIZED (
        SELECT d.*, idle.is_idle AND d.status = 2 AND j.origin = 1 AND j.max_instances = 1 AS is_carried,
          d.slot_due <= clock.now AND (j.last_fire_at IS NULL OR j.last_fire_at < d.slot)
            AND (idle.is_idle OR ${runningOf(run, 'j.id')} < j.max_instances
              AND NOT EXISTS (${unfinished} AND u.state + 0 = 0 AND u.available_at + 0 <= clock.now AND u.origin <> 3))
            AND NOT EXISTS (SELECT 1 FROM ${run} AS r WHERE r.run_id = d.run_id) AS is_plain
        FROM d JOIN ${job} AS j ON j.id = d.id CROSS JOIN clock
          CROSS JOIN LATERAL (SELECT NOT EXISTS (${unfinished}) AS is_idle OFFSET 0) AS idle
        WHERE EXISTS (SELECT 1 FROM alive) AND j.status + 0 = 1 AND j.next_fire_at = d.expected AND j.gen = d.gen
          AND j.fence = d.fence AND j.due_at + 0 <= clock.now
        ORDER BY j.id FOR UPDATE OF j SKIP LOCKED),
      u AS (UPDATE ${job} AS j SET next_fire_at = l.next_fire_at, due_at = l.due_at, last_fire_at = l.slot,
          fence = j.fence + 1, run_count = j.run_count + 1, status = l.status
        FROM l WHERE j.id = l.id AND l.is_plain AND NOT l.is_carried RETURNING ${fired('j.fence', 'NULL::text[]')}),
      c AS (DELETE FROM ${job} AS j USING l WHERE j.id = l.id AND l.is_plain AND l.is_carried
        RETURNING ${fired('j.fence + 1', carriedOf())}),
      f AS (SELECT * FROM u UNION ALL SELECT * FROM c),
      i AS (INSERT INTO ${run} (run_id, job_id, task, tags, gen, scheduled_at, available_at, state, node, fence, max_attempts,
          started_at, carried_job)
        SELECT f.run_id, f.id, f.task, nullif(f.tags, '[]'), f.gen, f.slot, f.slot_due, 1, :node, f.fence, f.attempts, clock.now,
          f.carried
        FROM f CROSS JOIN clock ORDER BY f.slot_due, f.id RETURNING seq, job_id, scheduled_at, tags),
      t AS (INSERT INTO ${runTag} (tag, scheduled_at, seq) SELECT e.tag, i.scheduled_at, i.seq
        FROM i CROSS JOIN LATERAL json_array_elements_text(i.tags::json) AS e(tag) WHERE i.tags IS NOT NULL)
      SELECT clock.now, sizes.size, a.*
      FROM clock CROSS JOIN sizes CROSS JOIN (SELECT ${asJson('l.id')} AS locked, ${asJson('f.failures')} AS failures,
        ${asJson('i.seq')} AS seqs FROM l FULL JOIN f ON f.id = l.id FULL JOIN i ON i.job_id = l.id) AS a`,
    complete: `WITH ${sizes}, ${patienceOf(MOMENT_MS)},
      d AS MATERIALIZED (SELECT * FROM ${givenArrays(COMPLETED)} WHERE ${FEW} AND ${IS_OF_PLANNED_SIZE}),
      e AS (UPDATE ${run} AS r SET state = 2, finished_at = d.finished_at, outcome = d.outcome,
          carried_job = CASE WHEN r.carried_job IS NULL THEN NULL ELSE ${CARRIED_TO_ITS_END} END
        FROM d CROSS JOIN patience LEFT JOIN ${job} AS j ON j.id = d.job_id
        WHERE r.run_id = d.run_id AND r.fence = d.fence AND CASE WHEN r.state = 1 THEN true ELSE false END
          AND d.finished_at >= ${CLOCK} - :late_ms::bigint
          AND CASE WHEN j.id IS NULL THEN r.carried_job IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM ${run} AS u WHERE u.job_id = d.job_id AND u.state <= 1 AND u.run_id <> d.run_id)
            ELSE j.status <> 2 AND (j.failures = 0 OR j.gen <> r.gen) END
        RETURNING r.run_id, j.id IS NULL AS is_retired)
      SELECT sizes.size, a.* FROM sizes CROSS JOIN (SELECT ${asJson('e.run_id')} AS ended,
        ${asJson('e.is_retired')} AS retired FROM e) AS a`,
    put: `WITH clock AS MATERIALIZED ${CLOCK}, ${sizes},
      ${patienceOf(SHARED_WAIT_MS)},
      i AS (INSERT INTO ${job} (${JOB_COLUMNS.join(', ')})
        SELECT ${JOB_COLUMNS.map((column) => (STAMPS.includes(column) ? stamped(`d.${column}`) : `d.${column}`)).join(', ')}
        FROM ${givenRows(JOB_COLUMNS)} CROSS JOIN clock CROSS JOIN patience
        WHERE ${IS_OF_PLANNED_SIZE} AND :now::bigint BETWEEN clock.now - ${OLDEST_DECISION_MS} AND clock.now
          AND ${isNew({ job, run }, 'd.id')}
        ORDER BY d.id ON CONFLICT (id) DO NOTHING RETURNING id, gen, fence),
      n AS MATERIALIZED (SELECT pg_notify(:channel, :sender)::text AS told WHERE EXISTS (SELECT 1 FROM i))
      SELECT clock.now, sizes.size, i.id, i.gen, i.fence, n.told
      FROM clock CROSS JOIN sizes LEFT JOIN i ON true LEFT JOIN n ON true`,
    peek: `WITH clock AS MATERIALIZED ${CLOCK}
      SELECT clock.now, (${looks.nextDue('clock.now + :horizon')}) AS peeked_due_at, (${looks.nextQueued}) AS queued_at, p.*
      FROM clock LEFT JOIN LATERAL (${looks.due('clock.now + :horizon')}) AS p ON true ORDER BY p.due_at, p.id`,
    renew: `WITH clock AS MATERIALIZED ${CLOCK},
      u AS (UPDATE ${node} AS n SET heartbeat_at = clock.now, lease_until = clock.now + :lease_ms FROM clock
        WHERE n.id = :id RETURNING n.id)
      SELECT clock.now, (SELECT count(*) FROM u) AS renewed FROM clock`,
    nodes: `SELECT clock.now, ${namesOf(neededTasks)} AS needed_tasks, ${namesOf(jobs.executors)} AS needed_executors, n.*
      FROM ${CLOCK} AS clock LEFT JOIN ${node} AS n ON true ORDER BY n.started_at, n.id`,
    summary: `SELECT 'task' AS kind, t.task AS name, t.jobs AS value FROM (${jobs.countByTask}) AS t
      UNION ALL SELECT 'executor', e.executor, NULL FROM (${jobs.executors}) AS e
      UNION ALL SELECT 'next', NULL, n.next_fire_at FROM (${jobs.nextFire}) AS n
      UNION ALL SELECT 'unfinished', NULL, c.runs FROM (${history.anyUnfinished}) AS c`,
  };
}
