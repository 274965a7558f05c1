/** What rows given as JSON are read as. */
export type ColumnType = 'text' | 'integer' | 'bigint';

const BIGINTS: ReadonlySet<string> = new Set([
  'seq',
  'since',
  'next_fire_at',
  'due_at',
  'last_fire_at',
  'gen',
  'fence',
  'created_at',
  'updated_at',
  'scheduled_at',
  'until_at',
  'available_at',
  'started_at',
  'finished_at',
  'heartbeat_at',
  'lease_until',
  'until',
]);

const INTEGERS: ReadonlySet<string> = new Set([
  'origin',
  'status',
  'series',
  'max_instances',
  'run_count',
  'failures',
  'def_version',
  'count',
  'state',
  'attempt',
  'progress',
  'max_attempts',
  'pid',
  'span',
  'shard',
]);

export function columnType(column: string): ColumnType {
  if (BIGINTS.has(column)) return 'bigint';
  return INTEGERS.has(column) ? 'integer' : 'text';
}
