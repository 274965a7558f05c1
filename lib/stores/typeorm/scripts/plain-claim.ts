import type { PlannedRun } from '../../../jobs/fire-plan.js';
import type { JobRecord } from '../../../jobs/job-record.js';
import { maxAttemptsOf } from '../../../jobs/retry.js';
import { slotRunId } from '../../../jobs/run-id.js';
import type { ClaimEntry, ClaimResult, TakenRun } from '../../job-store.js';
import { JOB_STATES } from '../codec/words.js';
import type { Query, Row } from '../script.js';
import { newRun } from './new-runs.js';

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

function rowOf(entry: ClaimEntry): object {
  const { jobId, job, expectedFireAt, gen, fence } = entry;
  const { scheduledAt, dueAt } = slotOf(entry);
  const { state, nextFireAt, dueAt: nextDueAt } = jobAfter(entry);
  return {
    id: jobId,
    expected: expectedFireAt,
    gen,
    fence,
    slot: scheduledAt,
    slot_due: dueAt,
    run_id: slotRunId(jobId, job.series, scheduledAt),
    attempts: maxAttemptsOf(job.policy),
    next_fire_at: nextFireAt,
    due_at: nextDueAt,
    status: JOB_STATES.indexOf(state),
  };
}

function slotOf({ plan }: ClaimEntry): PlannedRun {
  return plan.run as PlannedRun;
}

/** The job when the claim has won: it is what was peeked but for this. */
function jobAfter({ job, plan, fence, dispatchesLeft }: ClaimEntry): JobRecord {
  const isLast = dispatchesLeft !== null && dispatchesLeft <= 1;
  const nextFireAt = isLast ? null : plan.nextFireAt;
  return {
    ...job,
    state: nextFireAt === null ? 'finished' : 'active',
    nextFireAt,
    dueAt: isLast ? null : plan.nextDueAt,
    lastFireAt: plan.lastFireAt,
    fence: fence + 1,
    runCount: job.runCount + 1,
  };
}

/** Reads the answer: a job that is in it without a run has something that a plain claim does not decide about. */
export function readPlainClaim(node: string, entries: readonly ClaimEntry[], rows: readonly Row[]): PlainClaim {
  const answers = new Map(rows.map((row) => [String(row['locked_id']), row]));
  const records: TakenRun[] = [];
  const lost: string[] = [];
  const left: ClaimEntry[] = [];
  for (const entry of entries) {
    const row = answers.get(entry.jobId);
    if (!isPlain(entry)) left.push(entry);
    else if (!row) lost.push(entry.jobId);
    else if (row['run_seq'] === null) left.push(entry);
    else records.push(takenRun(node, entry, row));
  }
  return { result: { records, lost, finished: [], toCancel: [] }, left };
}

function takenRun(node: string, entry: ClaimEntry, row: Row): TakenRun {
  const { scheduledAt, dueAt } = slotOf(entry);
  const job = { ...jobAfter(entry), failures: Number(row['failures']) };
  const details = { state: 'running', availableAt: dueAt, node, startedAt: Number(row['now']) } as const;
  const run = newRun(job, slotRunId(job.id, job.series, scheduledAt), scheduledAt, details);
  return { run: { seq: Number(row['run_seq']), ...run }, job };
}
