import { randomBytes } from 'node:crypto';
import { plannedFor } from '../dialects/postgres-sizes.js';
import type { Row } from '../script.js';

/** What is needed of a connection: asks a statement, by a name under which the server keeps what it has understood of it. */
export interface PreparingConnection {
  query(query: { readonly name?: string; readonly text: string }): Promise<{ readonly rows: readonly Row[] }>;
}

interface Prepared {
  readonly name: string;
  /** Of the tables, for which the server has planned it. */
  readonly size: string;
  readonly text: string;
}

/** Nobody knows it by this name any more; what its plan was made for has changed, as by a migration. Nothing was done. */
const FORGOTTEN: readonly unknown[] = ['26000', '0A000'];

/** The size of tables does not change more often than that between a question and the next. */
const MOST_SIZES = 3;

interface Statement {
  readonly text: string;
}

/**
 * Statements that PostgreSQL takes longer to understand than to carry out, and that are asked again and again.
 *
 * From the sixth time on, the server no longer plans such a statement: the plan of a small table, in which looking at all rows
 * is the fastest, would take seconds when there are thousands. So each is prepared for one size of the tables. When they
 * are of another, it does nothing but say so, as `size`, and is asked again as one that is prepared for that.
 */
export class PreparedStatements {
  /** By the text as it is asked. */
  readonly #ofConnections = new WeakMap<PreparingConnection, Map<string, Prepared>>();
  /** Stores, each with its own, may share a connection. */
  readonly #names = `scheduler_${randomBytes(6).toString('hex')}_`;
  #count = 0;
  #size: string | null = null;

  /** @param query whose `text` is one for {@link plannedFor}, and has a column `size` in its first row */
  async ask(connection: PreparingConnection, query: Statement): Promise<readonly Row[]> {
    for (let sizes = 0; this.#size !== null && sizes < MOST_SIZES; sizes++) {
      const size = this.#size;
      const rows = await this.#askPrepared(connection, query, size);
      if (rows === null) break;
      if (this.#learn(rows) === size) return rows;
    }
    const { rows } = await connection.query(query);
    this.#learn(rows);
    return rows;
  }

  /** Answers `null` when the server does not know the statement any more. */
  async #askPrepared(connection: PreparingConnection, query: Statement, size: string): Promise<readonly Row[] | null> {
    const { name, text } = await this.#preparedOf(connection, query.text, size);
    try {
      return (await connection.query({ ...query, name, text })).rows;
    } catch (error) {
      if (!FORGOTTEN.includes((error as { code?: unknown }).code)) throw error;
      await this.#forget(connection, query.text);
      return null;
    }
  }

  #learn(rows: readonly Row[]): string {
    return (this.#size = String(rows[0]?.['size']));
  }

  async #preparedOf(connection: PreparingConnection, text: string, size: string): Promise<Prepared> {
    const known = this.#of(connection).get(text);
    if (known?.size === size) return known;
    await this.#forget(connection, text);
    // The driver remembers what it has prepared, so a name is not used twice.
    const prepared = { name: `${this.#names}${++this.#count}`, size, text: plannedFor(size, text) };
    this.#of(connection).set(text, prepared);
    return prepared;
  }

  async #forget(connection: PreparingConnection, text: string): Promise<void> {
    const known = this.#of(connection).get(text);
    if (!known) return;
    this.#of(connection).delete(text);
    // Others may have thrown it away before. A connection that is gone shows with the next statement.
    await connection.query({ text: `DEALLOCATE ${known.name}` }).catch(() => {});
  }

  #of(connection: PreparingConnection): Map<string, Prepared> {
    let statements = this.#ofConnections.get(connection);
    if (!statements) this.#ofConnections.set(connection, (statements = new Map()));
    return statements;
  }
}
