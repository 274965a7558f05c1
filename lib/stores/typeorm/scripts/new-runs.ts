import type { RollUp } from '../../../jobs/fire-plan.js';
import type { JobRecord } from '../../../jobs/job-record.js';
import { maxAttemptsOf } from '../../../jobs/retry.js';
import type { RunReason, RunRecord } from '../../../jobs/run-record.js';
import type { TakenRun } from '../../job-store.js';
import { encodeRun } from '../codec/run-codec.js';
import { askEach, askInPieces, type Script } from '../script.js';
import type { ScriptContext } from './script-context.js';

/** A run that is not recorded yet, and its job as it will be. */
export interface DraftedRun {
  readonly run: Omit<RunRecord, 'seq'>;
  readonly job: JobRecord;
}

/** What a run is beyond its job and slot. */
export type RunDetails = Pick<RunRecord, 'state' | 'availableAt'> & Partial<RunRecord>;

/** A run of `job` as it is now, a slot of the schedule unless `details` say otherwise. */
export function newRun(
  job: JobRecord,
  runId: string,
  scheduledAt: number,
  details: RunDetails,
): Omit<RunRecord, 'seq'> {
  return {
    runId,
    jobId: job.id,
    task: job.task,
    tags: job.tags,
    gen: job.gen,
    scheduledAt,
    untilAt: null,
    count: null,
    reason: null,
    node: null,
    fence: job.fence,
    attempt: 1,
    maxAttempts: maxAttemptsOf(job.policy),
    attempts: null,
    origin: 'schedule',
    args: null,
    startedAt: null,
    finishedAt: null,
    outcome: null,
    progress: null,
    ...details,
  };
}

/** What a record of slots that do not run is beyond its job. */
export function rollUpDetails({ state, reason, scheduledAt, untilAt, count }: RollUp, now: number): RunDetails {
  return { state, reason, untilAt, count, availableAt: scheduledAt, finishedAt: now };
}

/** A single slot that does not run. */
export function skippedSlot(scheduledAt: number, reason: RunReason): RollUp {
  return { state: 'skipped', reason, scheduledAt, untilAt: scheduledAt, count: 1 };
}

export function* existingRunIds({ sql }: ScriptContext, ids: readonly string[]): Script<Set<string>> {
  const rows = yield* askInPieces<{ run_id: string }>(sql.fires.existingRuns, 'ids', ids);
  return new Set(rows.map((row) => row.run_id));
}

interface InsertedRun {
  readonly seq: number;
  readonly run_id: string;
  /** `seq`, where the rows come in the order of what was inserted: what they are of need not be read then. */
  readonly rowid?: number;
}

/** Records the runs in this order. */
export function* insertRuns(context: ScriptContext, drafts: readonly DraftedRun[]): Script<TakenRun[]> {
  const taken = yield* insertRows(context, drafts);
  const tagged = taken.flatMap(({ run: { tags, scheduledAt, seq } }) =>
    tags.map((tag) => ({ tag, scheduled_at: scheduledAt, seq })),
  );
  yield* askEach(context.sql.history.tagRuns, tagged);
  return taken;
}

function* insertRows({ sql }: ScriptContext, drafts: readonly DraftedRun[]): Script<TakenRun[]> {
  const encoded = drafts.map(({ run }) => encodeRun(run));
  const { insertRuns: insert, insertedRuns: readBack } = sql.fires;
  const answered = yield* askEach<InsertedRun>(insert, encoded);
  const ids = drafts.map(({ run }) => run.runId);
  const rows = readBack === null ? answered : yield* askInPieces<InsertedRun>(readBack, 'ids', ids);
  if (rows[0]?.rowid !== undefined) {
    return drafts.map(({ run, job }, index) => ({ run: { seq: Number(rows[index]?.rowid), ...run }, job }));
  }
  const seqs = new Map(rows.map((row) => [row.run_id, Number(row.seq)]));
  return drafts.map(({ run, job }) => ({ run: { seq: seqs.get(run.runId) as number, ...run }, job }));
}
