import type { SqlParams, SqlValue } from '../script.js';
import { sharedValues } from './shared-values.js';

interface GivenColumn {
  readonly name: string;
  /** As the database calls it. */
  readonly type: string;
}

/** The table of the rows, or one of its columns. */
const TOKEN = /:given\{[^}]*\}|\bd\.`([a-z_]+)`/g;

const GIVEN = /:given\{([^}]*)\}/;

/** A part of a statement for a column. */
const OPTIONAL = /:ifAny\(([a-z_]+)\)\{([^}]*)\}/;

/** Texts that are the same bytes whatever character set the connection has. */
const ASCII = /^[\x20-\x7e]*$/;

/**
 * A statement for MySQL that takes rows: `:given{fence bigint, node varchar(64)}` stands for them as a table `d`, in their
 * order, d.`fence` for what they have in one of its columns. What is the same in all of them is written into the
 * statement once: MariaDB takes half as long to record 500 runs that differ in four of their twenty columns. The others
 * come as lists in JSON, whose null becomes NULL: to find each property by its name takes three times as long.
 *
 * `:ifAny(outcome){, t.outcome = d.`outcome`}` is left out if that is NULL in all rows: a long text that is set by a join
 * doubles the time of the statement, even to NULL.
 */
export class GivenRows {
  readonly #columns: readonly GivenColumn[];
  readonly #names: readonly string[];
  readonly #optional: string | null;
  readonly #whole: Template;
  readonly #short: Template;

  private constructor(columns: readonly GivenColumn[], sql: string) {
    this.#columns = columns;
    this.#names = columns.map(({ name }) => name);
    this.#optional = OPTIONAL.exec(sql)?.[1] ?? null;
    this.#whole = templateOf(sql.replace(OPTIONAL, '$2'));
    this.#short = templateOf(sql.replace(OPTIONAL, ''));
  }

  /** `null`: it does not take rows so. */
  static in(sql: string): GivenRows | null {
    const given = GIVEN.exec(sql)?.[1];
    return given === undefined ? null : new GivenRows(given.split(', ').map(toColumn), sql);
  }

  /** The statement with a `?` for each of the values. */
  with(rows: readonly SqlParams[]): { readonly text: string; readonly values: SqlValue[] } {
    const same = sharedValues(rows, this.#names, isPlain);
    const isShort = this.#optional !== null && same.get(this.#optional) === null;
    const { texts, tokens } = isShort ? this.#short : this.#whole;
    const differing = this.#columns.filter(({ name }) => !same.has(name));
    const values: SqlValue[] = [];
    let text = texts[0] as string;
    for (const [i, name] of tokens.entries()) {
      const value = name === null ? toJson(rows, differing) : same.get(name);
      if (value !== undefined) values.push(value);
      if (name === null) text += tableOf(differing);
      else text += value === undefined ? `d.\`${name}\`` : '?';
      text += texts[i + 1] as string;
    }
    return { text, values };
  }
}

interface Template {
  /** What stands between the tokens: one more than these. */
  readonly texts: readonly string[];
  /** Names of columns; `null`: the table. */
  readonly tokens: readonly (string | null)[];
}

function templateOf(sql: string): Template {
  const texts: string[] = [];
  const tokens: (string | null)[] = [];
  let end = 0;
  for (const { 0: token, 1: column = null, index } of sql.matchAll(TOKEN)) {
    texts.push(sql.slice(end, index));
    tokens.push(column);
    end = index + token.length;
  }
  return { texts: [...texts, sql.slice(end)], tokens };
}

function toColumn(given: string): GivenColumn {
  const end = given.indexOf(' ');
  return { name: given.slice(0, end), type: given.slice(end + 1) };
}

function isPlain(value: SqlValue): boolean {
  return typeof value !== 'string' || ASCII.test(value);
}

function toJson(rows: readonly SqlParams[], columns: readonly GivenColumn[]): string {
  return JSON.stringify(rows.map((row) => columns.map(({ name }) => row[name])));
}

function tableOf(columns: readonly GivenColumn[]): string {
  const typed = columns.map(({ name, type }, i) => `, \`${name}\` ${type} PATH '$[${i}]'`).join('');
  return `JSON_TABLE(?, '$[*]' COLUMNS (place FOR ORDINALITY${typed})) AS d`;
}
