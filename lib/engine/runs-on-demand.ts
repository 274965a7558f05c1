import { randomBytes } from 'node:crypto';
import { showValue } from '../errors/show-value.js';
import { resolveArguments } from '../jobs/job-arguments.js';
import {
  HistoryPrunedError,
  InvalidJobOptionError,
  JobDisabledError,
  JobNotDeclaredError,
  JobNotFoundError,
  JobPausedError,
  RunNotRepeatableError,
} from '../jobs/job-errors.js';
import type { JobRecord } from '../jobs/job-record.js';
import { admitFire } from '../jobs/overlap.js';
import { manualRunId, rerunId, rerunNumber, slotRunId } from '../jobs/run-id.js';
import { isUnfinished, type RunRecord } from '../jobs/run-record.js';
import { snapshotOfRun, type Run } from '../jobs/run-snapshot.js';
import { namingJob } from '../jobs/search-of-job.js';
import type { AddedRuns, Occupancy, RunDecision, RunDraft } from '../stores/job-store.js';
import { parseInstant, type InstantInput } from '../triggers/instant.js';
import { emptySpan } from './empty-span.js';
import type { RunHistory } from './run-history.js';
import type { StoreAccess } from './store-access.js';
import type { StoreSet } from './store-set.js';
import { checkedOptions, type BackfillOptions, type BackfillResult, type RunJobOptions } from './verb-options.js';

const RUN_KEYS = ['store', 'manager', 'args', 'force'] as const;
const BACKFILL_KEYS = ['store', 'manager', 'from', 'to', 'limit', 'force'] as const;
/** A run is repeated by its job: that has the options by which it is tried again, cancelled and kept. */
const ADD_ONE = ' To do again what the run has done, add a job for its task, with the arguments that it had.';

const DEFAULT_LIMIT = 1_000;
const MAX_LIMIT = 10_000;

/** Makes runs that somebody asks for: now, once more, or for slots of the past. */
export class RunsOnDemand {
  readonly #stores: StoreSet;
  readonly #history: RunHistory;
  readonly #timeZone: string;

  constructor(stores: StoreSet, history: RunHistory, timeZone: string) {
    this.#stores = stores;
    this.#history = history;
    this.#timeZone = timeZone;
  }

  async run(id: string, options: RunJobOptions = {}): Promise<Run> {
    const { args, force = false } = checkedOptions(options, RUN_KEYS, 'runJob', id);
    const own = args === undefined ? null : resolveArguments(args, `runJob('${id}')`);
    const { access } = await this.#stores.locate(id, options, 'runJob');
    // The same one whenever the transaction is repeated.
    const unique = randomBytes(4).toString('hex');
    return await addOne(access, id, force, (job, now) => ({
      runId: manualRunId(id, job.series, now, unique),
      scheduledAt: now,
      origin: 'manual',
      args: own,
    }));
  }

  /** @throws {RunNotFoundError | RunNotRepeatableError} */
  async rerun(runId: string, options: RunJobOptions = {}): Promise<Run> {
    const { args, force = false, store } = checkedOptions(options, RUN_KEYS, 'rerun', runId);
    const own = args === undefined ? null : resolveArguments(args, `rerun('${runId}')`);
    const { run, store: home } = await this.#history.locate(runId, store, 'rerun');
    assertRepeatable(run);
    const { access } = await this.#stores
      .locate(run.jobId, { ...options, store: home.alias }, 'rerun')
      .catch((error: unknown) => {
        throw error instanceof JobNotFoundError ? new JobNotFoundError(error.jobId, error.stores, ADD_ONE) : error;
      });
    const repetition = await this.#nextRepetition(run, home.alias);
    return await addOne(access, run.jobId, force, () => ({
      runId: repetition,
      scheduledAt: run.scheduledAt,
      origin: 'rerun',
      args: own ?? run.args,
    }));
  }

