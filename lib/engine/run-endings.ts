import type { RunRecord } from '../jobs/run-record.js';
import type { Completion, CompletionResult, TakeOver } from '../stores/job-store.js';
import type { QueueingJobs } from './queueing-jobs.js';
import type { RunEvents } from './run-events.js';
import { keyOf } from './stray-runs.js';

/** Tells how the runs of one store have ended, as soon as it is written. */
export class RunEndings {
  readonly #events: RunEvents;
  readonly #queueing: QueueingJobs;

  constructor(events: RunEvents, queueing: QueueingJobs) {
    this.#events = events;
    this.#queueing = queueing;
  }

  announce(batch: readonly Completion[], { fenced, retrying, finished }: CompletionResult): void {
    if (fenced.length + retrying.length === 0) for (const completion of batch) this.#events.ended(completion);
    else this.#announceEach(batch, fenced, retrying);
    for (const job of finished) this.#events.finished(job);
  }

  announceTakeOver(nodeId: string, { lost, requeued, finished }: TakeOver): void {
    for (const run of lost) this.#events.recorded(run);
    for (const run of requeued) {
      this.#queueing.note(run);
      this.#events.retryingAfterLoss(run, nodeId);
    }
    for (const job of finished) this.#events.finished(job);
  }

  #announceEach(batch: readonly Completion[], fenced: readonly RunRecord[], retrying: readonly RunRecord[]): void {
    const refused = new Set(fenced.map(keyOf));
    const nextAttempts = new Map(retrying.map((run) => [run.runId, run]));
    for (const completion of batch) {
      const next = nextAttempts.get(completion.run.runId);
      if (refused.has(keyOf(completion.run))) this.#events.fenced(completion.run);
      else if (next?.attempt === completion.run.attempt + 1) {
        this.#events.retrying(completion, next.availableAt);
        this.#queueing.note(next);
      } else this.#events.ended(completion);
    }
  }
}
