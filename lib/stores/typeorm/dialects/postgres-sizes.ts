/**
 * In a table of eight pages, or of thirty-two, the way through an index may not yet be the shorter one; in a larger one it is, and
 * little changes from there on.
 */
const BOUNDS = [64 * 1024, 256 * 1024, 16 * 1024 ** 2, 1024 ** 3];

/** Stands in a statement for the size that it is planned for; as it is, for any. */
const ANY_SIZE = 'NULL::text /* any size */';

/**
 * A part of a statement that says, as `size`, of which order of magnitude the tables are. What the server plans for it holds
 * until the next one: see `PreparedStatements`.
 */
export function sizesOf(...tables: readonly string[]): string {
  const orders = tables.map(
    (table) => `width_bucket(pg_relation_size('${table}'), ARRAY[${BOUNDS.join(', ')}]::bigint[])`,
  );
  return `sizes AS MATERIALIZED (SELECT concat_ws('.', ${orders.join(', ')}) AS size)`;
}

/** A condition on which a statement with {@link sizesOf} does anything at all. */
export const IS_OF_PLANNED_SIZE = `(SELECT size = coalesce(${ANY_SIZE}, size) FROM sizes)`;

/** The statement, which does nothing but tell the size once that is another one. */
export function plannedFor(size: string, statement: string): string {
  return statement.replace(ANY_SIZE, `'${size}'::text`);
}
