import { columnType } from './column-types.js';

/** The ids of a list. */
export function idsOf(name: string): string {
  return `ANY(ARRAY(SELECT json_array_elements_text(:${name}::json)))`;
}

/** The numbers of a list. */
export function numbersOf(name: string): string {
  return `ANY(ARRAY(SELECT json_array_elements_text(:${name}::json)::bigint))`;
}

export function notAmong(name: string, type: 'text' | 'bigint'): string {
  return `<> ALL(ARRAY(SELECT json_array_elements_text(:${name}::json)::${type}))`;
}

/**
 * `rows` as a table `d`, in their order. They come as lists: written out in each row, the names of the columns are half
 * of the text, and found by them an insertion of many rows takes half as long again.
 */
export function givenRows(columns: readonly string[]): string {
  const fields = columns.map((column, i) => `${typed(`e.value ->> ${i}`, column)} AS "${column}"`);
  return `(SELECT ${fields.join(', ')} FROM jsonb_array_elements(:rows(${columns.join(', ')})::jsonb) AS e) AS d`;
}

/** As {@link givenRows}, for many rows that have most in common: see `GivenLists`. */
export function givenLists(columns: readonly string[]): string {
  return `:given{${columns.map((column) => `${column} ${columnType(column)}`).join(', ')}}`;
}

function typed(value: string, column: string): string {
  const type = columnType(column);
  return type === 'text' ? value : `(${value})::${type}`;
}

/**
 * Rows as a table `d`, for statements that are prepared: a list for each column, as an array. Of ids and numbers, the
 * server reads that in three fifths of the time that objects with names take.
 */
export function givenArrays(columns: Readonly<Record<string, string>>): string {
  const lists = Object.entries(columns).map(([column, type]) => `:${column}::${type}[]`);
  return `unnest(${lists.join(', ')}) AS d(${Object.keys(columns).join(', ')})`;
}

/** What is in all rows, as one list: hundreds of short rows take the driver many times as long as one text of JSON. */
export function asJson(value: string): string {
  return `coalesce(to_json(array_agg(${value})), '[]')::text`;
}
