import type { SqlParams, SqlValue } from '../script.js';

/** A statement as a driver wants it: `$1`, or a `?` for each place. */
export type Placeholders = 'numbered' | 'question marks';

/** One value, or the members of a list. */
export type PositionalValue = SqlValue | readonly SqlValue[];

interface Compiled {
  readonly text: string;
  /** In the order of their positions. */
  readonly names: readonly string[];
  /** Those that the driver writes out, member by member. */
  readonly lists: ReadonlySet<string>;
}

/** A name after a colon that is no second one, as in the cast `::text`. */
const NAME = /(?<![:\w]):([a-z_]+)(\.\.\.)?/g;

/**
 * Turns `:name` into positions; each text is looked at once. `:name...` is a list whose members the driver writes
 * into the statement, for databases that lock rows by nothing else.
 */
export class PositionalSql {
  readonly #placeholders: Placeholders;
  readonly #known = new Map<string, Compiled>();

  constructor(placeholders: Placeholders) {
    this.#placeholders = placeholders;
  }

  of(sql: string, params: SqlParams): { readonly text: string; readonly values: PositionalValue[] } {
    const { text, names, lists } = this.#compiled(sql);
    const valueOf = (name: string): PositionalValue =>
      lists.has(name) ? (JSON.parse(String(params[name])) as SqlValue[]) : (params[name] as SqlValue);
    return { text, values: names.map(valueOf) };
  }

  #compiled(sql: string): Compiled {
    const known = this.#known.get(sql);
    if (known) return known;
    const names: string[] = [];
    const lists = new Set<string>();
    const text = sql.replace(NAME, (_, name: string, isList: string | undefined) => {
      if (isList) lists.add(name);
      if (this.#placeholders === 'question marks') return (names.push(name), '?');
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    });
    const compiled = { text, names, lists };
    this.#known.set(sql, compiled);
    return compiled;
  }
}
