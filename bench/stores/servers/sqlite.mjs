import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Beside the sources and not in the temporary folder, which may be one in memory. */
const FOLDER = join(import.meta.dirname, '..', '.data');
const TMPFS = 0x01021994;

/** No server: how durable a commit is, each connection decides for itself, so nodes read it from theirs. */
export async function openSqlite() {
  mkdirSync(FOLDER, { recursive: true });
  const path = (name) => join(FOLDER, `${name}.sqlite`);
  const open = (space) => new Database(space.database, { timeout: 5000 });

  return {
    label: 'SQLite',
    async describe() {
      const memory = new Database(':memory:');
      const version = memory.prepare('SELECT sqlite_version() AS version').get().version;
      memory.close();
      return { version, settings: { 'file system': statfsSync(FOLDER).type === TMPFS ? 'in memory' : 'on disk' } };
    },
    async createSpace(name) {
      remove(path(name));
      return { name, database: path(name) };
    },
    async dropSpace({ database }) {
      remove(database);
    },
    async countRows(space) {
      const database = open(space);
      try {
        const tables = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1`).all();
        const counts = {};
        for (const { name } of tables) {
          if (name.startsWith('sqlite_')) continue;
          const { n } = database.prepare(`SELECT count(*) AS n FROM "${name}"`).get();
          if (n > 0) counts[name] = n;
        }
        return counts;
      } finally {
        database.close();
      }
    },
    async connect(space) {
      const database = open(space);
      return { query: (sql) => database.prepare(sql).all(), end: () => database.close() };
    },
    async close() {},
  };
}

function remove(file) {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
}
