import { Logger } from '@nestjs/common';
import { type DeclaredHere, digestOfDeclared } from '../jobs/declared-job.js';
import { disableJob } from '../jobs/disabled-job.js';
import { orphanJob, reviveJob } from '../jobs/job-changes.js';
import type { JobPolicy, JobRecord } from '../jobs/job-record.js';
import { JobView } from '../jobs/job-snapshot.js';
import { runsNowhere } from '../jobs/runs-nowhere.js';
import type { JobStoreSession, NodeRecord, NodesSeen } from '../stores/job-store.js';
import { isChanged } from './change-jobs.js';
import type { RunnerSurroundings } from './runner-surroundings.js';
import type { StoreRunner } from './store-runner.js';

/** How often the declared jobs are looked through while the nodes stay the same. */
const LOOK_AGAIN_MS = 3_600_000;

/** What a node says that declares no job. */
const DECLARES_NOTHING = digestOfDeclared([]);

/**
 * Finds the declared jobs of a store that no node runs. Those that nobody declares any more are marked and told of, kept
 * for as long as the history in case they come back, and then removed; those that are disabled are marked and kept. As
 * long as a node is alive that declares other jobs than this one, or has others disabled, in the middle of a deployment,
 * nothing is marked and nothing removed.
 */
export class OrphanWatch {
  readonly #session: JobStoreSession;
  readonly #runner: StoreRunner;
  readonly #declares: DeclaredHere;
  readonly #alias: string;
  readonly #around: RunnerSurroundings;
  /** By what was judged at the last look, and when that was, monotonic. */
  #judgedBy = '';
  #lookedAt = -Infinity;

  constructor(
    session: JobStoreSession,
    runner: StoreRunner,
    declares: DeclaredHere,
    alias: string,
    around: RunnerSurroundings,
  ) {
    this.#session = session;
    this.#runner = runner;
    this.#declares = declares;
    this.#alias = alias;
    this.#around = around;
  }

  /**
   * Looks through the declared jobs when the nodes, or what they declare, are others than at the last look, and now and
   * then.
   *
   * @param seen the nodes as they have just been seen. Default: looks at them
   */
  async look(seen: NodesSeen | null = null): Promise<void> {
    const sight = seen ?? (await this.#session.nodes());
    const { clock } = this.#around.options;
    const { nodeId, lease } = this.#runner;
    // Alone, a node knows all there is to know from the start on.
    const mayJudge = sight.nodes.length === 1 || lease.isSettled;
    const judgedBy = [nodeId, mayJudge, ...this.#declaredBeside(sight)].join();
    const now = clock.monotonic();
    if (judgedBy === this.#judgedBy && now - this.#lookedAt < LOOK_AGAIN_MS) return;
    await this.#lookThrough(sight);
    this.#judgedBy = judgedBy;
    this.#lookedAt = now;
  }

  async #lookThrough(seen: NodesSeen): Promise<void> {
    const { jobs } = await this.#session.listJobs({ origin: 'declared' });
    const { jobs: own, disabled } = this.#declares;
    // Others may have marked it while this node stood still and was taken for dead, or just as it started.
    const taken = jobs.filter(({ id, policy }) => own.has(id) && runsNowhere(policy));
    await this.#change(taken, reviveJob);
    if (this.#declaredBeside(seen).length > 0) return;
    await this.#disable(jobs.filter(({ id, policy }) => disabled.has(id) && !isOnlyDisabled(policy)));
    const orphans = jobs.filter(({ id }) => !own.has(id) && !disabled.has(id));
    await this.#tidy(orphans, seen.now);
  }

  async #disable(jobs: readonly JobRecord[]): Promise<void> {
    const changed = await this.#change(jobs, disableJob);
    for (const job of changed) this.#runner.parts.events.changed('job.modified', new JobView(job, this.#alias));
    if (changed.length > 0) this.#around.onQuiet();
  }

  async #tidy(orphans: readonly JobRecord[], now: number): Promise<void> {
    const marked = await this.#change(
      orphans.filter(({ policy }) => policy.orphanedAt === undefined),
      orphanJob,
    );
    if (marked.length > 0) {
      new Logger('Scheduler').warn(
        `No decorator declares ${marked.map(({ id }) => `"${id}"`).join(', ')} in the store "${this.#alias}" any more: ` +
          `kept but not run, and removed after the history's retention time. Declared again, they go on.`,
      );
      this.#around.onQuiet();
    }
    const { maxAge } = this.#around.options.historyRetention;
    const expired = orphans.filter(
      ({ policy: { orphanedAt } }) => orphanedAt !== undefined && now - orphanedAt > maxAge,
    );
    if (expired.length > 0) await this.#remove(expired.map((job) => job.id));
  }

  async #remove(ids: readonly string[]): Promise<void> {
    // A node that declares them may have come since.
    if (this.#declaredBeside(await this.#session.nodes()).length > 0) return;
    const { events } = this.#runner.parts;
    for (const { job, cancelled } of await this.#session.removeJobs(ids)) {
      for (const run of cancelled) events.recorded(run);
      events.job('job.removed', job.id);
    }
  }

  /** Answers those that have been changed. */
  async #change(jobs: readonly JobRecord[], change: typeof orphanJob): Promise<JobRecord[]> {
    if (jobs.length === 0) return [];
    const ids = jobs.map((job) => job.id);
    return (await this.#session.changeJobs(ids, change)).filter(isChanged).map(({ after }) => after);
  }

  /** What live nodes declare other than this one, each once. */
  #declaredBeside({ nodes, now }: NodesSeen): string[] {
    // The leases of all run out while a store is away: only who has held its own since may judge others by theirs.
    const mayDeclare = (node: NodeRecord): boolean => node.leaseUntil >= now || !this.#runner.lease.isSettled;
    const others = nodes.filter((node) => node.id !== this.#runner.nodeId && mayDeclare(node));
    const digests = new Set(others.map(({ declares }) => declares));
    digests.delete(this.#declares.digest);
    digests.delete(DECLARES_NOTHING);
    return [...digests].sort();
  }
}

function isOnlyDisabled({ disabledAt, orphanedAt }: JobPolicy): boolean {
  return disabledAt !== undefined && orphanedAt === undefined;
}
