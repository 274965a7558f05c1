import type { Clock } from '../clock.js';
import type { EventBus } from '../events/event-bus.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import { dispatchesLeft, planFires } from '../jobs/fire-plan.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { RunRecord } from '../jobs/run-record.js';
import { describeError } from '../jobs/outcome.js';
import type {
  ClaimEntry,
  CompletionResult,
  Completion,
  JobStoreSession,
  Lane,
  NodeDraft,
  PeekResult,
  TakenRun,
  TakeOver,
  UnreadableJob,
} from '../stores/job-store.js';
import { Alarm } from './alarm.js';
import { Backoff } from './backoff.js';
import { ScopeKeeper } from './claim-scope.js';
import { Completer } from './completer.js';
import { LeaseLostError } from './engine-errors.js';
import type { ResolvedOptions } from './engine-options.js';
import type { ExecutorSet } from './executor-set.js';
import { Lease } from './lease.js';
import { newNodeId, retireNodeId, shareNodeId } from './node-identity.js';
import { PlannedFires } from './planned-fires.js';
import { RunDispatcher } from './run-dispatcher.js';
import { RunEvents } from './run-events.js';
import { StoreHealth } from './store-health.js';
import { findStrayRuns, keyOf, type RunKey } from './stray-runs.js';

/** How long the loop may work without letting timers and I/O of the application through, in milliseconds. */
const BREATH_MS = 10;

/** The pause after rounds in which the store refused everything, doubled with each, so that losers do not spin. */
const LOST_PAUSE_MS = 5;
const LONGEST_LOST_PAUSE_MS = 1000;

/** How long to wait: until an instant of this host's clock, at most for a time; whichever comes first. */
interface NextLook {
  readonly at: number | null;
  readonly withinMs: number;
}

const WHEN_WOKEN: NextLook = { at: null, withinMs: Infinity };

/** What became of the jobs that a peek has shown. */
interface Claimed {
  readonly progress: 'nothing-due' | 'no-room' | 'all-lost' | 'claimed';
  /** When the first of them is due again; `null`: not all were claimed, or runs were queued: look again. */
  readonly nextDueAt: number | null;
}

const NOTHING_DUE: Claimed = { progress: 'nothing-due', nextDueAt: Infinity };
const NO_ROOM: Claimed = { progress: 'no-room', nextDueAt: null };
const ALL_LOST: Claimed = { progress: 'all-lost', nextDueAt: null };

/** What all runners of a scheduler share. */
export interface RunnerSurroundings {
  readonly options: ResolvedOptions;
  readonly bus: EventBus;
  readonly tasks: TaskRegistry;
  readonly executors: ExecutorSet;
  /** Under which this scheduler joins a store; after a takeover it comes back under another. */
  nodeId(): string;
  /** The node's row for an id. */
  describeNode(id: string): NodeDraft;
  /** A cycle or a run has ended: whoever waits for quiet may look. */
  onQuiet(): void;
}

/**
 * The loop of one store: peek at what is due, claim it, hand it to the executors, wait for the next. No error ends
 * it; one slow or broken store does not hold up another.
 */
export class StoreRunner {
  readonly events: RunEvents;
  readonly dispatcher: RunDispatcher;
  readonly completer: Completer;
  readonly lease: Lease;
  readonly scope: ScopeKeeper;
  readonly health: StoreHealth;
  readonly #session: JobStoreSession;
  readonly #around: RunnerSurroundings;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #backoff = new Backoff();
  readonly #unreadable = new Set<string>();
  #nodeId: string;
  #held: TakenRun[] = [];
  readonly #wakeUp = (): void => this.#alarm.wake();
  /** Jobs that had a run queued, and when the latest of those is available: when a run of theirs ends, it may start. */
  readonly #queueing = new Map<string, number>();
  #isPaused = false;
  #isStopping = false;
  #mayHaveStrays = false;
  /** The store's clock minus this host's. */
  #clockOffset = 0;
  #lastBreath = 0;
  #roundsLost = 0;
  readonly #planned = new PlannedFires();
  /** When the first queued run becomes available that waits for nothing else, by the store's clock. */
  #queuedAt = Infinity;
  /** By the monotonic clock: from then on a peek is due, whatever is planned. */
  #peekBy = -Infinity;
  #loop: Promise<void> = Promise.resolve();

