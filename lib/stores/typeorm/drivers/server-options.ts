import { InvalidStoreOptionError } from '../typeorm-errors.js';

/** TypeORM's options for a database server that a user may set. */
export const SERVER_OPTION_KEYS = [
  'url',
  'host',
  'port',
  'username',
  'password',
  'database',
  'ssl',
  'poolSize',
  'extra',
  'driver',
  'logging',
  'logger',
  'maxQueryExecutionTime',
] as const;

/** @throws {InvalidStoreOptionError} when the options don't say where the database is. */
export function checkServerOptions(options: Readonly<Record<string, unknown>>): void {
  const { url, database, poolSize } = options;
  if (typeof url !== 'string' && typeof database !== 'string') {
    throw new InvalidStoreOptionError(
      `say where the database is: url: 'postgres://user:password@host:5432/database' (or mysql://…), ` +
        `or host, username, password and database.`,
    );
  }
  // A claim, the heartbeat and a caller's own change must not have to wait for one another.
  if (poolSize !== undefined && !(Number.isInteger(poolSize) && (poolSize as number) >= 2)) {
    throw new InvalidStoreOptionError(`poolSize must be a whole number from 2 on, got ${String(poolSize)}.`);
  }
}
