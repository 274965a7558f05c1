import type { RunContext } from '../executors/run-context.js';
import { declaredHere } from '../jobs/declared-job.js';
import { startJob } from '../jobs/job-changes.js';
import type { JobRecord } from '../jobs/job-record.js';
import { JobView } from '../jobs/job-snapshot.js';
import type {
  JobStore,
  JobStoreSession,
  NodeRecord,
  StoreSummary,
  UnreadableJob,
  UnreadableRun,
} from '../stores/job-store.js';
import { assertOnlyAlias, LOCAL_STORE } from './alias.js';
import type { Completer } from './completer.js';
import { DrainDeadline, farewell } from './drain.js';
import { InvalidOptionError, SchedulerStoppedError, ShutdownAbortError } from './engine-errors.js';
import { Maintenance } from './maintenance.js';
import { openStore } from './openable.js';
import { OrphanWatch } from './orphan-watch.js';
import { reconcile, type DeclaredDraft } from './reconciler.js';
import { Patience } from './patience.js';
import { recoverDeadNodes } from './recovery.js';
import { RunEvents } from './run-events.js';
import type { RunnerSurroundings } from './runner-surroundings.js';
import { StoreRunner } from './store-runner.js';
import { UnresolvableWatch } from './unresolvable-watch.js';

/** How long outcomes are tried to be written at the end. */
const LAST_OUTCOMES_MS = 1500;

/** One store of this scheduler: its configuration, its open session, and the services that work on it. */
export class ManagedStore {
  readonly alias: string;
  readonly #config: JobStore;
  readonly #around: RunnerSurroundings;
  #session: Promise<JobStoreSession> | null = null;
  #patience: Patience | null = null;
  /** The session as the services below use it. */
  #engineSession: JobStoreSession | null = null;
  #runner: StoreRunner | null = null;
  #maintenance: Maintenance | null = null;
  #watch: UnresolvableWatch | null = null;
  #isShared = false;
  #preparing: Promise<void> | null = null;
  #draining: { readonly deadline: DrainDeadline; readonly done: Promise<void> } | null = null;
  /** Added while nothing ran: their first fire is computed at the start. */
  readonly #waitingForStart = new Set<string>();
  /** Those that can't be read, by id. */
  readonly #reportedRuns = new Set<string>();

  constructor(alias: string, config: JobStore, around: RunnerSurroundings) {
    this.alias = alias;
    this.#config = config;
    this.#around = around;
  }

  get kind(): string {
    return this.#config.kind;
  }

  /** Whether `store` is what it was made of. */
  isOf(store: JobStore): boolean {
    return this.#config === store;
  }

  /** Present while the scheduler runs. */
  get runner(): StoreRunner | null {
    return this.#runner;
  }

  get isOpen(): boolean {
    return this.#session !== null;
  }

  /** Whether other processes may work on its jobs, as far as its session has told. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /** The open session; the first call opens it. */
  session(): Promise<JobStoreSession> {
    this.#session ??= this.#open();
    return this.#session;
  }

  /** Tells what happens here, also while nothing runs. */
  get events(): RunEvents {
    const { bus, options } = this.#around;
    return this.#runner?.parts.events ?? new RunEvents(bus, this.alias, () => this.#around.nodeId(), options.clock);
  }

