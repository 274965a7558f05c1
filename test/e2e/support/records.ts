import Database from 'better-sqlite3';

const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped', 'missed', 'lost'] as const;

export interface StoredRun {
  readonly seq: number;
  readonly runId: string;
  readonly jobId: string;
  readonly state: (typeof STATES)[number];
  readonly scheduledAt: number;
  readonly untilAt: number | null;
  readonly count: number | null;
  readonly reason: string | null;
  readonly node: string | null;
  readonly fence: number;
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly outcome: string | null;
  /** The failed attempts that others have followed. */
  readonly attempts: readonly StoredAttempt[];
  readonly cancelReason: string | null;
}

export interface StoredAttempt {
  readonly attempt: number;
  readonly node: string | null;
  readonly error: { readonly name: string; readonly message: string };
}

export interface StoredJob {
  readonly id: string;
  readonly trigger: { readonly anchor?: number };
  readonly status: number;
  readonly nextFireAt: number | null;
  readonly lastFireAt: number | null;
  readonly runCount: number;
}

type RawRow = Readonly<Record<string, unknown>>;

/** A row as any of the drivers gives it: some make texts of numbers. */
export function storedRun(row: RawRow): StoredRun {
  const number = (column: string) => numberOf(row[column]);
  return {
    seq: Number(row['seq']),
    runId: String(row['run_id']),
    jobId: String(row['job_id']),
    state: STATES[Number(row['state'])] as StoredRun['state'],
    scheduledAt: Number(row['scheduled_at']),
    untilAt: number('until_at'),
    count: number('count'),
    reason: row['reason'] as string | null,
    node: row['node'] as string | null,
    fence: Number(row['fence']),
    attempt: Number(row['attempt']),
    startedAt: number('started_at'),
    finishedAt: number('finished_at'),
    outcome: row['outcome'] as string | null,
    attempts: JSON.parse(String(row['attempts'] ?? '[]')) as StoredAttempt[],
    cancelReason: row['cancel_reason'] as string | null,
  };
}

export function storedJob(row: RawRow): StoredJob {
  return {
    id: String(row['id']),
    trigger: JSON.parse(String(row['trigger_def'])) as StoredJob['trigger'],
    status: Number(row['status']),
    nextFireAt: numberOf(row['next_fire_at']),
    lastFireAt: numberOf(row['last_fire_at']),
    runCount: Number(row['run_count']),
  };
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Asks the file itself, past all code of ours. */
export function query<Row>(database: string, sql: string, ...values: unknown[]): Row[] {
  const handle = new Database(database, { readonly: true });
  try {
    return handle.prepare(sql).all(...values) as Row[];
  } finally {
    handle.close();
  }
}

/** The runs on record, in the order of recording. */
export function runsOf(database: string, jobId?: string): StoredRun[] {
  const sql = 'SELECT * FROM scheduler_run WHERE job_id = coalesce(?, job_id) ORDER BY seq';
  return query<RawRow>(database, sql, jobId ?? null).map(storedRun);
}

export function runOf(database: string, runId: unknown): StoredRun | undefined {
  return runsOf(database).find((run) => run.runId === runId);
}

/** `10:01:00 skipped (coalesced) ×4` for each record, by first slot. */
export function recordsOf(database: string, jobId: string): string[] {
  const runs = runsOf(database, jobId).sort((one, other) => one.scheduledAt - other.scheduledAt);
  return runs.map(({ scheduledAt, state, reason, count }) => {
    const what = reason === null ? state : `${state} (${reason})`;
    return `${timeOf(scheduledAt)} ${what}${(count ?? 1) > 1 ? ` ×${count}` : ''}`;
  });
}

function timeOf(instant: number | string): string {
  return new Date(instant).toISOString().slice(11, 19);
}
