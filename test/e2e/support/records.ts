import Database from 'better-sqlite3';

const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped', 'missed', 'lost'] as const;

export interface StoredRun {
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
  const rows = query<Omit<StoredRun, 'state'> & { state: number }>(
    database,
    `SELECT run_id AS runId, job_id AS jobId, state, scheduled_at AS scheduledAt, until_at AS untilAt, count, reason,
       node, fence, attempt, started_at AS startedAt, finished_at AS finishedAt, outcome
     FROM scheduler_run WHERE job_id = coalesce(?, job_id) ORDER BY seq`,
    jobId ?? null,
  );
  return rows.map((row) => ({ ...row, state: STATES[row.state] as StoredRun['state'] }));
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
