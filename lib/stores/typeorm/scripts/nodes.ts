import type { JobRecord } from '../../../jobs/job-record.js';
import { isRunOf, retryDelayOf } from '../../../jobs/retry.js';
import type { RunRecord } from '../../../jobs/run-record.js';
import type { NodeDraft, NodeRecord, TakeOver } from '../../job-store.js';
import { encodeNode, tryDecodeNode } from '../codec/node-codec.js';
import { tryDecodeRun } from '../codec/run-codec.js';
import { RUN_STATES } from '../codec/words.js';
import { ask, askEach, askOne, type Row, type Script, type SqlParams } from '../script.js';
import { countFailures } from './count-failures.js';
import { lockJobs } from './lock-jobs.js';
import { retireIdle } from './retire.js';
import { unique, type ScriptContext } from './script-context.js';

export function* joinNode({ sql }: ScriptContext, node: NodeDraft, leaseMs: number, now: number): Script<void> {
  yield* ask(sql.nodes.put, encodeNode(node, now, leaseMs));
}

export function* renewLease(
  { sql }: ScriptContext,
  id: string,
  leaseMs: number,
  now: number,
): Script<{ readonly renewed: boolean; readonly now: number }> {
  const row = yield* askOne(sql.nodes.lock, { id });
  if (row) yield* ask(sql.nodes.renew, { id, now, lease_until: now + leaseMs });
  return { renewed: row !== null, now };
}

export function* listNodes({ sql }: ScriptContext): Script<NodeRecord[]> {
  const nodes: NodeRecord[] = [];
  for (const row of yield* ask<Row>(sql.nodes.all)) {
    const node = tryDecodeNode(row);
    if (node) nodes.push(node);
  }
  return nodes;
}

/** @param leaseUntil the lease the node was seen with; `null`: whatever it is */
export function* endNode(context: ScriptContext, id: string, leaseUntil: number | null, now: number): Script<TakeOver> {
  const { sql } = context;
  const row = yield* askOne<{ lease_until: unknown }>(sql.nodes.lock, { id });
  const isSame = row !== null && (leaseUntil === null || Number(row.lease_until) === leaseUntil);
  if (!isSame && leaseUntil !== null) return { taken: false, lost: [], requeued: [], paused: [], finished: [] };
  if (row) yield* ask(sql.nodes.delete, { id });
  return { taken: row !== null, ...(yield* endRunsOf(context, id, now)) };
}

function* endRunsOf(context: ScriptContext, node: string, now: number): Script<Omit<TakeOver, 'taken'>> {
  const { sql } = context;
  const rows = yield* ask<Row>(sql.fires.runsOfNode, { node });
  if (rows.length === 0) return { lost: [], requeued: [], paused: [], finished: [] };
  const ids = unique(rows.map((row) => String(row['job_id'])));
  const { jobs, unreadable } = yield* lockJobs(context, ids);
  const retryAt = new Map<number, number>();
  for (const row of rows) {
    const id = String(row['job_id']);
    const delayMs = delayAfterLoss(row, jobs.get(id), unreadable.has(id));
    if (delayMs !== null) retryAt.set(Number(row['seq']), now + delayMs);
  }
  const retried = rows.filter((row) => retryAt.has(Number(row['seq'])));
  const ended = rows.filter((row) => !retryAt.has(Number(row['seq'])));
  yield* askEach(
    sql.fires.requeueRuns,
    [...retryAt].map(([seq, available_at]) => ({ seq, available_at })),
  );
  yield* askEach(
    sql.fires.endRuns,
    ended.map((row) => lostRow(row, now)),
  );
  const runs = ended.map((row) => ({ jobId: String(row['job_id']), gen: Number(row['gen']), state: 'lost' as const }));
  const paused = yield* countFailures(context, jobs, runs, now);
  const finished = yield* retireIdle(context, unique(ended.map((row) => String(row['job_id']))));
  return {
    lost: readable(ended, (run) => ({ ...run, state: 'lost', finishedAt: now })),
    requeued: readable(retried, (run) => ({
      ...run,
      state: 'queued',
      node: null,
      startedAt: null,
      availableAt: retryAt.get(run.seq) as number,
      attempt: run.attempt + 1,
    })),
    paused,
    finished,
  };
}

/** How long a run whose node is gone waits for its next attempt; `null`: it has none. */
function delayAfterLoss(row: Row, job: JobRecord | undefined, isUnreadable: boolean): number | null {
  if (row['cancel_reason'] !== null) return null;
  const [gen, attempt, maxAttempts] = [Number(row['gen']), Number(row['attempt']), Number(row['max_attempts'])];
  // It waits until somebody has repaired the job.
  if (isUnreadable) return attempt < maxAttempts ? 0 : null;
  if (!job || !isRunOf({ gen }, job)) return null;
  return retryDelayOf({ runId: String(row['run_id']), attempt, maxAttempts }, job.policy);
}

function lostRow(row: Row, now: number): SqlParams {
  return { seq: Number(row['seq']), state: RUN_STATES.indexOf('lost'), reason: null, finished_at: now, outcome: null };
}

function readable(rows: readonly Row[], change: (run: RunRecord) => RunRecord): RunRecord[] {
  const runs: RunRecord[] = [];
  for (const row of rows) {
    const run = tryDecodeRun(row);
    if (!(run instanceof Error)) runs.push(change(run));
  }
  return runs;
}
