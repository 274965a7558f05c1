import { runInProgress } from '../executors/run-context.js';
import { snapshotOfRun, type Run } from '../jobs/run-snapshot.js';
import { RunNotFoundError } from '../jobs/job-errors.js';
import { WaitsForItselfError } from './engine-errors.js';
import type { RunHistory } from './run-history.js';
import type { RunWaiters } from './run-waiters.js';
import { checkedOptions, type CancelOptions } from './verb-options.js';

/** Cancels runs, whichever node they wait for or run on. */
export class RunCanceller {
  readonly #history: RunHistory;
  readonly #waiters: RunWaiters;

  constructor(history: RunHistory, waiters: RunWaiters) {
    this.#history = history;
    this.#waiters = waiters;
  }

  /** @throws {RunNotFoundError | WaitsForItselfError} */
  async cancel(runId: string, options: CancelOptions = {}): Promise<Run> {
    const { store: alias, wait = false } = checkedOptions(options, ['store', 'wait'], 'cancelRun', runId);
    if (wait && runInProgress()?.runId === runId) {
      throw new WaitsForItselfError(`cancelRun('${runId}')`, 'Leave wait out: the run is cancelled when it has ended.');
    }
    const { store } = await this.#history.locate(runId, alias, 'cancelRun');
    const session = await store.session();
    const cancelled = await session.cancelRun(runId);
    if (!cancelled) throw new RunNotFoundError(runId, [store.alias]);
    const { run, hasEnded, finished } = cancelled;
    if (hasEnded) store.events.recorded(run);
    for (const job of finished) store.events.finished(job);
    if (run.state !== 'running') return snapshotOfRun(run, store.alias);
    store.runner?.parts.dispatcher.cancel([{ runId, reason: 'cancelled' }]);
    if (wait) await this.#waiters.whenEnded(session, [runId]);
    return snapshotOfRun((await session.getRun(runId)) ?? run, store.alias);
  }
}
