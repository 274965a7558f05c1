import type { ColumnOptions, ValueTransformer } from 'typeorm';

/** Some drivers answer a `bigint` as a string; ours all fit a double. */
const toNumber: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => (typeof value === 'string' ? Number(value) : value),
};

/** A `bigint` column: epoch milliseconds mostly, which no driver or session time zone can touch. */
export function bigintColumn(name: string, options: ColumnOptions = {}): ColumnOptions {
  return { name, type: 'bigint', transformer: toNumber, ...options };
}
