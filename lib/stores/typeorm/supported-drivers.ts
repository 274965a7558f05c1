import { betterSqlite3 } from './drivers/better-sqlite3.js';
import { mysql } from './drivers/mysql.js';
import { postgres } from './drivers/postgres.js';
import type { StoreDriver } from './drivers/store-connection.js';

/** Another database is added here, with its driver and its dialect. */
const DRIVERS: readonly StoreDriver[] = [betterSqlite3, postgres, mysql];

export const SUPPORTED_TYPES: readonly string[] = DRIVERS.flatMap((driver) => driver.types);

export function driverFor(type: unknown): StoreDriver | null {
  return DRIVERS.find(({ types }) => types.includes(type as string)) ?? null;
}
