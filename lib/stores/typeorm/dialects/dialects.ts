import type { DialectFactory } from './dialect.js';
import { sqliteDialect } from './sqlite.js';

const DIALECTS = new Map<string, DialectFactory>([['better-sqlite3', sqliteDialect]]);

/** The dialect of a TypeORM database type, or `null` when we have none. */
export function dialectFor(type: string): DialectFactory | null {
  return DIALECTS.get(type) ?? null;
}
