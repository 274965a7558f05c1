import type { SqlParams, SqlValue } from '../script.js';

/** What is the same in all of the rows, by column; of that, what `isFit` for being given once. */
export function sharedValues(
  rows: readonly SqlParams[],
  columns: readonly string[],
  isFit: (value: SqlValue) => boolean = () => true,
): ReadonlyMap<string, SqlValue> {
  const shared = new Map<string, SqlValue>();
  for (const column of columns) {
    const value = rows[0]?.[column] ?? null;
    if (isFit(value) && rows.every((row) => row[column] === value)) shared.set(column, value);
  }
  return shared;
}
