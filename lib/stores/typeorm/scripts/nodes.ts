import type { JobRecord } from '../../../jobs/job-record.js';
import { lossOf, requeued } from '../../../jobs/attempts.js';
import { isRunOf, retryDelayOf } from '../../../jobs/retry.js';
import type { RunError, RunRecord } from '../../../jobs/run-record.js';
import type { NodeDraft, NodeRecord, NodesSeen, TakeOver } from '../../job-store.js';
import { encodeNode, tryDecodeNode } from '../codec/node-codec.js';
import { encodeAttempts, tryDecodeRun } from '../codec/run-codec.js';
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

export function* listNodes({ sql }: ScriptContext, now: number): Script<NodesSeen> {
  return { nodes: decodeNodes(yield* ask<Row>(sql.nodes.all)), now };
}

/** Reads rows of nodes; those that are damaged, or hold nothing, are left out. */
export function decodeNodes(rows: readonly Row[]): NodeRecord[] {
  return rows.flatMap((row) => tryDecodeNode(row) ?? []);
}

/** @param leaseUntil the lease the node was seen with; `null`: whatever it is */
export function* endNode(context: ScriptContext, id: string, leaseUntil: number | null, now: number): Script<TakeOver> {
  const { sql } = context;
  const row = yield* askOne<{ lease_until: unknown }>(sql.nodes.lock, { id });
  const isSame = row !== null && (leaseUntil === null || Number(row.lease_until) === leaseUntil);
  if (!isSame && leaseUntil !== null) return { taken: false, lost: [], requeued: [], paused: [], finished: [] };
  if (row) yield* ask(sql.nodes.delete, { id });
  const loss = lossOf(id, leaseUntil === null ? 'left' : 'died');
  return { taken: row !== null, ...(yield* endRunsOf(context, id, loss, now)) };
}

function* endRunsOf(
  context: ScriptContext,
  node: string,
  loss: RunError,
  now: number,
): Script<Omit<TakeOver, 'taken'>> {
  const { sql } = context;
  // Jobs are locked before runs, as by everybody else. There won't be more of them: without its row, the node takes nothing.
  const ids = yield* ask<{ id: string }>(sql.fires.jobsOfNode, { node });
  if (ids.length === 0) return { lost: [], requeued: [], paused: [], finished: [] };
  const { jobs, unreadable } = yield* lockJobs(
    context,
    ids.map(({ id }) => id),
  );
  const rows = yield* ask<Row>(sql.fires.runsOfNode, { node });
  const retries: Retry[] = [];
  const ended: Row[] = [];
  for (const row of rows) {
    const id = String(row['job_id']);
    const delayMs = delayAfterLoss(row, jobs.get(id), unreadable.has(id));
    if (delayMs === null) ended.push(row);
    else retries.push(retryOf(row, now + delayMs, loss, now));
  }
  yield* askEach(
    sql.fires.requeueRuns,
    retries.map(({ parameters }) => parameters),
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
    requeued: retries.flatMap(({ run }) => run ?? []),
    paused,
    finished,
  };
}

/** A run that waits for its next attempt, as it is written and, if its row can be read, as it is then. */
interface Retry {
  readonly parameters: SqlParams;
  readonly run: RunRecord | null;
}

function retryOf(row: Row, availableAt: number, loss: RunError, now: number): Retry {
  const stored = tryDecodeRun(row);
  const seq = Number(row['seq']);
  // What can't be read is kept for whoever repairs it.
  if (stored instanceof Error) {
    return { parameters: { seq, available_at: availableAt, attempts: row['attempts'] ?? null }, run: null };
  }
  const run = requeued(stored, availableAt, now, loss);
  return { parameters: { seq, available_at: availableAt, attempts: encodeAttempts(run.attempts) }, run };
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
