import type { JobStore } from '../../lib/stores/job-store.js';
import { TypeOrmJobStore } from '../../lib/stores/typeorm/typeorm-job-store.js';
import { CallerConnections } from '../stores/typeorm/caller-database.js';
import { ServerTables, type ServerType } from '../stores/typeorm/server-tables.js';
import { SqliteFolder } from '../stores/typeorm/sqlite-file.js';
import { isThere, MYSQL, POSTGRES } from './servers.js';

/** A database with a store in it, empty at first, which an application may use for its own data, too. */
export interface Place {
  store(): JobStore;
  callers(): Promise<CallerConnections>;
  dispose(): Promise<void>;
}

/** Every kind of database that processes may share, and whether it can be tested here. */
export const PLACES: readonly { readonly name: string; readonly isThere: boolean; readonly make: () => Place }[] = [
  { name: 'SQLite', isThere: true, make: sqlite },
  { name: 'PostgreSQL', isThere: await isThere(POSTGRES), make: () => server('postgres') },
  { name: 'MySQL or MariaDB', isThere: await isThere(MYSQL), make: () => server('mysql') },
];

function sqlite(): Place {
  const folder = new SqliteFolder();
  const options = { type: 'better-sqlite3', database: folder.file() } as const;
  return {
    store: () => new TypeOrmJobStore(options),
    callers: () => CallerConnections.open(options, 'orders', []),
    dispose: async () => folder.remove(),
  };
}

function server(type: ServerType): Place {
  const tables = new ServerTables(type);
  return {
    store: () => new TypeOrmJobStore(tables.options),
    callers: () => tables.openCallers(),
    dispose: () => tables.drop(),
  };
}
