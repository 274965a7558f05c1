import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import type { Dialect } from '../../../lib/stores/typeorm/dialects/dialect.js';
import { mysqlDialect } from '../../../lib/stores/typeorm/dialects/mysql.js';
import { postgresDialect } from '../../../lib/stores/typeorm/dialects/postgres.js';
import { PositionalSql, type Placeholders } from '../../../lib/stores/typeorm/drivers/positional-sql.js';
import type { SqlParams } from '../../../lib/stores/typeorm/script.js';
import { tableNames } from '../../../lib/stores/typeorm/table-names.js';
import { isThere, MYSQL, POSTGRES } from '../../support/servers.js';
import { ServerTables } from './server-tables.js';

const ROWS = 20_000;
const FAR = 4_000_000_000_000;
const IDS = JSON.stringify(['job-1', 'job-2']);
const SCOPE = { executor: 'default', version: 1, tasks: '["T"]', declared: '[]', excluded: '[]' };

/** What each hot statement takes, and by which index it may find the rows of each table that it reads. */
const hot = ({ tables, jobs, fires, history, tallies }: Dialect): [string, string, SqlParams, readonly string[]][] => [
  ['what is due', fires.due, { ...SCOPE, until: 1, limit: 100 }, [tables.jobDueIndex]],
  ['what is due next', fires.nextDue, { ...SCOPE, after: 1 }, [tables.jobDueIndex]],
  [
    'what is queued',
    fires.nextQueued,
    SCOPE,
    [
      tables.runQueuedIndex,
      tables.runBackfillIndex,
      tables.runNodeIndex,
      tables.runUnfinishedIndex,
      tables.runPhaseIndex,
      PRIMARY_OF_JOBS,
      PRIMARY_OF_RUNS,
    ],
  ],
  [
    'what can be taken from the queue',
    fires.takeable,
    { ...SCOPE, now: 1, limit: 10, full: '[]', settled: '[]', backfills: 1 },
    [
      tables.runQueuedIndex,
      tables.runRetryIndex,
      tables.runBackfillIndex,
      tables.runNodeIndex,
      tables.runUnfinishedIndex,
      tables.runPhaseIndex,
      PRIMARY_OF_JOBS,
      PRIMARY_OF_RUNS,
    ],
  ],
  ['the jobs of a claim, locked', jobs.tryLock, { ids: IDS }, [PRIMARY_OF_JOBS]],
  [
    'the jobs that need a task',
    jobs.idsOfTask,
    { name: 'T', after: 'job-5', limit: 10 },
    [tables.jobTaskIndex, tables.jobDueIndex, PRIMARY_OF_JOBS],
  ],
  ['how busy they are', fires.occupancy, { ids: IDS, now: 1 }, [tables.runUnfinishedIndex, tables.runJobIndex]],
  ['the jobs of an ending, locked', fires.jobStates, { ids: IDS }, [PRIMARY_OF_JOBS]],
  ['the runs of an ending, locked', fires.lockRuns, { ids: IDS }, [tables.runIdIndex]],
  ['the runs of a dead node', fires.runsOfNode, { node: 'node-10' }, [tables.runNodeIndex, tables.runPhaseIndex]],
  [
    'whether a run is unfinished',
    history.anyUnfinished,
    {},
    [tables.runUnfinishedIndex, tables.runQueuedIndex, tables.runPhaseIndex, PRIMARY_OF_JOBS],
  ],
  [
    'what is to be added up',
    tallies.ended,
    { at: 5, after: 1, until: 50, limit: 500 },
    [tables.runFinishedIndex, tables.runPhaseIndex, tables.runUnfinishedIndex, PRIMARY_OF_JOBS],
  ],
  [
    'what is old enough to be pruned',
    history.endedBefore,
    { before: 5, limit: 10 },
    [tables.runFinishedIndex, tables.runPhaseIndex],
  ],
  [
    'a page of the history',
    history.list(LISTED),
    { from: 5, before_at: 9000, before_seq: 9, limit: 10 },
    [tables.runSlotIndex, PRIMARY_OF_RUNS],
  ],
  [
    'a page of what failed or was lost',
    history.list({ ...LISTED, states: [3, 7] }),
    { from: 5, before_at: 9000, before_seq: 9, limit: 10 },
    [tables.runRareIndex, tables.runSlotIndex, PRIMARY_OF_RUNS],
  ],
  [
    'a page of what has two tags',
    history.list({ ...LISTED, tags: 2 }),
    { tag_aa: 'common', tag_ab: 'rare', from: 5, before_at: 9000, before_seq: 9, limit: 10 },
    [PRIMARY_OF_TAGS, PRIMARY_OF_RUNS],
  ],
  [
    'the tags of runs that are pruned',
    history.untagRuns,
    { rows: JSON.stringify([{ tag: 'common', scheduled_at: 5, seq: 5 }]) },
    [PRIMARY_OF_TAGS],
  ],
  [
    'a page of what runs',
    history.list({ ...LISTED, states: [1] }),
    { from: 5, before_at: 9000, before_seq: 9, limit: 10 },
    [tables.runUnfinishedIndex, tables.runQueuedIndex, tables.runNodeIndex, tables.runPhaseIndex],
  ],
  [
    'a page of the history of a job',
    history.list({ ...LISTED, hasJobId: true }),
    { job_id: 'job-5', from: 5, before_at: 9000, before_seq: 9, limit: 10 },
    [tables.runJobIndex, PRIMARY_OF_RUNS],
  ],
];

