import { dispatchesLeft, planFires } from '../jobs/fire-plan.js';
import type { JobRecord } from '../jobs/job-record.js';
import { namingJob } from '../jobs/search-of-job.js';
import type { ClaimEntry, JobStoreSession, Lane, TakenRun } from '../stores/job-store.js';
import { TriggerSearchError } from '../triggers/trigger-errors.js';
import type { ScopeKeeper } from './claim-scope.js';
import type { ExecutorSet } from './executor-set.js';
import type { NodeMembership } from './node-membership.js';
import type { PlannedFires } from './planned-fires.js';
import type { QueueingJobs } from './queueing-jobs.js';
import type { RunEvents } from './run-events.js';
import type { RunIntake } from './run-intake.js';
import type { SearchPauses } from './search-pauses.js';
import type { UnreadableJobs } from './unreadable-jobs.js';

/** What became of the jobs that a peek has shown. */
export interface Claimed {
  readonly progress: 'nothing-due' | 'no-room' | 'all-lost' | 'some-lost' | 'claimed';
  /** When the first of them is due again; `null`: not all were claimed, or runs were queued: look again. */
  readonly nextDueAt: number | null;
}

const NO_JOBS: ReadonlyMap<string, JobRecord> = new Map();
const NOTHING_DUE: Claimed = { progress: 'nothing-due', nextDueAt: Infinity };
const NO_ROOM: Claimed = { progress: 'no-room', nextDueAt: null };
const ALL_LOST: Claimed = { progress: 'all-lost', nextDueAt: null };

/** What the claimer needs of its surroundings. */
export interface ClaimerPorts {
  readonly session: JobStoreSession;
  readonly membership: NodeMembership;
  readonly executors: ExecutorSet;
  readonly scope: ScopeKeeper;
  readonly planned: PlannedFires;
  readonly intake: RunIntake;
  readonly events: RunEvents;
  readonly queueing: QueueingJobs;
  readonly unreadable: UnreadableJobs;
  readonly searches: SearchPauses;
  /** Called when an executor that had no room has some. */
  readonly whenFree: () => void;
}

/** Claims fires and queued runs of one store, as many as the executors have set slots aside for. */
export class Claimer {
  readonly #ports: ClaimerPorts;

  constructor(ports: ClaimerPorts) {
    this.#ports = ports;
  }

  /** Takes queued runs; answers their jobs as they are now. */
  async takeQueued(lanes: readonly Lane[]): Promise<ReadonlyMap<string, JobRecord>> {
    const { session, membership, executors, scope, intake, queueing, unreadable, whenFree } = this.#ports;
    const reserved = executors.reserveLanes(lanes, whenFree);
    if (reserved.length === 0) return NO_JOBS;
    let held = reserved;
    const release = (): void => {
      for (const { executor, limit } of held) executors.unreserve(executor, limit);
      held = [];
    };
    try {
      const taken = await session.takeQueued({ node: membership.nodeId, lanes: reserved, scope: scope.current });
      release();
      for (const { run, job } of taken) {
        queueing.note(run);
        unreadable.wasRead(job.id);
      }
      intake.take(taken);
      return new Map(taken.map(({ job }) => [job.id, job]));
    } finally {
      release();
      // What was set aside in vain, other stores may have.
      for (const { executor } of reserved) executors.slotFreed(executor);
    }
  }

  /**
   * Claims the jobs that are due at `now`, by the store's clock.
   *
   * @param areFresh whether they have just been read: one that was planned ahead may have been damaged since
   */
  async claim(due: readonly JobRecord[], now: number, lanes: readonly Lane[], areFresh: boolean): Promise<Claimed> {
    if (due.length === 0) return NOTHING_DUE;
    const { session, membership, executors, intake, events, whenFree } = this.#ports;
    const jobs = due.filter((job) => executors.reserve(job.executor, whenFree));
    if (jobs.length === 0) return NO_ROOM;
    const executorsOfJobs = jobs.map((job) => job.executor);
    try {
      const entries = this.#planAll(jobs, now, areFresh);
      if (entries.length === 0) return ALL_LOST;
      const { records, lost, finished, toCancel } = await session.claim(membership.nodeId, entries);
      for (const alias of executorsOfJobs.splice(0)) executors.unreserve(alias);
      intake.take(records);
      intake.cancel(toCancel);
      for (const job of finished) events.finished(job);
      if (lost.length === entries.length) return ALL_LOST;
      const isAllDone = lost.length === 0 && entries.length === due.length && this.#planAgain(records, entries.length);
      const mayLeaveQueued = records.some(({ run }) => run.state === 'queued');
      const progress = lost.length > 0 ? 'some-lost' : 'claimed';
      return { progress, nextDueAt: isAllDone && !mayLeaveQueued ? firstDueOf(entries) : null };
    } finally {
      for (const alias of executorsOfJobs) executors.unreserve(alias);
      for (const { executor } of lanes) executors.slotFreed(executor);
    }
  }

  /** Plans what the claimed jobs are due for next; answers whether the store has told that of all of them. */
  #planAgain(records: readonly TakenRun[], claimed: number): boolean {
    if (this.#ports.session.peekHorizonMs === 0) return true;
    const jobs = new Map(records.map(({ job }) => [job.id, job]));
    for (const job of jobs.values()) this.#ports.planned.add(job);
    return jobs.size === claimed;
  }

  #planAll(jobs: readonly JobRecord[], now: number, areFresh: boolean): ClaimEntry[] {
    const { unreadable, searches } = this.#ports;
    const entries: ClaimEntry[] = [];
    for (const job of jobs) {
      try {
        if (searches.takeGoingOn(job.id)) job.trigger.goOn(job.id);
        entries.push({
          jobId: job.id,
          job,
          expectedFireAt: job.nextFireAt as number,
          gen: job.gen,
          fence: job.fence,
          plan: planFires(job, now),
          dispatchesLeft: dispatchesLeft(job),
        });
        if (areFresh) unreadable.wasRead(job.id);
      } catch (error) {
        if (error instanceof TriggerSearchError) searches.givenUp(job.id);
        // A trigger that throws, a user's own perhaps, must not keep other jobs from firing.
        unreadable.exclude([{ id: job.id, error: namingJob(error, job.id) as Error }]);
      }
    }
    return entries;
  }
}

function firstDueOf(entries: readonly ClaimEntry[]): number {
  let first = Infinity;
  for (const { plan } of entries) first = Math.min(first, plan.nextDueAt ?? Infinity);
  return first;
}
