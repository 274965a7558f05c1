import type { Row, SqlValue } from '../script.js';

/** Lists of one length, by column, as rows are given to `unnest`. */
type ColumnLists<Column extends string> = Readonly<Record<Column, (string | number | null)[]>>;

/**
 * Each list as PostgreSQL reads an array: what JSON writes, in braces. It escapes as JSON does what is escaped there by a
 * backslash alone, so the texts must be without control characters: ids are, and so is what JSON has written.
 */
export function arrayTexts<Column extends string>(lists: ColumnLists<Column>): Record<Column, string> {
  const texts: Record<string, string> = {};
  for (const [column, list] of Object.entries<readonly unknown[]>(lists)) {
    texts[column] = `{${JSON.stringify(list).slice(1, -1)}}`;
  }
  return texts;
}

/** A column of the answer that holds a list, as JSON. */
export function readList(answer: Row | undefined, column: string): readonly (SqlValue | boolean)[] {
  return JSON.parse(String(answer?.[column] ?? '[]')) as (SqlValue | boolean)[];
}
