import type { JobRecord } from '../../../jobs/job-record.js';
import type { RunRecord } from '../../../jobs/run-record.js';
import type { Lane, Occupancy, TakenRun, TakeQuery } from '../../job-store.js';
import { tryDecodeRun } from '../codec/run-codec.js';
import { ask, askEach, askInPieces, type Row, type Script } from '../script.js';
import { holdsLease, occupancyOf, tryLockJobs } from './lock-jobs.js';
import type { ScopeParams } from './scope-params.js';
import { unique, type ScriptContext } from './script-context.js';

/** Starts queued runs, retries and then the oldest first, backfills last: see `JobStoreSession.takeQueued`. */
export function* takeQueued(
  context: ScriptContext,
  scopes: ScopeParams,
  { node, lanes, scope }: TakeQuery,
  now: number,
): Script<TakenRun[]> {
  if (!(yield* holdsLease(context, node, now))) return [];
  const taken: TakenRun[] = [];
  for (const lane of lanes) {
    const params = { ...scopes.of(scope), executor: lane.executor, now };
    const picks = new Picks(lane, node, now);
    // Every row of a page is taken, or it or its job is left out of the next: the pages come to an end.
    let limit = Math.min(2 * lane.limit + 10, FIRST_PAGE);
    while (!picks.isDone) {
      const query = {
        ...params,
        limit,
        full: picks.closedJobs,
        settled: picks.settledRuns,
        backfills: picks.mayBackfill,
      };
      const rows = yield* ask<Row>(context.sql.fires.takeable, query);
      yield* pickFrom(context, picks, rows, now);
      if (rows.length < limit) break;
      limit = Math.min(4 * limit, LARGEST_PAGE);
    }
    taken.push(...picks.taken);
  }
  yield* askEach(
    context.sql.fires.startRuns,
    taken.map(({ run }) => ({ seq: run.seq, node, fence: run.fence, started_at: now })),
  );
  const fences = new Map(taken.map(({ job }) => [job.id, job.fence]));
  yield* askEach(
    context.sql.fires.setFences,
    [...fences].map(([id, fence]) => ({ id, fence })),
  );
  return taken;
}

/** Most looks take few runs, or many of one job, of which a few show that it takes no more. */
const FIRST_PAGE = 20;
const LARGEST_PAGE = 200;

function* pickFrom(context: ScriptContext, picks: Picks, rows: readonly Row[], now: number): Script<void> {
  const unseen = unique(rows.map((row) => String(row['job_id']))).filter((id) => !picks.knows(id));
  const { jobs } = yield* tryLockJobs(context, unseen);
  const occupancy = yield* occupancyOf(context, unseen, now);
  for (const id of unseen) picks.meet(id, jobs.get(id) ?? null, occupancy(id));
  // Before the jobs were locked others may have taken or cancelled what the page shows: nobody can from here on. A run
  // that was taken and has failed is queued again, as another attempt; each taking raises the fence.
  const seqs = rows.map((row) => Number(row['seq']));
  const queued = yield* askInPieces<{ seq: number; fence: number }>(context.sql.fires.stillQueued, 'seqs', seqs);
  const fences = new Map(queued.map(({ seq, fence }) => [Number(seq), Number(fence)]));
  for (const row of rows) {
    if (fences.get(Number(row['seq'])) === Number(row['fence'])) picks.consider(row);
    else picks.leave(row);
  }
}

interface MetJob {
  job: JobRecord;
  free: number;
}

/** What is taken for one lane, and what is out of the question in the pages that follow. */
class Picks {
  readonly taken: TakenRun[] = [];
  readonly #lane: Lane;
  readonly #node: string;
  readonly #now: number;
  readonly #met = new Map<string, MetJob | null>();
  readonly #closed: string[] = [];
  readonly #left: number[] = [];
  /** What happens now must find room beside the past. */
  #backfillsLeft: number;

  constructor(lane: Lane, node: string, now: number) {
    this.#lane = lane;
    this.#backfillsLeft = Math.ceil(lane.limit / 2);
    this.#node = node;
    this.#now = now;
  }

  get isDone(): boolean {
    return this.taken.length >= this.#lane.limit;
  }

  /** 0: no backfill is taken any more. */
  get mayBackfill(): number {
    return this.#backfillsLeft > 0 ? 1 : 0;
  }

  /** Ids of jobs of which no more can be taken. */
  get closedJobs(): string {
    return JSON.stringify(this.#closed);
  }

  /** `seq`s of runs that are taken or left: in the table, or in the pages read before, these are still queued. */
  get settledRuns(): string {
    return JSON.stringify([...this.#left, ...this.taken.map(({ run }) => run.seq)]);
  }

  knows(jobId: string): boolean {
    return this.#met.has(jobId);
  }

  /** @param job `null` when its row can't be read, or is somebody else's now: its runs stay queued */
  meet(id: string, job: JobRecord | null, busy: Occupancy): void {
    this.#met.set(id, job && { job, free: job.maxInstances - busy.running });
    if (!job || job.maxInstances <= busy.running) this.#closed.push(id);
  }

  /** Keeps a run out of the pages that follow. */
  leave(row: Row): void {
    this.#left.push(Number(row['seq']));
  }

  consider(row: Row): void {
    const met = this.#met.get(String(row['job_id']));
    if (!met || met.free <= 0 || this.isDone) return;
    const run = tryDecodeRun(row);
    if (run instanceof Error) return this.leave(row);
    // The job may have been paused since the page was read.
    if (met.job.state === 'paused' && run.gen !== met.job.gen) return this.leave(row);
    if (run.origin === 'backfill' && this.#backfillsLeft-- <= 0) return this.leave(row);
    this.#take(run, met);
  }

  #take(run: RunRecord, met: MetJob): void {
    const fence = Math.max(met.job.fence, run.fence) + 1;
    met.job = { ...met.job, fence };
    met.free--;
    if (met.free === 0) this.#closed.push(met.job.id);
    const started: RunRecord = { ...run, state: 'running', node: this.#node, fence, startedAt: this.#now };
    this.taken.push({ run: started, job: met.job });
  }
}
