import type { SqlParams, SqlValue } from '../script.js';
import { GivenLists } from './given-lists.js';
import { GivenRows } from './given-rows.js';

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
  /** In the order in which each row gives them; `null`: rows are objects. */
  readonly columns: readonly string[] | null;
}

/** A name after a colon that is no second one, as in the cast `::text`. */
const NAME = /(?<![:\w]):([a-z_]+)(\.\.\.|\([a-z_, ]+\))?/g;

/**
 * Turns `:name` into positions; each text is looked at once. `:name...` is a list whose members the driver writes
 * into the statement, for databases that lock rows by nothing else. `:rows(id, fence)` is a list of rows that are lists
 * of these columns, for databases that look for names of properties again and again; for `:given{…}` see `GivenRows`
 * and `GivenLists`.
 */
export class PositionalSql {
  readonly #placeholders: Placeholders;
  readonly #known = new Map<string, Compiled>();
  readonly #given = new Map<string, GivenRows | GivenLists | null>();

  constructor(placeholders: Placeholders) {
    this.#placeholders = placeholders;
  }

  of(sql: string, params: SqlParams): { readonly text: string; readonly values: PositionalValue[] } {
    const { text, names, lists } = this.#compiled(sql);
    const valueOf = (name: string): PositionalValue =>
      lists.has(name) ? listOf(params[name]) : (params[name] as SqlValue);
    return { text, values: names.map(valueOf) };
  }

  /** As `of`, for `rows`. */
  ofRows(sql: string, rows: readonly SqlParams[]): { readonly text: string; readonly values: PositionalValue[] } {
    const givenRows = this.#givenIn(sql);
    if (givenRows) return givenRows.with(rows);
    const { columns } = this.#compiled(sql);
    const given = columns === null ? rows : rows.map((row) => columns.map((column) => row[column]));
    return this.of(sql, { rows: JSON.stringify(given) });
  }

  #givenIn(sql: string): GivenRows | GivenLists | null {
    let given = this.#given.get(sql);
    if (given === undefined) {
      given = this.#placeholders === 'numbered' ? GivenLists.in(sql) : GivenRows.in(sql);
      this.#given.set(sql, given);
    }
    return given;
  }

  #compiled(sql: string): Compiled {
    const known = this.#known.get(sql);
    if (known) return known;
    const names: string[] = [];
    const lists = new Set<string>();
    let columns: string[] | null = null;
    const text = sql.replace(NAME, (_, name: string, form: string | undefined) => {
      if (form === '...') lists.add(name);
      else if (form) columns = form.slice(1, -1).split(', ');
      if (this.#placeholders === 'question marks') return (names.push(name), '?');
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    });
    const compiled = { text, names, lists, columns };
    this.#known.set(sql, compiled);
    return compiled;
  }
}

/** Nothing is among the members of a list that has none but `NULL`; an empty one can't be written. */
function listOf(json: SqlValue | undefined): readonly SqlValue[] {
  const members = JSON.parse(String(json)) as SqlValue[];
  return members.length === 0 ? [null] : members;
}
