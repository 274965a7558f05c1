/** The conditions that are there, as a WHERE clause. */
export function where(conditions: readonly (string | false)[]): string {
  const given = conditions.filter((condition) => condition !== false);
  return given.length === 0 ? '' : `WHERE ${given.join(' AND ')}`;
}
