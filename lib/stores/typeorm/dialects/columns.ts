export const NODE_COLUMNS: readonly string[] = [
  'id',
  'host',
  'pid',
  'machine',
  'incarnation',
  'version',
  'executors',
  'tasks',
  'declares',
  'started_at',
  'heartbeat_at',
  'lease_until',
];

/** What a claim compares of a job that was peeked. */
const STAMP_COLUMNS: readonly string[] = ['id', 'status', 'next_fire_at', 'due_at', 'gen', 'fence', 'failures'];

/** All but those that only the database writes: `retired`, `pruned_from` and `pruned_until`. */
export const JOB_COLUMNS: readonly string[] = [
  'id',
  'name',
  'task',
  'trigger_def',
  'args',
  'metadata',
  'tags',
  'executor',
  'origin',
  'status',
  'next_fire_at',
  'due_at',
  'last_fire_at',
  'gen',
  'fence',
  'series',
  'max_instances',
  'policy',
  'run_count',
  'failures',
  'pause_reason',
  'definition',
  'def_version',
  'created_at',
  'updated_at',
];

/** All but `seq`, which the database gives, `claim_id`, and what comes later: `attempts`, `cancel_reason` and `progress`. */
export const RUN_COLUMNS: readonly string[] = [
  'run_id',
  'job_id',
  'task',
  'tags',
  'gen',
  'scheduled_at',
  'until_at',
  'count',
  'reason',
  'available_at',
  'state',
  'node',
  'fence',
  'attempt',
  'max_attempts',
  'origin',
  'args',
  'started_at',
  'finished_at',
  'outcome',
];

export const RUN_TAG_COLUMNS: readonly string[] = ['tag', 'scheduled_at', 'seq'];

export const TALLY_COLUMNS: readonly string[] = ['span', 'since', 'shard', 'tally'];

export function stampsOf(row: string): string {
  return STAMP_COLUMNS.map((column) => `${row}.${column}`).join(', ');
}
