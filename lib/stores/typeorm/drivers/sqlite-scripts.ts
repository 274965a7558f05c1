import type { Query, Row, RowsQuery, Script } from '../script.js';
import type { SqliteHandle, SqliteStatement } from './sqlite-handle.js';
import { SqliteRows } from './sqlite-rows.js';

/** Statements kept prepared; ours are fewer, but for the shapes of lists. */
const PREPARED = 200;

/** Rows that one INSERT takes where there are so many: it opens each index of the table once for all of them. */
const ROWS_AT_ONCE = 10;

/** A statement that inserts one row and does nothing else, in two parts: the second one is its values. */
const INSERT = /^(INSERT INTO \S+ \([^()]+\) VALUES )(\([^()]+\))$/;

interface PreparedStatement {
  readonly statement: SqliteStatement;
  /** `null`: it answers none. */
  readonly rows: SqliteRows | null;
  /** In the order of their positions. */
  readonly names: readonly string[];
  /** The same for so many rows; `null`: it takes them one by one. */
  readonly forMany: SqliteStatement | null;
}

/** Runs scripts on one native handle, each from its first query to its last within one tick. */
export class SqliteScripts {
  readonly #handle: SqliteHandle;
  readonly #prepared = new Map<string, PreparedStatement>();

  constructor(handle: SqliteHandle) {
    this.#handle = handle;
  }

  follow<T>(script: Script<T>): T {
    let step = script.next([]);
    while (!step.done) step = script.next(this.#ask(step.value));
    return step.value;
  }

  /** A statement that takes and answers nothing. */
  run(sql: string): void {
    this.#prepare(sql).statement.run();
  }

  forget(): void {
    this.#prepared.clear();
  }

  #ask(query: Query | RowsQuery): readonly Row[] {
    if ('rows' in query) return this.#askEach(query);
    const { statement, rows } = this.#prepare(query.sql);
    if (rows) return rows.all(query.params);
    statement.run(query.params);
    return [];
  }

  #askEach({ sql, rows: given }: RowsQuery): readonly Row[] {
    const { statement, rows, names, forMany } = this.#prepare(sql, 'by position');
    const answers: Row[] = [];
    let values: unknown[] = [];
    for (const row of given) {
      for (const name of names) values.push(row[name]);
      if (forMany && values.length < names.length * ROWS_AT_ONCE) continue;
      if (rows) answers.push(rows.get(values) as Row);
      else noteChanges(answers, (forMany ?? statement).run(values), forMany ? ROWS_AT_ONCE : 1);
      values = [];
    }
    // Those that are too few to go together.
    for (let at = 0; at < values.length; at += names.length) {
      noteChanges(answers, statement.run(values.slice(at, at + names.length)), 1);
    }
    return answers;
  }

  /** Binding many values by name costs as much as writing them: for statements that run often they go by position. */
  #prepare(sql: string, binding: 'by name' | 'by position' = 'by name'): PreparedStatement {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const names: string[] = [];
    const mark = (_: string, name: string) => (names.push(name), '?');
    const text = binding === 'by name' ? sql : sql.replaceAll(/:(\w+)/g, mark);
    const statement = this.#handle.prepare(text);
    const rows = statement.reader ? new SqliteRows(statement) : null;
    const prepared = { statement, rows, names, forMany: names.length > 0 ? this.#prepareForMany(text) : null };
    if (this.#prepared.size >= PREPARED) this.#prepared.clear();
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #prepareForMany(text: string): SqliteStatement | null {
    const [, into, values] = INSERT.exec(text) ?? [];
    if (into === undefined || values === undefined) return null;
    return this.#handle.prepare(into + Array.from({ length: ROWS_AT_ONCE }, () => values).join(', '));
  }
}

/** Rows that are inserted together get row ids one after the other: nobody else writes meanwhile. */
function noteChanges(
  answers: Row[],
  { lastInsertRowid, changes }: ReturnType<SqliteStatement['run']>,
  rows: number,
): void {
  const first = Number(lastInsertRowid) - rows + 1;
  for (let i = 0; i < rows; i++) answers.push({ rowid: first + i, changes: changes / rows });
}
