import { describe, expect, it } from 'vitest';
import { PositionalSql } from '../../../lib/stores/typeorm/drivers/positional-sql.js';

const SET = 'UPDATE :given{seq bigint, state int, note text, outcome text} JOIN t ON t.seq = d.`seq`';
const UPDATE = `${SET} SET state = d.\`state\`, note = d.\`note\`:ifAny(outcome){, outcome = d.\`outcome\`}`;

const table = (columns: string) => `JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY${columns})) AS d`;
const of = (rows: Parameters<PositionalSql['ofRows']>[1]) => new PositionalSql('question marks').ofRows(UPDATE, rows);

describe('a statement that is given rows', () => {
  it('names what is the same in all of them once, and lists the others', () => {
    const { text, values } = of([
      { seq: 1, state: 2, note: 'a', outcome: null },
      { seq: 2, state: 2, note: 'b', outcome: null },
    ]);
    const columns = ", `seq` bigint PATH '$[0]', `note` text PATH '$[1]'";
    expect(text).toBe(`UPDATE ${table(columns)} JOIN t ON t.seq = d.\`seq\` SET state = ?, note = d.\`note\``);
    expect(values).toEqual(['[[1,"a"],[2,"b"]]', 2]);
  });

  it('names all that a single row holds', () => {
    const { text, values } = of([{ seq: 1, state: 2, note: 'a', outcome: '{}' }]);
    expect(text).toBe(`UPDATE ${table('')} JOIN t ON t.seq = ? SET state = ?, note = ?, outcome = ?`);
    expect(values).toEqual(['[[]]', 1, 2, 'a', '{}']);
  });

  it('lists a text that is not the same in every character set', () => {
    const { values } = of([{ seq: 1, state: 2, note: 'ä', outcome: null }]);
    expect(values).toEqual(['[["ä"]]', 1, 2]);
  });

  it('leaves out what is wanted only if one of the rows has it', () => {
    const rows = [
      { seq: 1, state: 2, note: 'a', outcome: null },
      { seq: 2, state: 2, note: 'a', outcome: '{}' },
    ];
    expect(of(rows).text).toContain(', outcome = d.`outcome`');
    expect(of(rows.slice(0, 1)).text).not.toContain('outcome');
  });
});
