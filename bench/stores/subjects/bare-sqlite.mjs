import Database from 'better-sqlite3';

/** As many as ours takes from SQLite at a time. */
const BATCH = 100;
const POLL_MS = 10;

/** As the loop on PostgreSQL, and as durable as ours: a write-ahead log, synced at every commit. */
export async function open({ space, fire }) {
  const database = new Database(space.database, { timeout: 0 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(
    'CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, "index" INTEGER NOT NULL, due_at INTEGER NOT NULL)',
  );
  database.exec('CREATE INDEX IF NOT EXISTS job_due ON job (due_at)');
  const take = database.prepare(`DELETE FROM job WHERE id IN (
    SELECT id FROM job WHERE due_at <= ? ORDER BY due_at LIMIT ${BATCH}) RETURNING "index", due_at`);
  const insert = database.prepare('INSERT INTO job ("index", due_at) VALUES (?, ?)');
  const insertAll = database.transaction((jobs) => {
    for (const { index, dueAt } of jobs) insert.run(index, dueAt);
  });
  let next;

  function run() {
    const rows = take.all(Date.now());
    for (const row of rows) fire(row.index, row.due_at);
    next = rows.length < BATCH ? setTimeout(run, POLL_MS) : setImmediate(run);
  }

  return {
    addMany: async (jobs) => insertAll.immediate(jobs),
    addEach: async ({ index, dueAt }) => void insert.run(index, dueAt),
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
