import type { RunContext } from '../executors/run-context.js';
import { startJob } from '../jobs/job-changes.js';
import type { JobRecord } from '../jobs/job-record.js';
import { JobView } from '../jobs/job-snapshot.js';
import type { JobStore, JobStoreSession, NodeRecord } from '../stores/job-store.js';
import { DrainDeadline } from './drain.js';
import { ShutdownAbortError } from './engine-errors.js';
import { Maintenance } from './maintenance.js';
import { reconcile, tidyOrphans, type DeclaredDraft } from './reconciler.js';
import { recoverDeadNodes } from './recovery.js';
import { StoreRunner, type RunnerSurroundings } from './store-runner.js';
import { UnresolvableWatch } from './unresolvable-watch.js';

/** How long outcomes and farewells are tried to be written at the end. */
const FAREWELL_MS = 5000;

/** One store of this scheduler: its configuration, its open session, and the services that work on it. */
export class ManagedStore {
  readonly alias: string;
  readonly #config: JobStore;
  readonly #around: RunnerSurroundings;
  #session: Promise<JobStoreSession> | null = null;
  #runner: StoreRunner | null = null;
  #maintenance: Maintenance | null = null;
  #watch: UnresolvableWatch | null = null;
  /** Added while nothing ran: their first fire is computed at the start. */
  readonly #waitingForStart = new Set<string>();

  constructor(alias: string, config: JobStore, around: RunnerSurroundings) {
    this.alias = alias;
    this.#config = config;
    this.#around = around;
  }

  get kind(): string {
    return this.#config.kind;
  }

  /** Present while the scheduler runs. */
  get runner(): StoreRunner | null {
    return this.#runner;
  }

  get isOpen(): boolean {
    return this.#session !== null;
  }

  /** The open session; the first call opens it. */
  session(): Promise<JobStoreSession> {
    this.#session ??= this.#open();
    return this.#session;
  }

  /** Joins the store's nodes, puts what the dead left on record, reconciles the declared jobs, and starts firing. */
  async start(drafts: readonly DeclaredDraft[], isPaused: boolean): Promise<void> {
    const { options, tasks } = this.#around;
    const session = await this.session();
    const declaredIds = new Set(drafts.map(({ declared }) => declared.id));
    const runner = new StoreRunner(this.alias, session, () => declaredIds, this.#around);
    this.#runner = runner;
    await runner.join();
    await recoverDeadNodes(session, runner);
    await this.#reconcile(session, runner, drafts, declaredIds);
    await this.#startWaitingJobs(session);
    this.#watch = new UnresolvableWatch(session, runner, tasks, options.clock, options.leaseTtl);
    await this.#watch.look();
    this.#maintenance = new Maintenance(session, runner, this.#watch, options);
    this.#maintenance.start();
    runner.start(isPaused);
  }

  /** The tasks of this process have changed. */
  async tasksChanged(): Promise<void> {
    this.#runner?.scope.refresh();
    this.#runner?.wake();
    await this.#watch?.look();
  }

  /** Remembers jobs added before the start, on a store that no other process fires. */
  noteAdded(session: JobStoreSession, ids: readonly string[]): void {
    if (this.#runner || session.isShared) return;
    for (const id of ids) this.#waitingForStart.add(id);
  }

  /** Stops claiming, lets what runs end until the deadline, aborts the rest, writes everything down, and closes. */
  async drain(deadline: DrainDeadline): Promise<void> {
    const runner = this.#runner;
    if (runner) await this.#drainRunner(runner, deadline);
    this.#runner = null;
    this.#maintenance = null;
    this.#watch = null;
    await this.close();
  }

  /** Resolves when the draining store claims no more and no run is out, but for those in `exempt`. */
  async whenDrained(exempt: ReadonlySet<RunContext>): Promise<void> {
    const runner = this.#runner;
    await runner?.stopClaiming();
    await runner?.dispatcher.whenEmpty(exempt);
  }

  async close(): Promise<void> {
    const opened = this.#session;
    this.#session = null;
    if (!opened) return;
    await opened.then(
      (session) => session.close(),
      () => undefined,
    );
  }

  async #drainRunner(runner: StoreRunner, deadline: DrainDeadline): Promise<void> {
    await deadline.wait(Promise.all([runner.stopClaiming(), this.#maintenance?.stop()]));
    if (!(await deadline.wait(runner.dispatcher.whenEmpty()))) {
      runner.dispatcher.abortAll(new ShutdownAbortError());
      // Handlers that obey their signal end in this turn, and their outcome is still written.
      await nextTurn();
      await nextTurn();
    }
    const farewell = new DrainDeadline(this.#around.options.clock, FAREWELL_MS);
    await farewell.wait(runner.completer.whenIdle());
    runner.completer.giveUp();
    await farewell.wait(runner.leave());
    farewell.dispose();
  }

  async #open(): Promise<JobStoreSession> {
    const { clock, keepAlive } = this.#around.options;
    try {
      return await this.#config.open({
        alias: this.alias,
        clock,
        keepAlive,
        onChange: () => this.#runner?.wake(),
      });
    } catch (error) {
      this.#session = null;
      throw error;
    }
  }

  async #reconcile(
    session: JobStoreSession,
    runner: StoreRunner,
    drafts: readonly DeclaredDraft[],
    declaredIds: ReadonlySet<string>,
  ): Promise<void> {
    const live = await liveNodes(session);
    const { added, modified, rescheduled, unreadable } = await reconcile(session, this.alias, drafts, live);
    for (const error of unreadable) runner.events.unresolvable(error.jobId, 'unreadable', error.message);
    for (const job of added) runner.events.changed('job.added', this.#view(job));
    for (const job of modified) runner.events.changed('job.modified', this.#view(job));
    for (const job of rescheduled) runner.events.changed('job.rescheduled', this.#view(job));
    // Other nodes may run an older or newer version of the application that declares them.
    if (live.length > 1) return;
    const { maxAge } = this.#around.options.historyRetention;
    for (const job of await tidyOrphans(session, this.alias, declaredIds, maxAge)) {
      runner.events.job('job.removed', job.id);
    }
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
  const [nodes, now] = await Promise.all([session.nodes(), session.now()]);
  return nodes.filter((node) => node.leaseUntil >= now);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