/** A statement that takes nothing but rows is given them as a connection gives them. */
function asked(placeholders: Placeholders, sql: string, params: SqlParams) {
  const { rows, ...others } = params;
  const positional = new PositionalSql(placeholders);
  const takesRowsOnly = rows !== undefined && Object.keys(others).length === 0;
  return takesRowsOnly ? positional.ofRows(sql, JSON.parse(String(rows)) as SqlParams[]) : positional.of(sql, params);
}

const LISTED = { hasJobId: false, states: null, tags: 0, hasFrom: true, hasTo: false, hasBefore: true };

const PRIMARY_OF_JOBS = 'the primary key of jobs';
const PRIMARY_OF_RUNS = 'the primary key of runs';
const PRIMARY_OF_TAGS = 'the primary key of tags';

describe.skipIf(!(await isThere(POSTGRES)))(`PostgreSQL with ${ROWS} far jobs and as many runs`, () => {
  const server = new ServerTables('postgres');
  const dialect = postgresDialect(tableNames(server.prefix, null));
  const { tables, plain } = dialect;

  beforeAll(async () => {
    await (await server.open({ clock: new SystemClock() })).close();
    await server.query(`INSERT INTO ${tables.job} (id, name, task, trigger_def, args, tags, executor, origin, status,
        next_fire_at, due_at, gen, fence, policy, definition, created_at, updated_at)
      SELECT 'job-' || i, '', 'T', '', '', '', 'default', 1, 1, ${FAR} + i, ${FAR} + i, 1, 1, '{}', '', 1, 1
      FROM generate_series(1, ${ROWS}) AS i`);
    await server.query(`INSERT INTO ${tables.run} (run_id, job_id, task, gen, scheduled_at, available_at, state, fence,
        finished_at, node)
      SELECT 'run-' || i, 'job-' || i, 'T', 1, i, i, CASE WHEN i % 1000 = 0 THEN 1 ELSE 2 END, 1,
        CASE WHEN i % 1000 = 0 THEN NULL ELSE i END, 'node-' || i % 100 FROM generate_series(1, ${ROWS}) AS i`);
    await server.query(`INSERT INTO ${tables.runTag} SELECT CASE WHEN i % 100 = 0 THEN 'rare' ELSE 'common' END, i, i
      FROM generate_series(1, ${ROWS}) AS i`);
    for (const table of [tables.job, tables.run, tables.runTag]) await server.query(`ANALYZE ${table}`);
  }, 30_000);
  afterAll(() => server.drop());

  interface PlanNode {
    readonly 'Node Type': string;
    readonly 'Relation Name'?: string;
    readonly 'Index Name'?: string;
    readonly 'Index Cond'?: string;
    readonly Plans?: readonly PlanNode[];
  }

  /** How each of our tables is read. */
  const accessesOf = async (sql: string, params: SqlParams, on = server): Promise<PlanNode[]> => {
    const { text, values } = asked('numbered', sql, params);
    const [row] = await on.query<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(`EXPLAIN (FORMAT JSON) ${text}`, values);
    const all = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(all)];
    return all(row['QUERY PLAN'][0].Plan).filter(
      (node) => /Scan/.test(node['Node Type']) && (node['Relation Name'] ?? node['Index Name'])?.startsWith(on.prefix),
    );
  };

  it.each(hot(dialect))('finds %s by an index', async (_what, sql, params, indexes) => {
    const accesses = await accessesOf(sql, params);
    expect(accesses).not.toEqual([]);
    const primary = new Map([
      [PRIMARY_OF_JOBS, `${tables.job}_pkey`],
      [PRIMARY_OF_RUNS, `${tables.run}_pkey`],
      [PRIMARY_OF_TAGS, `${tables.runTag}_pkey`],
    ]);
    const allowed = indexes.map((index) => primary.get(index) ?? index);
    for (const access of accesses.filter((each) => each['Node Type'] !== 'Bitmap Heap Scan')) {
      expect(allowed).toContain(access['Index Name']);
    }
  });

  it('looks up the runs of each job by the job, where nothing is known yet about the tables, too', async () => {
    const fresh = new ServerTables('postgres');
    const { tables: names, plain: statements, fires } = postgresDialect(tableNames(fresh.prefix, null));
    await (await fresh.open({ clock: new SystemClock() })).close();
    await fresh.query(`ALTER TABLE ${names.run} SET (autovacuum_enabled = false)`);
    await fresh.query(`INSERT INTO ${names.run} (run_id, job_id, task, gen, scheduled_at, available_at, state, fence, node)
      SELECT 'run-' || i, 'job-' || i, 'T', 1, i, i, 1, 1, 'node-1' FROM generate_series(1, 500) AS i`);
    const rows = JSON.stringify([{ id: 'job-1', run_id: 'run-1', job_id: 'job-1' }]);
    for (const [sql, params] of [
      [statements?.claim ?? '', { node: 'node-1', rows }],
      [statements?.complete ?? '', { rows, late_ms: 1 }],
      [statements?.put ?? '', { rows: JSON.stringify([['job-1']]), now: 1, channel: 'c', sender: 's' }],
      [fires.occupancy, { ids: IDS, now: 1 }],
      [fires.lockRuns, { ids: IDS }],
      [fires.unfinishedRuns, { ids: IDS, state: 1 }],
    ] as [string, SqlParams][]) {
      const accesses = await accessesOf(sql, params, fresh);
      expect(accesses.map((access) => access['Index Name'])).not.toContain(names.runNodeIndex);
    }
    await fresh.drop();
  });

  it('claims and ends one among thousands by indexes, where nothing is known yet about the tables, too', async () => {
    const fresh = new ServerTables('postgres');
    const { tables: names, plain: statements } = postgresDialect(tableNames(fresh.prefix, null));
    await (await fresh.open({ clock: new SystemClock() })).close();
    await fresh.query(`ALTER TABLE ${names.job} SET (autovacuum_enabled = false)`);
    await fresh.query(`INSERT INTO ${names.job} SELECT * FROM ${tables.job}`);
    const rows = JSON.stringify([{ id: 'job-1', run_id: 'run-1', job_id: 'job-1' }]);
    const claim = await accessesOf(statements?.claim ?? '', { node: 'node-1', rows }, fresh);
    const complete = await accessesOf(statements?.complete ?? '', { rows, late_ms: 1 }, fresh);
    for (const accesses of [claim, complete]) {
      const ofJobs = accesses.filter((access) => access['Relation Name'] === names.job);
      expect(new Set(ofJobs.map((access) => access['Index Name']))).toEqual(new Set([`${names.job}_pkey`]));
    }
    await fresh.drop();
  });

  it.each(['claim', 'complete', 'put'] as const)(
    'tells with each %s, also of nothing, of which size its tables are',
    async (name) => {
      const fresh = new ServerTables('postgres');
      await (await fresh.open({ clock: new SystemClock() })).close();
      const params = { node: 'node-1', rows: '[]', late_ms: 1, now: 1, channel: 'c', sender: 's' };
      const sizeIn = async (on: ServerTables): Promise<unknown> => {
        const sql = postgresDialect(tableNames(on.prefix, null)).plain?.[name] ?? '';
        const { text, values } = asked('numbered', sql, params);
        const answer = await on.query<{ size: unknown }[]>(text, values);
        expect(answer).toHaveLength(1);
        return answer[0]?.size;
      };
      expect(await sizeIn(fresh)).toBe('0.0');
      expect(await sizeIn(server)).toMatch(/^[1-9]\.[1-9]$/);
      await fresh.drop();
    },
  );

  it('looks for a new job and its runs by indexes', async () => {
    const rows = JSON.stringify([['new']]);
    const accesses = await accessesOf(plain?.put ?? '', { rows, now: 1, channel: 'c', sender: 's' });
    expect(accesses.map((access) => access['Index Name'])).toEqual([`${tables.job}_pkey`, tables.runJobIndex]);
  });

  it('finds jobs that are carried by the indexes of what runs', async () => {
    const { jobs, carried } = postgresDialect(tables);
    const shape = { hasIds: false, hasTasks: false, hasExecutor: false, hasStatuses: false, hasOrigin: false };
    for (const [sql, params] of [
      [jobs.read, { ids: IDS }],
      [jobs.list(shape), {}],
      [jobs.list({ ...shape, hasIds: true }), { ids: IDS }],
      [carried?.bringBack ?? '', { ids: IDS }],
    ] as [string, SqlParams][]) {
      const accesses = await accessesOf(sql, params);
      const indexes = accesses.flatMap((access) => access['Index Name'] ?? []);
      expect([tables.runNodeIndex, tables.runUnfinishedIndex].some((index) => indexes.includes(index))).toBe(true);
      const isWhole = (access: PlanNode) =>
        access['Node Type'] === 'Seq Scan' && access['Relation Name'] === tables.run;
      expect(accesses.some(isWhole)).toBe(false);
    }
  });

  it('walks along indexes to what jobs need of the nodes, however many there are', async () => {
    const accesses = await accessesOf(plain?.nodes ?? '', {});
    const ofJobs = accesses.filter((access) => access['Relation Name'] === tables.job);
    // How it goes on from the first one, the plan does not tell.
    expect(ofJobs.map((access) => access['Index Name'])).toEqual([tables.jobTaskIndex, tables.jobDueIndex]);
    for (const access of ofJobs) expect(access['Index Cond']).toMatch(/^\((task|executor) IS NOT NULL\)$/);

    const session = await server.open({ clock: new SystemClock() });
    expect((await session.nodes()).needs).toEqual({ tasks: ['T'], executors: ['default'] });
    await session.close();
  });

  it('takes the time for a bound of the index, in a peek of one statement, too', async () => {
    const peek = plain?.peek ?? '';
    const accesses = await accessesOf(peek, { ...SCOPE, horizon: 1_000, limit: 100 });
    const byDue = accesses.filter((access) => access['Index Name'] === tables.jobDueIndex);
    expect(byDue).toHaveLength(2);
    for (const access of byDue) expect(access['Index Cond']).toMatch(/due_at (<=|>) /);
    expect(accesses.filter((access) => access['Node Type'] === 'Seq Scan')).toEqual([]);
  });
});

