import type { JobRecord } from '../../../jobs/job-record.js';
import type { JobCodec } from '../codec/job-codec.js';
import { JOB_COLUMNS } from '../dialects/columns.js';
import type { Query, Row } from '../script.js';

/** Stores jobs that are taken for new, decided for the time `now` of the store's clock. */
export function plainPut(sql: string, codec: JobCodec, jobs: readonly JobRecord[], now: number): Query {
  const rows = jobs.map((job) => {
    const row = codec.encode(job);
    return JOB_COLUMNS.map((column) => row[column]);
  });
  return { sql, params: { rows: JSON.stringify(rows), now } };
}

/** What the database has made of a new job. */
export type Stamps = Pick<JobRecord, 'gen' | 'fence'>;

/** The jobs that were stored, by id. */
export function readPlainPut(rows: readonly Row[]): ReadonlyMap<string, Stamps> {
  const stored = rows.filter((row) => row['id'] !== null);
  return new Map(stored.map((row) => [String(row['id']), { gen: Number(row['gen']), fence: Number(row['fence']) }]));
}
