import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteRows } from '../../../lib/stores/typeorm/drivers/sqlite-rows.js';

describe('SqliteRows', () => {
  let db: Database.Database;

  beforeEach(() => {
    db = new Database(':memory:');
    db.exec(`CREATE TABLE t (id integer, name text); INSERT INTO t VALUES (1, NULL), (2, 'two')`);
  });

  afterEach(() => {
    db.close();
  });

  it('answers each row by the names of its columns', () => {
    const rows = new SqliteRows(db.prepare('SELECT id, name, 3 AS three FROM t ORDER BY id'));
    expect(rows.all({})).toEqual([
      { id: 1, name: null, three: 3 },
      { id: 2, name: 'two', three: 3 },
    ]);
  });

  it('answers nothing where there is no row', () => {
    const rows = new SqliteRows(db.prepare('SELECT * FROM t WHERE id = :id'));
    expect(rows.all({ id: 3 })).toEqual([]);
  });

  it('knows the columns of a table that was altered meanwhile', () => {
    const rows = new SqliteRows(db.prepare('SELECT * FROM t WHERE id = :id'));
    db.exec('ALTER TABLE t ADD COLUMN extra text DEFAULT 5');
    expect(rows.all({ id: 2 })).toEqual([{ id: 2, name: 'two', extra: '5' }]);
    db.exec('ALTER TABLE t DROP COLUMN name');
    expect(rows.all({ id: 2 })).toEqual([{ id: 2, extra: '5' }]);
  });
});
