import type { DataSource } from 'typeorm';

/** What we use of a pool of `pg`. */
interface PostgresPool {
  on(event: 'connect', listener: (client: PostgresPoolClient) => void): void;
}

interface PostgresPoolClient {
  on(event: 'error', listener: () => void): void;
}

const heard = new WeakSet<PostgresPool>();

/**
 * The pool hands a new connection over a moment before TypeORM listens to it. One that the server ends in that moment
 * would raise an error that nobody hears, which ends the process. Whoever then uses the connection is told anyway.
 */
export function hearEveryError({ driver }: DataSource): void {
  const { master: pool } = driver as unknown as { readonly master: PostgresPool };
  if (heard.has(pool)) return;
  heard.add(pool);
  pool.on('connect', (client) => client.on('error', () => {}));
}
