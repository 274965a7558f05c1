import { EventBus } from '../events/event-bus.js';
import { outsideRuns, runInProgress } from '../executors/run-context.js';
import { TaskRegistry } from '../executors/task-registry.js';
import type { DeclaredJob } from '../jobs/declared-job.js';
import { DuplicateJobIdError } from '../jobs/job-errors.js';
import type { NodeDraft, StoreSummary } from '../stores/job-store.js';
import { version } from '../version.js';
import { Activity } from './activity.js';
import { LOCAL_STORE } from './alias.js';
import { DrainDeadline, onSecondSignal } from './drain.js';
import { SchedulerStoppedError, WaitsForItselfError } from './engine-errors.js';
import type { ResolvedOptions } from './engine-options.js';
import { ExecutorSet } from './executor-set.js';
import { Equipment } from './equipment.js';
import { IdleWatch } from './idle-watch.js';
import { JobManager } from './job-manager.js';
import { ManagedStore } from './managed-store.js';
import { newNodeId, ownIdentity, retireNodeId } from './node-identity.js';
import { NodeList } from './node-list.js';
import type { DeclaredDraft } from './reconciler.js';
import { RunCanceller } from './run-canceller.js';
import { RunHistory } from './run-history.js';
import { RunStatistics } from './run-statistics.js';
import { RunWaiters } from './run-waiters.js';
import { RunsOnDemand } from './runs-on-demand.js';
import type { RunnerSurroundings } from './runner-surroundings.js';
import type { SchedulerState } from './scheduler-state.js';
import { noteDisabled, noteMemoryOnly } from './start-notes.js';
import { StoreSet } from './store-set.js';
import { WaitingRuns } from './waiting-runs.js';

/** One scheduler: the stores, executors and tasks of an application, and the life cycle of all of them. */
export class Scheduler {
  readonly tasks = new TaskRegistry();
  readonly events = new EventBus();
  readonly jobs: JobManager;
  readonly runs: RunHistory;
  readonly statistics: RunStatistics;
  readonly onDemand: RunsOnDemand;
  readonly canceller: RunCanceller;
  readonly nodes: NodeList;
  readonly equipment: Equipment;
  readonly activity: Activity;
  readonly options: ResolvedOptions;
  readonly #stores = new StoreSet();
  readonly #executors: ExecutorSet;
  readonly #around: RunnerSurroundings;
  readonly #idle: IdleWatch;
  /** By store and id. */
  readonly #declared = new Map<string, DeclaredJob>();
  readonly #waitingRuns = new WaitingRuns();
  #drafts: readonly DeclaredDraft[] = [];
  #state: SchedulerState = 'stopped';
  /** Somebody has paused it before it runs. */
  #startsPaused = false;
  #nodeId = newNodeId();
  #starting: Promise<void> | null = null;
  #giveUpStart: (() => void) | null = null;
  #stopping: Promise<void> | null = null;
  #deadline: DrainDeadline | null = null;