  /** @throws {HistoryPrunedError} */
  async backfill(id: string, options: BackfillOptions): Promise<BackfillResult> {
    const { from, to, limit = DEFAULT_LIMIT, force = false } = checkedOptions(options, BACKFILL_KEYS, 'backfill', id);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
      throw new InvalidJobOptionError(
        `backfill('${id}'): limit must be a whole number from 1 to 10,000, got ${showValue(limit)}.`,
      );
    }
    const first = this.#instant(from, `backfill('${id}'): from`, 'start');
    const last = to === undefined ? Infinity : this.#instant(to, `backfill('${id}'): to`, 'end');
    if (first > last) throw emptySpan(`backfill('${id}')`, first, last);
    const { access } = await this.#stores.locate(id, options, 'backfill');
    let nextFrom: Date | null = null;
    const decide: RunDecision = (job, { pruned }, now) => {
      assertMayRun(job, force);
      if (pruned && first <= pruned.until && last >= pruned.from && !force) {
        throw new HistoryPrunedError(id, new Date(pruned.from), new Date(pruned.until));
      }
      const slots = slotsOf(job, first, Math.min(last, (job.nextFireAt ?? Infinity) - 1, now), limit + 1);
      const beyond = slots[limit];
      nextFrom = beyond === undefined ? null : new Date(beyond);
      return slots.slice(0, limit).map((slot) => ({
        runId: slotRunId(id, job.series, slot),
        scheduledAt: slot,
        availableAt: now,
        state: 'queued',
        reason: null,
        origin: 'backfill',
        args: null,
      }));
    };
    const { added, known } = await addAll(access, id, decide);
    return { queued: idsOf(added), present: idsOf(known), nextFrom };
  }

  /** The first number that is free: what had been repeated before is pruned before its repetitions. */
  async #nextRepetition({ runId }: RunRecord, alias: string): Promise<string> {
    const session = await this.#stores.get(alias, 'rerun').session();
    let number = rerunNumber(runId) + 1;
    while ((await session.getRun(rerunId(runId, number))) !== null) number++;
    return rerunId(runId, number);
  }

  #instant(input: InstantInput, what: string, bareDateMeans: 'start' | 'end'): number {
    return parseInstant(input, { timeZone: this.#timeZone, what, bareDateMeans });
  }
}

/** One run that obeys `overlap` as a fire does. */
async function addOne(
  access: StoreAccess,
  id: string,
  force: boolean,
  draft: (job: JobRecord, now: number) => Pick<RunDraft, 'runId' | 'scheduledAt' | 'origin' | 'args'>,
): Promise<Run> {
  const { added, known } = await addAll(access, id, (job, busy, now) => {
    assertMayRun(job, force);
    return [{ ...draft(job, now), availableAt: now, ...admission(job, busy) }];
  });
  // It is known already when the store's first answer was lost.
  const [run] = [...added, ...known];
  return snapshotOfRun(run as RunRecord, access.store.alias);
}

async function addAll(access: StoreAccess, id: string, decide: RunDecision): Promise<AddedRuns> {
  const { store } = access;
  const result = await access.jobs.addRuns(id, decide);
  if (!result) throw new JobNotFoundError(id, [store.alias]);
  access.afterwards(() => {
    for (const run of result.added) {
      store.events.recorded(run);
      if (run.state === 'queued') store.runner?.noteQueued(run);
    }
    store.runner?.parts.dispatcher.cancel(result.toCancel);
    store.runner?.wake();
  });
  return result;
}

function admission(job: JobRecord, busy: Occupancy): Pick<RunDraft, 'state' | 'reason' | 'supersedes'> {
  const { overlap } = job.policy;
  const supersedes = overlap === 'cancelRunning';
  if (admitFire(overlap, busy, job.maxInstances) !== 'skip') return { state: 'queued', reason: null, supersedes };
  return { state: 'skipped', reason: 'maxInstances', supersedes };
}

/** @throws {JobNotDeclaredError | JobDisabledError | JobPausedError} */
function assertMayRun({ id, task, policy, state }: JobRecord, force: boolean): void {
  if (policy.orphanedAt !== undefined) throw new JobNotDeclaredError(id);
  if (policy.disabledAt !== undefined) throw new JobDisabledError(id, task);
  if (state === 'paused' && !force) throw new JobPausedError(id);
}

/** @throws {RunNotRepeatableError} */
function assertRepeatable({ runId, jobId, state }: RunRecord): void {
  if (isUnfinished(state))
    throw new RunNotRepeatableError(`Run "${runId}" is ${state}. It can be repeated when it has ended.`);
  if (state !== 'skipped' && state !== 'missed') return;
  throw new RunNotRepeatableError(
    `"${runId}" is on record for fires that did not run (${state}), so that there is nothing to repeat. ` +
      `backfill('${jobId}', { from, to }) runs what was left out.`,
  );
}

/** The job's slots from `first` to `last`, both inclusive, `count` at most. */
function slotsOf({ id, trigger }: JobRecord, first: number, last: number, count: number): number[] {
  const bound = trigger.bind(id);
  const slots: number[] = [];
  try {
    for (let slot = bound.next(first - 1); slot !== null && slot <= last; slot = bound.next(slot)) {
      slots.push(slot);
      if (slots.length === count) break;
    }
  } catch (error) {
    throw namingJob(error, id);
  }
  return slots;
}

function idsOf(runs: readonly RunRecord[]): string[] {
  return runs.map(({ runId }) => runId);
}
