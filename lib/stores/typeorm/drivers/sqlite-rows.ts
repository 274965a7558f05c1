import type { Row, SqlValue } from '../script.js';
import type { SqliteStatement } from './sqlite-handle.js';

/**
 * The rows that a statement answers. The driver gives them as lists of values, which takes it half as long as objects:
 * it looks for the place of each property anew in each row.
 */
export class SqliteRows {
  readonly #statement: SqliteStatement;
  #names: readonly string[] = [];
  /** Copied for each row: all of them have one shape then. */
  #empty: Row = {};

  constructor(statement: SqliteStatement) {
    this.#statement = statement.raw(true);
    this.#learnNames();
  }

  all(params: object): readonly Row[] {
    return this.#statement.all(params).map((values) => this.#rowOf(values as readonly SqlValue[]));
  }

  #rowOf(values: readonly SqlValue[]): Row {
    // Somebody has altered a table of which all columns are asked for.
    if (values.length !== this.#names.length) this.#learnNames();
    const row: Record<string, SqlValue> = { ...this.#empty };
    const names = this.#names;
    for (let i = 0; i < names.length; i++) row[names[i] as string] = values[i] as SqlValue;
    return row;
  }

  #learnNames(): void {
    this.#names = this.#statement.columns().map(({ name }) => name);
    this.#empty = Object.fromEntries(this.#names.map((name) => [name, null]));
  }
}
