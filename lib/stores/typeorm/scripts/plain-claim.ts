import type { JobRecord } from '../../../jobs/job-record.js';
import type { ClaimEntry, ClaimResult, TakenRun } from '../../job-store.js';
import { JOB_STATES } from '../codec/words.js';
import type { Query, Row } from '../script.js';
import { newRun } from './new-runs.js';
import type { ScriptContext } from './script-context.js';

/** An entry whose plan is one slot that runs now, and nothing else. */
function isPlain({ plan }: ClaimEntry): boolean {
  return plan.run !== null && plan.backlog.length === 0 && plan.rollUps.length === 0;
}

/** What a plain claim has done, and what it leaves to the script. */
export interface PlainClaim {
  readonly result: ClaimResult;
  readonly left: readonly ClaimEntry[];
}

/**
 * Asks for those entries that are plain; `null` when there are none. An id that comes twice is left to the script:
 * its second entry loses.
 */
export function plainClaim(sql: string, node: string, entries: readonly ClaimEntry[]): Query | null {
  const plain = entries.filter(isPlain);
  if (plain.length === 0 || new Set(entries.map(({ jobId }) => jobId)).size < entries.length) return null;
  return { sql, params: { node, rows: JSON.stringify(plain.map(rowOf)) } };
}

function rowOf({ jobId, expectedFireAt, gen, fence, plan, dispatchesLeft }: ClaimEntry): object {
  const { scheduledAt, dueAt } = plan.run as NonNullable<typeof plan.run>;
  const isLast = dispatchesLeft !== null && dispatchesLeft <= 1;
  const nextFireAt = isLast ? null : plan.nextFireAt;
  return {
    id: jobId,
    expected: expectedFireAt,
    gen,
    fence,
    slot: scheduledAt,
    slot_due: dueAt,
    slot_text: new Date(scheduledAt).toISOString(),
    next_fire_at: nextFireAt,
    due_at: isLast ? null : plan.nextDueAt,
    status: JOB_STATES.indexOf(nextFireAt === null ? 'finished' : 'active'),
  };
}

/** Reads the answer: a job that is in it without a run has something that a plain claim does not decide about. */
export function readPlainClaim(
  { codec }: ScriptContext,
  node: string,
  entries: readonly ClaimEntry[],
  rows: readonly Row[],
): PlainClaim {
  const answers = new Map(rows.map((row) => [String(row['locked_id']), row]));
  const records: TakenRun[] = [];
  const lost: string[] = [];
  const left: ClaimEntry[] = [];
  for (const entry of entries) {
    const row = answers.get(entry.jobId);
    if (!isPlain(entry)) left.push(entry);
    else if (!row) lost.push(entry.jobId);
    else if (row['run_seq'] === null) left.push(entry);
    else records.push(takenRun(codec.decode(row), node, entry, row));
  }
  return { result: { records, lost, finished: [] }, left };
}

function takenRun(job: JobRecord, node: string, { plan }: ClaimEntry, row: Row): TakenRun {
  const { scheduledAt, dueAt } = plan.run as NonNullable<typeof plan.run>;
  const details = { state: 'running', availableAt: dueAt, node, startedAt: Number(row['now']) } as const;
  const maxAttempts = Number(row['max_attempts']);
  const run = newRun(job, String(row['run_id']), scheduledAt, { ...details, maxAttempts });
  return { run: { seq: Number(row['run_seq']), ...run }, job };
}
