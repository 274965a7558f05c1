/** The first order of magnitude ends at 64 KiB: in a table of eight pages the way through an index is the shorter one already. */
const SMALLEST_BYTES = 16_384;
const STEP = 4;

/** Stands in a statement for the size that it is planned for; as it is, for any. */
const ANY_SIZE = 'NULL::text /* any size */';

/**
 * A part of a statement that says, as `size`, of which order of magnitude the tables are. What the server plans for it holds
 * until the next one: see `PreparedStatements`.
 */
export function sizesOf(...tables: readonly string[]): string {
  const orders = tables.map(
    (table) =>
      `floor(ln(greatest(pg_relation_size('${table}'), ${SMALLEST_BYTES})::float8 / ${SMALLEST_BYTES}) / ln(${STEP}))::text`,
  );
  return `sizes AS MATERIALIZED (SELECT concat_ws('.', ${orders.join(', ')}) AS size)`;
}

/** A condition on which a statement with {@link sizesOf} does anything at all. */
export const IS_OF_PLANNED_SIZE = `(SELECT size = coalesce(${ANY_SIZE}, size) FROM sizes)`;

/** The statement, which does nothing but tell the size once that is another one. */
export function plannedFor(size: string, statement: string): string {
  return statement.replace(ANY_SIZE, `'${size}'::text`);
}
