import { WaitsForItselfError } from '../engine/engine-errors.js';
import type { Scheduler } from '../engine/scheduler.js';
import { SCHEDULER_STAND_INS, type StandIns } from '../discovery/stand-ins.js';
import { showValue } from '../errors/show-value.js';
import { runInProgress } from '../executors/run-context.js';
import { JobNotFoundError } from '../jobs/job-errors.js';
import type { InStore } from '../jobs/job-input.js';
import { assertIsId } from '../jobs/job-id.js';
import { assertKnownKeys } from '../jobs/known-keys.js';
import type { Run } from '../jobs/run-snapshot.js';
import type { RunState } from '../jobs/run-record.js';
import { parseDuration, type DurationInput } from '../triggers/duration.js';
import type { InstantInput } from '../triggers/instant.js';
import { RestWatch } from './rest-watch.js';
import { SchedulerClock } from './scheduler-clock.js';
import { testOptions } from './test-options.js';
import { ManualSchedulerError, NotDrainedError } from './testing-errors.js';
import type { VirtualClock } from './virtual-clock.js';

/** How a {@link ManualScheduler} begins. @publicApi */
export interface ManualSchedulerOptions {
  /** What its clock shows at first; a text without an offset is in UTC. Default: the beginning of 2030, in UTC. */
  readonly now?: InstantInput;
  /**
   * How long, in real time, a handler is waited for before the time moves on without it. Default 1 s; `0` waits for no
   * real I/O. A handler that waits for the time to move (its timeout, a promise that the test settles) costs as much.
   */
  readonly patience?: DurationInput;
}

/** How long {@link ManualScheduler.drain} goes on. @publicApi */
export interface DrainOptions {
  /** Virtual time at most. Default 1 day. */
  readonly within?: DurationInput;
}

/** What `Test.createTestingModule()` of `@nestjs/testing` returns, as far as it is needed here. @publicApi */
export interface ProviderOverrides {
  overrideProvider(token: unknown): { useValue(value: unknown): unknown };
}

const DAY = { days: 1 };
const UNFINISHED: readonly RunState[] = ['running', 'queued'];
const PAGE = 1000;

/**
 * Drives the scheduler of an application under test. The application stays as it is: its stores are replaced by stores
 * in memory and its clock by one that only the test moves, so years pass in no time and every run is known.
 *
 * What falls due while the time is moved fires in order. The time stands still while handlers run: each is awaited.
 *
 * @example
 * const scheduler = new ManualScheduler({ now: '2030-01-01T00:00:00Z' });
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * const app = await scheduler.override(builder).compile();
 * await app.init();
 * await scheduler.advance({ days: 7 });
 * const runs = await scheduler.runsOf('daily-report');
 * console.log(runs.map(({ state }) => state));
 * await app.close();
 * @publicApi
 */
export class ManualScheduler {
  /** The time of the scheduler. It may be stepped, as by NTP; `advance` and `runDue` then look at it. */
  readonly clock: VirtualClock;
  readonly #rest: RestWatch;
  #scheduler: Scheduler | null = null;
  #hasStarted = false;
  /** The calls before this one: they take turns. */
  #before: Promise<unknown> = Promise.resolve();

  /** @throws {InvalidJobOptionError | InvalidInstantError | InvalidDurationError} */
  constructor(options: ManualSchedulerOptions = {}) {
    assertKnownKeys(options, ['now', 'patience'], 'ManualScheduler');
    const { now, patience = 1000 } = options;
    this.#rest = new RestWatch(parseDuration(patience, 'ManualScheduler: patience'));
    this.clock = new SchedulerClock(now, () => this.#rest.untilRest());
  }

  /** What time it is. */
  get now(): Date {
    return new Date(this.clock.now());
  }

  /**
   * Replaces clock and stores in the module under test; everything else that `SchedulerModule` was given stays.
   *
   * @param builder of `Test.createTestingModule()`, before its `compile()`
   * @returns the builder
   * @throws {ManualSchedulerError} for anything else; and in `compile()` while another application is open
   */
  override<Builder extends ProviderOverrides>(builder: Builder): Builder {
    if (typeof builder?.overrideProvider !== 'function') throw ManualSchedulerError.noBuilder(showValue(builder));
    const standIns: StandIns = {
      replace: (given) => testOptions(given, this.clock),
      attach: (scheduler) => this.#attach(scheduler),
      seeThrough: (scheduler, closing) => (scheduler === this.#scheduler ? this.#seeThrough(closing) : closing),
    };
    builder.overrideProvider(SCHEDULER_STAND_INS).useValue(standIns);
    return builder;
  }

  /**
   * Moves the time forward. What falls due on the way fires at its instant, in order, and its handlers are awaited.
   *
   * @throws {InvalidDurationError}
   * @throws {ManualSchedulerError} without an application that has started
   * @throws {WaitsForItselfError} inside a handler
   */
  advance(duration: DurationInput): Promise<void> {
    return this.#inTurn('advance()', ({ activity }) => {
      activity.wake();
      return this.clock.advance(duration);
    });
  }

