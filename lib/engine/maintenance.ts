import type { JobStoreSession } from '../stores/job-store.js';
import type { ResolvedOptions } from './engine-options.js';
import { recoverDeadNodes } from './recovery.js';
import { Repeater } from './repeater.js';
import type { StoreRunner } from './store-runner.js';
import type { UnresolvableWatch } from './unresolvable-watch.js';

/** Rows deleted in one go: few enough never to hold up a claim. */
const PRUNE_BATCH = 500;

const PRUNE_SHARED_MS = 60_000;
/** A store in memory bounds its history by itself; only age is left to prune. */
const PRUNE_UNSHARED_MS = 3_600_000;

/** What is done to one store in the background: dead nodes, old runs, jobs without a task. */
export class Maintenance {
  readonly #parts: readonly Repeater[];

  constructor(session: JobStoreSession, runner: StoreRunner, watch: UnresolvableWatch, options: ResolvedOptions) {
    const { clock, leaseTtl, historyRetention } = options;
    const sweep = reporting(runner, async () => {
      await recoverDeadNodes(session, runner);
      await watch.look();
      runner.retryUnreadable();
    });
    const prune = reporting(runner, async () => {
      while ((await session.pruneRuns(historyRetention, PRUNE_BATCH)) === PRUNE_BATCH);
    });
    // Several nodes sweep at different moments, so that they don't all reach for the same dead one.
    const sweepPause = () => (leaseTtl / 2) * (0.75 + Math.random() / 2);
    const parts = [new Repeater(clock, prune, () => (session.isShared ? PRUNE_SHARED_MS : PRUNE_UNSHARED_MS))];
    if (session.isShared) parts.push(new Repeater(clock, sweep, sweepPause));
    this.#parts = parts;
  }

  start(): void {
    for (const part of this.#parts) part.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
  }
}

/** An error here is most often that of an unavailable store; the next turn tries again. */
function reporting(runner: StoreRunner, work: () => Promise<void>): () => Promise<void> {
  return () => work().catch((error: unknown) => runner.reportFailure(error));
}
