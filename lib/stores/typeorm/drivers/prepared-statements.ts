import { randomBytes } from 'node:crypto';
import type { Row } from '../script.js';

/** What is needed of a connection: asks a statement, by a name under which the server keeps what it has understood of it. */
export interface PreparingConnection {
  query(query: { readonly name?: string; readonly text: string }): Promise<{ readonly rows: readonly Row[] }>;
}

interface Prepared {
  readonly name: string;
  /** Of the tables, for which the server has planned it. */
  readonly size: string;
}

/** Nobody knows it by this name any more; what its plan was made for has changed, as by a migration. Nothing was done. */
const FORGOTTEN: readonly unknown[] = ['26000', '0A000'];

/**
 * Statements that PostgreSQL takes longer to understand than to carry out, and that are asked again and again.
 *
 * From the sixth time on, the server no longer plans such a statement: the plan of a small table, in which looking at all rows
 * is the fastest, would stay when there are thousands. So each says in its answer, as `size`, of which order the tables
 * are, and is prepared anew when that has changed.
 */
export class PreparedStatements {
  readonly #ofConnections = new WeakMap<PreparingConnection, Map<string, Prepared>>();
  /** Stores, each with its own, may share a connection. */
  readonly #names = `scheduler_${randomBytes(6).toString('hex')}_`;
  #count = 0;
  #size = '';

  /** @param query whose `text` has a column `size` in its answer */
  async ask(connection: PreparingConnection, query: { readonly text: string }): Promise<readonly Row[]> {
    const statements = this.#of(connection);
    const name = await this.#nameOf(connection, statements, query.text);
    try {
      return this.#learn(await connection.query({ ...query, name }));
    } catch (error) {
      if (!FORGOTTEN.includes((error as { code?: unknown }).code)) throw error;
      statements.clear();
      return this.#learn(await connection.query(query));
    }
  }

  #learn({ rows }: { readonly rows: readonly Row[] }): readonly Row[] {
    const size = rows[0]?.['size'];
    if (size !== undefined) this.#size = String(size);
    return rows;
  }

  async #nameOf(connection: PreparingConnection, statements: Map<string, Prepared>, text: string): Promise<string> {
    const known = statements.get(text);
    const size = this.#size;
    if (known?.size === size) return known.name;
    statements.delete(text);
    // Others may have thrown it away before. A connection that is gone shows with the statement itself.
    if (known) await connection.query({ text: `DEALLOCATE ${known.name}` }).catch(() => {});
    // The driver remembers what it has prepared, so a name is not used twice.
    const name = `${this.#names}${++this.#count}`;
    statements.set(text, { name, size });
    return name;
  }

  #of(connection: PreparingConnection): Map<string, Prepared> {
    let statements = this.#ofConnections.get(connection);
    if (!statements) this.#ofConnections.set(connection, (statements = new Map()));
    return statements;
  }
}
