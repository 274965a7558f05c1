import { betterSqlite3 } from './drivers/better-sqlite3.js';
import type { StoreDriver } from './drivers/store-connection.js';

/** Another database is added here, with its driver and its dialect. */
const DRIVERS: readonly StoreDriver[] = [betterSqlite3];

export const SUPPORTED_TYPES: readonly string[] = DRIVERS.map((driver) => driver.type);

export function driverFor(type: unknown): StoreDriver | null {
  return DRIVERS.find((driver) => driver.type === type) ?? null;
}
