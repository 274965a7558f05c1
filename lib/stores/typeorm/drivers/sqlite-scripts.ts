import type { Query, Row, RowsQuery, Script } from '../script.js';
import type { SqliteHandle, SqliteStatement } from './sqlite-handle.js';
import { SqliteRows } from './sqlite-rows.js';

/** Statements kept prepared; ours are fewer, but for the shapes of lists. */
const PREPARED = 200;

interface PreparedStatement {
  readonly statement: SqliteStatement;
  /** `null`: it answers none. */
  readonly rows: SqliteRows | null;
  /** In the order of their positions. */
  readonly names: readonly string[];
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
    const { statement, rows, names } = this.#prepare(sql, 'by position');
    const answers: Row[] = [];
    const values: unknown[] = names.map(() => null);
    for (const row of given) {
      for (let i = 0; i < names.length; i++) values[i] = row[names[i] as string];
      if (rows) answers.push(rows.get(values) as Row);
      else {
        const { lastInsertRowid, changes } = statement.run(values);
        answers.push({ rowid: Number(lastInsertRowid), changes });
      }
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
    const prepared = { statement, rows: statement.reader ? new SqliteRows(statement) : null, names };
    if (this.#prepared.size >= PREPARED) this.#prepared.clear();
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}
