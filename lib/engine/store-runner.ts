import type { DeclaredHere } from '../jobs/declared-job.js';
import { describeError } from '../jobs/outcome.js';
import type { RunRecord } from '../jobs/run-record.js';
import type { Completion, CompletionResult, JobStoreSession, Lane } from '../stores/job-store.js';
import { Alarm } from './alarm.js';
import { CancelWatch } from './cancel-watch.js';
import { ScopeKeeper } from './claim-scope.js';
import { Claimer, type Claimed } from './claimer.js';
import { Completer } from './completer.js';
import { LeaseLostError } from './engine-errors.js';
import type { Lease } from './lease.js';
import { LoopPace } from './loop-pace.js';
import { NodeMembership } from './node-membership.js';
import { Outlook, type NextLook } from './outlook.js';
import { ProgressReporter } from './progress-reporter.js';
import { QueueingJobs } from './queueing-jobs.js';
import { RunDispatcher } from './run-dispatcher.js';
import { RunEndings } from './run-endings.js';
import { RunEvents } from './run-events.js';
import { RunIntake } from './run-intake.js';
import type { RunnerSurroundings } from './runner-surroundings.js';
import { SearchPauses } from './search-pauses.js';
import { StoreHealth } from './store-health.js';
import { UnreadableJobs } from './unreadable-jobs.js';

const WHEN_WOKEN: NextLook = { at: null, withinMs: Infinity };

/**
 * The loop of one store: peek at what is due, claim it, hand it to the executors, wait for the next. No error ends
 * it; one slow or broken store does not hold up another.
 */
