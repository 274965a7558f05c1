import type { Clock } from '../clock.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import type { JobStoreSession } from '../stores/job-store.js';
import type { StoreRunner } from './store-runner.js';

/**
 * Reports stored jobs whose task no live node can run, once each: they are kept, and run again when the task is back.
 * On a shared store another node may be on its way with the task (a rolling deployment), so one lease is waited for.
 */
export class UnresolvableWatch {
  readonly #session: JobStoreSession;
  readonly #runner: StoreRunner;
  readonly #tasks: TaskRegistry;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  /** Unknown task → since when, monotonic. */
  readonly #unknownSince = new Map<string, number>();
  /** Reported jobs by task. */
  readonly #reported = new Map<string, ReadonlySet<string>>();
  #looking: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(session: JobStoreSession, runner: StoreRunner, tasks: TaskRegistry, clock: Clock, leaseTtl: number) {
    this.#session = session;
    this.#runner = runner;
    this.#tasks = tasks;
    this.#clock = clock;
    this.#patienceMs = session.isShared ? leaseTtl : 0;
  }

  /** Asked for while it looks already, it looks once more: two at a time would report everything twice. */
  look(): Promise<void> {
    if (!this.#looking) return this.#begin();
    this.#next ??= this.#looking
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#begin();
      });
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#looking = this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { tasks } = await this.#session.summarize();
    const known = await this.#tasksOfLiveNodes();
    const unknown = new Set(tasks.filter((task) => !known.has(task)));
    for (const task of this.#unknownSince.keys()) {
      if (!unknown.has(task)) await this.#resolve(task, known.has(task));
    }
    for (const task of unknown) await this.#consider(task);
  }

  async #tasksOfLiveNodes(): Promise<ReadonlySet<string>> {
    const known = new Set(this.#tasks.names);
    if (!this.#session.isShared) return known;
    const [nodes, now] = await Promise.all([this.#session.nodes(), this.#session.now()]);
    for (const node of nodes) {
      if (node.leaseUntil >= now) for (const task of node.tasks) known.add(task);
    }
    return known;
  }

  async #consider(task: string): Promise<void> {
    const now = this.#clock.monotonic();
    const since = this.#unknownSince.get(task) ?? now;
    this.#unknownSince.set(task, since);
    if (now - since < this.#patienceMs) return;
    const reported = this.#reported.get(task);
    const { jobs } = await this.#session.listJobs({ task, states: ['active', 'paused'] });
    for (const job of jobs) {
      if (!reported?.has(job.id)) this.#runner.events.unresolvable(job.id, 'unknown-task', messageFor(task));
    }
    this.#reported.set(task, new Set(jobs.map((job) => job.id)));
  }

  /** The task is there again, or no job needs it any more. */
  async #resolve(task: string, isKnown: boolean): Promise<void> {
    const reported = this.#reported.get(task);
    if (reported && isKnown) {
      const { jobs } = await this.#session.listJobs({ task, states: ['active', 'paused'] });
      for (const { id } of jobs) if (reported.has(id)) this.#runner.events.job('job.recovered', id);
    }
    this.#unknownSince.delete(task);
    this.#reported.delete(task);
  }
}

function messageFor(task: string): string {
  return (
    `No running process provides the task "${task}". The job is kept and runs again when the task is back. ` +
    `If the handler was renamed, give the new one { aliases: ['${task}'] }.`
  );
}
