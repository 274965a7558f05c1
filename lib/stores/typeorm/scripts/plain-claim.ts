import type { PlannedRun } from '../../../jobs/fire-plan.js';
import type { JobRecord } from '../../../jobs/job-record.js';
import { maxAttemptsOf } from '../../../jobs/retry.js';
import { slotRunId } from '../../../jobs/run-id.js';
import type { ClaimEntry, ClaimResult, TakenRun } from '../../job-store.js';
import { arrayTexts, readList } from '../codec/array-text.js';
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
  return { sql, params: { node, ...arrayTexts(listsOf(plain)) } };
}

function listsOf(entries: readonly ClaimEntry[]) {
  const slots = entries.map(slotOf);
  const next = entries.map(nextOf);
  return {
    id: entries.map(({ jobId }) => jobId),
    expected: entries.map(({ expectedFireAt }) => expectedFireAt),
    gen: entries.map(({ gen }) => gen),
    fence: entries.map(({ fence }) => fence),
    slot: slots.map(({ scheduledAt }) => scheduledAt),
    slot_due: slots.map(({ dueAt }) => dueAt),
    run_id: entries.map(({ jobId, job }, i) => slotRunId(jobId, job.series, (slots[i] as PlannedRun).scheduledAt)),
    attempts: entries.map(({ job }) => maxAttemptsOf(job.policy)),
    next_fire_at: next.map(({ nextFireAt }) => nextFireAt),
    due_at: next.map(({ dueAt }) => dueAt),
    status: next.map(({ state }) => JOB_STATES.indexOf(state)),
  };
}

function slotOf({ plan }: ClaimEntry): PlannedRun {
  return plan.run as PlannedRun;
}

/** What the job is due for when the claim has won. */
function nextOf({ plan, dispatchesLeft }: ClaimEntry): Pick<JobRecord, 'state' | 'nextFireAt' | 'dueAt'> {
  const isLast = dispatchesLeft !== null && dispatchesLeft <= 1;
  const nextFireAt = isLast ? null : plan.nextFireAt;
  const dueAt = isLast ? null : plan.nextDueAt;
  return { state: nextFireAt === null ? 'finished' : 'active', nextFireAt, dueAt };
}

/** Reads the answer: a job that is in it without a run has something that a plain claim does not decide about. */
export function readPlainClaim(node: string, entries: readonly ClaimEntry[], [answer]: readonly Row[]): PlainClaim {
  const now = Number(answer?.['now']);
  const failures = readList(answer, 'failures');
  const seqs = readList(answer, 'seqs');
  const places = new Map(readList(answer, 'locked').map((id, place) => [String(id), place]));
  const records: TakenRun[] = [];
  const lost: string[] = [];
  const left: ClaimEntry[] = [];
  for (const entry of entries) {
    const place = places.get(entry.jobId);
    if (!isPlain(entry)) left.push(entry);
    else if (place === undefined) lost.push(entry.jobId);
    else {
      const seq = seqs[place] ?? null;
      if (seq === null) left.push(entry);
      else records.push(takenRun(node, entry, Number(seq), Number(failures[place]), now));
    }
  }
  return { result: { records, lost, finished: [], toCancel: [] }, left };
}

/** The job is what was peeked but for what the claim has changed. */
function takenRun(node: string, entry: ClaimEntry, seq: number, failures: number, now: number): TakenRun {
  const { job: peeked, plan, fence } = entry;
  const { scheduledAt, dueAt } = slotOf(entry);
  const next = nextOf(entry);
  const job: JobRecord = {
    ...peeked,
    state: next.state,
    nextFireAt: next.nextFireAt,
    dueAt: next.dueAt,
    lastFireAt: plan.lastFireAt,
    fence: fence + 1,
    runCount: peeked.runCount + 1,
    failures,
  };
  const details = { state: 'running', availableAt: dueAt, node, startedAt: now } as const;
  const run = newRun(job, slotRunId(job.id, job.series, scheduledAt), scheduledAt, details);
  return { run: { seq, ...run }, job };
}
