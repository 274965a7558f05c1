import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteScripts } from '../../../lib/stores/typeorm/drivers/sqlite-scripts.js';
import { askEach } from '../../../lib/stores/typeorm/script.js';

interface Answer {
  readonly rowid: number;
  readonly changes: number;
}

const numbers = (length: number) => Array.from({ length }, (_, i) => ({ name: `n${i}`, value: i }));

describe('SqliteScripts', () => {
  let db: Database.Database;
  let scripts: SqliteScripts;

  beforeEach(() => {
    db = new Database(':memory:');
    db.exec('CREATE TABLE t (seq integer PRIMARY KEY AUTOINCREMENT, name text UNIQUE, value integer)');
    db.exec(`INSERT INTO t VALUES (40, 'first', 0); DELETE FROM t`);
    scripts = new SqliteScripts(db);
  });

  afterEach(() => {
    db.close();
  });

  const each = (sql: string, rows: ReturnType<typeof numbers>) => scripts.follow(askEach<Answer>(sql, rows));
  const stored = () => db.prepare('SELECT seq, name, value FROM t ORDER BY seq').all();

  it.each([1, 9, 10, 11, 20, 37])('inserts %i rows in their order, and answers the id of each', (count) => {
    const rows = numbers(count);
    const answers = each('INSERT INTO t (name, value) VALUES (:name, :value)', rows);
    expect(answers).toEqual(rows.map((_, i) => ({ rowid: 41 + i, changes: 1 })));
    expect(stored()).toEqual(rows.map((row, i) => ({ seq: 41 + i, ...row })));
  });

  it('answers for each row of an INSERT that may do something else whether it did', () => {
    each('INSERT INTO t (name, value) VALUES (:name, :value)', numbers(12).slice(0, 2));
    const answers = each('INSERT INTO t (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING', numbers(12));
    expect(answers.map(({ changes }) => changes)).toEqual([0, 0, ...Array.from({ length: 10 }, () => 1)]);
  });

  it('answers for each row of an UPDATE how many rows it has changed', () => {
    each('INSERT INTO t (name, value) VALUES (:name, :value)', numbers(3));
    const answers = each('UPDATE t SET value = :value + 1 WHERE name = :name', numbers(12));
    expect(answers.map(({ changes }) => changes)).toEqual([1, 1, 1, ...Array.from({ length: 9 }, () => 0)]);
    expect(stored()).toEqual([1, 2, 3].map((value, i) => ({ seq: 41 + i, name: `n${i}`, value })));
  });

  it('answers what an UPDATE returns that reads its rows like a table', () => {
    each('INSERT INTO t (name, value) VALUES (:name, :value)', numbers(25).slice(1));
    const update = `WITH v(name, value) AS (VALUES (:name, :value)) UPDATE t SET value = v.value + 1 FROM v
      WHERE t.name = v.name AND v.value <> 7 RETURNING seq`;
    const returned = each(update, numbers(25)) as readonly object[] as readonly { readonly seq: number }[];
    const changed = numbers(25).filter(({ value }) => value !== 0 && value !== 7);
    expect(returned.map(({ seq }) => seq).sort((one, other) => one - other)).toEqual(
      changed.map(({ value }) => 40 + value),
    );
    expect(stored()).toContainEqual({ seq: 64, name: 'n24', value: 25 });
    expect(stored()).toContainEqual({ seq: 47, name: 'n7', value: 7 });
  });

  it('lets a row that is there already fail those that go with it', () => {
    const rows = [...numbers(14), { name: 'n3', value: 3 }];
    expect(() => each('INSERT INTO t (name, value) VALUES (:name, :value)', rows)).toThrow(/UNIQUE/);
  });
});
