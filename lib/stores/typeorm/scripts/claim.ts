import type { PlannedRun, RollUp } from '../../../jobs/fire-plan.js';
import type { JobRecord } from '../../../jobs/job-record.js';
import { admitFire } from '../../../jobs/overlap.js';
import { rollUpRunId, slotRunId } from '../../../jobs/run-id.js';
import { isUnfinished, type RunReason } from '../../../jobs/run-record.js';
import type { ClaimEntry, ClaimResult, Occupancy } from '../../job-store.js';
import { JOB_STATES } from '../codec/words.js';
import { askEach, type Script, type SqlParams } from '../script.js';
import { supersedeRuns } from './cancel-runs.js';
import { holdsLease, IDLE, occupancyOf, tryLockPeeked } from './lock-jobs.js';
import {
  existingRunIds,
  insertRuns,
  newRun,
  rollUpDetails,
  skippedSlot,
  type DraftedRun,
  type RunDetails,
} from './new-runs.js';
import { retireIdle } from './retire.js';
import { unique, type ScriptContext } from './script-context.js';

/** One entry that won: what is written of it, and the job afterwards. */
interface Advance {
  readonly drafts: readonly DraftedRun[];
  readonly job: JobRecord;
  /** How many of its runs wait for those that run to make room; `null`: none is to do so. */
  readonly waiting: number | null;
}

/** Advances jobs and records their fires: see `JobStoreSession.claim`. */
export function* claim(
  context: ScriptContext,
  node: string,
  entries: readonly ClaimEntry[],
  now: number,
): Script<ClaimResult> {
  if (!(yield* holdsLease(context, node, now))) {
    return { records: [], lost: entries.map((entry) => entry.jobId), finished: [], toCancel: [] };
  }
  const direct = yield* advanceIdle(context, node, entries, now);
  const rest = yield* advanceRest(context, node, direct.left, now);
  const { lost } = rest;
  const advances = [...direct.advances, ...rest.advances];
  if (advances.length === 0) return { records: [], lost, finished: [], toCancel: [] };

  const crowded = advances.flatMap(({ job, waiting }) => (waiting === null ? [] : [{ job, waiting }]));
  const toCancel = yield* supersedeRuns(context, crowded);
  const drafted = advances.flatMap(({ drafts }) => drafts);
  const records = yield* insertRuns(context, yield* notYetRecorded(context, drafted));
  // Those of which a run has just begun, or waits, are retired when that has ended.
  const finished = advances
    .filter(({ job, drafts }) => job.state === 'finished' && !drafts.some(({ run }) => isUnfinished(run.state)))
    .map(({ job }) => job.id);
  return { records, lost, finished: finished.length > 0 ? yield* retireIdle(context, finished) : [], toCancel };
}

/**
 * Where that can be done, advances jobs of which one slot runs at once, as long as they are as they were peeked and idle:
 * the statement that writes them says so. What it does not take is left.
 */
function* advanceIdle(
  { sql }: ScriptContext,
  node: string,
  entries: readonly ClaimEntry[],
  now: number,
): Script<{ readonly advances: readonly Advance[]; readonly left: readonly ClaimEntry[] }> {
  // Of entries of one job, the second one loses.
  const isDirect = sql.direct !== null && new Set(entries.map(({ jobId }) => jobId)).size === entries.length;
  if (!sql.direct || !isDirect) return { advances: [], left: entries };
  const left: ClaimEntry[] = [];
  const tries: { readonly entry: ClaimEntry; readonly advance: Advance }[] = [];
  for (const entry of entries) {
    const advance = isStillDue(entry.job, entry, now)
      ? decide(entry.job, entry, IDLE, { node, now, known: new Set() })
      : null;
    if (advance && isOneStart(advance)) tries.push({ entry, advance });
    else left.push(entry);
  }
  const answers = yield* askEach<{ changes: number }>(
    sql.direct.advanceIdle,
    tries.map(({ entry, advance }) => advancedIdleRow(entry, advance)),
  );
  const advances: Advance[] = [];
  for (const [index, { entry, advance }] of tries.entries()) {
    if (answers[index]?.changes === 1) advances.push(advance);
    else left.push(entry);
  }
  return { advances, left };
}

