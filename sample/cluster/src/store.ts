import { TypeOrmJobStore } from 'nestjs-advanced-scheduler/typeorm';

/** The servers of `docker compose up`, or others; a file will do, too. */
const place = process.env.DATABASE ?? 'postgres://postgres@127.0.0.1:5432/test';
const [, scheme] = /^(postgres|mysql|mariadb)(?:ql)?:\/\//.exec(place) ?? [];

/** The one store that all processes share. */
export function sharedStore(): TypeOrmJobStore {
  const tables = { tablePrefix: process.env.TABLE_PREFIX ?? 'cluster_' };
  return scheme
    ? new TypeOrmJobStore({ type: scheme as 'postgres' | 'mysql' | 'mariadb', url: place, poolSize: 4, ...tables })
    : new TypeOrmJobStore({ type: 'better-sqlite3', database: place, ...tables });
}
