import type { Query, Row, RowsQuery, Script } from '../script.js';
import type { SqliteHandle, SqliteStatement } from './sqlite-handle.js';
import { SqliteRows } from './sqlite-rows.js';

/** Statements kept prepared; ours are fewer, but for the shapes of lists. */
const PREPARED = 200;

/** Rows that one statement takes where it can, and there are so many: it opens each index once for all of them. */
const ROWS_AT_ONCE = 10;

/** The values of a statement that inserts them and does nothing else, or that reads them like a table. */
const VALUES = /(?<=^INSERT INTO \S+ \([^()]+\) VALUES |^WITH \w+\([^()]+\)\s+AS \(VALUES )\([^()]+\)(?=$|\) UPDATE )/;

interface Executable {
  readonly statement: SqliteStatement;
  /** `null`: it answers none. */
  readonly rows: SqliteRows | null;
}

interface PreparedStatement extends Executable {
  /** In the order of their positions. */
  readonly names: readonly string[];
  /** The same for {@link ROWS_AT_ONCE}; `null`: it takes them one by one. */
  readonly forMany: Executable | null;
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
    const prepared = this.#prepare(sql, 'by position');
    const { names, forMany } = prepared;
    const answers: Row[] = [];
    let values: unknown[] = [];
    for (const row of given) {
      for (const name of names) values.push(row[name]);
      if (!forMany) write(prepared, values, 1, answers);
      else if (values.length === names.length * ROWS_AT_ONCE) write(forMany, values, ROWS_AT_ONCE, answers);
      else continue;
      values = [];
    }
    // Those that are too few to go together.
    for (let at = 0; at < values.length; at += names.length) {
      write(prepared, values.slice(at, at + names.length), 1, answers);
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
    const forMany = names.length > 0 && VALUES.test(text) ? this.#prepareText(ofMany(text)) : null;
    const prepared = { ...this.#prepareText(text), names, forMany };
    if (this.#prepared.size >= PREPARED) this.#prepared.clear();
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #prepareText(text: string): Executable {
    const statement = this.#handle.prepare(text);
    return { statement, rows: statement.reader ? new SqliteRows(statement) : null };
  }
}

function ofMany(text: string): string {
  return text.replace(VALUES, (values) => Array.from({ length: ROWS_AT_ONCE }, () => values).join(', '));
}

/** Writes `count` rows, and adds what is answered for them. */
function write({ statement, rows }: Executable, values: unknown[], count: number, answers: Row[]): void {
  if (rows) {
    for (const row of rows.all(values)) answers.push(row);
    return;
  }
  const { lastInsertRowid, changes } = statement.run(values);
  // Those that are inserted together get one after the other: nobody else writes meanwhile.
  const first = Number(lastInsertRowid) - count + 1;
  for (let i = 0; i < count; i++) answers.push({ rowid: first + i, changes: changes / count });
}
