import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import type { JobStoreSession } from '../stores/job-store.js';
import { Backoff } from './backoff.js';
import type { ResolvedOptions } from './engine-options.js';
import type { OrphanWatch } from './orphan-watch.js';
import { recoverDeadNodes } from './recovery.js';
import { Repeater } from './repeater.js';
import type { StoreHealth, StorePart } from './store-health.js';
import type { StoreRunner } from './store-runner.js';
import { UnreadableWatch, type UnreadableReports } from './unreadable-watch.js';
import type { UnresolvableWatch } from './unresolvable-watch.js';

/** A damaged row is not what a database is busy with. */
const SWEEPS_BETWEEN_PAGES = 4;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What looks for jobs that can't run. */
interface JobWatches {
  readonly watch: UnresolvableWatch;
  readonly orphans: OrphanWatch;
}

/** What is done to one store in the background: dead nodes, old runs, jobs without a task, damaged rows. */
export class Maintenance {
  readonly #parts: readonly Repeater[];

  constructor(
    session: JobStoreSession,
    runner: StoreRunner,
    { watch, orphans }: JobWatches,
    reports: UnreadableReports,
    options: ResolvedOptions,
  ) {
    const { clock, leaseTtl, historyRetention } = options;
    const sweep = async (): Promise<void> => {
      const seen = await session.nodes();
      await recoverDeadNodes(session, runner, seen);
      await watch.look(seen);
      await orphans.look(seen);
      runner.retryUnreadable();
    };
    const prune = async (): Promise<void> => {
      // Few enough never to hold up a claim for longer than another claim does.
      const batch = Math.ceil(session.maxBatch / 2);
      // A store whose answers are there at once would else let nothing of this process get between.
      while ((await session.pruneRuns(historyRetention, batch)) === batch) await setImmediate();
    };
    // Several nodes sweep at different moments, so that they don't all reach for the same dead one.
    const sweepPause = (): number => (leaseTtl / 2) * (0.75 + Math.random() / 2);
    const prunePause = (): number => (session.isShared ? MINUTE_MS : pruneUnsharedMs(historyRetention.maxAge));
    const parts = [supervised(clock, runner.parts.health, 'history', prune, prunePause)];
    if (session.isShared) {
      const unreadable = new UnreadableWatch(session, reports, () => SWEEPS_BETWEEN_PAGES * sweepPause());
      const search = supervised(
        clock,
        runner.parts.health,
        'search',
        () => unreadable.look(),
        () => unreadable.pauseMs(),
      );
      parts.push(supervised(clock, runner.parts.health, 'sweep', sweep, sweepPause), search);
    }
    this.#parts = parts;
  }

  start(): void {
    for (const part of this.#parts) part.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
  }
}

/**
 * A store in memory bounds its history by itself: what is left to prune is too old by a 60th of the age at most. Not more
 * often than that, since a test that moves a virtual clock by a year would wait ten seconds for looks in vain.
 */
function pruneUnsharedMs(maxAge: number): number {
  return Math.min(Math.max(maxAge / 60, MINUTE_MS), HOUR_MS);
}

/** After a failure, most often that of an unavailable store, it is tried again soon, and less and less often. */
function supervised(
  clock: Clock,
  health: StoreHealth,
  part: StorePart,
  work: () => Promise<void>,
  pauseMs: () => number,
): Repeater {
  const backoff = new Backoff();
  let retryMs = Infinity;
  const turn = async (): Promise<void> => {
    try {
      await work();
      backoff.reset();
      retryMs = Infinity;
      health.worked(part);
    } catch (error) {
      retryMs = backoff.next();
      health.failed(part, error);
    }
  };
  return new Repeater(clock, turn, () => Math.min(pauseMs(), retryMs));
}
