import { columnType, type ColumnType } from './column-types.js';

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'mediumtext CHARACTER SET utf8mb4',
  integer: 'int',
  bigint: 'bigint',
};

/** The ids of a list as a table `d`. */
export function idsOf(name: string): string {
  return `JSON_TABLE(:${name}, '$[*]' COLUMNS (place FOR ORDINALITY,
    id varchar(255) CHARACTER SET ascii COLLATE ascii_bin PATH '$')) AS d`;
}

/** The numbers of a list as a table `d`. */
export function seqsOf(name: string): string {
  return `JSON_TABLE(:${name}, '$[*]' COLUMNS (seq bigint PATH '$')) AS d`;
}

export function idsAmong(name: string): string {
  return `(SELECT d.id FROM ${idsOf(name)})`;
}

export function textsAmong(name: string): string {
  return `(SELECT d.value FROM JSON_TABLE(:${name}, '$[*]' COLUMNS (value varchar(255) CHARACTER SET utf8mb4
    COLLATE utf8mb4_bin PATH '$')) AS d)`;
}

export function numbersAmong(name: string): string {
  return `(SELECT d.value FROM JSON_TABLE(:${name}, '$[*]' COLUMNS (value bigint PATH '$')) AS d)`;
}

/** `rows` as a table `d`, in their order. */
export function givenRows(columns: readonly string[]): string {
  return `:given{${columns.map((column) => `${column} ${typeOf(column)}`).join(', ')}}`;
}

export function typeOf(column: string): string {
  return IDS.has(column) ? 'varchar(255) CHARACTER SET ascii COLLATE ascii_bin' : SQL_TYPES[columnType(column)];
}

const IDS: ReadonlySet<string> = new Set(['id', 'run_id', 'job_id', 'task', 'node']);

/**
 * The rows of a table that a list `d` names, one by one by their primary key. Without the index being named, MariaDB reads
 * a small table, or one of which most is named, from end to end, and waits for every row in it that somebody has locked.
 */
export function keyed(table: string, key: string): string {
  return `\`${table}\` AS t FORCE INDEX (PRIMARY) ON t.\`${key}\` = d.\`${key}\``;
}

/** Sets columns of the rows whose `key` is given. */
export function updateRows(
  table: string,
  key: string,
  columns: readonly string[],
  more = '',
  beside: readonly string[] = [],
): string {
  const assignments = columns.map((column) => `t.\`${column}\` = d.\`${column}\``).join(', ');
  return `UPDATE ${givenRows([key, ...columns, ...beside])} STRAIGHT_JOIN ${keyed(table, key)} SET ${assignments}${more}`;
}

export function insertRows(table: string, columns: readonly string[]): string {
  const names = columns.map((column) => `\`${column}\``).join(', ');
  const values = columns.map((column) => `d.\`${column}\``).join(', ');
  return `INSERT INTO \`${table}\` (${names}) SELECT ${values} FROM ${givenRows(columns)} ORDER BY d.place`;
}
