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