export class StoreRunner {
  readonly events: RunEvents;
  readonly membership: NodeMembership;
  readonly endings: RunEndings;
  readonly unreadable: UnreadableJobs;
  readonly dispatcher: RunDispatcher;
  readonly completer: Completer;
  readonly scope: ScopeKeeper;
  readonly health: StoreHealth;
  readonly #session: JobStoreSession;
  readonly #around: RunnerSurroundings;
  readonly #alarm: Alarm;
  readonly #pace: LoopPace;
  readonly #intake: RunIntake;
  readonly #claimer: Claimer;
  readonly #queueing = new QueueingJobs();
  readonly #searches: SearchPauses;
  readonly #cancels: CancelWatch;
  readonly #outlook: Outlook;
  readonly #wakeUp = (): void => this.#alarm.wake();
  #isPaused = false;
  #isStopping = false;
  #mayHaveStrays = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(
    alias: string,
    session: JobStoreSession,
    /** What decorators of this node declare. */
    declared: DeclaredHere,
    around: RunnerSurroundings,
  ) {
    const { options, bus, tasks, executors } = around;
    const { clock, keepAlive } = options;
    this.#session = session;
    this.#around = around;
    this.#alarm = new Alarm(clock, keepAlive);
    this.#pace = new LoopPace(clock);
    this.#outlook = new Outlook(session, clock, options.pollInterval);
    this.events = new RunEvents(bus, alias, () => this.nodeId, clock);
    this.scope = new ScopeKeeper(tasks, new Set(declared.jobs.keys()));
    this.health = new StoreHealth({
      unavailable: (error) => this.events.ofStore({ type: 'store.unavailable', error: describeError(error) }),
      recovered: () => this.events.ofStore({ type: 'store.recovered' }),
    });
    this.unreadable = new UnreadableJobs(this.events, this.scope);
    this.#searches = new SearchPauses(clock, () => this.wake());
    this.endings = new RunEndings(this.events, this.#queueing);
    this.membership = this.#newMembership(alias, declared.digest);
    this.completer = new Completer({
      clock,
      keepAlive,
      maxBatch: session.maxBatch,
      write: (batch) => session.complete(batch),
      written: (batch, result) => this.#onWritten(batch, result),
      idle: () => around.onQuiet(),
      find: (runId) => session.getRun(runId),
      worked: () => this.#worked('outcomes'),
      failed: (error) => this.health.failed('outcomes', error),
    });
    this.dispatcher = new RunDispatcher({
      clock,
      tasks,
      declaredJobs: declared.jobs,
      executors,
      events: this.events,
      complete: (completion) => this.completer.push(completion),
      progress: new ProgressReporter(session, this.events, clock),
    });
    this.#cancels = new CancelWatch(session, this.dispatcher, clock, () => this.nodeId);
    const ports = {
      session,
      membership: this.membership,
      events: this.events,
      queueing: this.#queueing,
      unreadable: this.unreadable,
      searches: this.#searches,
    };
    this.#intake = new RunIntake({ ...ports, dispatcher: this.dispatcher, completer: this.completer });
    this.#claimer = new Claimer({
      ...ports,
      executors,
      scope: this.scope,
      planned: this.#outlook.planned,
      intake: this.#intake,
      whenFree: this.#wakeUp,
    });
  }

  get nodeId(): string {
    return this.membership.nodeId;
  }

  get lease(): Lease {
    return this.membership.lease;
  }

  /** Whether nothing is under way here. */
  get isQuiet(): boolean {
    return this.dispatcher.active.size === 0 && this.completer.isIdle && this.#intake.isEmpty;
  }

  /** Whether nothing goes on here but handlers, until a timer rings or somebody wakes it. */
  get isAtRest(): boolean {
    return (this.#alarm.isWaiting || this.#isStopping) && this.completer.isAtRest;
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
    this.#cancels.noteNews();
    this.scope.includeAll();
    this.#alarm.wake();
  }

  /** Ends the loop; what is claimed goes on. */
  async stopClaiming(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.rouse();
    await this.#loop;
    this.#searches.stop();
  }

  /** Gives the place among the nodes back; what is still running is on record as lost. */
  async leave(): Promise<void> {
    try {
      this.endings.announceTakeOver(await this.membership.leave());
      this.events.ofStore({ type: 'node.left' });
    } catch (error) {
      // The store is away: the lease runs out and another node, or the next start, puts the runs on record.
      this.health.failed('lease', error);
    }
  }

  /** The answer to a claim has been lost: what it has started is to be found. */
  lookForStrays(): void {
    this.#mayHaveStrays = true;
    this.#alarm.wake();
  }

  /** A run waits, or has waited, and others of its job behind it: each may start when another one ends. */
  noteQueued(run: RunRecord): void {
    this.#queueing.note(run);
  }

  /** Looks again at rows that could not be read. */
  retryUnreadable(): void {
    if (!this.unreadable.isEmpty) this.wake();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      // Something has changed: what was planned may be wrong.
      if (this.#alarm.isWoken) this.#outlook.planned.forget();
      this.#alarm.reset();
      let next: NextLook | null = null;
      try {
        next = await this.#lookAround();
      } catch (error) {
        this.health.failed('loop', error);
        this.completer.noteOutage();
      }
      this.#around.onQuiet();
      if (this.#isStopping) return;
      if (!next) {
        this.#outlook.planned.forget();
        this.#mayHaveStrays = this.#session.isShared;
        await this.#alarm.rest(this.#pace.failed());
      } else if (await this.#alarm.wait(next.at, next.withinMs)) this.#pace.rested();
      else if (this.#pace.isOutOfBreath) await this.#pace.breathe();
    }
  }

  /** Claims all that is due and answers when to look again. */
  async #lookAround(): Promise<NextLook> {
    for (;;) {
      if (this.#cancels.isDue) await this.#cancels.look();
      if (this.#isPaused || this.#isStopping || !this.lease.isHeld) return WHEN_WOKEN;
      if (this.#mayHaveStrays) await this.#adoptStrays();
      // Runs whose outcome waits for the store to come back still count as running.
      if (this.completer.mayTryAgain) await this.completer.tryAgain();
      const lanes = this.#around.executors.lanes(this.#session.maxBatch, this.#wakeUp);
      if (lanes.length === 0) return WHEN_WOKEN;

      const planned = this.#outlook.planned.nextDueAt === null ? null : await this.#claimPlanned(lanes);
      if (planned === 'more') continue;
      if (planned) return planned;
      const peeked = await this.#outlook.peek(lanes, this.scope.current);
      this.unreadable.exclude(peeked.unreadable);
      if (this.#isPaused || this.#isStopping) return WHEN_WOKEN;

      const { nextQueuedAt } = peeked;
      const isQueuedDue = nextQueuedAt !== null && nextQueuedAt <= peeked.now;
      const taken = isQueuedDue ? await this.#claimer.takeQueued(lanes) : null;
      // With its fence of before, the fire of a job would lose to a run of its own: again and again, if those end at once.
      const due = taken ? peeked.jobs.map((job) => taken.get(job.id) ?? job) : peeked.jobs;
      const { progress, nextDueAt } = await this.#claimer.claim(due, peeked.now, lanes, true);
      const tookQueued = taken !== null && taken.size > 0;
      if (!tookQueued && nextDueAt !== null) {
        this.#noteSuccess();
        return this.#outlook.afterPeek(peeked, nextDueAt);
      }
      if (nextDueAt === null) this.#outlook.noteLoss(peeked.now, isLostToOthers(progress));
      const pauseMs = this.#paceAfter(progress);
      if (pauseMs > 0) return { at: null, withinMs: pauseMs };
      // Without room, another store has taken it meanwhile: the other lanes are looked at by themselves.
      if (this.#pace.isOutOfBreath) await this.#pace.breathe();
    }
  }

  /** Claims what is due by the plan, as long as that is all there is to know; `null`: peek. */
  async #claimPlanned(lanes: readonly Lane[]): Promise<NextLook | 'more' | null> {
    const now = this.#outlook.storeNow;
    const due = this.#outlook.takePlanned(now, lanes);
    if (!due) return null;
    const { progress, nextDueAt } = await this.#claimer.claim(due, now, lanes, false);
    if (nextDueAt === null) {
      this.#outlook.noteLoss(now, isLostToOthers(progress));
      const pauseMs = this.#paceAfter(progress);
      if (pauseMs > 0) return { at: null, withinMs: pauseMs };
    } else this.#noteSuccess();
    if (this.#pace.isOutOfBreath) await this.#pace.breathe();
    return this.#outlook.afterPlanned() ?? 'more';
  }

  /** How long to wait after a claim that did not get all, in milliseconds. */
  #paceAfter(progress: Claimed['progress']): number {
    if (progress === 'claimed' || progress === 'some-lost') this.#pace.won();
    if (progress !== 'all-lost') return 0;
    // Others were faster all along the plan.
    this.#outlook.planned.forget();
    return this.#pace.lost();
  }

  #noteSuccess(): void {
    this.#pace.succeeded();
    this.health.worked('loop');
  }

  async #adoptStrays(): Promise<void> {
    // Whatever is answered late meanwhile asks for another search.
    this.#mayHaveStrays = false;
    await this.#intake.adoptStrays();
  }

  #onWritten(batch: readonly Completion[], result: CompletionResult): void {
    this.endings.announce(batch, result);
    if (this.#queueing.isEmpty) return;
    const endedJobs = batch.map(({ run }) => run.jobId);
    const mayStart = this.#queueing.mayStart(endedJobs, this.dispatcher.active, this.#outlook.storeNow);
    // A retry waits in the store: this node looks when it is available, as others do.
    if ((mayStart || result.retrying.length > 0) && !this.#isStopping) this.#alarm.wake();
  }

  #newMembership(alias: string, declares: string): NodeMembership {
    const around = this.#around;
    const { clock, leaseTtl, abortOnLeaseExpiry } = around.options;
    return new NodeMembership(
      this.#session,
      { clock, leaseTtl, nodeId: around.nodeId(), describeNode: (id) => ({ ...around.describeNode(id), declares }) },
      {
        joined: () => this.events.ofStore({ type: 'node.joined' }),
        renewed: () => {
          this.#intake.release();
          this.#alarm.wake();
        },
        expired: () => {
          if (abortOnLeaseExpiry) this.dispatcher.abortAll(new LeaseLostError(alias));
        },
        takenOver: () => {
          this.#intake.drop();
          this.dispatcher.abortAll(new LeaseLostError(alias));
        },
        wantsBack: () => !this.#isStopping,
        cameBack: () => this.#alarm.wake(),
        worked: () => this.#worked('lease'),
        failed: (error) => this.health.failed('lease', error),
      },
    );
  }

  #worked(part: 'lease' | 'outcomes'): void {
    if (this.health.worked(part)) this.#alarm.rouse();
  }
}

function isLostToOthers(progress: Claimed['progress']): boolean {
  return progress === 'all-lost' || progress === 'some-lost';
}
