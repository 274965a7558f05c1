import { describe, expect, it } from 'vitest';
import { PositionalSql } from '../../../lib/stores/typeorm/drivers/positional-sql.js';

const INSERT =
  'INSERT INTO t (seq, state, note) SELECT seq, state, note FROM :given{seq bigint, state integer, note text}';

const of = (rows: Parameters<PositionalSql['ofRows']>[1]) => new PositionalSql('numbered').ofRows(INSERT, rows);

describe('a statement for PostgreSQL that is given rows', () => {
  it('names what is the same in all of them once, and has a list for each other column', () => {
    const { text, values } = of([
      { seq: 1, state: 2, note: 'a' },
      { seq: 2, state: 2, note: null },
    ]);
    const lists = 'ROWS FROM (jsonb_array_elements_text($1::jsonb), jsonb_array_elements_text($3::jsonb))';
    expect(text).toBe(
      'INSERT INTO t (seq, state, note) SELECT seq, state, note FROM ' +
        `(SELECT e."seq"::bigint AS "seq", $2::integer AS "state", e."note" FROM ${lists} AS e("seq", "note")) AS d`,
    );
    expect(values).toEqual(['[1,2]', 2, '["a",null]']);
  });

  it('names all that a single row holds', () => {
    const { text, values } = of([{ seq: 1, state: 2, note: null }]);
    expect(text).toContain(
      '(SELECT $1::bigint AS "seq", $2::integer AS "state", $3::text AS "note" FROM generate_series(1, 1) AS e(place)) AS d',
    );
    expect(values).toEqual([1, 2, null]);
  });

  it('has as many rows as are given where all of them are the same', () => {
    const row = { seq: 1, state: 2, note: 'a' };
    expect(of([row, row, row]).text).toContain('generate_series(1, 3)');
  });
});
