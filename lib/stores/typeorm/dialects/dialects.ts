import type { DialectFactory } from './dialect.js';
import { mysqlDialect } from './mysql.js';
import { postgresDialect } from './postgres.js';
import { sqliteDialect } from './sqlite.js';

const DIALECTS = new Map<string, DialectFactory>([
  ['better-sqlite3', sqliteDialect],
  ['postgres', postgresDialect],
  ['mysql', mysqlDialect],
  ['mariadb', mysqlDialect],
]);

/** The dialect of a TypeORM database type, or `null` when we have none. */
export function dialectFor(type: string): DialectFactory | null {
  return DIALECTS.get(type) ?? null;
}
