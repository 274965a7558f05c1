import type { DeclaredHere } from '../jobs/declared-job.js';
import type { RunRecord } from '../jobs/run-record.js';
import type { JobStoreSession, Lane } from '../stores/job-store.js';
import { Alarm } from './alarm.js';
import type { Claimed } from './claimer.js';
import type { Lease } from './lease.js';
import { LoopPace } from './loop-pace.js';
import type { NextLook } from './outlook.js';
import type { RunnerSurroundings } from './runner-surroundings.js';
import { StoreParts } from './store-parts.js';

const WHEN_WOKEN: NextLook = { at: null, withinMs: Infinity };

/**
 * The loop of one store: peek at what is due, claim it, hand it to the executors, wait for the next. No error ends
 * it; one slow or broken store does not hold up another.
 */
export class StoreRunner {
  readonly parts: StoreParts;
  readonly #session: JobStoreSession;
  readonly #around: RunnerSurroundings;
  readonly #alarm: Alarm;
  readonly #pace: LoopPace;
  readonly #wakeUp = (): void => this.#alarm.wake();
  #isPaused = false;
  #isStopping = false;
  #mayHaveStrays = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(alias: string, session: JobStoreSession, declared: DeclaredHere, around: RunnerSurroundings) {
    this.#session = session;
    this.#around = around;
    const { clock, keepAlive } = around.options;
    this.#alarm = new Alarm(clock, keepAlive);
    this.#pace = new LoopPace(clock);
    this.parts = new StoreParts(alias, session, declared, around, {
      isStopping: () => this.#isStopping,
      wake: this.#wakeUp,
      rouse: () => this.#alarm.rouse(),
    });
  }

  get nodeId(): string {
    return this.parts.membership.nodeId;
  }

  get lease(): Lease {
    return this.parts.membership.lease;
  }

  /** Whether nothing is under way here. */
  get isQuiet(): boolean {
    return this.parts.dispatcher.active.size === 0 && this.parts.completer.isIdle && this.parts.intake.isEmpty;
  }

  /** Whether nothing goes on here but handlers, until a timer rings or somebody wakes it. */
  get isAtRest(): boolean {
    return (this.#alarm.isWaiting || this.#isStopping) && this.parts.completer.isAtRest;
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
    this.parts.wake();
  }

  /** Ends the loop; what is claimed goes on. */
  async stopClaiming(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.rouse();
    await this.#loop;
    this.parts.searches.stop();
  }

  /** Gives the place among the nodes back; what is still running is on record as lost. */
  async leave(): Promise<void> {
    try {
      this.parts.endings.announceTakeOver(await this.parts.membership.leave());
      this.parts.events.ofStore({ type: 'node.left' });
    } catch (error) {
      // The store is away: the lease runs out and another node, or the next start, puts the runs on record.
      this.parts.health.failed('lease', error);
    }
  }

  /** The answer to a claim has been lost: what it has started is to be found. */
  lookForStrays(): void {
    this.#mayHaveStrays = true;
    this.#alarm.wake();
  }

  /** A run waits, or has waited, and others of its job behind it: each may start when another one ends. */
  noteQueued(run: RunRecord): void {
    this.parts.queueing.note(run);
  }

  /** Looks again at rows that could not be read. */
  retryUnreadable(): void {
    if (!this.parts.unreadable.isEmpty) this.wake();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      // Something has changed: what was planned may be wrong.
      if (this.#alarm.isWoken) this.parts.outlook.planned.forget();
      this.#alarm.reset();
      let next: NextLook | null = null;
      try {
        next = await this.#lookAround();
      } catch (error) {
        this.parts.health.failed('loop', error);
        this.parts.completer.noteOutage();
      }
      this.#around.onQuiet();
      if (this.#isStopping) return;
      if (!next) {
        this.parts.outlook.planned.forget();
        this.#mayHaveStrays = this.#session.isShared;
        await this.#alarm.rest(this.#pace.failed());
      } else if (await this.#alarm.wait(next.at, next.withinMs)) this.#pace.rested();
      else if (this.#pace.isOutOfBreath) await this.#pace.breathe();
    }
  }

  /** Claims all that is due and answers when to look again. */
  async #lookAround(): Promise<NextLook> {
    for (;;) {
      if (this.parts.cancels.isDue) await this.parts.cancels.look();
      if (this.#isPaused || this.#isStopping || !this.lease.isHeld) return WHEN_WOKEN;
      if (this.#mayHaveStrays) await this.#adoptStrays();
      // Runs whose outcome waits for the store to come back still count as running.
      if (this.parts.completer.mayTryAgain) await this.parts.completer.tryAgain();
      const lanes = this.#around.executors.lanes(this.#session.maxBatch, this.#wakeUp);
      if (lanes.length === 0) return WHEN_WOKEN;

      const planned = this.parts.outlook.planned.nextDueAt === null ? null : await this.#claimPlanned(lanes);
      if (planned === 'more') continue;
      if (planned) return planned;
      const peeked = await this.parts.outlook.peek(lanes, this.parts.scope.current);
      this.parts.unreadable.exclude(peeked.unreadable);
      if (this.#isPaused || this.#isStopping) return WHEN_WOKEN;

      const { nextQueuedAt } = peeked;
      const isQueuedDue = nextQueuedAt !== null && nextQueuedAt <= peeked.now;
      const taken = isQueuedDue ? await this.parts.claimer.takeQueued(lanes) : null;
      // With its fence of before, the fire of a job would lose to a run of its own: again and again, if those end at once.
      const due = taken ? peeked.jobs.map((job) => taken.get(job.id) ?? job) : peeked.jobs;
      const { progress, nextDueAt } = await this.parts.claimer.claim(due, peeked.now, lanes, true);
      const tookQueued = taken !== null && taken.size > 0;
      if (!tookQueued && nextDueAt !== null) {
        this.#noteSuccess();
        return this.parts.outlook.afterPeek(peeked, nextDueAt);
      }
      if (nextDueAt === null) this.parts.outlook.noteLoss(peeked.now, isLostToOthers(progress));
      const pauseMs = this.#paceAfter(progress);
      if (pauseMs > 0) return { at: null, withinMs: pauseMs };
      // Without room, another store has taken it meanwhile: the other lanes are looked at by themselves.
      if (this.#pace.isOutOfBreath) await this.#pace.breathe();
    }
  }

  /** Claims what is due by the plan, as long as that is all there is to know; `null`: peek. */
  async #claimPlanned(lanes: readonly Lane[]): Promise<NextLook | 'more' | null> {
    const now = this.parts.outlook.storeNow;
    const due = this.parts.outlook.takePlanned(now, lanes);
    if (!due) return null;
    const { progress, nextDueAt } = await this.parts.claimer.claim(due, now, lanes, false);
    if (nextDueAt === null) {
      this.parts.outlook.noteLoss(now, isLostToOthers(progress));
      const pauseMs = this.#paceAfter(progress);
      if (pauseMs > 0) return { at: null, withinMs: pauseMs };
    } else this.#noteSuccess();
    if (this.#pace.isOutOfBreath) await this.#pace.breathe();
    return this.parts.outlook.afterPlanned() ?? 'more';
  }

  /** How long to wait after a claim that did not get all, in milliseconds. */
  #paceAfter(progress: Claimed['progress']): number {
    if (progress === 'claimed' || progress === 'some-lost') this.#pace.won();
    if (progress !== 'all-lost') return 0;
    // Others were faster all along the plan.
    this.parts.outlook.planned.forget();
    return this.#pace.lost();
  }

  #noteSuccess(): void {
    this.#pace.succeeded();
    this.parts.health.worked('loop');
  }

  async #adoptStrays(): Promise<void> {
    // Whatever is answered late meanwhile asks for another search.
    this.#mayHaveStrays = false;
    await this.parts.intake.adoptStrays();
  }
}

function isLostToOthers(progress: Claimed['progress']): boolean {
  return progress === 'all-lost' || progress === 'some-lost';
}
