import type { Clock } from '../clock.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { JobStoreSession, Need, NodesSeen } from '../stores/job-store.js';
import { MissingNeed } from './missing-need.js';
import type { StoreRunner } from './store-runner.js';

/**
 * Reports stored jobs whose task or executor no live node has, once each: they are kept, and run again when it is back.
 * On a shared store another node may be on its way with it (a rolling deployment), so one lease is waited for.
 */
export class UnresolvableWatch {
  readonly #session: JobStoreSession;
  readonly #runner: StoreRunner;
  readonly #tasks: TaskRegistry;
  readonly #executors: { readonly aliases: readonly string[] };
  readonly #clock: Clock;
  readonly #patienceMs: number;
  /** By kind and name. */
  readonly #missing = new Map<string, MissingNeed>();
  #looking: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(
    session: JobStoreSession,
    runner: StoreRunner,
    tasks: TaskRegistry,
    executors: { readonly aliases: readonly string[] },
    clock: Clock,
    leaseTtl: number,
  ) {
    this.#session = session;
    this.#runner = runner;
    this.#tasks = tasks;
    this.#executors = executors;
    this.#clock = clock;
    this.#patienceMs = session.isShared ? leaseTtl : 0;
  }

  /**
   * Asked for while it looks already, it looks once more: two at a time would report everything twice.
   *
   * @param seen the nodes as they have just been seen. Default: looks at them
   */
  look(seen: NodesSeen | null = null): Promise<void> {
    if (!this.#looking) return this.#begin(seen);
    this.#next ??= this.#looking
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#begin(null);
      });
    return this.#next;
  }

  #begin(seen: NodesSeen | null): Promise<void> {
    this.#looking = this.#look(seen).finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(seen: NodesSeen | null): Promise<void> {
    const { tasks, executors } = seen?.needs ?? (await this.#session.summarize());
    const isThere = await this.#whatLiveNodesHave(seen);
    const needs: Need[] = [
      ...tasks.map((name) => ({ kind: 'task', name }) as const),
      ...executors.map((name) => ({ kind: 'executor', name }) as const),
    ];
    const missing = new Map(needs.filter((need) => !isThere.has(keyOf(need))).map((need) => [keyOf(need), need]));
    for (const [key, known] of this.#missing) {
      if (!missing.has(key)) await this.#resolve(known, isThere.has(key));
    }
    for (const need of missing.values()) await this.#consider(need);
  }

  async #whatLiveNodesHave(seen: NodesSeen | null): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    const add = (kind: Need['kind'], names: Iterable<string>): void => {
      for (const name of names) found.add(keyOf({ kind, name }));
    };
    add('task', this.#tasks.names);
    add('executor', this.#executors.aliases);
    if (!this.#session.isShared) return found;
    const { nodes, now } = seen ?? (await this.#session.nodes());
    for (const node of nodes) {
      if (node.leaseUntil < now || node.id === this.#runner.nodeId) continue;
      add('task', node.tasks);
      add('executor', node.executors);
    }
    return found;
  }

  async #consider(need: Need): Promise<void> {
    const key = keyOf(need);
    const now = this.#clock.monotonic();
    const known = this.#missing.get(key) ?? new MissingNeed(need, now, this.#session);
    this.#missing.set(key, known);
    if (now - known.since < this.#patienceMs) return;
    await known.look((job) =>
      this.#runner.parts.events.unresolvable(job.id, `unknown-${need.kind}`, messageFor(need, job)),
    );
  }

  /** It is there again, or no job needs it any more. */
  async #resolve(known: MissingNeed, isThere: boolean): Promise<void> {
    if (isThere) await known.resolve((jobId) => this.#runner.parts.events.job('job.recovered', jobId));
    this.#missing.delete(keyOf(known.need));
  }
}

function keyOf({ kind, name }: Need): string {
  return `${kind} ${name}`;
}

function messageFor({ kind, name }: Need, { id, origin }: JobRecord): string {
  if (kind === 'executor') {
    return (
      `No running process has the executor "${name}". The job is kept and runs again when the executor is back: ` +
      `add it with addExecutor(), or give the job another with modifyJob().`
    );
  }
  // A process that declares a job has its task.
  if (origin === 'declared') {
    return (
      `No running process declares the job, nor has its task "${name}". The job is kept and runs again when a decorator ` +
      `declares it: if its method was renamed, give the new one { id: '${id}' }. Otherwise removeJob('${id}') removes it.`
    );
  }
  return (
    `No running process provides the task "${name}". The job is kept and runs again when the task is back. ` +
    `If the handler was renamed, give the new one { aliases: ['${name}'] }.`
  );
}