  constructor(
    alias: string,
    session: JobStoreSession,
    declaredJobs: () => ReadonlySet<string>,
    around: RunnerSurroundings,
  ) {
    const { options, bus, tasks, executors } = around;
    const { clock, keepAlive } = options;
    this.#session = session;
    this.#around = around;
    this.#nodeId = shareNodeId(around.nodeId());
    this.#clock = clock;
    this.#alarm = new Alarm(clock, keepAlive);
    this.events = new RunEvents(bus, alias, () => this.#nodeId, clock);
    this.scope = new ScopeKeeper(tasks, declaredJobs);
    this.health = new StoreHealth({
      unavailable: (error) => this.events.ofStore({ type: 'store.unavailable', error: describeError(error) }),
      recovered: () => this.events.ofStore({ type: 'store.recovered' }),
    });
    this.completer = new Completer({
      clock,
      keepAlive,
      maxBatch: session.maxBatch,
      write: (batch) => session.complete(batch),
      written: (batch, result) => this.#announceEnds(batch, result),
      idle: () => around.onQuiet(),
      find: (runId) => session.getRun(runId),
      worked: () => this.#worked('outcomes'),
      failed: (error) => this.health.failed('outcomes', error),
    });
    this.dispatcher = new RunDispatcher({
      clock,
      tasks,
      executors,
      events: this.events,
      complete: (completion) => this.completer.push(completion),
    });
    this.lease = new Lease(session, clock, options.leaseTtl, {
      renewed: () => this.#onLeaseRenewed(),
      expired: () => this.#onLeaseExpired(alias),
      takenOver: () => this.#onTakenOver(alias),
      worked: () => this.#worked('lease'),
      failed: (error) => this.health.failed('lease', error),
    });
  }

  get nodeId(): string {
    return this.#nodeId;
  }

  /** Whether nothing is under way here. */
  get isQuiet(): boolean {
    return this.dispatcher.active.size === 0 && this.completer.isIdle && this.#held.length === 0;
  }

  /** Takes a place among the nodes of the store. */
  async join(): Promise<void> {
    const askedAt = this.#clock.monotonic();
    await this.#session.joinNode(this.#around.describeNode(this.#nodeId), this.lease.ttlMs);
    this.lease.begin(this.#nodeId, askedAt);
    this.events.ofStore({ type: 'node.joined' });
  }

  /** The tasks or executors of this process have changed. */
  async sayAgain(): Promise<void> {
    if (!this.#session.isShared || !this.lease.isHeld) return;
    // A row that is gone must not come back: whoever took the runs over deleted it.
    const { renewed } = await this.#session.renewLease(this.#nodeId, this.lease.ttlMs);
    if (renewed) await this.#session.joinNode(this.#around.describeNode(this.#nodeId), this.lease.ttlMs);
  }

  start(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.lease.start();
    this.#loop = this.#run();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.wake();
  }

  /** Jobs have changed, so something may be due that was not, or be readable again: look at once. */
  wake(): void {
    this.scope.includeAll();
    this.#alarm.wake();
  }

  /** Ends the loop; what is claimed goes on. */
  async stopClaiming(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.rouse();
    await this.#loop;
  }

  /** Gives the place among the nodes back; what is still running is on record as lost. */
  async leave(): Promise<void> {
    await this.lease.stop();
    try {
      this.announceTakeOver(this.#nodeId, await this.#session.leaveNode(this.#nodeId));
      this.events.ofStore({ type: 'node.left' });
    } catch (error) {
      // The store is away: the lease runs out and another node, or the next start, puts the runs on record.
      this.health.failed('lease', error);
    } finally {
      retireNodeId(this.#nodeId);
    }
  }

  /** The answer to a claim has been lost: what it has started is to be found. */
  lookForStrays(): void {
    this.#mayHaveStrays = true;
    this.#alarm.wake();
  }

  /** A run waits, or has waited, and others of its job behind it: each may start when another one ends. */
  noteQueued({ jobId, availableAt }: RunRecord): void {
    this.#queueing.set(jobId, Math.max(this.#queueing.get(jobId) ?? availableAt, availableAt));
  }

  /** Tells of rows that can't be read, once each. */
  reportUnreadable(unreadable: readonly UnreadableJob[]): void {
    for (const { id, error } of unreadable) {
      if (this.#unreadable.has(id)) continue;
      this.#unreadable.add(id);
      this.events.unresolvable(id, 'unreadable', error.message);
    }
  }

  /** Looks again at rows that could not be read. */
  retryUnreadable(): void {
    if (this.#unreadable.size > 0) this.wake();
  }

  announceTakeOver(nodeId: string, { lost, requeued, finished }: TakeOver): void {
    for (const run of lost) this.events.recorded(run);
    for (const run of requeued) {
      this.noteQueued(run);
      this.events.retryingAfterLoss(run, nodeId);
    }
    for (const job of finished) this.events.finished(job);
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      // Something has changed: what was planned may be wrong.
      if (this.#alarm.isWoken) this.#planned.forget();
      this.#alarm.reset();
      let next: NextLook | null = null;
      try {
        next = await this.#lookAround();
      } catch (error) {
        this.health.failed('loop', error);
      }
      this.#around.onQuiet();
      if (this.#isStopping) return;
      if (!next) {
        this.#planned.forget();
        this.#mayHaveStrays = this.#session.isShared;
        await this.#alarm.rest(this.#backoff.next());
      } else if (await this.#alarm.wait(next.at, next.withinMs)) this.#lastBreath = this.#clock.monotonic();
      else if (this.#isOutOfBreath) await this.#breathe();
    }
  }

  /** Claims all that is due and answers when to look again. */
  async #lookAround(): Promise<NextLook> {
    for (;;) {
      if (this.#isPaused || this.#isStopping || !this.lease.isHeld) return WHEN_WOKEN;
      if (this.#mayHaveStrays) await this.#adoptStrays();
      const { executors } = this.#around;
      const lanes = executors.lanes(this.#session.maxBatch, this.#wakeUp);
      if (lanes.length === 0) return WHEN_WOKEN;

      const planned =
        this.#planned.nextDueAt === null ? null : await this.#claimPlanned(this.#planned.nextDueAt, lanes);
      if (planned === 'more') continue;
      if (planned) return planned;
      const peeked = await this.#peek(lanes);
      if (this.#isPaused || this.#isStopping) return WHEN_WOKEN;

      const { nextQueuedAt } = peeked;
      const isQueuedDue = nextQueuedAt !== null && nextQueuedAt <= peeked.now;
      const tookQueued = isQueuedDue && (await this.#takeQueued(lanes));
      const { progress, nextDueAt } =
        peeked.jobs.length === 0 ? NOTHING_DUE : await this.#claimDue(peeked.jobs, peeked.now, lanes);
      if (!tookQueued && nextDueAt !== null) return this.#nextLook(peeked, nextDueAt);
      if (progress === 'all-lost' && ++this.#roundsLost > 1) return this.#lostPause();
      if (progress === 'claimed') this.#roundsLost = 0;
      // Without room, another store has taken it meanwhile: the other lanes are looked at by themselves.
      if (this.#isOutOfBreath) await this.#breathe();
    }
  }

  /** Looks at what is due, and keeps in mind what will be within the horizon. */
  async #peek(lanes: readonly Lane[]): Promise<PeekResult> {
    const { peekHorizonMs: horizonMs } = this.#session;
    this.#planned.forget();
    const peeked = await this.#session.peek({ horizonMs, lanes, scope: this.scope.current });
    this.#clockOffset = peeked.now - this.#clock.now();
    this.#peekBy = this.#clock.monotonic() + this.#pollIntervalMs;
    this.#noteUnreadable(peeked.unreadable);
    if (horizonMs === 0) return peeked;

    const upcoming = peeked.jobs.filter((job) => (job.dueAt as number) > peeked.now);
    const until = Math.min(peeked.now + horizonMs, peeked.nextDueAt ?? Infinity);
    this.#planned.replace(upcoming, until);
    return {
      ...peeked,
      jobs: upcoming.length === 0 ? peeked.jobs : peeked.jobs.filter((job) => (job.dueAt as number) <= peeked.now),
      nextDueAt: upcoming[0]?.dueAt ?? peeked.nextDueAt,
    };
  }

  /** Claims what is due by the plan, as long as that is all there is to know; `null`: peek. */
  async #claimPlanned(nextDueAt: number, lanes: readonly Lane[]): Promise<NextLook | 'more' | null> {
    const now = this.#storeNow;
    if (now >= this.#planned.until || now >= this.#queuedAt) return null;
    const leftMs = this.#peekBy - this.#clock.monotonic();
    if (leftMs <= 0) return null;
    const due = nextDueAt > now ? [] : this.#planned.takeDue(now);
    if (due.length > 0 && (await this.#claimDue(due, now, lanes)).nextDueAt === null) return null;
    this.#noteSuccess();
    if (this.#isOutOfBreath) await this.#breathe();
    const at = Math.min(this.#planned.nextDueAt ?? this.#planned.until, this.#queuedAt);
    return at <= this.#storeNow ? 'more' : { at: at - this.#clockOffset, withinMs: leftMs };
  }

  /** What the store's clock shows, as far as this host knows. */
  get #storeNow(): number {
    return this.#clock.now() + this.#clockOffset;
  }

  #noteSuccess(): void {
    this.#backoff.reset();
    this.#roundsLost = 0;
    this.health.worked('loop');
  }

  /** Carries out the runs that the store has started for this node without its knowing. */
  async #adoptStrays(): Promise<void> {
    const known = new Set<RunKey>();
    for (const { record } of this.dispatcher.active) known.add(keyOf(record));
    for (const { run } of [...this.completer.unwritten, ...this.#held]) known.add(keyOf(run));
    // Whatever is answered late meanwhile asks for another search.
    this.#mayHaveStrays = false;
    for (const { run, job } of await findStrayRuns(this.#session, this.#nodeId, known)) {
      if (job) this.#dispatchAll([{ run, job }]);
      else {
        const finishedAt = run.startedAt ?? run.availableAt;
        this.completer.push({ run, state: 'cancelled', finishedAt, outcome: null, retryDelayMs: null });
      }
    }
  }

  async #takeQueued(lanes: readonly Lane[]): Promise<boolean> {
    const { executors } = this.#around;
    const reserved = executors.reserveLanes(lanes, this.#wakeUp);
    if (reserved.length === 0) return false;
    let held = reserved;
    const release = (): void => {
      for (const { executor, limit } of held) executors.unreserve(executor, limit);
      held = [];
    };
    try {
      const query = { node: this.#nodeId, lanes: reserved, scope: this.scope.current };
      const taken = await this.#session.takeQueued(query);
      release();
      for (const { run } of taken) this.noteQueued(run);
      this.#dispatchAll(taken);
      return taken.length > 0;
    } finally {
      release();
      // What was set aside in vain, other stores may have.
      for (const { executor } of reserved) executors.slotFreed(executor);
    }
  }

  async #claimDue(due: readonly JobRecord[], now: number, lanes: readonly Lane[]): Promise<Claimed> {
    const { executors } = this.#around;
    const jobs = due.filter((job) => executors.reserve(job.executor, this.#wakeUp));
    if (jobs.length === 0) return NO_ROOM;
    const executorsOfJobs = jobs.map((job) => job.executor);
    try {
      const entries = this.#planAll(jobs, now);
      if (entries.length === 0) return ALL_LOST;
      const { records, lost, finished } = await this.#session.claim(this.#nodeId, entries);
      for (const alias of executorsOfJobs.splice(0)) executors.unreserve(alias);
      this.#dispatchAll(records);
      for (const job of finished) this.events.finished(job);
      if (lost.length === entries.length) return ALL_LOST;
      const isAllDone = lost.length === 0 && entries.length === due.length && this.#planAgain(records, entries.length);
      const mayLeaveQueued = records.some(({ run }) => run.state === 'queued');
      return { progress: 'claimed', nextDueAt: isAllDone && !mayLeaveQueued ? firstDueOf(entries) : null };
    } finally {
      for (const alias of executorsOfJobs) executors.unreserve(alias);
      for (const { executor } of lanes) executors.slotFreed(executor);
    }
  }

  /** Plans what the claimed jobs are due for next; answers whether the store has told that of all of them. */
  #planAgain(records: readonly TakenRun[], claimed: number): boolean {
    if (this.#session.peekHorizonMs === 0) return true;
    const jobs = new Map(records.map(({ job }) => [job.id, job]));
    for (const job of jobs.values()) this.#planned.add(job);
    return jobs.size === claimed;
  }

  #planAll(jobs: readonly JobRecord[], now: number): ClaimEntry[] {
    const entries: ClaimEntry[] = [];
    for (const job of jobs) {
      try {
        entries.push({
          jobId: job.id,
          job,
          expectedFireAt: job.nextFireAt as number,
          gen: job.gen,
          fence: job.fence,
          plan: planFires(job, now),
          dispatchesLeft: dispatchesLeft(job),
        });
      } catch (error) {
        // A trigger that throws, a user's own perhaps, must not keep other jobs from firing.
        this.#noteUnreadable([{ id: job.id, error: error as Error }]);
      }
    }
    return entries;
  }

  #dispatchAll(records: readonly TakenRun[]): void {
    for (const taken of records) {
      // Claimed by the node that this one was before it was taken over: others have put the run on record by now.
      if (taken.run.state === 'running' && taken.run.node !== this.#nodeId) continue;
      if (this.#unreadable.size > 0 && this.#unreadable.delete(taken.job.id)) {
        this.events.job('job.recovered', taken.job.id);
      }
      if (taken.run.state === 'queued') this.noteQueued(taken.run);
      if (taken.run.state !== 'running') this.events.recorded(taken.run);
      else if (this.lease.isHeld) this.dispatcher.dispatch(taken);
      // The reply took so long that the lease may be over: kept until it is renewed, dropped if it is not.
      else this.#held.push(taken);
    }
  }

  #lostPause(): NextLook {
    return { at: null, withinMs: Math.min(LOST_PAUSE_MS * 2 ** this.#roundsLost, LONGEST_LOST_PAUSE_MS) };
  }

  /** @param againAt when what was claimed since the peek is due again */
  #nextLook({ now, nextDueAt, nextQueuedAt }: PeekResult, againAt: number): NextLook {
    this.#noteSuccess();
    this.#queuedAt = nextQueuedAt !== null && nextQueuedAt > now ? nextQueuedAt : Infinity;
    const next = Math.min(nextDueAt ?? Infinity, this.#queuedAt, againAt);
    return {
      at: next === Infinity ? null : next - this.#clockOffset,
      withinMs: this.#pollIntervalMs,
    };
  }

  get #pollIntervalMs(): number {
    return this.#around.options.pollInterval ?? this.#session.pollIntervalMs;
  }

  get #isOutOfBreath(): boolean {
    return this.#clock.monotonic() - this.#lastBreath >= BREATH_MS;
  }

  /** Lets timers and I/O through. */
  async #breathe(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#lastBreath = this.#clock.monotonic();
  }

  #announceEnds(batch: readonly Completion[], { fenced, retrying, finished }: CompletionResult): void {
    if (fenced.length + retrying.length === 0) for (const completion of batch) this.events.ended(completion);
    else this.#announceEachEnd(batch, fenced, retrying);
    for (const job of finished) this.events.finished(job);
    if (this.#queueing.size > 0) this.#startNextQueued(batch);
  }

  #announceEachEnd(batch: readonly Completion[], fenced: readonly RunRecord[], retrying: readonly RunRecord[]): void {
    const refused = new Set(fenced.map(keyOf));
    const nextAttempts = new Map(retrying.map((run) => [run.runId, run]));
    for (const completion of batch) {
      const next = nextAttempts.get(completion.run.runId);
      if (refused.has(keyOf(completion.run))) this.events.fenced(completion.run);
      else if (next?.attempt === completion.run.attempt + 1) this.#announceRetry(completion, next);
      else this.events.ended(completion);
    }
  }

  #announceRetry(completion: Completion, next: RunRecord): void {
    this.events.retrying(completion, next.availableAt);
    this.noteQueued(next);
    // It waits in the store: this node looks when it is available, as others do.
    if (!this.#isStopping) this.#alarm.wake();
  }

  /** Runs that wait for a free instance are in no peek, so that they don't wake the loop in vain: this wakes it. */
  #startNextQueued(batch: readonly Completion[]): void {
    const jobIds = new Set(batch.map(({ run }) => run.jobId).filter((id) => this.#queueing.has(id)));
    if (jobIds.size === 0) return;
    if (!this.#isStopping) this.#alarm.wake();
    for (const run of this.dispatcher.active) jobIds.delete(run.jobId);
    const now = this.#clock.now() + this.#clockOffset;
    // Taken from the queue again, the job is noted again.
    for (const id of jobIds) if ((this.#queueing.get(id) as number) <= now) this.#queueing.delete(id);
  }

  #noteUnreadable(unreadable: readonly UnreadableJob[]): void {
    for (const { id } of unreadable) this.scope.exclude(id);
    this.reportUnreadable(unreadable);
  }

  #onLeaseRenewed(): void {
    const held = this.#held;
    this.#held = [];
    this.#dispatchAll(held);
    this.#alarm.wake();
  }

  #onLeaseExpired(alias: string): void {
    if (this.#around.options.abortOnLeaseExpiry) this.dispatcher.abortAll(new LeaseLostError(alias));
  }

  /** Another node took this one for dead: its runs are not ours any more. Comes back as a new node. */
  async #onTakenOver(alias: string): Promise<void> {
    this.#held = [];
    this.dispatcher.abortAll(new LeaseLostError(alias));
    retireNodeId(this.#nodeId);
    this.#nodeId = newNodeId();
    if (this.#isStopping) return;
    await this.join();
    this.#alarm.wake();
  }

  #worked(part: 'lease' | 'outcomes'): void {
    if (this.health.worked(part)) this.#alarm.rouse();
  }
}

function firstDueOf(entries: readonly ClaimEntry[]): number {
  let first = Infinity;
  for (const { plan } of entries) first = Math.min(first, plan.nextDueAt ?? Infinity);
  return first;
}