function isOneStart({ drafts }: Advance): boolean {
  return drafts.length === 1 && drafts[0]?.run.state === 'running';
}

function* advanceRest(
  context: ScriptContext,
  node: string,
  entries: readonly ClaimEntry[],
  now: number,
): Script<{ readonly advances: readonly Advance[]; readonly lost: readonly string[] }> {
  const ids = unique(entries.map((entry) => entry.jobId));
  const jobs = yield* tryLockPeeked(
    context,
    entries.map((entry) => entry.job),
  );
  const occupancy = yield* occupancyOf(context, ids, now);
  const known = yield* existingRunIds(
    context,
    entries.flatMap((entry) => slotIdsOf(entry, jobs.get(entry.jobId))),
  );

  const lost: string[] = [];
  const advances: Advance[] = [];
  for (const entry of entries) {
    const job = jobs.get(entry.jobId);
    if (!job || !isStillDue(job, entry, now)) {
      lost.push(entry.jobId);
      continue;
    }
    const advance = decide(job, entry, occupancy(job.id), { node, now, known });
    advances.push(advance);
    // A second entry of the same job meets the new fence, and loses.
    jobs.set(job.id, advance.job);
  }
  yield* askEach(
    context.sql.fires.advanceJobs,
    advances.map(({ job }) => advancedRow(job)),
  );
  return { advances, lost };
}

function isStillDue(job: JobRecord, entry: ClaimEntry, now: number): boolean {
  const { run } = entry.plan;
  if (run && run.dueAt > now) return false;
  return (
    job.state === 'active' &&
    job.nextFireAt === entry.expectedFireAt &&
    job.gen === entry.gen &&
    job.fence === entry.fence &&
    job.dueAt !== null &&
    job.dueAt <= now
  );
}

/** Of every slot that the entry may dispatch. */
function slotIdsOf({ plan }: ClaimEntry, job: JobRecord | undefined): string[] {
  if (!job) return [];
  const slots = plan.run ? [...plan.backlog, plan.run] : plan.backlog;
  return slots.map(({ scheduledAt }) => slotRunId(job.id, job.series, scheduledAt));
}

/** Leaves out what is on record already of slots that do not run: few fires have any, so these are not asked for before. */
function* notYetRecorded(context: ScriptContext, drafts: readonly DraftedRun[]): Script<readonly DraftedRun[]> {
  const rollUps = drafts.filter(({ run }) => !isUnfinished(run.state)).map(({ run }) => run.runId);
  const recorded = yield* existingRunIds(context, rollUps);
  return recorded.size === 0 ? drafts : drafts.filter(({ run }) => !recorded.has(run.runId));
}

interface ClaimFacts {
  readonly node: string;
  readonly now: number;
  /** Run ids of slots on record, and what this claim adds: one repeated must not spoil the whole batch. */
  readonly known: Set<string>;
}

function decide(job: JobRecord, { plan, dispatchesLeft }: ClaimEntry, busy: Occupancy, facts: ClaimFacts): Advance {
  const fence = job.fence + 1;
  const fired = { ...job, fence };
  const drafts = new Drafts(fired, facts);
  for (const rollUp of plan.rollUps) drafts.recordRollUp(rollUp);
  for (const slot of plan.backlog) drafts.queue(slot);
  if (plan.run) drafts.admit(plan.run, busy);

  const isUsedUp = dispatchesLeft !== null && drafts.dispatched >= dispatchesLeft;
  const nextFireAt = isUsedUp ? null : plan.nextFireAt;
  const after: JobRecord = {
    ...fired,
    nextFireAt,
    dueAt: isUsedUp ? null : plan.nextDueAt,
    lastFireAt: Math.max(job.lastFireAt ?? plan.lastFireAt, plan.lastFireAt),
    runCount: job.runCount + drafts.dispatched,
    state: nextFireAt === null ? 'finished' : job.state,
  };
  return { drafts: drafts.all.map((run) => ({ run, job: after })), job: after, waiting: drafts.waiting };
}

