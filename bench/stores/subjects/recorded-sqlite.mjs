import Database from 'better-sqlite3';

/** As many as ours takes from SQLite at a time. */
const BATCH = 200;
const POLL_MS = 10;
const TABLES = `CREATE TABLE IF NOT EXISTS job (id TEXT PRIMARY KEY NOT NULL, "index" INTEGER NOT NULL, due_at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS job_due ON job (due_at);
  CREATE TABLE IF NOT EXISTS run (seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, "index" INTEGER NOT NULL,
    scheduled_at INTEGER NOT NULL, state INTEGER NOT NULL, node TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER);
  CREATE INDEX IF NOT EXISTS run_open ON run (node) WHERE state = 1;
  CREATE INDEX IF NOT EXISTS run_finished ON run (finished_at) WHERE finished_at IS NOT NULL`;

/** As the loop on PostgreSQL, and as durable as ours: a write-ahead log, synced at every commit. */
export async function open({ space, fire }) {
  const database = new Database(space.database, { timeout: 0 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(TABLES);
  const due = database.prepare(`SELECT * FROM job WHERE due_at <= ? ORDER BY due_at LIMIT ${BATCH}`);
  const remove = database.prepare('DELETE FROM job WHERE id = ?');
  const record = database.prepare(
    `INSERT INTO run (run_id, "index", scheduled_at, state, node, started_at) VALUES (?, ?, ?, 1, 'node-1', ?)`,
  );
  const end = database.prepare('UPDATE run SET state = 2, finished_at = ? WHERE seq = ? AND state = 1');
  const insert = database.prepare('INSERT INTO job (id, "index", due_at) VALUES (?, ?, ?)');
  const insertAll = database.transaction((jobs) => {
    for (const { index, dueAt } of jobs) insert.run(`job-${index}`, index, dueAt);
  });
  const take = database.transaction((now) =>
    due.all(now).map((job) => {
      remove.run(job.id);
      return { job, seq: record.run(`${job.id}@${job.due_at}`, job.index, job.due_at, now).lastInsertRowid };
    }),
  );
  const endAll = database.transaction((runs, now) => {
    for (const { seq } of runs) end.run(now, seq);
  });
  let next;

  function run() {
    const runs = take.immediate(Date.now());
    for (const { job } of runs) fire(job.index, job.due_at);
    if (runs.length > 0) endAll.immediate(runs, Date.now());
    next = runs.length < BATCH ? setTimeout(run, POLL_MS) : setImmediate(run);
  }

  return {
    addMany: async (jobs) => insertAll.immediate(jobs),
    addEach: async (job) => insertAll.immediate([job]),
    async start() {
      run();
    },
    durability: () => ({ journal_mode: database.pragma('journal_mode', { simple: true }), synchronous: ['OFF', 'NORMAL', 'FULL', 'EXTRA'][database.pragma('synchronous', { simple: true })] }), // prettier-ignore
    async close() {
      clearTimeout(next);
      clearImmediate(next);
      database.close();
    },
  };
}