describe.skipIf(!(await isThere(MYSQL)))(`MySQL or MariaDB with ${ROWS} far jobs and as many runs`, () => {
  const server = new ServerTables('mysql');
  const dialect = mysqlDialect(tableNames(server.prefix, null));
  const { tables } = dialect;

  beforeAll(async () => {
    await (await server.open({ clock: new SystemClock() })).close();
    const digits =
      '(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
    const numbers = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS i
      FROM ${digits} AS a, ${digits} AS b, ${digits} AS c, ${digits} AS e, (SELECT 0 AS d UNION SELECT 1) AS f) AS n`;
    await server.query(`INSERT INTO ${tables.job} (id, name, task, trigger_def, args, tags, executor, origin, status,
        next_fire_at, due_at, gen, fence, policy, definition, created_at, updated_at)
      SELECT concat('job-', i), '', 'T', '', '', '', 'default', 1, 1, ${FAR} + i, ${FAR} + i, 1, 1, '{}', '', 1, 1 FROM ${numbers}`);
    await server.query(`INSERT INTO ${tables.run} (run_id, job_id, task, gen, scheduled_at, available_at, state, fence,
        finished_at, node)
      SELECT concat('run-', i), concat('job-', i), 'T', 1, i, i, CASE WHEN i % 1000 = 0 THEN 1 ELSE 2 END, 1,
        CASE WHEN i % 1000 = 0 THEN NULL ELSE i END, concat('node-', i % 100) FROM ${numbers}`);
    await server.query(`INSERT INTO ${tables.runTag}
      SELECT CASE WHEN i % 100 = 0 THEN 'rare' ELSE 'common' END, i, i FROM ${numbers}`);
    for (const table of [tables.job, tables.run, tables.runTag]) await server.query(`ANALYZE TABLE ${table}`);
  }, 30_000);
  afterAll(() => server.drop());

  interface Access {
    readonly table: string | null;
    readonly type: string;
    readonly key: string | null;
    readonly rows: number | string;
  }

  const accessesOf = async (sql: string, params: SqlParams): Promise<Access[]> => {
    const { text, values } = asked('question marks', sql, params);
    const rows = await server.query<Access[]>(`EXPLAIN ${text}`, values);
    return rows.filter(({ table }) => ['j', 'r', 'u', 't', 'o', 'q', 'g', tables.run].includes(String(table)));
  };
  const names = (indexes: readonly string[]) =>
    indexes.map((index) => (index.startsWith('the primary key') ? 'PRIMARY' : index));

  it.each(hot(dialect))('finds %s by an index', async (_what, sql, params, indexes) => {
    const accesses = await accessesOf(sql, params);
    expect(accesses).not.toEqual([]);
    for (const { type, key } of accesses) {
      expect(type).toMatch(/^(range|ref|eq_ref|const)$/);
      expect(names(indexes)).toContain(key);
    }
  });

  it.each([
    ['claims', dialect.fires.advanceJobs],
    ['endings', dialect.fires.endRuns],
    ['retries', dialect.fires.requeueRuns],
  ])('P20 writes the rows of %s by their primary key', async (_what, sql) => {
    const accesses = await accessesOf(sql, {
      rows: JSON.stringify([
        { id: 'job-1', seq: 1 },
        { id: 'job-2', seq: 2 },
      ]),
    });
    expect(accesses).toMatchObject([{ type: 'eq_ref', key: 'PRIMARY' }]);
  });

  it('passes over what is due but whose task nobody knows in the index, without reading the rows', async () => {
    const { text, values } = asked('question marks', dialect.fires.due, { ...SCOPE, until: FAR + ROWS, limit: 100 });
    const [plan] = await server.query<[{ EXPLAIN: string }]>(`EXPLAIN FORMAT=JSON ${text}`, values);
    const conditions = [...plan.EXPLAIN.matchAll(/"index_condition": "(.*)"/g)].map(([, condition]) => condition);
    expect(conditions.join()).toMatch(/j`?\.`?task`? (in|=)/);
  });

  it('finds nothing among the members of an empty list', async () => {
    const { text, values } = asked('question marks', dialect.fires.due, {
      ...SCOPE,
      tasks: '[]',
      until: FAR + ROWS,
      limit: 100,
    });
    expect(await server.query(text, values)).toEqual([]);
  });
});