/** The records of one entry, in the order in which they are asked for. */
class Drafts {
  readonly all: DraftedRun['run'][] = [];
  /** How many of them will run. */
  dispatched = 0;
  /** Under `cancelRunning`, how many wait, when the fire did not start. */
  waiting: number | null = null;
  readonly #job: JobRecord;
  readonly #facts: ClaimFacts;

  /** @param job with the fence of this taking */
  constructor(job: JobRecord, facts: ClaimFacts) {
    this.#job = job;
    this.#facts = facts;
  }

  /** Slots that do not run; nothing when this claim has them already. */
  recordRollUp(rollUp: RollUp): void {
    const { state, scheduledAt } = rollUp;
    const runId = rollUpRunId(this.#job.id, this.#job.series, scheduledAt, state);
    if (this.#facts.known.has(runId)) return;
    this.#add(runId, scheduledAt, rollUpDetails(rollUp, this.#facts.now));
  }

  queue({ scheduledAt, dueAt }: PlannedRun): void {
    const runId = this.#unusedSlotId(scheduledAt);
    if (runId === null) return this.#skip(scheduledAt, 'duplicate');
    this.dispatched++;
    this.#add(runId, scheduledAt, { state: 'queued', availableAt: dueAt });
  }

  admit(slot: PlannedRun, busy: Occupancy): void {
    const { scheduledAt, dueAt } = slot;
    const runId = this.#unusedSlotId(scheduledAt);
    if (runId === null) return this.#skip(scheduledAt, 'duplicate');
    const { overlap } = this.#job.policy;
    const queuedDue = busy.queuedDue + this.dispatched;
    const admission = admitFire(overlap, { ...busy, queuedDue }, this.#job.maxInstances);
    if (admission === 'start') {
      const { node, now } = this.#facts;
      this.dispatched++;
      this.#add(runId, scheduledAt, { state: 'running', availableAt: dueAt, node, startedAt: now });
      return;
    }
    if (admission === 'queue') this.queue(slot);
    else this.#skip(scheduledAt, 'maxInstances');
    // All that is dispatched so far waits.
    if (overlap === 'cancelRunning') this.waiting = busy.queuedDue + this.dispatched;
  }

  #add(runId: string, scheduledAt: number, details: RunDetails): void {
    this.#facts.known.add(runId);
    this.all.push(newRun(this.#job, runId, scheduledAt, details));
  }

  #skip(scheduledAt: number, reason: RunReason): void {
    this.recordRollUp(skippedSlot(scheduledAt, reason));
  }

  /** The run id of a slot that was never dispatched: neither behind the high-water mark nor on record. */
  #unusedSlotId(scheduledAt: number): string | null {
    const { id, series, lastFireAt } = this.#job;
    if (lastFireAt !== null && scheduledAt <= lastFireAt) return null;
    const runId = slotRunId(id, series, scheduledAt);
    return this.#facts.known.has(runId) ? null : runId;
  }
}

function advancedRow(job: JobRecord): SqlParams {
  return {
    id: job.id,
    next_fire_at: job.nextFireAt,
    due_at: job.dueAt,
    last_fire_at: job.lastFireAt,
    fence: job.fence,
    run_count: job.runCount,
    status: JOB_STATES.indexOf(job.state),
  };
}

function advancedIdleRow({ job: peeked }: ClaimEntry, { job, drafts }: Advance): SqlParams {
  // Written out: to copy `advancedRow` and add to it takes as long as the statement itself.
  return {
    id: job.id,
    next_fire_at: job.nextFireAt,
    due_at: job.dueAt,
    last_fire_at: job.lastFireAt,
    fence: job.fence,
    run_count: job.runCount,
    status: JOB_STATES.indexOf(job.state),
    expected_at: peeked.nextFireAt,
    expected_due_at: peeked.dueAt,
    expected_fence: peeked.fence,
    gen: peeked.gen,
    failures: peeked.failures,
    run_id: (drafts[0] as DraftedRun).run.runId,
  };
}
