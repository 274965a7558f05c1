import { openMysql } from './mysql.mjs';
import { openPostgres } from './postgres.mjs';
import { openRedis } from './redis.mjs';
import { openSqlite } from './sqlite.mjs';

const OPENERS = { postgres: openPostgres, mysql: openMysql, sqlite: openSqlite, redis: openRedis };

/**
 * Connects to those that can be reached: `{ postgres: { server, version, settings } }`, or `{ postgres: { missing } }`.
 */
export async function openServers(kinds) {
  const opened = await Promise.all(
    [...new Set(kinds)].map(async (kind) => {
      try {
        const server = await OPENERS[kind]();
        return [kind, { server, label: server.label, ...(await server.describe()) }];
      } catch (error) {
        return [kind, { missing: `no ${kind} server: ${error.message || error.code}` }];
      }
    }),
  );
  return Object.fromEntries(opened);
}
