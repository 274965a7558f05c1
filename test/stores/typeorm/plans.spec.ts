import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectStatements } from '../../../lib/stores/typeorm/dialects/shortcut-statements.js';
import { sqliteDialect } from '../../../lib/stores/typeorm/dialects/sqlite.js';
import { BOUNDS } from '../../../lib/stores/typeorm/dialects/tally-lists.js';
import { tableNames } from '../../../lib/stores/typeorm/table-names.js';

const { schema, fires, history, jobs, tallies, direct } = sqliteDialect(tableNames());
/** A value for each parameter. */
const none = (sql: string) => Object.fromEntries([...sql.matchAll(/:(\w+)/g)].map(([, name]) => [name as string, 0]));
const SCOPE = { executor: 'default', version: 1, tasks: '["T"]', declared: '[]', excluded: '[]' };

describe('SQLite with 100,000 idle jobs and as many ended runs', () => {
  let database: Database.Database;

  beforeAll(() => {
    database = new Database(':memory:');
    for (const statement of schema.create) database.exec(statement);
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)';
    database.exec(`${numbers} INSERT INTO scheduler_job (id, name, task, trigger_def, args, tags, executor, origin,
        status, next_fire_at, due_at, gen, fence, policy, definition, created_at, updated_at)
      SELECT 'job-' || i, '', 'T', '', '', '', 'default', 1, 1, 1000000 + i, 1000000 + i, 1, 1, '', '', 1, 1 FROM n`);
    database.exec(`${numbers} INSERT INTO scheduler_run (run_id, job_id, task, gen, scheduled_at, available_at, state,
        fence, finished_at)
      SELECT 'run-' || i, 'job-' || i, 'T', 1, i, i, 2, 1, i FROM n`);
    database.exec(`${numbers} INSERT INTO scheduler_tally (span, since, shard, tally)
      SELECT 1 + i % 2, i / 64, i % 32, '' FROM n GROUP BY 1, 2, 3`);
  });
  afterAll(() => {
    database.close();
  });

  const plan = (sql: string, params: object) =>
    (database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(params) as { detail: string }[]).map(({ detail }) => detail);

  /** What is said of a table: everything else in a plan are lists of parameters. */
  const accessTo = (table: string, details: readonly string[]) =>
    details.filter((detail) => new RegExp(`^(SCAN|SEARCH) ${table}\\b`).test(detail));

  const analyze = () => database.exec('ANALYZE');
  const expectAll = () => {
    const due = plan(fires.due, { ...SCOPE, until: 1, limit: 100 });
    expect(accessTo('j', due)).toEqual(['SEARCH j USING INDEX scheduler_job_due (executor=? AND due_at<?)']);
    expect(due.join()).not.toContain('TEMP B-TREE');
    expect(accessTo('j', plan(fires.nextDue, { ...SCOPE, after: 1 }))).toEqual([
      'SEARCH j USING INDEX scheduler_job_due (executor=? AND due_at>?)',
    ]);
    const takeable = plan(fires.takeable, { ...SCOPE, now: 1, limit: 10, full: '[]', settled: '[]', backfills: 1 });
    expect(accessTo('[rju]', takeable)).toEqual([
      'SEARCH r USING INDEX scheduler_run_retry (available_at<?)',
      'SEARCH j USING INDEX sqlite_autoindex_scheduler_job_1 (id=?)',
      'SEARCH r USING INDEX scheduler_run_queued (available_at<?)',
      'SEARCH j USING INDEX sqlite_autoindex_scheduler_job_1 (id=?)',
      'SEARCH r USING INDEX scheduler_run_backfill (available_at<?)',
      'SEARCH j USING INDEX sqlite_autoindex_scheduler_job_1 (id=?)',
    ]);
    // The jobs without a free instance, found once.
    expect(new Set(accessTo('[of]', takeable))).toEqual(
      new Set([
        'SCAN o USING INDEX scheduler_run_node',
        'SEARCH f USING INDEX sqlite_autoindex_scheduler_job_1 (id=?)',
      ]),
    );
    expect(takeable.join()).not.toContain('ORDER BY');
    expect(accessTo('j', plan(jobs.idsOfTask, { name: 'T', after: '', limit: 10 }))).toEqual([
      'SEARCH j USING INDEX scheduler_job_task (task=?)',
    ]);
    expect(accessTo('r', plan(fires.runsOfNode, { node: 'n' }))).toEqual([
      'SEARCH r USING INDEX scheduler_run_node (node=?)',
    ]);
    expect(accessTo('scheduler_run', plan(history.endedBefore, { before: 5, limit: 10 }))).toEqual([
      'SEARCH scheduler_run USING INDEX scheduler_run_finished (finished_at>? AND finished_at<?)',
    ]);
    const ended = plan(tallies.ended, { at: 5, after: 1, until: 50, limit: 10 });
    expect(accessTo('r', ended)).toEqual([
      'SEARCH r USING INDEX scheduler_run_finished (finished_at>? AND finished_at<?)',
    ]);
    expect(ended.join()).not.toContain('TEMP B-TREE');
    const days = Object.fromEntries(BOUNDS.map((name, i) => [name, i]));
    for (const isOfShard of [false, true]) {
      const rows = plan(tallies.list({ isOfShard }), { ...days, ...(isOfShard ? { shard: 7 } : {}) });
      expect(rows.join()).not.toContain('TEMP B-TREE');
      expect(new Set(accessTo('scheduler_tally', rows))).toEqual(
        new Set([
          'SEARCH scheduler_tally USING INDEX sqlite_autoindex_scheduler_tally_1 (span=? AND since>? AND since<?)',
        ]),
      );
    }
    const page = plan(history.unfinishedPage, { job_id: '', state: 0, seq: 0, limit: 10 });
    expect(accessTo('scheduler_run', page)).toEqual([
      'SEARCH scheduler_run USING INDEX scheduler_run_unfinished ((job_id,state)>(?,?))',
    ]);
    expect(page.join()).not.toContain('TEMP B-TREE');
    const bounds = { from: 5, before_at: 9, before_seq: 9, limit: 10 };
    const listed = { hasJobId: false, states: null, tags: 0, hasFrom: true, hasTo: false, hasBefore: true };
    const list = plan(history.list(listed), bounds);
    expect(accessTo('r', list)).toEqual([
      expect.stringMatching(/^SEARCH r USING INDEX scheduler_run_slot \(scheduled_at>\? AND .*</),
    ]);
    const ofJob = plan(history.list({ ...listed, hasJobId: true }), { ...bounds, job_id: 'job-1' });
    expect(accessTo('r', ofJob)).toEqual([
      'SEARCH r USING INDEX scheduler_run_job (job_id=? AND scheduled_at>? AND scheduled_at<?)',
    ]);
    const rare = plan(history.list({ ...listed, states: [3, 7] }), bounds);
    expect(accessTo('r', rare)).toEqual([
      'SEARCH r USING COVERING INDEX scheduler_run_rare (state=? AND scheduled_at>? AND scheduled_at<?)',
      'SEARCH r USING COVERING INDEX scheduler_run_rare (state=? AND scheduled_at>? AND scheduled_at<?)',
      'SEARCH r USING INTEGER PRIMARY KEY (rowid=?)',
    ]);
    expect(accessTo('r', plan(history.list({ ...listed, states: [0, 1] }), bounds))).toEqual([
      'SCAN r USING INDEX scheduler_run_unfinished',
    ]);
    const ofTag = { tag_aa: 'billing', tag_ab: 'eu' };
    const tagged = plan(history.list({ ...listed, tags: 2 }), { ...bounds, ...ofTag });
    expect(accessTo('[trod]', tagged)).toEqual([
      expect.stringMatching(
        /^SEARCH t USING COVERING INDEX sqlite_autoindex_scheduler_run_tag_1 \(tag=\? AND scheduled_at>\? AND .*</,
      ),
      'SEARCH r USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH o USING COVERING INDEX sqlite_autoindex_scheduler_run_tag_1 (tag=? AND scheduled_at=? AND seq=?)',
    ]);
    expect(plan(history.untagRuns, { tag: 'eu', scheduled_at: 5, seq: 5 })).toEqual([
      expect.stringMatching(/^SEARCH scheduler_run_tag USING .* \(tag=\? AND scheduled_at=\? AND seq=\?\)/),
    ]);
    expect([...list, ...ofJob, ...tagged].join()).not.toContain('TEMP B-TREE');
    expect(accessTo('scheduler_job', plan(jobs.page, { after: '', limit: 10 }))).toEqual([
      'SEARCH scheduler_job USING INDEX sqlite_autoindex_scheduler_job_1 (id>?)',
    ]);
    const { advanceIdle, endSucceeded, deleteFinished } = direct as DirectStatements;
    const unfinished = 'SEARCH u USING COVERING INDEX scheduler_run_unfinished (job_id=? AND state<?)';
    expect(accessTo('[ju]', plan(advanceIdle, none(advanceIdle)))).toEqual([
      'SEARCH j USING INDEX sqlite_autoindex_scheduler_job_1 (id=?)',
      unfinished,
    ]);
    expect(accessTo('scheduler_run', plan(advanceIdle, none(advanceIdle)))).toEqual([
      'SEARCH scheduler_run USING COVERING INDEX scheduler_run_id (run_id=?)',
    ]);
    expect(accessTo('[rju]', plan(endSucceeded, none(endSucceeded)))).toEqual([
      'SEARCH r USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH j USING INDEX sqlite_autoindex_scheduler_job_1 (id=?)',
      unfinished,
    ]);
    expect(accessTo('scheduler_job', plan(deleteFinished, none(deleteFinished)))).toEqual([
      'SEARCH scheduler_job USING INDEX sqlite_autoindex_scheduler_job_1 (id=?)',
    ]);
    for (const sql of [jobs.lock, fires.jobStates, fires.retirable]) {
      expect(accessTo('j', plan(sql, { ids: '[]' }))).toEqual([
        expect.stringMatching(
          /^SEARCH j USING INDEX (sqlite_autoindex_scheduler_job_1|scheduler_job_finished) \(id=\?\)$/,
        ),
      ]);
    }
  };

  it('finds what is due, queued, left by a node or prunable by an index, the time being a bound of it', () => {
    expectAll();
  });

  it('does so as well after an ANALYZE', () => {
    analyze();
    expectAll();
  });
});