  /** Tells of runs that can't be read, once each. */
  reportUnreadableRuns(runs: readonly UnreadableRun[]): void {
    for (const run of runs) {
      if (this.#reportedRuns.has(run.runId)) continue;
      this.#reportedRuns.add(run.runId);
      this.events.unreadable(run);
    }
  }

  /** What an open store holds. */
  async summarize(): Promise<StoreSummary> {
    return (this.#engineSession ?? (await this.session())).summarize();
  }

  /** Joins the store's nodes, puts what the dead left on record, and reconciles the declared jobs. Fires nothing. */
  async prepare(drafts: readonly DeclaredDraft[]): Promise<void> {
    const preparing = this.#prepare(drafts);
    this.#preparing = preparing.catch(() => undefined);
    try {
      await preparing;
    } finally {
      this.#preparing = null;
    }
  }

  /** Starts firing, unless it has to end already. */
  fire(isPaused: boolean): void {
    if (this.#draining) return;
    this.#maintenance?.start();
    this.#runner?.start(isPaused);
  }

  /** The tasks or executors of this process have changed. */
  async abilitiesChanged(): Promise<void> {
    const runner = this.#runner;
    if (!runner) return;
    runner.parts.scope.refresh();
    runner.wake();
    // Others accept jobs for a task as soon as a live node lists it.
    await runner.parts.membership.sayAgain();
    await this.#watch?.look();
  }

  /** Remembers jobs added before the start, on a store that no other process fires. */
  noteAdded(ids: readonly string[]): void {
    if (this.#runner || this.#isShared) return;
    for (const id of ids) this.#waitingForStart.add(id);
  }

  /** What was added and then imported goes on where the import says. */
  noteImported(ids: readonly string[]): void {
    for (const id of ids) this.#waitingForStart.delete(id);
  }

  /**
   * Stops claiming, lets what runs end until the deadline, aborts the rest and writes everything down. The session stays
   * open: handlers of other stores may still ask for jobs of this one. A second call shortens the first at most.
   */
  async drain(deadline: DrainDeadline): Promise<void> {
    this.#draining ??= { deadline, done: this.#drain(deadline).finally(() => (this.#draining = null)) };
    const { deadline: first, done } = this.#draining;
    if (first !== deadline && !(await deadline.wait(done))) first.shorten(0);
    await done;
  }

  /** Resolves when the draining store claims no more and no run is out, but for those in `exempt`. */
  async whenDrained(exempt: ReadonlySet<RunContext>): Promise<void> {
    const runner = this.#runner;
    await runner?.stopClaiming();
    await runner?.parts.dispatcher.whenEmpty(exempt);
  }

  async close(): Promise<void> {
    const opened = this.#session;
    this.#session = null;
    this.#engineSession = null;
    this.#patience?.end();
    if (!opened) return;
    const close = (session: JobStoreSession): Promise<void> => session.close();
    const { clock } = this.#around.options;
    await farewell(clock, `closing the store "${this.alias}"`, () => opened.then(close, () => undefined));
  }

  async #prepare(drafts: readonly DeclaredDraft[]): Promise<void> {
    const { options, tasks, executors } = this.#around;
    const opened = this.session();
    const { clock, keepAlive, leaseTtl } = options;
    const onLateAnswer = (): void => this.#runner?.lookForStrays();
    this.#patience = new Patience({ alias: this.alias, clock, keepAlive, renewalMs: leaseTtl / 3, onLateAnswer });
    const session = this.#patience.limit(await opened);
    this.#engineSession = session;
    const declares = declaredHere(drafts.map(({ declared }) => declared));
    const seen = await session.nodes();
    assertOnlyAlias(this.alias, this.#around.nodeId(), seen);
    const runner = new StoreRunner(this.alias, session, declares, this.#around);
    this.#runner = runner;
    await runner.parts.membership.join();
    await recoverDeadNodes(session, runner, seen);
    await this.#reconcile(await opened, runner, drafts);
    const orphans = new OrphanWatch(session, runner, declares, this.alias, this.#around);
    await orphans.look();
    await this.#startWaitingJobs(await opened);
    const watch = new UnresolvableWatch(session, runner, tasks, executors, options.clock, options.leaseTtl);
    await watch.look();
    if (this.#session !== opened) throw new SchedulerStoppedError(`Store "${this.alias}"`);
    this.#watch = watch;
    const reports = {
      jobs: (jobs: readonly UnreadableJob[]) => runner.parts.unreadable.report(jobs),
      runs: (runs: readonly UnreadableRun[]) => this.reportUnreadableRuns(runs),
    };
    this.#maintenance = new Maintenance(session, runner, { watch, orphans }, reports, options);
  }

  async #drain(deadline: DrainDeadline): Promise<void> {
    if (this.#preparing) await deadline.wait(this.#preparing);
    if (this.#runner) await this.#drainRunner(this.#runner, deadline);
    this.#runner = null;
    this.#maintenance = null;
    this.#watch = null;
  }

  async #drainRunner(runner: StoreRunner, deadline: DrainDeadline): Promise<void> {
    await deadline.wait(Promise.all([runner.stopClaiming(), this.#maintenance?.stop()]));
    if (!(await deadline.wait(runner.parts.dispatcher.whenEmpty()))) {
      runner.parts.dispatcher.abortAll(new ShutdownAbortError());
      // Handlers that obey their signal end in this turn, and their outcome is still written.
      await nextTurn();
      await nextTurn();
    }
    const { clock } = this.#around.options;
    const soon = new DrainDeadline(clock, LAST_OUTCOMES_MS);
    await this.#outwaitLocks(runner.parts.completer, soon, deadline);
    // A claim that is answered only now must not start anything any more: its runs are on record as lost.
    runner.lease.end();
    const outcomes = `writing outcomes to the store "${this.alias}"`;
    await farewell(clock, outcomes, () => runner.parts.completer.whenIdle(), soon.remainingMs);
    soon.dispose();
    runner.parts.completer.giveUp();
    await farewell(clock, `leaving the store "${this.alias}"`, () => runner.leave());
    runner.parts.health.end();
  }

  /** Who has locked what is left may let go as long as there is time. A store that does not answer is not given that much. */
  async #outwaitLocks(completer: Completer, soon: DrainDeadline, deadline: DrainDeadline): Promise<void> {
    completer.hurry();
    await soon.wait(completer.whenTried());
    if (completer.isHeldUp) await deadline.wait(completer.whenIdle());
  }

  async #open(): Promise<JobStoreSession> {
    const { clock, keepAlive } = this.#around.options;
    try {
      const onChange = (): void => this.#runner?.wake();
      const session = await openStore(this.#config, { alias: this.alias, clock, keepAlive, onChange });
      if (this.alias === LOCAL_STORE && session.isShared) {
        await session.close();
        throw new InvalidOptionError(
          `The store "${LOCAL_STORE}" is for the jobs that every process runs for itself, and others share this one. ` +
            `Give it another alias.`,
        );
      }
      this.#isShared = session.isShared;
      return session;
    } catch (error) {
      this.#session = null;
      throw error;
    }
  }

  async #reconcile(session: JobStoreSession, runner: StoreRunner, drafts: readonly DeclaredDraft[]): Promise<void> {
    const live = await liveNodes(session);
    const { added, modified, rescheduled, dropped, unreadable } = await reconcile(
      session,
      this.alias,
      drafts,
      live,
      runner.nodeId,
    );
    runner.parts.unreadable.report(unreadable);
    for (const run of dropped) runner.parts.events.recorded(run);
    for (const job of added) runner.parts.events.changed('job.added', this.#view(job));
    for (const job of modified) runner.parts.events.changed('job.modified', this.#view(job));
    for (const job of rescheduled) runner.parts.events.changed('job.rescheduled', this.#view(job));
  }

  async #startWaitingJobs(session: JobStoreSession): Promise<void> {
    const ids = [...this.#waitingForStart];
    this.#waitingForStart.clear();
    if (ids.length > 0) await session.changeJobs(ids, (job, now) => (isUntouched(job) ? startJob(job, now) : null));
  }

  #view(job: JobRecord): JobView {
    return new JobView(job, this.alias);
  }
}

/** A one-shot has its instant whenever it was added; the others count from the start. */
function isUntouched(job: JobRecord): boolean {
  return job.state !== 'finished' && job.lastFireAt === null && job.trigger.definition.kind !== 'at';
}

async function liveNodes(session: JobStoreSession): Promise<readonly NodeRecord[]> {
  const { nodes, now } = await session.nodes();
  return nodes.filter((node) => node.leaseUntil >= now);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