  /**
   * Moves the time forward to an instant; see {@link advance}. A text without an offset is in UTC.
   *
   * @throws {InvalidInstantError} also for one that is past
   * @throws what {@link advance} throws
   */
  advanceTo(instant: InstantInput): Promise<void> {
    return this.#inTurn('advanceTo()', ({ activity }) => {
      activity.wake();
      return this.clock.advanceTo(instant);
    });
  }

  /** Lets all run that is due by now, without moving the time; see {@link advance}. */
  runDue(): Promise<void> {
    return this.#inTurn('runDue()', ({ activity }) => {
      activity.wake();
      return this.clock.advance(0);
    });
  }

  /**
   * Moves the time until no run is running or queued: retries are seen through, and handlers that were left behind. Fires
   * that are still to come are not waited for; what falls due meanwhile runs, too.
   *
   * @throws {NotDrainedError} when runs are left at the end of `within`
   * @throws what {@link advance} throws
   */
  drain(options: DrainOptions = {}): Promise<void> {
    return this.#inTurn('drain()', async (scheduler) => {
      assertKnownKeys(options, ['within'], 'drain');
      const end = this.clock.monotonic() + parseDuration(options.within ?? DAY, 'drain: within');
      this.#rest.forgetLeft();
      scheduler.activity.wake();
      await this.#rest.untilRest();
      while (await scheduler.activity.hasUnfinishedRuns()) {
        const next = this.clock.monotonic() + (this.clock.untilNextTimer ?? Infinity);
        await this.clock.advance(Math.min(next, end) - this.clock.monotonic());
        if (next > end) throw new NotDrainedError(await this.#unfinished(scheduler));
      }
    });
  }

  /**
   * All runs of a job, in the order in which they were recorded; also of one that is gone.
   *
   * @throws {JobNotFoundError} when there is neither a job of that id nor a run
   * @throws {ManualSchedulerError | UnknownStoreError}
   */
  async runsOf(jobId: string, options: InStore = {}): Promise<Run[]> {
    assertIsId(jobId, 'runsOf');
    assertKnownKeys(options, ['store'], 'runsOf');
    const { runs, jobs, options: made } = this.#application('runsOf()');
    const found: Run[] = [];
    let cursor: string | null = null;
    do {
      const page = await runs.list({ ...options, jobId, limit: PAGE, cursor });
      found.push(...page.runs);
      cursor = page.nextCursor;
    } while (cursor !== null);
    if (found.length > 0 || (await jobs.get(jobId, options))) return found.toReversed();
    throw new JobNotFoundError(jobId, options.store === undefined ? [...made.stores.keys()] : [options.store]);
  }

  /**
   * For handlers, and what stands in for their services: takes so much virtual time. A run that sleeps is not waited for:
   * the time moves on.
   *
   * @example
   * const scheduler = new ManualScheduler();
   * // A mail server that is slow, without any real time passing.
   * const mailer = { send: () => scheduler.sleep({ seconds: 90 }) };
   * @throws {InvalidDurationError}
   */
  async sleep(duration: DurationInput): Promise<void> {
    const delayMs = parseDuration(duration, 'sleep()');
    await this.#rest.asleep(new Promise((resolve) => this.clock.setTimer(resolve, delayMs)));
  }

  #attach(scheduler: Scheduler): void {
    // One that has never started may have failed to: nobody closes it.
    if (this.#scheduler && this.#hasStarted) throw ManualSchedulerError.taken();
    this.#scheduler = scheduler;
    this.#hasStarted = false;
    this.#rest.watch(scheduler.activity);
    scheduler.events.addListener(['scheduler.started'], () => (this.#hasStarted = true), 'ManualScheduler');
  }

  /** Handlers that do not end have to be aborted, and for that the time has to move. */
  async #seeThrough(closing: Promise<void>): Promise<void> {
    try {
      while (!(await this.#rest.comesByItself(closing))) {
        const next = this.clock.untilNextTimer;
        if (next === null) break;
        await this.clock.advance(next);
      }
      await closing;
    } finally {
      this.#rest.watch(null);
      this.#scheduler = null;
    }
  }

  #inTurn<T>(what: string, work: (scheduler: Scheduler) => Promise<T>): Promise<T> {
    if (runInProgress()) return Promise.reject(new WaitsForItselfError(what));
    const turn = this.#before.then(() => work(this.#application(what)));
    this.#before = turn.catch(() => undefined);
    return turn;
  }

  #application(what: string): Scheduler {
    if (!this.#scheduler) throw ManualSchedulerError.noApplication(what);
    if (!this.#hasStarted) throw ManualSchedulerError.notStarted(what);
    return this.#scheduler;
  }

  async #unfinished({ runs }: Scheduler): Promise<readonly string[]> {
    const { runs: left } = await runs.list({ state: UNFINISHED });
    return left.map(({ runId }) => runId);
  }
}
