import pg from 'pg';
import { sleep } from '../harness/wait.mjs';

const BATCH = 500;
const POLL_MS = 10;
const NOW = '(extract(epoch from statement_timestamp()) * 1000)::bigint';
const TABLES = `CREATE TABLE IF NOT EXISTS job (id text PRIMARY KEY, index int NOT NULL, due_at bigint NOT NULL);
  CREATE INDEX IF NOT EXISTS job_due ON job (due_at);
  CREATE TABLE IF NOT EXISTS run (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run_id text NOT NULL UNIQUE, index int NOT NULL,
    scheduled_at bigint NOT NULL, state smallint NOT NULL, node text NOT NULL, started_at bigint NOT NULL, finished_at bigint);
  CREATE INDEX IF NOT EXISTS run_open ON run (node) WHERE state = 1;
  CREATE INDEX IF NOT EXISTS run_finished ON run (finished_at) WHERE finished_at IS NOT NULL`;
const TAKE = `WITH due AS (SELECT id FROM job WHERE due_at <= ${NOW} ORDER BY due_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED),
    taken AS (DELETE FROM job USING due WHERE job.id = due.id RETURNING job.*)
  INSERT INTO run (run_id, index, scheduled_at, state, node, started_at)
    SELECT id || '@' || due_at, index, due_at, 1, 'node-1', ${NOW} FROM taken RETURNING seq, index, scheduled_at`;
const END = `UPDATE run SET state = 2, finished_at = ${NOW} WHERE seq = ANY($1::bigint[]) AND state = 1`;

/** The least that leaves a record: what is due is taken with a record of its run, called, and ended. No lease, no options. */
export async function open({ space, fire }) {
  const [taker, ender] = await Promise.all([connect(space.url), connect(space.url)]);
  await taker.query(TABLES);
  const stop = new AbortController();
  let loop;

  async function run() {
    let ending = Promise.resolve();
    while (!stop.signal.aborted) {
      const { rows } = await taker.query({ name: 'take', text: TAKE });
      for (const row of rows) fire(row.index, Number(row.scheduled_at));
      const seqs = rows.map(({ seq }) => seq);
      await ending;
      if (seqs.length > 0) ending = ender.query({ name: 'end', text: END, values: [seqs] });
      if (rows.length < BATCH) await sleep(POLL_MS);
    }
    await ending;
  }

  const add = (jobs) =>
    taker.query('INSERT INTO job (id, index, due_at) SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])', [
      jobs.map(({ index }) => `job-${index}`),
      jobs.map(({ index }) => index),
      jobs.map(({ dueAt }) => dueAt),
    ]);
  return {
    addMany: add,
    addEach: (job) => add([job]),
    async start() {
      loop = run();
    },
    async close() {
      stop.abort();
      await loop;
      await Promise.all([taker.end(), ender.end()]);
    },
  };
}

async function connect(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}
