import pg from 'pg';
import { sleep } from '../harness/wait.mjs';

const BATCH = 500;
const POLL_MS = 10;
const NOW = '(extract(epoch from statement_timestamp()) * 1000)::bigint';
const TAKE = `DELETE FROM job WHERE id IN (
    SELECT id FROM job WHERE due_at <= ${NOW} ORDER BY due_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
  ) RETURNING index, due_at`;

/** The least that can be done and be durable: what is due is deleted, then called. No record, no retry, no lease. */
export async function open({ space, fire }) {
  const client = new pg.Client({ connectionString: space.url });
  await client.connect();
  await client.query(
    `CREATE TABLE IF NOT EXISTS job (id serial PRIMARY KEY, index int NOT NULL, due_at bigint NOT NULL)`,
  );
  await client.query('CREATE INDEX IF NOT EXISTS job_due ON job (due_at)');
  const stop = new AbortController();
  let loop;

  async function run() {
    while (!stop.signal.aborted) {
      const { rows } = await client.query({ name: 'take', text: TAKE });
      for (const row of rows) fire(row.index, Number(row.due_at));
      if (rows.length < BATCH) await sleep(POLL_MS);
    }
  }

  const add = (jobs) =>
    client.query('INSERT INTO job (index, due_at) SELECT * FROM unnest($1::int[], $2::bigint[])', [
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
      await client.end();
    },
  };
}
