/**
 * What is measured, in the order of the tables. A subject is
 *
 * - `label`, `server`: what it is called, and which server (of `servers/`) it works on
 * - `module`: what its nodes load: `open({ space, settings, fire })` answers `addMany(jobs)`, `addEach(job)`,
 *   `addRecurring(jobs)`, `start()`, `close()`, and where it can `durability()`, `queries()`,
 *   `runOf(job)` and `cancelRun(run)`
 * - `runtime`: what its nodes run on: `node` (this one), `node24`, `python`
 * - `packages`: whose versions go into the report; `history`: what stays on record of a job that has run
 * - `bulk: false`: it has no call that adds many jobs
 * - `recurring: false` or a reason: what it can not do; `processes`: how many may share its store
 * - `addPerSecond`: a low guess, which says how far ahead jobs have to be due
 * - `unfinished(connection)`: how many jobs are not done, by its server's record
 */
const OURS = {
  module: 'subjects/ours.mjs',
  runtime: 'node',
  packages: ['nestjs-advanced-scheduler', 'typeorm'],
  history: 'every run',
  isOurs: true,
  addPerSecond: 4000,
};

const RUNS_LEFT = `SELECT (SELECT count(*) FROM scheduler_job) + (SELECT count(*) FROM scheduler_run WHERE state IN (0, 1)) AS n`;

const RECORDED_LEFT = 'SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM run WHERE state = 1) AS n';

export const SUBJECTS = {
  'ours-postgres': {
    ...OURS,
    label: 'ours, PostgreSQL',
    server: 'postgres',
    packages: [...OURS.packages, 'pg'],
    store: { type: 'postgres' },
    unfinished: sql(RUNS_LEFT),
  },
  'ours-mysql': {
    ...OURS,
    label: 'ours, MySQL/MariaDB',
    server: 'mysql',
    packages: [...OURS.packages, 'mysql2'],
    store: { type: 'mysql' },
    unfinished: sql(RUNS_LEFT),
  },
  'ours-sqlite': {
    ...OURS,
    label: 'ours, SQLite',
    server: 'sqlite',
    packages: [...OURS.packages, 'better-sqlite3'],
    store: { type: 'better-sqlite3' },
    unfinished: sql(RUNS_LEFT),
  },
  'graphile-worker': {
    label: 'graphile-worker',
    server: 'postgres',
    module: 'node24/graphile-worker.mjs',
    runtime: 'node24',
    packages: ['graphile-worker'],
    history: 'none',
    recurring: 'cron of minutes only',
    addPerSecond: 4000,
    unfinished: sql('SELECT count(*) AS n FROM graphile_worker._private_jobs'),
  },
  'pg-boss': {
    label: 'pg-boss',
    server: 'postgres',
    module: 'node24/pg-boss.mjs',
    runtime: 'node24',
    packages: ['pg-boss'],
    history: 'every job',
    recurring: 'cron of minutes only',
    addPerSecond: 2000,
    unfinished: sql(`SELECT count(*) AS n FROM pgboss.job WHERE state < 'completed'`),
  },
  'bullmq-redis': {
    label: 'BullMQ, Redis',
    server: 'redis',
    module: 'subjects/bullmq.mjs',
    runtime: 'node',
    packages: ['bullmq', 'ioredis'],
    history: 'none',
    addPerSecond: 2000,
    async unfinished({ redis }, { prefix }) {
      const key = (name) => `${prefix}:bench:${name}`;
      const [delayed, wait, active] = await Promise.all([
        redis.zcard(key('delayed')),
        redis.llen(key('wait')),
        redis.llen(key('active')),
      ]);
      return delayed + wait + active;
    },
  },
  'bullmq-postgres': {
    label: 'BullMQ, PostgreSQL',
    server: 'postgres',
    module: 'subjects/bullmq.mjs',
    runtime: 'node',
    packages: ['bullmq', 'pg'],
    history: 'none',
    addPerSecond: 1000,
    unfinished: sql('SELECT count(*) AS n FROM bullmq.job'),
  },
  'agenda-postgres': {
    label: 'agenda, PostgreSQL',
    server: 'postgres',
    module: 'subjects/agenda.mjs',
    runtime: 'node',
    packages: ['agenda', '@agendajs/postgres-backend'],
    history: 'none',
    bulk: false,
    addPerSecond: 800,
    unfinished: sql('SELECT count(*) AS n FROM agenda_jobs'),
  },
  'apscheduler-postgres': {
    label: 'APScheduler, PostgreSQL',
    server: 'postgres',
    module: 'python/apscheduler_node.py',
    runtime: 'python',
    packages: [],
    history: 'none',
    bulk: false,
    processes: 1,
    addPerSecond: 200,
    unfinished: sql('SELECT count(*) AS n FROM apscheduler_jobs'),
  },
  'apscheduler-sqlite': {
    label: 'APScheduler, SQLite',
    server: 'sqlite',
    module: 'python/apscheduler_node.py',
    runtime: 'python',
    packages: [],
    history: 'none',
    bulk: false,
    processes: 1,
    addPerSecond: 80,
    unfinished: sql('SELECT count(*) AS n FROM apscheduler_jobs'),
  },
  'bare-postgres': {
    label: '(floor: bare claim and delete, PostgreSQL)',
    server: 'postgres',
    module: 'subjects/bare-postgres.mjs',
    runtime: 'node',
    packages: ['pg'],
    history: 'none',
    recurring: 'one-shot only',
    isFloor: true,
    addPerSecond: 4000,
    unfinished: sql('SELECT count(*) AS n FROM job'),
  },
  'bare-sqlite': {
    label: '(floor: bare claim and delete, SQLite)',
    server: 'sqlite',
    module: 'subjects/bare-sqlite.mjs',
    runtime: 'node',
    packages: ['better-sqlite3'],
    history: 'none',
    recurring: 'one-shot only',
    isFloor: true,
    addPerSecond: 4000,
    unfinished: sql('SELECT count(*) AS n FROM job'),
  },
  'recorded-postgres': {
    label: '(floor: claim, record and end, PostgreSQL)',
    server: 'postgres',
    module: 'subjects/recorded-postgres.mjs',
    runtime: 'node',
    packages: ['pg'],
    history: 'every run',
    recurring: 'one-shot only',
    isFloor: true,
    addPerSecond: 4000,
    unfinished: sql(RECORDED_LEFT),
  },
  'recorded-sqlite': {
    label: '(floor: claim, record and end, SQLite)',
    server: 'sqlite',
    module: 'subjects/recorded-sqlite.mjs',
    runtime: 'node',
    packages: ['better-sqlite3'],
    history: 'every run',
    recurring: 'one-shot only',
    isFloor: true,
    addPerSecond: 4000,
    unfinished: sql(RECORDED_LEFT),
  },
};

/** Subjects that the comparison names and nothing here can measure. */
export const ABSENT = { 'agenda, MongoDB': 'no MongoDB server' };

/** The clients of the servers answer in three shapes. */
function sql(text) {
  return async (connection) => {
    const answer = await connection.query(text);
    const [row] = answer.rows ?? (Array.isArray(answer[0]) ? answer[0] : answer);
    return Number(row.n);
  };
}