  constructor(options: ResolvedOptions) {
    this.options = options;
    this.#executors = new ExecutorSet(options.executors, options.clock);
    this.#around = {
      options,
      bus: this.events,
      tasks: this.tasks,
      executors: this.#executors,
      nodeId: () => this.#nodeId,
      describeNode: (id) => this.#describeNode(id),
      onQuiet: () => this.#idle.look(),
    };
    for (const [alias, store] of options.stores) this.#stores.add(new ManagedStore(alias, store, this.#around));
    this.#idle = new IdleWatch(this.#stores, this.events);
    this.runs = new RunHistory(this.#stores, options.timeZone);
    this.statistics = new RunStatistics(this.#stores, options.timeZone);
    this.onDemand = new RunsOnDemand(this.#stores, this.runs, options.timeZone);
    const waiters = new RunWaiters(this.events, options.clock);
    this.canceller = new RunCanceller(this.runs, waiters);
    this.jobs = new JobManager({
      options,
      stores: this.#stores,
      tasks: this.tasks,
      executors: this.#executors,
      bus: this.events,
      waiters,
      onDemand: this.onDemand,
      nodeId: () => this.#nodeId,
    });
    this.nodes = new NodeList(this.#stores);
    this.activity = new Activity(this.#stores);
    this.equipment = new Equipment({
      around: this.#around,
      stores: this.#stores,
      waitingRuns: this.#waitingRuns,
      state: () => this.#state,
      whenSettled: async () => this.#starting?.catch(() => undefined),
      draftsOf: (alias) => this.#draftsOf(alias),
      onAbilitiesChanged: () => this.#onAbilitiesChanged(),
    });
    this.tasks.onChange(() => this.#onAbilitiesChanged());
  }

  get state(): SchedulerState {
    return this.#state;
  }

  /** Takes note of the jobs that decorators declare; they are stored at the start. @throws {DuplicateJobIdError} */
  declare(jobs: readonly DeclaredJob[]): void {
    for (const job of jobs) {
      const key = `${storeOfDeclared(job)}\n${job.id}`;
      const other = this.#declared.get(key);
      if (other) throw new DuplicateJobIdError(job.id, other.source, job.source);
      this.#declared.set(key, job);
    }
  }

  /**
   * Starts firing. While it starts or runs, a second call awaits the first. After a shutdown it starts as a new node.
   *
   * @throws {WaitsForItselfError} inside a run while the scheduler stops
   */
  async start({ paused = false }: { readonly paused?: boolean } = {}): Promise<void> {
    if (this.#stopping && runInProgress()) throw new WaitsForItselfError('start()');
    while (this.#stopping) await this.#stopping;
    if (this.#state !== 'stopped') {
      if (paused) this.pause();
      return this.#starting ?? undefined;
    }
    this.#starting = outsideRuns(() => this.#start(paused)).finally(() => (this.#starting = null));
    await this.#starting;
  }

  /** Stops claiming on this node; what runs goes on. Before the start has ended: it ends paused. */
  pause(): void {
    if (this.#state === 'stopped' || this.#state === 'starting') this.#startsPaused = true;
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    for (const { runner } of this.#stores.all) runner?.pause();
    this.#emit('scheduler.paused');
  }

  resume(): void {
    this.#startsPaused = false;
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const { runner } of this.#stores.all) runner?.resume();
    this.#emit('scheduler.resumed');
  }

  /**
   * Stops claiming, lets handlers end for `timeoutMs`, aborts the rest, writes everything down and closes. A second
   * call awaits the first, and a shorter time shortens it. From inside a run it answers when all other runs have
   * ended: the run that calls would otherwise wait for itself.
   */
  async shutdown(timeoutMs: number = this.options.shutdownTimeout): Promise<void> {
    const leftMs = this.#starting ? await this.#endStart(this.#starting, timeoutMs) : timeoutMs;
    if (this.#stopping) this.#deadline?.shorten(leftMs);
    else this.#stopping = outsideRuns(() => this.#stop(leftMs)).finally(() => (this.#stopping = null));
    await this.#waitingRuns.untilDrained(this.#stopping, this.#stores.all);
  }

  /**
   * Resolves when nothing is running or queued and no active job has a fire to come.
   *
   * @throws {WaitsForItselfError} inside a run
   */
  async untilIdle(): Promise<void> {
    if (runInProgress()) throw new WaitsForItselfError('untilIdle()');
    await this.#idle.untilIdle();
  }

  async #start(isPaused: boolean): Promise<void> {
    this.#state = 'starting';
    const isNewLife = this.#stores.isClosed;
    if (isNewLife) this.#nodeId = newNodeId();
    this.#stores.isClosed = false;
    let isGivenUp = false;
    const givenUp = new Promise<never>((_, reject) => {
      this.#giveUpStart = () => {
        isGivenUp = true;
        reject(new SchedulerStoppedError('start'));
      };
    });
    try {
      const summaries = await Promise.race([this.#prepare(() => isGivenUp), givenUp]);
      this.#state = isPaused || this.#startsPaused ? 'paused' : 'running';
      this.#startsPaused = false;
      this.#announceStart(summaries);
    } catch (error) {
      await this.#abandonStart();
      this.#stores.isClosed = isNewLife;
      throw error;
    } finally {
      this.#giveUpStart = null;
    }
    for (const store of this.#stores.all) store.fire(this.#state === 'paused');
  }

  /** Readies everything before the first job fires: what can't start is known by then. */
  async #prepare(isGivenUp: () => boolean): Promise<readonly StoreSummary[]> {
    this.#drafts = [...this.#declared.values()].map((job) => this.jobs.drafts.ofDeclared(job));
    for (const { draft } of this.#drafts) this.#stores.get(draft.options.store, `Job "${draft.id}"`);
    await this.#executors.open();
    const stores = this.#stores.all;
    const sessions = await Promise.all(stores.map((store) => store.session()));
    for (const store of stores) {
      if (isGivenUp()) throw new SchedulerStoppedError('start');
      await store.prepare(this.#draftsOf(store.alias));
    }
    return Promise.all(sessions.map((session) => session.summarize()));
  }

  /** Waits for a start under way; when the time is up it is given up. Answers what is left of the time. */
  async #endStart(starting: Promise<void>, timeoutMs: number): Promise<number> {
    const deadline = new DrainDeadline(this.options.clock, timeoutMs);
    const over = starting.catch(() => undefined);
    if (!(await deadline.wait(over))) this.#giveUpStart?.();
    deadline.dispose();
    await over;
    return deadline.remainingMs;
  }

  async #abandonStart(): Promise<void> {
    const now = new DrainDeadline(this.options.clock, 0);
    await Promise.all(this.#stores.all.map((store) => store.drain(now)));
    await Promise.all(this.#stores.all.map((store) => store.close()));
    await this.#executors.close();
    this.#state = 'stopped';
  }

  async #stop(timeoutMs: number): Promise<void> {
    const wasStarted = this.#state !== 'stopped';
    const deadline = new DrainDeadline(this.options.clock, timeoutMs);
    this.#deadline = deadline;
    this.#state = wasStarted ? 'stopping' : 'stopped';
    const stopListening = onSecondSignal(() => deadline.shorten(0));
    try {
      await Promise.all(this.#stores.all.map((store) => store.drain(deadline)));
      // From here on no call may open a store again: nobody would close it.
      this.#stores.isClosed = true;
      await Promise.all(this.#stores.all.map((store) => store.close()));
      await this.#executors.close();
    } finally {
      stopListening();
      deadline.dispose();
      this.#deadline = null;
      this.#state = 'stopped';
      this.#stores.isClosed = true;
    }
    if (wasStarted) this.#emit('scheduler.stopped');
    retireNodeId(this.#nodeId);
    this.#idle.look();
  }

  #draftsOf(alias: string): readonly DeclaredDraft[] {
    return this.#drafts.filter(({ draft }) => draft.options.store === alias);
  }

  #onAbilitiesChanged(): void {
    for (const store of this.#stores.all) {
      // An unavailable store is reported by its own loop.
      store.abilitiesChanged().catch(() => undefined);
    }
  }

  #announceStart(summaries: readonly StoreSummary[]): void {
    const next = Math.min(...summaries.map(({ nextFireAt }) => nextFireAt ?? Infinity));
    this.events.emit({
      type: 'scheduler.started',
      time: this.#time(),
      node: this.#nodeId,
      jobs: summaries.reduce((sum, { jobs }) => sum + jobs, 0),
      stores: this.#stores.aliases,
      executors: this.#executors.aliases,
      timeZone: this.options.timeZone,
      nextFire: next === Infinity ? null : new Date(next),
    });
    noteDisabled(this.#drafts);
    if (!this.#stores.all.some((store) => store.isShared)) noteMemoryOnly();
  }

  #describeNode(id: string): Omit<NodeDraft, 'declares'> {
    return {
      id,
      host: this.options.nodeName,
      ...ownIdentity(),
      version,
      executors: this.#executors.aliases,
      tasks: [...this.tasks.names],
    };
  }

  #emit(type: 'scheduler.paused' | 'scheduler.resumed' | 'scheduler.stopped'): void {
    this.events.emit({ type, time: this.#time(), node: this.#nodeId });
  }

  #time(): Date {
    return new Date(this.options.clock.now());
  }
}

/** What is done once in every process lives where every process has its own jobs. */
function storeOfDeclared({ afterStart, options }: DeclaredJob): string {
  return afterStart?.scope === 'node' ? LOCAL_STORE : (options.store ?? 'default');
}
