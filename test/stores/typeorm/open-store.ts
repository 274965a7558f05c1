import Database from 'better-sqlite3';
import { SystemClock } from '../../../lib/clock.js';
import type { JobStoreSession, StoreContext } from '../../../lib/stores/job-store.js';
import type { TypeOrmJobStoreOptions } from '../../../lib/stores/typeorm/store-options.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';

/** A session on a file, under the host's own clock unless told otherwise. */
export async function openFile(
  database: string,
  context: Partial<StoreContext> = {},
  options: Partial<TypeOrmJobStoreOptions> = {},
): Promise<JobStoreSession> {
  const store = new TypeOrmJobStore({ type: 'better-sqlite3', database, ...options });
  return await openStore(store, context);
}

export function openStore(store: TypeOrmJobStore, context: Partial<StoreContext> = {}): Promise<JobStoreSession> {
  return store.open({ alias: 'default', clock: new SystemClock(), keepAlive: false, onChange: () => {}, ...context });
}

/** What an operator's `sqlite3` would do to the file. */
export function tamper(database: string, sql: string, ...values: unknown[]): void {
  const handle = new Database(database);
  try {
    handle.prepare(sql).run(...values);
  } finally {
    handle.close();
  }
}
